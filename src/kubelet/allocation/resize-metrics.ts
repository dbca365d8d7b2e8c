/** What is counted about resizes, by upstream's names. Source: the kubelet's metrics, v1.36 */
import type { Pod } from '../../api/types/core/v1.ts'
import { counter, gauge, histogram, type Metric } from '../server/metrics-text.ts'
import { compareAmounts, containerAmounts } from './pod-resources.ts'

/** `memory`, `limits`, `increase`. */
export type RequestedChange = readonly [resource: string, requirement: string, operation: string]

type Counts = { pending: ReadonlyMap<string, number>; inProgress: number }

const durationBucketsMs = [10, 50, 100, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 3e4, 6e4, 12e4, 3e5, 6e5]

export class ResizeMetrics {
  readonly #requested = new Map<string, number>()
  readonly #acceptedLate = new Map<string, number>()
  readonly #durationsMs = new Map<boolean, { counts: number[]; sum: number; count: number }>()
  #counts: () => Counts = () => ({ pending: new Map(), inProgress: 0 })

  /** Who knows how many pods are being resized. */
  read(counts: () => Counts): void {
    this.#counts = counts
  }

  requested(changes: readonly RequestedChange[]): void {
    for (const change of changes) add(this.#requested, change.join(' '))
  }

  acceptedLate(trigger: string): void {
    add(this.#acceptedLate, trigger)
  }

  carriedOut(milliseconds: number, success: boolean): void {
    const known = this.#durationsMs.get(success) ?? { counts: durationBucketsMs.map(() => 0), sum: 0, count: 0 }
    for (const [index, bound] of durationBucketsMs.entries())
      if (milliseconds <= bound) known.counts[index] = (known.counts[index] ?? 0) + 1
    this.#durationsMs.set(success, { ...known, sum: known.sum + milliseconds, count: known.count + 1 })
  }

  metrics(): Metric[] {
    const { pending, inProgress } = this.#counts()
    return [
      counter(
        'kubelet_container_requested_resizes_total',
        'Requested changes of resources, counted for each container and resource.',
        [...this.#requested].map(([key, count]) => {
          const [resource = '', requirement = '', operation = ''] = key.split(' ')
          return [{ resource, requirement, operation }, count]
        }),
      ),
      histogram(
        'kubelet_pod_resize_duration_milliseconds',
        'Milliseconds that carrying out a resize took.',
        durationBucketsMs,
        [...this.#durationsMs].map(([success, durations]) => [{ success: String(success) }, durations]),
      ),
      gauge(
        'kubelet_pod_pending_resizes',
        'Pods whose resize waits.',
        [...pending].map(([reason, count]) => [{ reason }, count]),
      ),
      gauge('kubelet_pod_in_progress_resizes', 'Pods that are being resized.', [[{}, inProgress]]),
      counter(
        'kubelet_pod_deferred_accepted_resizes_total',
        'Resizes that were accepted after they had waited.',
        [...this.#acceptedLate].map(([trigger, count]) => [{ retry_trigger: trigger }, count]),
      ),
    ]
  }
}

/** Each amount of each container that an update changes. Pure. */
export function requestedChanges(before: Pod, after: Pod): RequestedChange[] {
  const all = ({ spec }: Pod) => [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])]
  const none: Pod = { metadata: {} }
  return all(after).flatMap((container) => {
    const old = all(before).find(({ name }) => name === container.name)
    if (!old) return []
    const [was, is] = [containerAmounts(none, old), containerAmounts(none, container)]
    return (['memory', 'cpu'] as const).flatMap((resource) =>
      (['request', 'limit'] as const).flatMap((which): RequestedChange[] => {
        const operation = operationOf(was[resource][which], is[resource][which])
        return operation ? [[resource, `${which}s`, operation]] : []
      }),
    )
  })
}

function operationOf(before: string | undefined, after: string | undefined): string | undefined {
  const difference = compareAmounts(after, before)
  if (difference === 0) return undefined
  if (compareAmounts(after, undefined) === 0) return 'remove'
  if (compareAmounts(before, undefined) === 0) return 'add'
  return difference < 0 ? 'decrease' : 'increase'
}

function add(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}
