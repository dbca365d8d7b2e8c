import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { StatusManager } from './manager.ts'

const mirror = (uid: string): Pod => ({ metadata: { name: 'web-node1', namespace: 'default', uid }, status: {} })

test('StatusManager writes a static pod’s status to a mirror that came while another was written', async () => {
  const written: string[] = []
  let answer = (): void => undefined
  const patchStatus = (_: string, { patch }: { patch: { metadata: { uid: string } } }): Promise<void> => {
    written.push(patch.metadata.uid)
    return new Promise((resolve) => {
      answer = resolve
    })
  }
  const client = { of: () => ({ patchStatus }) } as unknown as Client
  const clock = simulatedClock()
  const statuses = new StatusManager(client, clock, silent)
  const pod: Pod = { metadata: { ...mirror('own').metadata, annotations: { 'kubernetes.io/config.source': 'file' } } }
  statuses.publish(pod, { phase: 'Running' })
  statuses.redirect(pod, mirror('first'))
  await clock.settle()
  statuses.redirect(pod, mirror('second'))
  answer()
  await clock.settle()
  assert.deepEqual(written, ['first', 'second'])
})
