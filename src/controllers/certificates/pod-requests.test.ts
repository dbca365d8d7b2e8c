import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControllerParts } from '../../client/controller.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { podCertificateCleaningController } from './pod-requests.ts'

test('a pod certificate request goes a quarter of an hour after it was made', async () => {
  const clock = simulatedClock()
  const metadata = { name: 'r', namespace: 'n', uid: 'u', creationTimestamp: rfc3339(clock.nowMs()) }
  const deleted: unknown[] = []
  const controller = podCertificateCleaningController({
    clock,
    informers: { of: () => ({ get: () => ({ metadata }) }) },
    client: { of: () => ({ delete: async (...words: unknown[]) => deleted.push(words) }) },
  } as unknown as ControllerParts)
  await clock.advance(899_000)
  assert.deepEqual(await controller.reconcile('n/r'), { kind: 'requeueAfter', delayMs: 1_000 })
  await clock.advance(1_000)
  assert.deepEqual(await controller.reconcile('n/r'), { kind: 'done' })
  assert.deepEqual(deleted, [['r', { preconditions: { uid: 'u' } }]])
})
