/**
 * How long a Job waits before it tries again: 10 s after the first failure since its last success, then twice as long
 * each time, ten minutes at most. Source: kubernetes `pkg/controller/job/backoff_utils.go`.
 */
import type { ContainerStatus, Pod } from '../../api/types/core/v1.ts'

const firstMs = 10_000
const maxMs = 600_000

/** What is remembered of a Job's failures, so that pods that are gone count too. */
export interface BackOff {
  /** Since the last success. */
  failures: number
  /** When the last of them ended; undefined when there is none. */
  lastMs: number | undefined
  /** Pods that are in the count already, by uid, as long as they are there. */
  counted: ReadonlySet<string>
}

const never: BackOff = { failures: 0, lastMs: undefined, counted: new Set() }

/** With pods that have succeeded and failed. Pods that were counted before change nothing. */
export function nextBackOff(
  before: BackOff = never,
  ended: { succeeded: readonly Pod[]; failed: readonly Pod[] },
): BackOff {
  const isNew = ({ metadata }: Pod): boolean => !before.counted.has(metadata.uid ?? '')
  const successes = ended.succeeded.filter(isNew).map(endTimeMs)
  const lastSuccessMs = Math.max(...successes)
  const failures = ended.failed
    .filter(isNew)
    .map(endTimeMs)
    .filter((endMs) => endMs > lastSuccessMs)
  const known = successes.length > 0 ? never : before
  return {
    failures: known.failures + failures.length,
    lastMs: failures.length > 0 ? Math.max(...failures) : known.lastMs,
    counted: new Set([...ended.succeeded, ...ended.failed].map(({ metadata }) => metadata.uid ?? '')),
  }
}

/** Milliseconds until the next try; 0: now. */
export function waitMs({ failures, lastMs }: Pick<BackOff, 'failures' | 'lastMs'>, nowMs: number): number {
  if (lastMs === undefined) return 0
  return Math.max(0, lastMs + Math.min(maxMs, firstMs * 2 ** (failures - 1)) - nowMs)
}

/** When a pod ended, as well as can be told: by its containers, its readiness, its deletion, its creation. */
export function endTimeMs({ metadata, spec, status }: Pod): number {
  const sidecars = new Set(
    spec?.initContainers?.filter((one) => one.restartPolicy === 'Always').map(({ name }) => name),
  )
  const started = status?.initContainerStatuses?.filter(({ name }) => sidecars.has(name)) ?? []
  const ends = [...(status?.containerStatuses ?? []), ...started].map(finishedMs)
  if (ends.length > 0 && !ends.some(Number.isNaN)) return Math.max(...ends)
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  if (ready?.status === 'False' && ready.lastTransitionTime) return Date.parse(ready.lastTransitionTime)
  const { deletionTimestamp, deletionGracePeriodSeconds = 0, creationTimestamp = '' } = metadata
  if (deletionTimestamp) return Date.parse(deletionTimestamp) - deletionGracePeriodSeconds * 1000
  return Date.parse(creationTimestamp) || 0
}

function finishedMs({ state }: ContainerStatus): number {
  return Date.parse(state?.terminated?.finishedAt ?? '')
}
