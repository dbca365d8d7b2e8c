/**
 * What the node has set aside for each pod. A pod gets what it asks for when it is admitted; a resize is set aside when
 * the node has room beside its other pods, and else waits until something is freed. Everything downstream works with the
 * pod as set aside (`applied`), never with the wish.
 * Source: KEP-1287 (in-place resize), https://kubernetes.io/docs/tasks/configure-pod-container/resize-container-resources/
 */
import type { Pod } from '../../api/types/core/v1.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import { uidOf } from '../pod/names.ts'
import { resourcesOf, sameResources, withResources } from './pod-resources.ts'
import { deferred, ResizeConditions } from './resize-conditions.ts'
import { resizeMessage } from './resize-message.ts'
import { type ResizeMetrics, requestedChanges } from './resize-metrics.ts'
import { byPriority } from './resize-order.ts'
import type { HeldResources } from './resource-state.ts'

/** Why waiting resizes are looked at again, as the metric names it. */
export type RetryTrigger =
  | 'pod_updated'
  | 'pods_added'
  | 'pods_removed'
  | 'pod_terminated'
  | 'pod_resized'
  | 'periodic_retry'

export interface AllocationParts {
  clock: Clock
  allocated: HeldResources
  /** Absent: nothing is counted. */
  metrics?: ResizeMetrics
  /** Why the node has no room for the pod beside its others; undefined: it has. */
  refusal(pod: Pod): string | undefined
  /** As the API has it; undefined: gone, or it runs no more. */
  find(uid: string): Pod | undefined
  event(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void
  wake(uid: string): void
}

const retryMs = 3 * 60_000

export class AllocationManager {
  readonly conditions: ResizeConditions
  readonly #parts: AllocationParts
  readonly #pending = new Set<string>()
  #timer: CancelTimer | undefined
  #stopped = false

  constructor(parts: AllocationParts) {
    this.#parts = parts
    this.conditions = new ResizeConditions(parts.clock)
    parts.metrics?.read(() => this.conditions.counts())
  }

  /** Whether a resize waits for room. */
  get hasPending(): boolean {
    return this.#pending.size > 0
  }

  /** After every pod that ran before is known: resizes that waited then are judged. */
  start(pods: readonly Pod[]): void {
    const known = new Set(pods.map(uidOf))
    this.#parts.allocated.keep((uid) => known.has(uid))
    for (const pod of pods) {
      this.conditions.adopt(pod)
      if (this.#isWished(pod)) this.#pending.add(uidOf(pod))
    }
    this.retry('pods_added')
  }

  stop(): void {
    this.#stopped = true
    this.#timer?.()
  }

  /** The pod is admitted with what it asks for; what was set aside for it before stays. */
  allocate(pod: Pod): void {
    const { allocated } = this.#parts
    if (!allocated.get(uidOf(pod))) allocated.set(uidOf(pod), resourcesOf(pod))
  }

  /** The pod with the resources that are set aside for it. */
  applied(pod: Pod): Pod {
    const resources = this.#parts.allocated.get(uidOf(pod))
    return resources ? withResources(pod, resources) : pod
  }

  /** The API's pod changed. */
  observe(pod: Pod, previous: Pod): void {
    if (sameResources(pod, previous)) return
    this.#parts.metrics?.requested(requestedChanges(previous, pod))
    if (!this.#isWished(pod)) {
      this.#pending.delete(uidOf(pod))
      this.conditions.clearPending(uidOf(pod))
      return
    }
    this.#pending.add(uidOf(pod))
    this.retry('pod_updated')
  }

  forget(uid: string): void {
    this.#pending.delete(uid)
    this.conditions.forget(uid)
    this.#parts.allocated.keep((kept) => kept !== uid)
  }

  /** Looks at every waiting resize again. */
  retry(trigger: RetryTrigger): void {
    if (this.#stopped) return
    this.#timer?.()
    this.#timer = undefined
    for (const pod of this.#inOrder()) this.#judge(pod, trigger)
    if (this.#pending.size > 0) this.#timer = this.#parts.clock.after(retryMs, () => this.retry('periodic_retry'))
  }

  #inOrder(): Pod[] {
    const found = [...this.#pending].flatMap((uid) => {
      const desired = this.#parts.find(uid)
      if (!desired) this.#pending.delete(uid)
      return desired ? [{ desired, allocated: this.applied(desired), since: this.conditions.pendingSince(uid) }] : []
    })
    return found.sort(byPriority).map(({ desired }) => desired)
  }

  #judge(pod: Pod, trigger: RetryTrigger): void {
    const uid = uidOf(pod)
    const before = this.conditions.pendingReason(uid)
    const refusal = this.#isWished(pod) ? this.#parts.refusal(pod) : undefined
    if (refusal !== undefined) {
      const outcome = this.conditions.defer(pod, refusal)
      if (outcome === 'news') this.#event(pod, 'Warning', 'Deferred', refusal)
      if (outcome !== 'same') this.#parts.wake(uid)
      return
    }
    this.#pending.delete(uid)
    this.conditions.clearPending(uid)
    if (this.#isWished(pod)) {
      this.#parts.allocated.set(uid, resourcesOf(pod))
      this.conditions.begin(pod)
      this.#event(pod, 'Normal', 'Started')
      if (before === deferred) this.#parts.metrics?.acceptedLate(trigger)
    }
    this.#parts.wake(uid)
  }

  /** Whether the pod asks for other resources than are set aside for it. */
  #isWished(pod: Pod): boolean {
    return this.applied(pod) !== pod
  }

  #event(pod: Pod, type: 'Normal' | 'Warning', what: 'Started' | 'Deferred', error?: string): void {
    const verb = what === 'Started' ? 'started' : what
    const message = resizeMessage(verb, pod, pod.metadata.generation ?? 0, error)
    this.#parts.event(pod, type, `Resize${what}`, message)
  }
}
