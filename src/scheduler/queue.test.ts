import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { Heap } from './heap.ts'
import { SchedulingQueue } from './queue.ts'
import { pod } from './testbed/cluster.ts'

function queueOnHeldTime() {
  const clock = simulatedClock()
  const queue = new SchedulingQueue(clock, () => {})
  const takeAll = () => {
    const names: string[] = []
    for (let taken = queue.take(); taken; taken = queue.take()) names.push(taken.metadata.name ?? '')
    return names
  }
  return { clock, queue, takeAll }
}

test('take gives the highest priority, then the longest waiting', async () => {
  const { clock, queue, takeAll } = queueOnHeldTime()
  queue.add(pod('old'))
  queue.add(pod('same-moment'))
  await clock.advance(10)
  queue.add(pod('urgent', { priority: 5 }))
  queue.add(pod('young'))
  assert.deepEqual(takeAll(), ['urgent', 'old', 'same-moment', 'young'])
})

test('a pod that is added twice is taken once', () => {
  const { queue, takeAll } = queueOnHeldTime()
  queue.add(pod('p'))
  queue.add(pod('p'))
  assert.deepEqual(takeAll(), ['p'])
  assert.equal(queue.idle, false)
  queue.placed('default/p')
  assert.equal(queue.idle, true)
})

test('a parked pod waits for the cluster to change and for its back-off', async () => {
  const { clock, queue, takeAll } = queueOnHeldTime()
  queue.add(pod('p'))
  takeAll()
  queue.park('default/p')
  assert.equal(queue.idle, true)
  await clock.advance(2_000)
  assert.deepEqual(takeAll(), [])
  queue.clusterChanged()
  assert.deepEqual(takeAll(), ['p'])
  queue.park('default/p')
  queue.clusterChanged()
  assert.equal(queue.nextRetryMs, 2_000)
  await clock.advance(1_999)
  assert.deepEqual(takeAll(), [])
  await clock.advance(1)
  assert.deepEqual(takeAll(), ['p'])
})

test('back-off doubles up to ten seconds', async () => {
  const { clock, queue, takeAll } = queueOnHeldTime()
  queue.add(pod('p'))
  const waits: (number | undefined)[] = []
  for (let count = 0; count < 6; count++) {
    takeAll()
    queue.retryLater('default/p')
    waits.push(queue.nextRetryMs)
    await clock.advance(10_000)
  }
  assert.deepEqual(waits, [1_000, 2_000, 4_000, 8_000, 10_000, 10_000])
})

test('a pod parked for long is looked at again', async () => {
  const { clock, queue, takeAll } = queueOnHeldTime()
  queue.add(pod('p'))
  takeAll()
  queue.park('default/p')
  await clock.advance(331_000)
  assert.deepEqual(takeAll(), ['p'])
})

test('a removed pod is not taken, wherever it waited', async () => {
  const { clock, queue, takeAll } = queueOnHeldTime()
  for (const name of ['ready', 'parked', 'backing-off']) queue.add(pod(name))
  takeAll()
  queue.add(pod('ready'))
  queue.park('default/parked')
  queue.retryLater('default/backing-off')
  for (const name of ['ready', 'parked', 'backing-off']) queue.remove(`default/${name}`)
  queue.clusterChanged()
  await clock.advance(400_000)
  assert.deepEqual(takeAll(), [])
  assert.equal(queue.idle, true)
})

test('Heap pops in order', () => {
  const heap = new Heap<number>((one, other) => one < other)
  const numbers = Array.from({ length: 200 }, (_, index) => (index * 7919) % 211)
  for (const number of numbers) heap.push(number)
  const popped: number[] = []
  for (let next = heap.pop(); next !== undefined; next = heap.pop()) popped.push(next)
  assert.deepEqual(
    popped,
    [...numbers].sort((one, other) => one - other),
  )
})
