import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../api/resources.ts'
import type { Event } from '../api/types/core/v1.ts'
import { limits } from '../limits.ts'
import { silent } from '../platform/log.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { createClient } from './client-impl.ts'
import { createEventRecorder } from './events-impl.ts'
import { failure, StubApi } from './testbed/stub-api.ts'

const pod = {
  resource: coreV1.pods,
  object: { metadata: { name: 'p', namespace: 'ns', uid: 'u', resourceVersion: '5' } },
}

function setUp() {
  const api = new StubApi()
  const client = createClient(api)
  const clock = simulatedClock()
  const options = { client, clock, random: simulatedRandom(), log: silent }
  const recorder = createEventRecorder({ ...options, component: 'kubelet', host: 'node1' })
  const events = (): Event[] => [...api.objects.values()] as unknown as Event[]
  return { api, clock, recorder, events }
}

test('event writes the shape of core/v1 with a name from the object and the time', async () => {
  const { api, recorder, events } = setUp()
  recorder.event(pod, 'Normal', 'Started', 'Container started')
  await recorder.flush()
  const [event] = events()
  assert.match(event?.metadata.name ?? '', /^p\.[0-9a-f]{16}$/)
  assert.equal(api.requests[0]?.path, '/api/v1/namespaces/ns/events')
  const { metadata: _metadata, ...rest } = event!
  assert.deepEqual(rest, {
    apiVersion: 'v1',
    kind: 'Event',
    involvedObject: { kind: 'Pod', apiVersion: 'v1', namespace: 'ns', name: 'p', uid: 'u', resourceVersion: '5' },
    reason: 'Started',
    message: 'Container started',
    type: 'Normal',
    source: { component: 'kubelet', host: 'node1' },
    reportingComponent: 'kubelet',
    reportingInstance: 'node1',
    firstTimestamp: '2026-01-01T00:00:00Z',
    lastTimestamp: '2026-01-01T00:00:00Z',
    count: 1,
  })
})

test('event counts the same event instead of repeating it, and starts anew when it was forgotten', async () => {
  const { api, clock, recorder, events } = setUp()
  for (let round = 0; round < 3; round++) {
    recorder.event(pod, 'Warning', 'BackOff', 'Back-off restarting')
    await recorder.flush()
    await clock.advance(10_000)
  }
  assert.deepEqual(
    events().map(({ count, lastTimestamp }) => [count, lastTimestamp]),
    [[3, '2026-01-01T00:00:20Z']],
  )
  api.objects.clear()
  recorder.event(pod, 'Warning', 'BackOff', 'Back-off restarting')
  await recorder.flush()
  assert.deepEqual(
    events().map(({ count, firstTimestamp }) => [count, firstTimestamp]),
    [[4, '2026-01-01T00:00:00Z']],
  )
})

test('event with an action has a time of its own, and goes on as a series until nothing was seen for a while', async () => {
  const { api, clock, recorder, events } = setUp()
  const say = async (message: string) => {
    recorder.as('scheduler', 'host1').event(pod, 'Warning', 'FailedScheduling', message, { action: 'Scheduling' })
    await recorder.flush()
    await clock.advance(10_000)
  }
  await say('0/1 nodes')
  assert.equal(api.requests[0]?.path, '/apis/events.k8s.io/v1/namespaces/ns/events')
  const { metadata: _metadata, ...first } = events()[0] as unknown as Record<string, unknown>
  assert.deepEqual(first, {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    type: 'Warning',
    reason: 'FailedScheduling',
    action: 'Scheduling',
    note: '0/1 nodes',
    regarding: { kind: 'Pod', apiVersion: 'v1', namespace: 'ns', name: 'p', uid: 'u', resourceVersion: '5' },
    reportingController: 'scheduler',
    reportingInstance: 'scheduler-host1',
    eventTime: '2026-01-01T00:00:00.000000Z',
  })
  await say('0/2 nodes')
  await say('0/3 nodes')
  const series = events().map((event) => event.series)
  assert.deepEqual(series, [{ count: 3, lastObservedTime: '2026-01-01T00:00:20.000000Z' }])
  await clock.advance(400_000)
  await say('0/3 nodes')
  assert.equal(events().length, 2)
})

test('event combines similar events from the tenth on', async () => {
  const { clock, recorder, events } = setUp()
  for (let round = 0; round < 12; round++) {
    recorder.event(pod, 'Warning', 'Failed', `failure ${round}`)
    await recorder.flush()
  }
  const combined = events().filter(({ message }) => message?.startsWith('(combined from similar events): '))
  assert.equal(events().length, limits.eventSimilarMax)
  assert.deepEqual(
    combined.map(({ message, count }) => [message, count]),
    [['(combined from similar events): failure 11', 3]],
  )
  await clock.advance(limits.eventSimilarMs + 1)
  recorder.event(pod, 'Warning', 'Failed', 'much later')
  await recorder.flush()
  assert.equal(events().at(-1)?.message, 'much later')
})

test('event drops what one source says too often about one object', async () => {
  const { clock, recorder, events } = setUp()
  for (let round = 0; round < 40; round++) recorder.event(pod, 'Normal', 'Pulled', 'again')
  await recorder.flush()
  assert.equal(events()[0]?.count, limits.eventBurst)
  recorder.as('scheduler').event(pod, 'Normal', 'Scheduled', 'other source')
  await recorder.flush()
  assert.equal(events().length, 2)
  await clock.advance(limits.eventRefillMs)
  recorder.event(pod, 'Normal', 'Pulled', 'again')
  await recorder.flush()
  assert.equal(events()[0]?.count, 41)
})

test('event tries again when the server is away, and gives up at once when it is refused', async () => {
  const { api, clock, recorder, events } = setUp()
  api.intercept = () => failure(503, 'ServiceUnavailable')
  recorder.event(pod, 'Normal', 'Started', 'a')
  await clock.advance(25_000)
  api.intercept = undefined
  await clock.advance(10_000)
  assert.equal(events().length, 1)
  api.intercept = () => failure(403, 'Forbidden')
  recorder.event(pod, 'Normal', 'Started', 'b')
  await recorder.flush()
  assert.equal(events().length, 1)
})

test('an event that has to wait holds up later ones about its object, not those about others', async () => {
  const { api, clock, recorder, events } = setUp()
  const node = { kind: 'Node', name: 'n' }
  let away = true
  api.intercept = ({ body }) =>
    away && Buffer.from(body ?? []).includes('"Pod"') ? failure(503, 'ServiceUnavailable') : undefined
  recorder.event(pod, 'Normal', 'Pulled', 'first')
  recorder.event(pod, 'Normal', 'Started', 'second')
  recorder.event(node, 'Normal', 'Ready', 'another')
  await clock.advance(0)
  assert.deepEqual(messages(), ['another'])
  away = false
  await clock.advance(10_000)
  assert.deepEqual(messages(), ['another', 'first', 'second'])

  function messages() {
    return events().map(({ message }) => message)
  }
})
