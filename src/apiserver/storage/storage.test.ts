import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import { createClient } from '../../client/client-impl.ts'
import { connectGrpc } from '../../platform/grpc.ts'
import { realRandom } from '../../platform/real/random.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { type EncryptionRule, readEncryptionConfiguration } from './encryption/configuration.ts'
import { createEncryption } from './encryption/encryption.ts'
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
