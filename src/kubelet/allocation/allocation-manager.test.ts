import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { AllocationManager } from './allocation-manager.ts'
import { HeldResources } from './resource-state.ts'

function podWith(cpu: string): Pod {
  const containers = [{ name: 'c', image: 'busybox:1', resources: { requests: { cpu } } }]
  return { metadata: { name: 'p', namespace: 'default', uid: 'u' }, spec: { containers } }
}

test('AllocationManager waits for no room once it is stopped', async () => {
  const clock = simulatedClock()
  const told = { event: () => undefined, wake: () => undefined }
  const allocated = new HeldResources()
  const find = () => podWith('2')
  const manager = new AllocationManager({ clock, allocated, refusal: () => 'full', find, ...told })
  manager.allocate(podWith('1'))
  manager.observe(podWith('2'), podWith('1'))
  assert.ok(manager.hasPending)
  assert.ok(await clock.advanceToNext())
  manager.stop()
  manager.retry('pods_removed')
  assert.equal(await clock.advanceToNext(), false)
})
