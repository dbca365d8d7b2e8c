/** Managed fields of large objects are reckoned in several turns, and come out as in one. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { KubeObject } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import { objectType } from '../../api/schema/registry.ts'
import type { Clock } from '../../platform/clock.ts'
import { inParts } from '../../platform/turn.ts'
import { applied, trackUpdate } from './field-ownership.ts'
import type { Target } from './parts.ts'

const parts = { clock: { nowMs: () => 0 } as Clock }
const type = objectType({ apiVersion: 'v1', kind: 'ConfigMap' })
const target = {
  served: { custom: false, type, resource: coreV1.configMaps, subresources: new Map() },
  subresource: '',
} as unknown as Target

const configMap = (data: Record<string, string>) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'c', uid: 'u' },
  data,
})

/** The outcome of both ways, and in how many turns the second had it. */
async function bothWays<T>(work: () => T): Promise<{ value: T; turns: number }> {
  const value = work()
  let turns = 0
  const inTurns = await inParts(() => {
    turns += 1
    return work()
  })
  assert.deepEqual(inTurns, value)
  return { value, turns }
}

test('what appliers and updaters own is reckoned step by step', async () => {
  const apply = (live: KubeObject | undefined, manager: string, data: Record<string, string>) =>
    bothWays(() => applied(parts, target, live, { patch: configMap(data), manager, force: true }))
  const first = await apply(undefined, 'one', { a: '1', b: '1', c: '1' })
  const live = { ...first.value, metadata: { ...first.value.metadata, uid: 'u' } }
  const second = await apply(live, 'two', { b: '2', d: '2' })
  const third = await apply(second.value, 'one', { a: '1' })
  assert.deepEqual((third.value as unknown as { data: object }).data, { a: '1', b: '2', d: '2' })
  assert.ok(third.turns >= 15, `${third.turns} turns`)
  const wanted = { ...third.value, data: { a: '3', d: '2' } } as KubeObject
  const updated = await bothWays(() => trackUpdate(parts, target, third.value, wanted, 'three'))
  const owned = updated.value.metadata.managedFields?.map(({ manager, fieldsV1 }) => [manager, fieldsV1])
  assert.deepEqual(owned, [
    ['two', { 'f:data': { 'f:d': {} } }],
    ['three', { 'f:data': { 'f:a': {} } }],
  ])
  assert.ok(updated.turns >= 6, `${updated.turns} turns`)
})
