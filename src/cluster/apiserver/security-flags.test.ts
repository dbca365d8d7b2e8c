import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import type { Machine } from '../machine.ts'
import { parseFlags } from './flags.ts'
import { outsideSecurityOf } from './security-flags.ts'
import { readSettings } from './settings.ts'

const machine = { clock: simulatedClock(), disk: {}, log: {}, net: {} } as unknown as Machine
const read = (words: string[]) => {
  const flags = parseFlags(words)
  return outsideSecurityOf(machine, flags, async (flag) => flags.text(flag) && `text of ${flags.text(flag)}`)
}

test('outsideSecurityOf loads nothing by default and reads what flags ask for', async () => {
  assert.equal(await read([]), undefined)
  assert.equal(await read(['--authorization-mode=Node,RBAC']), undefined)
  const oidc = ['--oidc-issuer-url=https://i', '--oidc-client-id=c', '--oidc-required-claim=a=b', '--oidc-ca-file=/ca']
  assert.deepEqual((await read(oidc))?.oidc, {
    ...{ issuerUrl: 'https://i', clientId: 'c', certificateAuthority: 'text of /ca' },
    ...{ requiredClaims: ['a=b'], signingAlgorithms: [] },
  })
  const modes = [
    '--authorization-mode=Node,Webhook,ABAC',
    '--authorization-webhook-config-file=/w',
    '--authorization-policy-file=/p',
  ]
  const outside = await read([...modes, '--authorization-webhook-cache-authorized-ttl=1m'])
  assert.equal(outside?.abacPolicies, 'text of /p')
  const listed = outside?.authorization as unknown as {
    type: string
    webhook?: { authorizedTtlMs: number; version: string }
  }[]
  assert.deepEqual(
    listed.map(({ type }) => type),
    ['Node', 'Webhook', 'ABAC'],
  )
  assert.equal(listed[1]?.webhook?.authorizedTtlMs, 60_000)
  assert.equal(listed[1]?.webhook?.version, 'v1beta1')
})

for (const [words, why] of [
  [['--oidc-issuer-url=https://i'], /must be specified together/],
  [['--oidc-issuer-url=https://i', '--oidc-client-id=c', '--authentication-config=/a'], /cannot be used together/],
  [['--authorization-config=/a', '--authorization-mode=RBAC'], /can not be specified when --authorization-mode is/],
  [['--authorization-mode=RBAC,RBAC'], /more than once: RBAC/],
  [['--authorization-mode=Webhook'], /go together/],
  [['--authorization-policy-file=/p'], /go together/],
  [['--authentication-token-webhook-config-file=/t', '--authentication-token-webhook-version=v2'], /only v1, v1beta1/],
] as [string[], RegExp][]) {
  test(`outsideSecurityOf refuses ${words.join(' ')}`, async () => {
    await assert.rejects(read(words), why)
  })
}

test('readSettings takes several issuers: the first signs, all are audiences', () => {
  const { issuer, formerIssuers, audiences } = readSettings(
    parseFlags(['--service-account-issuer=https://new', '--service-account-issuer=https://old']),
  )
  assert.deepEqual([issuer, formerIssuers, audiences], ['https://new', ['https://old'], ['https://new', 'https://old']])
})
