import assert from 'node:assert/strict'
import { test } from 'node:test'
import { disruptionPatch } from './disruption-target.ts'
import { applyStrategicPatch } from './patch/strategic.ts'
import { typeByName } from './schema/registry.ts'
import type { Pod } from './types/core/v1.ts'

test('disruptionPatch adds its condition behind the others, and brings one that is there up to date', () => {
  const conditions = [
    { type: 'PodScheduled', status: 'True' },
    { type: 'Ready', status: 'True' },
  ]
  const evict = (pod: Pod, reason: string) => {
    const { status } = disruptionPatch(pod, { reason, message: '' }, 'now')
    return applyStrategicPatch(pod.status, status, typeByName('core/v1.PodStatus')) as NonNullable<Pod['status']>
  }
  const reasons = ({ conditions = [] }: NonNullable<Pod['status']>) =>
    conditions.map(({ type, reason }) => [type, reason])
  const first = evict({ metadata: { uid: 'u' }, status: { conditions } }, 'One')
  assert.deepEqual(reasons(first), [
    ['PodScheduled', undefined],
    ['Ready', undefined],
    ['DisruptionTarget', 'One'],
  ])
  const second = evict({ metadata: { uid: 'u' }, status: first }, 'Two')
  assert.deepEqual(reasons(second).at(-1), ['DisruptionTarget', 'Two'])
  assert.equal(second.conditions?.length, 3)
})
