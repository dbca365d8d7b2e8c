/** Deletes finished Jobs that asked for it, after their time. https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/ */

import { keyOf } from '../../api/meta.ts'
import { batchV1 } from '../../api/resources.ts'
import type { Job } from '../../api/types/batch/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'

export function ttlAfterFinishedController(parts: ControllerParts): Controller {
  const jobs = parts.informers.of(batchV1.jobs)
  return {
    name: 'ttl-after-finished',
    sources: [source(jobs, ({ object }) => (expiryMs(object) === undefined ? [] : [keyOf(object)]))],
    async reconcile(key) {
      const cached = jobs.get(key)
      const cachedExpiryMs = cached && expiryMs(cached)
      if (!cached || cachedExpiryMs === undefined) return done
      const leftMs = cachedExpiryMs - parts.clock.nowMs()
      if (leftMs > 0) return { kind: 'requeueAfter', delayMs: leftMs }
      const { uid = '', name = '', namespace } = cached.metadata
      const api = parts.client.of(batchV1.jobs, namespace)
      // The time may have been raised a moment ago: only what the server says now counts.
      const job = await ifThere(api.get(name))
      const dueMs = job?.metadata.uid === uid ? expiryMs(job) : undefined
      if (!job || dueMs === undefined) return done
      if (dueMs > parts.clock.nowMs()) return { kind: 'requeueAfter', delayMs: dueMs - parts.clock.nowMs() }
      const { resourceVersion } = job.metadata
      const preconditions = { uid, ...(resourceVersion ? { resourceVersion } : {}) }
      await ifThere(api.delete(name, { propagationPolicy: 'Foreground', preconditions }))
      const lateSeconds = (parts.clock.nowMs() - dueMs) / 1000
      parts.meters?.observe('ttl_after_finished_controller_job_deletion_duration_seconds', [], lateSeconds)
      return done
    },
  }
}

/** Epoch time from which the Job may go; undefined when it stays, is not finished, or already goes. */
export function expiryMs(job: Job): number | undefined {
  const seconds = job.spec?.ttlSecondsAfterFinished
  if (seconds === undefined || job.metadata.deletionTimestamp) return undefined
  const end = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )
  const endMs = Date.parse(end?.lastTransitionTime ?? '')
  return Number.isNaN(endMs) ? undefined : endMs + seconds * 1000
}
