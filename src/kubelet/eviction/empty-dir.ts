/**
 * Local storage limits: a pod whose emptyDir holds more than its `sizeLimit` is evicted.
 * Source: https://kubernetes.io/docs/concepts/storage/volumes/#emptydir, the kubelet's eviction messages.
 */
import type { PodParts } from '../pod/parts.ts'
import type { PodManager } from '../pod-manager.ts'

/** Evictions for local storage do not wait. */
const graceSeconds = 1

export async function evictOverfull(parts: PodParts & { manager: PodManager }): Promise<void> {
  const { manager, volumes, disk, events } = parts
  for (const worker of manager.workers()) {
    if (worker.state !== 'running') continue
    for (const { name, directory, limitBytes, limit } of volumes.limits(worker.pod)) {
      const usedBytes = await disk.treeSizeBytes(directory, limitBytes + 4096).catch(() => 0)
      if (usedBytes <= limitBytes) continue
      const message = `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(limit)}. `
      events.pod(worker.pod, 'Warning', 'Evicted', message)
      worker.fail({ reason: 'Evicted', message, disruption: 'TerminationByKubelet' }, graceSeconds)
      break
    }
  }
}
