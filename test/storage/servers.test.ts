/** Whole API servers, by their own command, on one etcd and on SQLite: shared, encrypted, saved and moved. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { coreV1 } from '../../src/api/resources.ts'
import { loadKubeconfig } from '../../src/client/kubeconfig.ts'
import { configFor, thisMachine } from '../../src/cluster/machine.ts'
import { restoreSnapshot, saveSnapshot } from '../../src/cluster/snapshot/snapshot.ts'
import { realDisk } from '../../src/platform/real/disk.ts'
import { realNet } from '../../src/platform/real/net.ts'
import { etcdVersion, startEtcd } from '../../src/store/etcd/testbed/etcd-server.ts'
import { type Server, startServer } from './server-process.ts'

const skip = etcdVersion === undefined ? 'etcd is not installed (script/prepare --tests)' : false
const directory = mkdtempSync(join(tmpdir(), 'k8ts-storage-'))
const [disk, net] = [realDisk(), realNet()]
after(() => rmSync(directory, { recursive: true }))

const secretText = 'swordfish-swordfish'
const secret = (name: string) => ({ metadata: { name, namespace: 'default' }, stringData: { password: secretText } })

function encryptionConfig(name: string, key: number): string {
  const path = join(directory, `${name}.json`)
  const keys = [{ name: `k${key}`, secret: Buffer.alloc(32, key).toString('base64') }]
  const providers = [{ aesgcm: { keys } }, { identity: {} }]
  const kind = { kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1' }
  writeFileSync(path, JSON.stringify({ ...kind, resources: [{ resources: ['secrets'], providers }] }))
  return path
}

test('two API servers on one etcd see each other, keep protobuf where upstream does, and encrypt', {
  skip,
}, async () => {
  await using etcd = await startEtcd()
  const flags = [
    `--etcd-servers=${etcd.endpoints.join(',')}`,
    `--encryption-provider-config=${encryptionConfig('e', 1)}`,
  ]
  await using one = await startServer(join(directory, 'one'), { flags })
  await using two = await startServer(join(directory, 'two'), { flags })
  const made = await one.client
    .of(coreV1.configMaps)
    .create({ metadata: { name: 'a', namespace: 'default' }, data: { n: '1' } })
  await one.client.of(coreV1.secrets).create(secret('s'))
  const seen = await two.client.of(coreV1.configMaps, 'default').get('a')
  assert.deepEqual([seen.data, seen.metadata.resourceVersion], [{ n: '1' }, made.metadata.resourceVersion])
  const password = (await two.client.of(coreV1.secrets, 'default').get('s')).data?.password
  assert.equal(Buffer.from(password ?? '', 'base64').toString(), secretText)
  await two.client.of(coreV1.configMaps).update({ ...seen, data: { n: '2' } })
  await assert.rejects(one.client.of(coreV1.configMaps).update({ ...made, data: { n: '3' } }), { code: 409 })
  const raw = (key: string): string => JSON.parse(etcd.ctl('get', '-w', 'json', key)).kvs?.[0]?.value ?? ''
  const stored = (key: string): string => Buffer.from(raw(key), 'base64').toString('latin1')
  assert.match(stored('/registry/configmaps/default/a'), /^k8s.{5,8}v1.{2}ConfigMap/s)
  assert.match(stored('/registry/secrets/default/s'), /^k8s:enc:aesgcm:v1:k1:/)
  assert.ok(!stored('/registry/secrets/default/s').includes(secretText))
  assert.match(stored('/registry/namespaces/default'), /^k8s.*Namespace/s)
})

test('an SQLite file of a server that encrypts holds no text of its Secrets', async () => {
  await using server = await startServer(join(directory, 'sqlite'), {
    flags: [`--encryption-provider-config=${encryptionConfig('q', 2)}`],
  })
  await server.client.of(coreV1.secrets).create(secret('s'))
  await server.client
    .of(coreV1.configMaps)
    .create({ metadata: { name: 'plain', namespace: 'default' }, data: { n: 'visible-text' } })
  await server.kill()
  const home = join(directory, 'sqlite')
  const files = readdirSync(home)
    .filter((name) => name.startsWith('k8ts.db'))
    .map((name) => readFileSync(join(home, name)))
  assert.ok(files.some((bytes) => bytes.includes('visible-text')))
  assert.ok(
    !files.some((bytes) => bytes.includes(secretText) || bytes.includes(Buffer.from(secretText).toString('base64'))),
  )
  await using again = await startServer(join(directory, 'sqlite'), {
    flags: [`--encryption-provider-config=${encryptionConfig('q', 2)}`],
  })
  assert.ok((await again.client.of(coreV1.secrets, 'default').get('s')).data?.password)
})

test('a snapshot is taken from a running server, by administrators only, and starts another one', {
  skip,
}, async () => {
  await using etcd = await startEtcd()
  await using server = await startServer(join(directory, 'saved'), {
    flags: [`--encryption-provider-config=${encryptionConfig('s', 3)}`],
  })
  await server.client.of(coreV1.secrets).create(secret('s'))
  const access = await loadKubeconfig(disk, join(directory, 'saved', 'admin.kubeconfig'))
  const url = `${access.server}/k8ts/snapshot`
  const refused = await net.request({ method: 'GET', url, tls: { caPem: access.tls.caPem! } })
  assert.equal(refused.status, 403)
  const reply = await net.request({ method: 'GET', url, tls: access.tls })
  const chunks: Uint8Array[] = []
  for await (const chunk of reply.body) chunks.push(chunk)
  const path = join(directory, 'snapshot')
  writeFileSync(path, Buffer.concat(chunks))
  const machine = thisMachine()
  const place = {
    config: configFor(machine, { home: join(directory, 'nowhere') }),
    etcd: { endpoints: etcd.endpoints },
  }
  const summary = await restoreSnapshot(machine, place, path)
  assert.ok(summary.keys > 100)
  await assert.rejects(restoreSnapshot(machine, place, path), /the store is not empty/)
  const flags = [`--etcd-servers=${etcd.endpoints[0]}`, `--encryption-provider-config=${encryptionConfig('s', 3)}`]
  await using moved = await startServer(join(directory, 'moved'), { flags })
  const read = async ({ client }: Server) => (await client.of(coreV1.secrets, 'default').get('s')).data
  assert.deepEqual(await read(moved), await read(server))
  // And back, from etcd into a file.
  const back = join(directory, 'back')
  await moved.client
    .of(coreV1.configMaps)
    .create({ metadata: { name: 'of-etcd', namespace: 'default' }, data: { n: '1' } })
  await saveSnapshot(machine, place, back)
  const home = { config: configFor(machine, { home: join(directory, 'file') }) }
  await restoreSnapshot(machine, home, back)
  await disk.makeDirectory(join(directory, 'again'))
  await disk.rename(join(directory, 'file', 'store', 'k8ts.db'), join(directory, 'again', 'k8ts.db'))
  await using again = await startServer(join(directory, 'again'), {
    flags: [`--encryption-provider-config=${encryptionConfig('s', 3)}`],
  })
  assert.deepEqual(await read(again), await read(server))
  const { metadata } = await again.client.of(coreV1.configMaps, 'default').list()
  assert.ok(Number(metadata?.resourceVersion) > 1_000_000)
  assert.deepEqual((await again.client.of(coreV1.configMaps, 'default').get('of-etcd')).data, { n: '1' })
})
