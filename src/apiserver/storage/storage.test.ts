import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import { createClient } from '../../client/client-impl.ts'
import { connectGrpc } from '../../platform/grpc.ts'
import { realRandom } from '../../platform/real/random.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import { transformedStore } from '../../store/transformed-store.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { type EncryptionRule, readEncryptionConfiguration } from './encryption/configuration.ts'
import { createEncryption } from './encryption/encryption.ts'
import { storageCodec } from './media-type.ts'
import { encryptedStore } from './storage.ts'

const rules = (...keys: number[]): EncryptionRule[] => {
  const named = keys.map((key) => ({ name: `key${key}`, secret: Buffer.alloc(32, key).toString('base64') }))
  const rule = { resources: ['secrets'], providers: [{ secretbox: { keys: named } }] }
  const kind = { kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1' }
  return readEncryptionConfiguration({ ...kind, resources: [rule] })
}

test('a Secret that is replaced unchanged is written again when its key is no longer the first, and only then', async () => {
  const clock = simulatedClock()
  const encryption = await createEncryption(rules(1), { clock, random: realRandom(), connectGrpc })
  const raw = memoryStore({ clock })
  const { transport, stop } = await startTestApiServer({ clock, store: encryptedStore(raw, encryption) })
  const secrets = createClient(transport).of(coreV1.secrets, 'default')
  const made = await secrets.create({ metadata: { name: 's', namespace: 'default' }, stringData: { a: 'b' } })
  const keyOf = async (): Promise<string> => {
    const { item } = await raw.get('/registry/secrets/default/s')
    return Buffer.from(item!.value).toString('latin1').split(':')[4] ?? ''
  }
  const replace = async (): Promise<string | undefined> => {
    return (await secrets.update(await secrets.get('s'))).metadata.resourceVersion
  }
  assert.deepEqual([await replace(), await keyOf()], [made.metadata.resourceVersion, 'key1'])
  await encryption.reload(rules(2, 1))
  const rewritten = await replace()
  assert.notEqual(rewritten, made.metadata.resourceVersion)
  assert.deepEqual([await replace(), await keyOf()], [rewritten, 'key2'])
  await encryption.reload(rules(2))
  assert.deepEqual((await secrets.get('s')).data, { a: 'Yg==' })
  await stop()
})

/** Values that kube-apiserver v1.36 left in etcd, in base64 by their key. Its keys were 32 bytes of 1, for each provider. */
const recorded = JSON.parse(readFileSync(new URL('testdata/recorded-values.json', import.meta.url), 'utf8')) as Record<
  string,
  string
>

test('what kube-apiserver stored is read: encrypted by each provider, protobuf, JSON, old definitions, leases of servers', async () => {
  const clock = simulatedClock()
  const keys = [{ name: 'k1', secret: Buffer.alloc(32, 1).toString('base64') }]
  const providers = ['aesgcm', 'secretbox', 'aescbc'].map((kind) => ({ [kind]: { keys } }))
  const kind = { kind: 'EncryptionConfiguration', apiVersion: 'apiserver.config.k8s.io/v1' }
  const settings = readEncryptionConfiguration({ ...kind, resources: [{ resources: ['secrets'], providers }] })
  const encryption = await createEncryption(settings, { clock, random: realRandom(), connectGrpc })
  const raw = memoryStore({ clock })
  for (const [key, value] of Object.entries(recorded)) {
    await raw.commit([{ op: 'put', key, value: Buffer.from(value, 'base64') }])
  }
  const codec = await storageCodec('application/vnd.kubernetes.protobuf')
  const store = transformedStore(encryptedStore(raw, encryption), codec)
  const read = async (key: string) => {
    const { item } = await store.get(key)
    return { ...JSON.parse(Buffer.from(item!.value).toString()), stale: item?.stale?.() ?? false }
  }
  for (const provider of ['aesgcm', 'secretbox', 'aescbc']) {
    const secret = await read(`/registry/secrets/default/${provider}`)
    assert.deepEqual([secret.kind, secret.data], ['Secret', { password: 'c3dvcmRmaXNo' }])
    assert.equal(secret.stale, provider !== 'aesgcm')
  }
  const definition = await read('/registry/apiextensions.k8s.io/customresourcedefinitions/pandasa.example.com')
  assert.equal(definition.apiVersion, 'apiextensions.k8s.io/v1')
  assert.equal(definition.spec.versions[0].schema.openAPIV3Schema.type, 'object')
  assert.deepEqual(definition.spec.versions[0].additionalPrinterColumns[0].jsonPath, '.spec.n')
  assert.deepEqual((await read('/registry/example.com/pandasa/default/p')).spec, { n: 1, deep: { b: [1, 2] } })
  assert.equal((await read('/registry/horizontalpodautoscalers/default/hpa-a')).spec.maxReplicas, 3)
  assert.deepEqual((await read('/registry/masterleases/10.255.0.1')).subsets, [{ addresses: [{ ip: '10.255.0.1' }] }])
  assert.equal((await read('/registry/apiregistration.k8s.io/apiservices/v1.apps')).spec.group, 'apps')
})
