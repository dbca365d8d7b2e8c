import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { limits } from '../../../limits.ts'
import { connectGrpc } from '../../../platform/grpc.ts'
import { silent } from '../../../platform/log.ts'
import { realDisk } from '../../../platform/real/disk.ts'
import { realRandom } from '../../../platform/real/random.ts'
import { simulatedClock } from '../../../platform/simulated/clock.ts'
import { memoryStore } from '../../../store/memory/memory-store.ts'
import type { Store } from '../../../store/store.ts'
import { encryptedStore } from '../storage.ts'
import { startKmsPlugin } from '../testbed/kms-plugin.ts'
import { openDerived, sealGcm } from './aes.ts'
import { type EncryptionRule, readEncryptionConfiguration } from './configuration.ts'
import { createEncryption, type Encryption } from './encryption.ts'
import { encryptionFromFile } from './from-file.ts'

const clock = simulatedClock()
const parts = { clock, random: realRandom(), connectGrpc }
const keyA = Buffer.alloc(32, 1).toString('base64')
const keyB = Buffer.alloc(32, 2).toString('base64')

type Providers = Record<string, unknown>[]
const configuration = (providers: Providers, resources = ['secrets']): unknown => ({
  ...{ apiVersion: 'apiserver.config.k8s.io/v1', kind: 'EncryptionConfiguration' },
  resources: [{ resources, providers }],
})
const rules = (providers: Providers, resources?: string[]): EncryptionRule[] =>
  readEncryptionConfiguration(configuration(providers, resources))
const keyed = (kind: string, ...keys: [name: string, secret: string][]) => ({
  [kind]: { keys: keys.map(([name, secret]) => ({ name, secret })) },
})

const secretKey = '/registry/secrets/default/one'
const text = 'the password is swordfish'

async function write(store: Store, key: string): Promise<void> {
  assert.ok((await store.commit([{ op: 'put', key, value: Buffer.from(text) }])).ok)
}

async function read(store: Store, key: string): Promise<{ text: string; stale: boolean }> {
  const { item } = await store.get(key)
  return { text: Buffer.from(item?.value ?? []).toString(), stale: item?.stale?.() ?? false }
}

function stores(encryption: Encryption): { raw: Store; store: Store } {
  const raw = memoryStore({ clock })
  return { raw, store: encryptedStore(raw, encryption) }
}

for (const kind of ['aesgcm', 'aescbc', 'secretbox']) {
  test(`${kind} keeps secrets unreadable below, bound to provider and key, and leaves other resources alone`, async () => {
    const { raw, store } = stores(await createEncryption(rules([keyed(kind, ['a', keyA])]), parts))
    await write(store, secretKey)
    await write(store, '/registry/configmaps/default/one')
    const below = Buffer.from((await raw.get(secretKey)).item!.value)
    assert.ok(below.toString('latin1').startsWith(`k8s:enc:${kind}:v1:a:`))
    assert.ok(!below.includes('swordfish'))
    assert.deepEqual(await read(store, secretKey), { text, stale: false })
    assert.deepEqual(await read(raw, '/registry/configmaps/default/one'), { text, stale: false })
    const { items } = await store.range({ prefix: '/registry/' })
    assert.deepEqual(
      items.map(({ value }) => Buffer.from(value).toString()),
      [text, text],
    )
    const signal = new AbortController().signal
    for await (const { events } of store.watch({ prefix: '/registry/secrets/', fromRevision: 1, signal })) {
      const [event] = events
      assert.ok(event?.type === 'put' && Buffer.from(event.item.value).toString() === text)
      break
    }
    // CBC notices no more than wrong padding.
    if (kind === 'aescbc') return
    const changed = Buffer.from(below)
    changed[changed.length - 20]! ^= 1
    await raw.commit([{ op: 'put', key: secretKey, value: changed }])
    await assert.rejects(read(store, secretKey), /^Error: decrypt \/registry\/secrets\/default\/one/)
    await raw.commit([{ op: 'put', key: '/registry/secrets/default/two', value: below }])
    if (kind === 'aesgcm') await assert.rejects(read(store, '/registry/secrets/default/two'), /decrypt/)
  })
}

test('sealGcm and openDerived do what NIST and RFC 5869 published', () => {
  const sealed = sealGcm(Buffer.alloc(16), '', Buffer.alloc(16), Buffer.alloc(12))
  assert.equal(sealed.toString('hex', 12), '0388dace60b6a392f328c2b971b2fe78ab6e47d42cec13bdf53a67b21257bddf')
  // HKDF test case 1: its pseudorandom key is the seed; the info is padded here, so only the shape is shared.
  const seed = Buffer.from('077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5', 'hex')
  assert.throws(() => openDerived(seed, '/k', Buffer.alloc(80)), /auth/i)
})

test('createEncryption reads with every key and provider, writes with the first, and tells what is stale', async () => {
  const encryption = await createEncryption(rules([{ identity: {} }]), parts)
  const { raw, store } = stores(encryption)
  await write(store, secretKey)
  assert.deepEqual(await read(raw, secretKey), { text, stale: false })
  const both = keyed('aesgcm', ['b', keyB], ['a', keyA])
  for (const [providers, staleBefore] of [
    [[keyed('aesgcm', ['a', keyA]), { identity: {} }], true],
    [[both], true],
    [[keyed('secretbox', ['s', keyA]), both], true],
    [[keyed('secretbox', ['s', keyA])], false],
  ] as const) {
    const before = await read(store, secretKey)
    await encryption.reload(rules([...providers]))
    assert.deepEqual(await read(store, secretKey), { text, stale: staleBefore })
    assert.equal(before.stale, false)
    await write(store, secretKey)
    assert.equal((await read(store, secretKey)).stale, false)
  }
  await encryption.reload(rules([keyed('aesgcm', ['a', keyA])]))
  await assert.rejects(read(store, secretKey), /not encrypted by any configured provider/)
  await encryption.reload(rules([{ identity: {} }]))
  await assert.rejects(read(store, secretKey), /it is encrypted, and no provider is set up/)
})

test('a KMS v2 plugin is asked once a seed, rotates by its key id, and holds up writes while it is away', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-kms-'))
  const socket = join(directory, 'kms.sock')
  const kms = { kms: { apiVersion: 'v2', name: 'test', endpoint: `unix://${socket}`, timeout: '2s' } }
  const setUp = (): Promise<Encryption> => createEncryption(rules([kms], ['secrets', 'pandas.example.com']), parts)
  try {
    const first = stores(await setUp())
    await assert.rejects(write(first.store, secretKey))
    assert.match((await first.store.health()) ?? '', /KMS plugin test does not answer/)
    const plugin = await startKmsPlugin(socket)
    for (let index = 0; index < 50; index++) await write(first.store, `/registry/secrets/default/${index}`)
    await write(first.store, '/registry/example.com/pandas/default/one')
    assert.equal(plugin.calls.Encrypt, 1)
    const below = Buffer.from((await first.raw.get('/registry/secrets/default/0')).item!.value)
    assert.ok(below.toString('latin1').startsWith('k8s:enc:kms:v2:test:') && !below.includes('swordfish'))
    // Another server, or the same one after a restart, knows no seed.
    const second = encryptedStore(first.raw, await setUp())
    for (let index = 0; index < 50; index++) {
      assert.equal((await read(second, `/registry/secrets/default/${index}`)).text, text)
    }
    assert.equal(plugin.calls.Decrypt, 1)
    plugin.use('two')
    assert.equal(await second.health(), undefined)
    assert.deepEqual(await read(second, '/registry/secrets/default/0'), { text, stale: true })
    await write(second, '/registry/secrets/default/0')
    assert.deepEqual(await read(second, '/registry/secrets/default/0'), { text, stale: false })
    plugin.health = 'the HSM is on fire'
    assert.match((await second.health()) ?? '', /HSM is on fire/)
    plugin.health = 'ok'
    await plugin[Symbol.asyncDispose]()
    await write(second, '/registry/secrets/default/1')
    await clock.advance(limits.kmsKeyUnconfirmedMsMax)
    await assert.rejects(write(second, '/registry/secrets/default/1'), /KMS plugin test does not answer/)
    await second.close()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('encryptionFromFile follows the file, and keeps what it had when the file is wrong', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-encryption-'))
  const path = join(directory, 'encryption.yaml')
  const put = (value: unknown): void => writeFileSync(path, JSON.stringify(value))
  try {
    put(configuration([keyed('aesgcm', ['a', keyA])]))
    const disk = realDisk()
    const encryption = await encryptionFromFile({ path, reload: true }, { ...parts, disk, log: silent })
    const { raw, store } = stores(encryption)
    await write(store, secretKey)
    const writesWith = async (prefix: string): Promise<boolean> => {
      await clock.advance(limits.encryptionReloadPeriodMs)
      await write(store, secretKey)
      return Buffer.from((await raw.get(secretKey)).item!.value)
        .toString('latin1')
        .startsWith(prefix)
    }
    put({ kind: 'EncryptionConfiguration' })
    assert.ok(await writesWith('k8s:enc:aesgcm:v1:a:'))
    put(configuration([keyed('aesgcm', ['b', keyB], ['a', keyA])]))
    for (let round = 0; !(await writesWith('k8s:enc:aesgcm:v1:b:')); round++) assert.ok(round < 1_000)
    encryption.close()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('readEncryptionConfiguration names every mistake by its path, and no key', () => {
  const bad = {
    resources: [
      { resources: ['Secrets', '*', 'a.*', 'events.events.k8s.io'], providers: [{ identity: {}, aesgcm: {} }] },
      { resources: [], providers: [keyed('aesgcm', ['', 'c2hvcnQ=']), keyed('secretbox', ['x', 'no base64!'])] },
      { resources: ['a'], providers: [{ kms: { name: 'a:b', endpoint: 'tcp://x', timeout: '-1s' } }, { aescbc: {} }] },
    ],
  }
  const message = messageOfThrown(() => readEncryptionConfiguration(bad))
  for (const part of [
    'kind EncryptionConfiguration',
    'resources[0].resources[0]: Invalid value: "Secrets": resource name should not contain capital letters',
    'resources[0].resources[1]',
    'resources[0].resources[2]: Invalid value: "a.*": encrypting the same resource across groups is not supported',
    'resources[0].resources[3]',
    'resources[0].providers[0]: exactly one provider',
    'resources[1].resources: Required value',
    'resources[1].providers[0].aesgcm.keys[0].name: Required value',
    'keys[0].secret: Invalid value: "REDACTED": secret is not of the expected length, got 5, expected one of [16 24 32]',
    'resources[1].providers[1].secretbox.keys[0].secret: Invalid value: "REDACTED": secrets must be base64 encoded',
    'resources[2].providers[0].kms.apiVersion: unsupported apiVersion v1',
    'resources[2].providers[0].kms.name',
    'only unix is supported',
    'timeout should be a positive value',
    'resources[2].providers[1].aescbc.keys: Required value',
  ]) {
    assert.ok(message.includes(part), part)
  }
  assert.ok(!message.includes('c2hvcnQ') && !message.includes('no base64'))
})

function messageOfThrown(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return String(error)
  }
  return ''
}

test('rules apply to the first resource, group or wildcard that fits', async () => {
  const encryption = await createEncryption(
    readEncryptionConfiguration({
      ...(configuration([]) as object),
      resources: [
        { resources: ['configmaps'], providers: [{ identity: {} }] },
        { resources: ['*.apps', 'services.'], providers: [keyed('aesgcm', ['apps', keyA])] },
        { resources: ['*.'], providers: [keyed('aesgcm', ['core', keyA])] },
        { resources: ['*.*'], providers: [keyed('aesgcm', ['all', keyA])] },
      ],
    }),
    parts,
  )
  const { raw, store } = stores(encryption)
  for (const [key, name] of [
    ['/registry/configmaps/a/b', ''],
    ['/registry/deployments/a/b', 'apps'],
    ['/registry/services/specs/a/b', 'apps'],
    ['/registry/services/endpoints/a/b', 'core'],
    ['/registry/minions/a', 'core'],
    ['/registry/events/a/b', 'core'],
    ['/registry/jobs/a/b', 'all'],
    ['/registry/apiextensions.k8s.io/customresourcedefinitions/a', 'all'],
    ['/registry/example.com/pandas/a/b', 'all'],
    ['/registry/masterleases/10.0.0.1', ''],
    ['/registry/ranges/serviceips', ''],
  ] as const) {
    await write(store, key)
    const below = Buffer.from((await raw.get(key)).item!.value).toString('latin1')
    assert.equal(/^k8s:enc:aesgcm:v1:(\w+):/.exec(below)?.[1] ?? '', name, key)
    assert.equal((await read(store, key)).text, text)
  }
})
