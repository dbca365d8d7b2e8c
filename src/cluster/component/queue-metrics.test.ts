import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { QueueMetrics } from './queue-metrics.ts'

test('QueueMetrics tell what waits and how long work has been under way, by upstream names', async () => {
  const clock = simulatedClock()
  const metrics = new QueueMetrics(clock)
  const queue = metrics.observer('endpointslice')
  queue.added()
  queue.taken(5)
  await clock.advance(2_000)
  queue.taken(0)
  await clock.advance(3_000)
  const value = (name: string) => {
    const family = metrics.families(new Map([['endpointslice', 4]])).find((one) => one.name === name)
    return [...(family?.samples() ?? [])].map(([labels, number]) => [labels.name, number])
  }
  assert.deepEqual(value('workqueue_depth'), [['endpoint_slice', 4]])
  assert.deepEqual(value('workqueue_unfinished_work_seconds'), [['endpoint_slice', 8]])
  assert.deepEqual(value('workqueue_longest_running_processor_seconds'), [['endpoint_slice', 5]])
  queue.done(5_000)
  assert.deepEqual(value('workqueue_longest_running_processor_seconds'), [['endpoint_slice', 3]])
  queue.done(3_000)
  assert.deepEqual(value('workqueue_unfinished_work_seconds'), [['endpoint_slice', 0]])
})
