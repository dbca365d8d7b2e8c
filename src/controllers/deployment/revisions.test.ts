import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts'
import {
  annotationsFor,
  beyondHistory,
  nextRevision,
  parseRevision,
  revisionAnnotation,
  revisionOf,
} from './revisions.ts'

const history = 'deployment.kubernetes.io/revision-history'
const setWith = (annotations: Record<string, string>, name = 's'): ReplicaSet => ({ metadata: { name, annotations } })
const setOf = (revision: string): ReplicaSet => setWith({ [revisionAnnotation]: revision }, revision)
const deployment: Deployment = { metadata: { name: 'd' } }

test('parseRevision takes whole numbers of 64 bits', () => {
  for (const text of ['0', '7', '+7', '-7', '3546343826724305832', '9223372036854775807'])
    assert.equal(parseRevision(text), BigInt(text.replace('+', '')), text)
  for (const text of ['', 'x', '1.5', '1e3', '0x7', ' 7', '9223372036854775808', '9'.repeat(5000)])
    assert.equal(parseRevision(text), undefined, text.slice(0, 20))
})

test('nextRevision counts on from what an adopted ReplicaSet brings', () => {
  const cases: [revisions: string[], next: bigint][] = [
    [[], 1n],
    [['2', '10', '9'], 11n],
    [['3546343826724305832'], 3546343826724305833n],
    [['4', 'none'], 5n],
    [['-4'], 1n],
  ]
  for (const [revisions, next] of cases) assert.equal(nextRevision(revisions.map(setOf)), next, revisions.join())
})

test('annotationsFor leaves a ReplicaSet its revision when there is no higher one', () => {
  const last = setOf('9223372036854775807')
  const annotations = annotationsFor(deployment, setOf('7'), { revision: nextRevision([last]) })
  assert.equal(annotations[revisionAnnotation], '7')
})

test('annotationsFor keeps the newest 2,000 characters of earlier revisions', () => {
  const all = Array.from({ length: 400 }, (_, index) => `${1000 + index}`)
  const full = annotationsFor(deployment, setWith({ [revisionAnnotation]: '1400', [history]: all.join() }), {
    revision: 1402n,
  })
  assert.equal(full[history], [...all.slice(1), '1400'].join())
  const few = annotationsFor(deployment, setWith({ [revisionAnnotation]: '3', [history]: '1' }), { revision: 5n })
  assert.equal(few[history], '1,3')
})

test('beyondHistory gives up the lowest revisions first, however large they are', () => {
  const revisions = ['9007199254740995', '9007199254740993', '9007199254740994']
  const limited: Deployment = { ...deployment, spec: { revisionHistoryLimit: 1, selector: {}, template: {} } }
  assert.deepEqual(beyondHistory(limited, revisions.map(setOf)).map(revisionOf), [9007199254740993n, 9007199254740994n])
})
