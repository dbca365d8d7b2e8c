import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event } from '../../../api/types/events/v1.ts'
import { newEvents } from './event.ts'

const event: Event = {
  metadata: { name: 'e', namespace: 'default' },
  eventTime: '2026-01-01T00:00:00.000000Z',
  regarding: { kind: 'Pod', name: 'p', namespace: 'default' },
  reason: 'Test',
  action: 'Do',
  note: 'so it is',
  type: 'Normal',
  reportingController: 'controller',
  reportingInstance: 'i',
}
const series = { count: 2, lastObservedTime: '2026-01-01T00:00:01.000000Z' }

test('the series of an event goes on, and what a client sends as empty is no change', () => {
  assert.deepEqual(newEvents.validateUpdate?.({ ...event, series, deprecatedSource: {} }, event), [])
})

test('nothing else of an event changes', () => {
  const changed = { ...event, note: 'otherwise', reason: 'Other', deprecatedSource: { component: 'c' } }
  assert.deepEqual(
    newEvents.validateUpdate?.(changed, event)?.map(({ path, detail }) => `${path}: ${detail}`),
    ['reason: field is immutable', 'message: field is immutable', 'source: field is immutable'],
  )
})
