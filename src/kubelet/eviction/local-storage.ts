/**
 * Local storage limits: a pod is evicted whose emptyDir holds more than its `sizeLimit`, or whose containers write more
 * than their `ephemeral-storage` limits, each for itself or all together.
 * Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#local-ephemeral-storage
 */
import { podLimits } from '../../api/pod-requests.ts'
import { quantityOfWhole, wholeValue } from '../../api/quantity.ts'
import type { Container, Pod } from '../../api/types/core/v1.ts'
import type { ContainerStats } from '../cri/message.ts'
import { containerNameLabel, podLogDirectory, podUidLabel, uidOf } from '../pod/names.ts'
import type { PodParts } from '../pod/parts.ts'
import { isCritical } from '../pod/spec.ts'
import type { PodWorker } from '../pod/worker.ts'
import type { PodManager } from '../pod-manager.ts'

/** Evictions do not wait: every moment counts. */
const graceSeconds = 1
const resource = 'ephemeral-storage'

export async function evictOverfull(parts: PodParts & { manager: PodManager }): Promise<void> {
  const running = [...parts.manager.workers()].filter(({ state, pod }) => state === 'running' && !isCritical(pod))
  const stats = running.some(({ pod }) => isLimited(pod)) ? await parts.runtime.listContainerStats() : []
  for (const worker of running) {
    const { pod } = worker
    const message = (await overfullVolume(parts, pod)) ?? (await overfullContainers(parts, pod, stats))
    if (message !== undefined) evict(parts, worker, message)
  }
}

export function evict({ events }: PodParts, worker: PodWorker, message: string): void {
  events.pod(worker.pod, 'Warning', 'Evicted', message)
  worker.fail({ reason: 'Evicted', message, disruption: 'TerminationByKubelet' }, graceSeconds)
}

async function overfullVolume({ volumes, disk }: PodParts, pod: Pod): Promise<string | undefined> {
  for (const { name, directory, limitBytes, limit } of volumes.limits(pod)) {
    const usedBytes = await disk.treeSizeBytes(directory, limitBytes + 4096).catch(() => 0)
    if (usedBytes > limitBytes)
      return `Usage of EmptyDir volume ${JSON.stringify(name)} exceeds the limit ${JSON.stringify(limit)}. `
  }
  return undefined
}

/** The pod's limit first: the sum of its containers', for all that they, their logs and the pod's emptyDirs hold. */
async function overfullContainers(
  parts: PodParts,
  pod: Pod,
  stats: readonly ContainerStats[],
): Promise<string | undefined> {
  if (!isLimited(pod)) return undefined
  const total = await podBytes(parts, pod, stats)
  const limit = podLimits(pod).get(resource)
  if (limit !== undefined && total > limit) {
    const text = quantityOfWhole(limit, 'BinarySI')
    return `Pod ephemeral local storage usage exceeds the total limit of containers ${text}. `
  }
  for (const { name, resources } of limitedContainers(pod)) {
    const own = resources?.limits?.[resource]
    if (own !== undefined && (await containerBytes(parts, pod, name, stats)) > wholeValue(own))
      return `Container ${name} exceeded its local ephemeral storage limit ${JSON.stringify(own)}. `
  }
  return undefined
}

/** What the pod holds on the node's disk. */
export async function podBytes(
  { disk, settings, volumes }: PodParts,
  pod: Pod,
  stats: readonly ContainerStats[],
): Promise<number> {
  const directories = [podLogDirectory(settings.logRoot, pod), ...volumes.localDirectories(pod)]
  const sizes = await Promise.all(directories.map((path) => disk.treeSizeBytes(path).catch(() => 0)))
  const layers = ofPod(stats, pod).map(({ writableLayer }) => writableLayer?.usedBytes?.value ?? 0)
  return [...sizes, ...layers].reduce((total, size) => total + size, 0)
}

/** In the container's own layer, and its log. */
async function containerBytes(
  { disk, settings }: PodParts,
  pod: Pod,
  name: string,
  stats: readonly ContainerStats[],
): Promise<number> {
  const own = ofPod(stats, pod).find(({ attributes }) => attributes?.labels?.[containerNameLabel] === name)
  const log = await disk.treeSizeBytes(`${podLogDirectory(settings.logRoot, pod)}/${name}`).catch(() => 0)
  return log + (own?.writableLayer?.usedBytes?.value ?? 0)
}

function ofPod(stats: readonly ContainerStats[], pod: Pod): ContainerStats[] {
  return stats.filter(({ attributes }) => attributes?.labels?.[podUidLabel] === uidOf(pod))
}

function isLimited(pod: Pod): boolean {
  return limitedContainers(pod).length > 0
}

function limitedContainers({ spec }: Pod): Container[] {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])]
  return all.filter(({ resources }) => resources?.limits?.[resource] !== undefined)
}
