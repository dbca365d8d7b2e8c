import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { type SigningKey, signingKey } from './jwt.ts'
import { ServiceAccountTokens, TokenIssuer } from './service-account-token.ts'

const makeKey = (): SigningKey => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
  return signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
}

test('ServiceAccountTokens believes keys and issuers of before, as long as they are listed', async () => {
  const [clock, random] = [simulatedClock(), simulatedRandom('rotation')]
  const [older, newer] = [makeKey(), makeKey()]
  const objects = new MemoryObjects().put(coreV1.serviceAccounts, {
    metadata: { name: 'sa', namespace: 'a', uid: '1' },
  })
  const about = { namespace: 'a', serviceaccount: { name: 'sa', uid: '1' } }
  const given = { audiences: ['api'], validSeconds: 600 }
  const old = new TokenIssuer({ keys: [older], issuer: 'https://old', clock }, random).issue(about, given).token
  const fresh = new TokenIssuer({ keys: [newer, older], issuer: 'https://new', clock }, random).issue(
    about,
    given,
  ).token
  const common = { clock, objects, audiences: ['api'], issuer: 'https://new' }
  const during = new ServiceAccountTokens({ ...common, keys: [newer, older], formerIssuers: ['https://old'] })
  for (const token of [old, fresh]) {
    assert.equal((await during.authenticateToken(token))?.user.name, 'system:serviceaccount:a:sa')
  }
  const withoutKey = new ServiceAccountTokens({ ...common, keys: [newer], formerIssuers: ['https://old'] })
  await assert.rejects(withoutKey.authenticateToken(old), /invalid signature/)
  const withoutIssuer = new ServiceAccountTokens({ ...common, keys: [newer, older] })
  assert.equal(await withoutIssuer.authenticateToken(old), undefined)
  assert.ok(await withoutIssuer.authenticateToken(fresh))
})
