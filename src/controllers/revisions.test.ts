import assert from 'node:assert/strict'
import { test } from 'node:test'
import { appsV1 } from '../api/resources.ts'
import type { ControllerRevision } from '../api/types/apps/v1.ts'
import { planRevision, revisionData, staleRevisions } from './revisions.ts'

const template = (image: string) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image }] },
})

function revision(number: number, image: string): ControllerRevision {
  return { metadata: { name: `r${number}`, uid: `u${number}` }, data: revisionData(template(image)), revision: number }
}

function plan(image: string, known: ControllerRevision[], collisionCount?: number) {
  const object = { metadata: { name: 'web', namespace: 'n', uid: 'u' } }
  const hashLabel = 'controller-revision-hash'
  return planRevision(
    { resource: appsV1.statefulSets, object, template: template(image), collisionCount, hashLabel },
    known,
  )
}

test('planRevision makes a revision with the next number for a template that is new', () => {
  const { current, write } = plan('i:3', [revision(1, 'i:1'), revision(4, 'i:2')])
  assert.deepEqual([write, current.revision], ['create', 5])
  assert.match(current.metadata.name ?? '', /^web-[a-z0-9]+$/)
  assert.equal(`web-${current.metadata.labels?.['controller-revision-hash']}`, current.metadata.name)
  assert.deepEqual(current.data, { spec: { template: { ...template('i:3'), $patch: 'replace' } } })
  assert.notEqual(plan('i:3', [], 1).current.metadata.name, current.metadata.name)
})

test('planRevision takes the newest revision of an equal template, and lifts an old one above the others', () => {
  const known = [revision(1, 'i:1'), revision(2, 'i:2')]
  assert.deepEqual(plan('i:2', known), { current: known[1], write: undefined })
  const back = plan('i:1', known)
  assert.deepEqual([back.write, back.current.metadata.name], ['update', 'r1'])
})

test('staleRevisions are the oldest that nobody uses, beyond the limit', () => {
  const known = [5, 3, 1, 4, 2].map((number) => revision(number, `i:${number}`))
  const stale = (limit: number, used: number[]) =>
    staleRevisions(known, { inUse: ({ revision }) => used.includes(revision), limit }).map(({ revision }) => revision)
  assert.deepEqual(stale(10, [5]), [])
  assert.deepEqual(stale(2, [5]), [1, 2])
  assert.deepEqual(stale(2, [5, 1]), [2])
  assert.deepEqual(stale(0, [5, 2]), [1, 3, 4])
})

test('staleRevisions counts those in use where they take up the history', () => {
  const known = [1, 2, 3].map((number) => revision(number, `i:${number}`))
  const stale = (limit: number, used: number[]) =>
    staleRevisions(known, { inUse: ({ revision }) => used.includes(revision), limit, usedCount: true }).map(
      ({ revision }) => revision,
    )
  assert.deepEqual(stale(1, [1]), [2, 3])
  assert.deepEqual(stale(2, [1]), [2])
  assert.deepEqual(stale(0, [1, 3]), [2])
})
