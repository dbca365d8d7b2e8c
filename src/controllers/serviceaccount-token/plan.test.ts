import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Secret, ServiceAccount } from '../../api/types/core/v1.ts'
import { type CleanUp, cleanUpOf, tracksLongEnough } from './plan.ts'

const nowMs = Date.parse('2026-06-15T12:00:00Z')
const periodMs = 365 * 86_400_000
const used = (day: string) => ({ 'kubernetes.io/legacy-token-last-used': day })
const invalid = (day: string) => ({ 'kubernetes.io/legacy-token-invalid-since': day })

function secret(labels: Record<string, string> = {}, creationTimestamp = '2024-01-01T00:00:00Z'): Secret {
  const annotations = { 'kubernetes.io/service-account.name': 'a', 'kubernetes.io/service-account.uid': 'u' }
  return { metadata: { name: 't', namespace: 'n', labels, annotations, creationTimestamp } }
}

const listed: ServiceAccount = { metadata: { name: 'a', uid: 'u' }, secrets: [{ name: 't' }] }
const unlisted: ServiceAccount = { metadata: { name: 'a', uid: 'u' } }
const other: ServiceAccount = { metadata: { name: 'a', uid: 'v' }, secrets: [{ name: 't' }] }

const table: [what: string, secret: Secret, account: ServiceAccount | undefined, inUse: boolean, decision: CleanUp][] =
  [
    ['marks one that was never used', secret(), listed, false, 'mark'],
    ['keeps a young one', secret({}, '2026-01-01T00:00:00Z'), listed, false, 'keep'],
    ['keeps one used within the year', secret(used('2025-06-15')), listed, false, 'keep'],
    ['marks one used before that', secret(used('2025-06-14')), listed, false, 'mark'],
    ['keeps one whose use cannot be read', secret(used('yesterday')), listed, false, 'keep'],
    ['keeps one that somebody made by hand', secret(), unlisted, false, 'keep'],
    ['keeps one of an account of another time', secret(), other, false, 'keep'],
    ['keeps one without an account', secret(), undefined, false, 'keep'],
    ['keeps one that a pod mounts', secret(), listed, true, 'keep'],
    ['keeps a marked one for a year', secret(invalid('2025-06-15')), listed, false, 'keep'],
    ['deletes it then', secret(invalid('2025-06-14')), listed, false, 'delete'],
    ['marks anew what is marked badly', secret(invalid('x')), listed, false, 'mark'],
  ]

for (const [what, object, account, inUse, decision] of table) {
  test(`cleanUpOf ${what}`, () => {
    assert.equal(cleanUpOf(object, { account, inUse, nowMs, periodMs }), decision)
  })
}

test('tracksLongEnough counts from the day after uses began to be written down', () => {
  assert.equal(tracksLongEnough('2025-06-14', { nowMs, periodMs }), true)
  assert.equal(tracksLongEnough('2025-06-15', { nowMs, periodMs }), false)
  assert.equal(tracksLongEnough(undefined, { nowMs, periodMs }), false)
})
