/**
 * What a pod's conditions say about its resize. They belong to the resize that was asked for then, not to the newest
 * specification: hence a generation of their own. Source: KEP-1287, KEP-5067 (observed generations).
 */
import type { Pod, PodCondition } from '../../api/types/core/v1.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import { uidOf } from '../pod/names.ts'

export const resizePending = 'PodResizePending'
export const resizeInProgress = 'PodResizeInProgress'
/** The node may have room later. Upstream's other reason, Infeasible, is for what this node has not: exclusive CPUs, swap. */
export const deferred = 'Deferred'

interface Conditions {
  pending?: PodCondition
  inProgress?: PodCondition
}

export class ResizeConditions {
  readonly #clock: Clock
  readonly #pods = new Map<string, Conditions>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  of(uid: string): PodCondition[] {
    const { pending, inProgress } = this.#pods.get(uid) ?? {}
    return [pending, inProgress].filter((condition) => condition !== undefined)
  }

  pendingReason(uid: string): string | undefined {
    return this.#pods.get(uid)?.pending?.reason
  }

  pendingSince(uid: string): string | undefined {
    return this.#pods.get(uid)?.pending?.lastTransitionTime
  }

  /** Takes over what an earlier agent published. */
  adopt(pod: Pod): void {
    for (const condition of pod.status?.conditions ?? []) {
      if (condition.type === resizePending) this.#put(uidOf(pod), { pending: condition })
      if (condition.type === resizeInProgress) this.#put(uidOf(pod), { inProgress: condition })
    }
  }

  /** The node has no room for it now. `news`: for another reason than before, or of another resize. */
  defer(pod: Pod, message: string): 'same' | 'changed' | 'news' {
    const before = this.#pods.get(uidOf(pod))?.pending
    const { generation } = pod.metadata
    const pending = this.#made(resizePending, before, { reason: deferred, message, generation })
    if (pending === before) return 'same'
    this.#put(uidOf(pod), { pending })
    return before?.reason !== deferred || before.observedGeneration !== generation ? 'news' : 'changed'
  }

  clearPending(uid: string): void {
    const { inProgress } = this.#pods.get(uid) ?? {}
    if (inProgress) this.#pods.set(uid, { inProgress })
    else this.#pods.delete(uid)
  }

  /** A new resize is carried out from now on: errors of the one before are forgotten. */
  begin(pod: Pod): void {
    this.clearInProgress(uidOf(pod))
    this.setInProgress(pod)
  }

  /**
   * The resize under way keeps its generation, and its error until a new one is given. Returns its generation where this
   * is news.
   */
  setInProgress(pod: Pod, error?: string): { generation: number } | undefined {
    const before = this.#pods.get(uidOf(pod))?.inProgress
    const generation = before ? before.observedGeneration : pod.metadata.generation
    const reason = error === undefined ? before?.reason : 'Error'
    const message = error ?? before?.message
    const inProgress = this.#made(resizeInProgress, before, { reason, message, generation })
    this.#put(uidOf(pod), { inProgress })
    const isNews = before?.reason !== reason || before?.message !== message
    return isNews ? { generation: generation ?? 0 } : undefined
  }

  /** Returns the generation of the resize that was under way. */
  clearInProgress(uid: string): number | undefined {
    const { pending, inProgress } = this.#pods.get(uid) ?? {}
    if (!inProgress) return undefined
    if (pending) this.#pods.set(uid, { pending })
    else this.#pods.delete(uid)
    return inProgress.observedGeneration ?? 0
  }

  forget(uid: string): void {
    this.#pods.delete(uid)
  }

  /** How many pods wait for each reason, and how many are being resized. */
  counts(): { pending: ReadonlyMap<string, number>; inProgress: number } {
    const pending = new Map<string, number>()
    let inProgress = 0
    for (const conditions of this.#pods.values()) {
      const reason = conditions.pending?.reason?.toLowerCase()
      if (reason !== undefined) pending.set(reason, (pending.get(reason) ?? 0) + 1)
      if (conditions.inProgress) inProgress++
    }
    return { pending, inProgress }
  }

  #put(uid: string, conditions: Conditions): void {
    this.#pods.set(uid, { ...this.#pods.get(uid), ...conditions })
  }

  #made(
    type: string,
    before: PodCondition | undefined,
    {
      reason,
      message,
      generation,
    }: { reason: string | undefined; message: string | undefined; generation: number | undefined },
  ): PodCondition {
    if (before && before.reason === reason && before.message === message && before.observedGeneration === generation)
      return before
    const now = rfc3339(this.#clock.nowMs())
    const same = before && before.reason === reason
    const condition: PodCondition = { type, status: 'True', lastProbeTime: now, lastTransitionTime: now }
    if (same && before.lastTransitionTime) condition.lastTransitionTime = before.lastTransitionTime
    if (generation !== undefined) condition.observedGeneration = generation
    if (reason) condition.reason = reason
    if (message) condition.message = message
    return condition
  }
}
