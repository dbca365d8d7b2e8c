import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { legacyClaims, legacyTokenIssuer, legacyTokenLabels } from '../../api/legacy-tokens.ts'
import { coreV1 } from '../../api/resources.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { signingKey, signToken } from '../authentication/jwt.ts'
import { LegacyServiceAccountTokens } from '../authentication/legacy-service-account-token.ts'
import { ServiceAccountTokens, TokenIssuer } from '../authentication/service-account-token.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { familiesText } from './families.ts'
import { TokenMetrics } from './token-metrics.ts'

const pair = generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
const key = signingKey(pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString())
const clock = simulatedClock()
const account = { metadata: { name: 'sa', namespace: 'a', uid: '1' }, secrets: [{ name: 'made' }] }
const objects = new MemoryObjects().put(coreV1.serviceAccounts, account)
const common = { clock, objects, audiences: ['api'] }

function shown(metrics: TokenMetrics): Record<string, number> {
  const lines = familiesText(metrics.families, 'prometheus').matchAll(/^serviceaccount_(\w+)_total (\d+)$/gm)
  return Object.fromEntries([...lines].map(([, name, value]) => [name, Number(value)]).filter(([, value]) => value))
}

test('TokenMetrics tells of tokens that should have been renewed', async () => {
  const metrics = new TokenMetrics()
  const issuer = { keys: [key], issuer: 'https://i', clock } as const
  const tokens = new ServiceAccountTokens({ ...common, ...issuer, metrics })
  const about = { namespace: 'a', serviceaccount: { name: 'sa', uid: '1' }, warnafter: clock.nowMs() / 1000 + 60 }
  const { token } = new TokenIssuer(issuer, simulatedRandom()).issue(about, { audiences: ['api'], validSeconds: 600 })
  await tokens.authenticateToken(token)
  await clock.advance(61_000)
  await tokens.authenticateToken(token)
  await tokens.authenticateToken(token)
  assert.deepEqual(shown(metrics), { valid_tokens: 1, stale_tokens: 2 })
})

test('TokenMetrics tells of tokens in Secrets: made for an account, by somebody, marked invalid', async () => {
  const metrics = new TokenMetrics()
  const label = async () => undefined
  const tokens = new LegacyServiceAccountTokens({ ...common, keys: [key], metrics, label })
  const tokenIn = (secret: string, labels: Record<string, string> = {}) => {
    const claims = { [legacyClaims.namespace]: 'a', [legacyClaims.secret]: secret, [legacyClaims.account]: 'sa' }
    const subject = { iss: legacyTokenIssuer, sub: 'system:serviceaccount:a:sa', [legacyClaims.uid]: '1' }
    const token = signToken(key, { ...subject, ...claims })
    const data = { token: Buffer.from(token).toString('base64') }
    objects.put(coreV1.secrets, { metadata: { name: secret, namespace: 'a', labels }, data })
    return token
  }
  await tokens.authenticateToken(tokenIn('made'))
  await tokens.authenticateToken(tokenIn('manual'))
  const marked = tokenIn('marked', { [legacyTokenLabels.invalidSince]: '2026-01-01' })
  await assert.rejects(tokens.authenticateToken(marked), /marked invalid/)
  assert.deepEqual(shown(metrics), {
    legacy_tokens: 2,
    legacy_auto_token_uses: 1,
    legacy_manual_token_uses: 1,
    invalid_legacy_auto_token_uses: 1,
  })
})
