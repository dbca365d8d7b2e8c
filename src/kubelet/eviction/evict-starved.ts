/**
 * Evicts pods while the node runs short of memory or disk: first what nobody uses is removed, then one pod at a time
 * leaves. Source: https://kubernetes.io/docs/concepts/scheduling-eviction/node-pressure-eviction/
 */
import { collectContainers } from '../collection/containers.ts'
import { removeUnusedImages } from '../collection/images.ts'
import type { MaintenanceParts } from '../maintenance.ts'
import { availableMemoryBytes } from '../node/machine.ts'
import { containerNameLabel, podUidLabel, uidOf } from '../pod/names.ts'
import { isCritical } from '../pod/spec.ts'
import type { PodWorker } from '../pod/worker.ts'
import { evict, podBytes } from './local-storage.ts'
import { type Observation, type Shortage, shortages } from './pressure.ts'
import { evictionMessage, type PodUsage, rankedForEviction } from './rank.ts'

type WorkerUsage = PodUsage & { worker: PodWorker }

export async function evictStarved(parts: MaintenanceParts): Promise<void> {
  const [shortage] = await observe(parts)
  if (!shortage) return
  parts.nodeEvent('Warning', 'EvictionThresholdMet', `Attempting to reclaim ${shortage.resource}`)
  if (shortage.resource !== 'memory' && (await reclaim(parts, shortage))) return
  const workers = [...parts.manager.workers()]
  // One at a time: what the last one leaves behind may do.
  if (workers.some(({ state, isEvicted }) => isEvicted && (state === 'running' || state === 'terminating'))) return
  const usages = await readUsages(parts, workers, shortage)
  const first = rankedForEviction(usages, shortage.resource).find(({ pod }) => !isCritical(pod))
  if (first) evict(parts, first.worker, evictionMessage(first, shortage))
}

async function observe({ disk, config, pressure }: MaintenanceParts): Promise<Shortage[]> {
  const [memoryAvailableBytes, usage] = await Promise.all([
    availableMemoryBytes(disk),
    disk.usage(config.rootDirectory),
  ])
  const short = shortages({ memoryAvailableBytes, disk: usage } satisfies Observation)
  pressure.observe(short)
  return short
}

/** Whether that was enough. */
async function reclaim(parts: MaintenanceParts, { resource }: Shortage): Promise<boolean> {
  await collectContainers(parts)
  await removeUnusedImages(parts)
  return !(await observe(parts)).some((short) => short.resource === resource)
}

async function readUsages(
  parts: MaintenanceParts,
  workers: readonly PodWorker[],
  { resource }: Shortage,
): Promise<WorkerUsage[]> {
  const stats = await parts.runtime.listContainerStats()
  const running = workers.filter(({ state }) => state === 'running')
  return Promise.all(
    running.map(async (worker): Promise<WorkerUsage> => {
      const own = stats.filter(({ attributes }) => attributes?.labels?.[podUidLabel] === uidOf(worker.pod))
      const containers = new Map(
        own.map(({ attributes, memory, writableLayer }) => {
          const used = { memory: memory?.workingSetBytes, 'ephemeral-storage': writableLayer?.usedBytes }
          const value = resource === 'inodes' ? writableLayer?.inodesUsed : used[resource]
          return [attributes?.labels?.[containerNameLabel] ?? '', value?.value ?? 0]
        }),
      )
      const sum = [...containers.values()].reduce((total, used) => total + used, 0)
      const total = resource === 'ephemeral-storage' ? await podBytes(parts, worker.pod, stats) : sum
      return { worker, pod: worker.pod, containers, total }
    }),
  )
}
