import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silent } from '../platform/log.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import type { RuntimeService } from './cri/runtime.ts'
import { podNameLabel, podNamespaceLabel, podUidLabel } from './pod/names.ts'
import { RuntimeWatch } from './runtime-watch.ts'

const labels = { [podUidLabel]: 'u1', [podNameLabel]: 'web', [podNamespaceLabel]: 'default' }

/** A runtime whose events and containers the test holds. */
async function watched({ events = true } = {}) {
  const clock = simulatedClock()
  const bed = {
    clock,
    containers: [] as { id: string; state: string }[],
    listings: 0,
    runs: undefined as boolean | undefined,
    podOf: undefined as string | undefined,
    changes: [] as string[],
    emit: (_id: string): void => {},
    takeChanges: () => bed.changes.splice(0),
    stop: () => watch.stop(),
  }
  const runtime = {
    listPodSandboxes: async () => [],
    async listContainers() {
      bed.listings++
      return bed.containers.map((container) => ({ ...container, labels }))
    },
    watchEvents(onEvent: (id: string) => void, onLost: (error: unknown) => void) {
      if (events) bed.emit = onEvent
      else queueMicrotask(() => onLost(new Error('not served')))
      return () => {}
    },
  } as unknown as RuntimeService
  const watch = new RuntimeWatch({
    runtime,
    clock,
    log: silent,
    podOf: () => bed.podOf,
    runs: () => bed.runs,
    onPodChanged: (uid) => bed.changes.push(uid),
    onListed: () => {},
    onHealth: () => {},
  })
  await watch.start()
  return bed
}

test('an exit is looked for until the runtime shows it', async () => {
  const bed = await watched()
  Object.assign(bed, { podOf: 'u1', runs: true })
  bed.emit('c1')
  assert.deepEqual(bed.takeChanges(), ['u1'])
  await bed.clock.advance(100)
  assert.deepEqual(bed.takeChanges(), ['u1'])
  bed.runs = false
  await bed.clock.advance(2_000)
  assert.deepEqual(bed.takeChanges(), [])
  bed.stop()
})

test('a container that is gone by the second look is not searched for', async () => {
  const bed = await watched()
  Object.assign(bed, { podOf: 'u1', runs: true })
  bed.emit('c1')
  Object.assign(bed, { podOf: undefined, runs: undefined, listings: 0 })
  await bed.clock.advance(2_000)
  assert.equal(bed.listings, 0)
  bed.stop()
})

test('an event about an unknown container is given to its pod by a listing, many events by one', async () => {
  const bed = await watched()
  bed.listings = 0
  bed.containers = [{ id: 'c1', state: 'CONTAINER_EXITED' }]
  for (const id of ['c1', 'c1', 'c2']) bed.emit(id)
  await bed.clock.advance(100)
  assert.equal(bed.listings, 1)
  assert.deepEqual([...new Set(bed.takeChanges())], ['u1'])
  bed.stop()
})

test('everything is listed every second without events, every 15 s with them', async () => {
  for (const [events, atMost] of [
    [true, 4],
    [false, 62],
  ] as const) {
    const bed = await watched({ events })
    await bed.clock.advance(60_000)
    assert.ok(bed.listings > atMost - 4 && bed.listings <= atMost + 1, `${bed.listings} listings, events: ${events}`)
    bed.stop()
  }
})
