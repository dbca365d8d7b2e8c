/** Keeps a ReplicaSet's pods at the wanted number. https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/ */
import { ApiError } from '../../api/errors.ts'
import { keyOf } from '../../api/meta.ts'
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { ReplicaSet } from '../../api/types/apps/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { slowStart } from '../burst.ts'
import { Expectations } from '../expectations.ts'
import {
  applyClaim,
  byControllerUid,
  controllerOf,
  controllerReference,
  indexByController,
  ownerKeys,
  planClaim,
} from '../ownership.ts'
import { availableInMs, isActive, isReady, podFromTemplate } from '../pods.ts'
import { canonical } from '../template-hash.ts'
import { planReplicas, planStatus } from './plan.ts'

export function replicaSetController(parts: ControllerParts): Controller {
  const sets = parts.informers.of(appsV1.replicaSets)
  const pods = parts.informers.of(coreV1.pods)
  indexByController(pods)
  indexByController(sets)
  const reconciler = new ReplicaSetReconciler(parts)
  return {
    name: 'replicaset',
    sources: [
      source(sets, ({ object }) => [keyOf(object)]),
      source(pods, (change) => {
        const owners = (pod: Pod) => ownerKeys(pod, appsV1.replicaSets, sets, (set) => set.spec?.selector)
        return change.type === 'updated'
          ? [...owners(change.previous), ...owners(change.object)]
          : owners(change.object)
      }),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

type Failure = { reason: string; message: string; error: unknown }

class ReplicaSetReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #sets
  readonly #pods
  readonly #expectations: Expectations<Pod>

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('replicaset-controller')
    this.#sets = parts.informers.of(appsV1.replicaSets)
    this.#pods = parts.informers.of(coreV1.pods)
    this.#expectations = new Expectations(parts.clock, this.#pods)
  }

  async reconcile(key: string): Promise<Outcome> {
    const set = this.#sets.get(key)
    if (!set) {
      this.#expectations.forget(key)
      return done
    }
    const settled = this.#expectations.satisfied(key)
    const { client } = this.#parts
    const claim = planClaim(set, set.spec?.selector, this.#pods)
    const pods = await applyClaim({ client, resource: coreV1.pods, ownerResource: appsV1.replicaSets }, set, claim)
    const failure = settled && !set.metadata.deletionTimestamp ? await this.#adjust(key, set, pods) : undefined
    await this.#writeStatus(set, pods, failure)
    if (failure) return { kind: 'retry', error: failure.error }
    return this.#untilAvailable(set, pods)
  }

  async #adjust(key: string, set: ReplicaSet, pods: readonly Pod[]): Promise<Failure | undefined> {
    const plan = planReplicas(set, pods, this.#relatedPods(set), this.#parts.clock.nowMs())
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    const about = { resource: appsV1.replicaSets, object: set }
    const created = await slowStart(plan.create, async () => {
      try {
        const pod = await api.create(this.#newPod(set))
        this.#expectations.created(key, pod)
        this.#events.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
      } catch (error) {
        if (!isNamespaceTerminating(error)) {
          this.#events.event(about, 'Warning', 'FailedCreate', `Error creating: ${textOf(error)}`)
        }
        throw error
      }
    })
    if (created.error !== undefined) {
      if (isNamespaceTerminating(created.error)) return undefined
      return { reason: 'FailedCreate', message: textOf(created.error), error: created.error }
    }
    return this.#deletePods(key, set, plan.delete)
  }

  async #deletePods(key: string, set: ReplicaSet, pods: readonly Pod[]): Promise<Failure | undefined> {
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    const about = { resource: appsV1.replicaSets, object: set }
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        const name = pod.metadata.name ?? ''
        try {
          await api.delete(name, pod.metadata.uid ? { preconditions: { uid: pod.metadata.uid } } : {})
        } catch (error) {
          if (error instanceof ApiError && error.reason === 'NotFound') return
          this.#events.event(about, 'Warning', 'FailedDelete', `Error deleting: ${textOf(error)}`)
          throw error
        }
        this.#expectations.deleted(key, pod)
        this.#events.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
      }),
    )
    const failed = results.find((result) => result.status === 'rejected')
    return failed ? { reason: 'FailedDelete', message: textOf(failed.reason), error: failed.reason } : undefined
  }

  #newPod(set: ReplicaSet): Pod {
    return podFromTemplate(set.spec?.template ?? {}, {
      owner: controllerReference(appsV1.replicaSets, set),
      namespace: set.metadata.namespace ?? '',
      generateName: `${set.metadata.name}-`,
    })
  }

  /** Pods of all ReplicaSets of the same Deployment: scaling down thins out the fullest nodes. */
  #relatedPods(set: ReplicaSet): readonly Pod[] {
    const owner = controllerOf(set)
    const siblings = owner ? this.#sets.byIndex(byControllerUid, owner.uid) : [set]
    return siblings.flatMap((sibling) => this.#pods.byIndex(byControllerUid, sibling.metadata.uid ?? ''))
  }

  async #writeStatus(set: ReplicaSet, pods: readonly Pod[], failure: Failure | undefined): Promise<void> {
    const nowMs = this.#parts.clock.nowMs()
    const status = planStatus(set, pods, {
      failure: failure && { reason: failure.reason, message: failure.message },
      nowMs,
      nowText: rfc3339(nowMs),
    })
    if (canonical(status) === canonical(set.status ?? {})) return
    await this.#parts.client.of(appsV1.replicaSets, set.metadata.namespace).updateStatus({ ...set, status })
  }

  /** Pods that are ready but not long enough will be available with time alone. */
  #untilAvailable(set: ReplicaSet, pods: readonly Pod[]): Outcome {
    const minReadySeconds = set.spec?.minReadySeconds ?? 0
    if (minReadySeconds === 0) return done
    const nowMs = this.#parts.clock.nowMs()
    const waits = pods
      .filter((pod) => isActive(pod) && isReady(pod))
      .map((pod) => availableInMs(pod, minReadySeconds, nowMs))
      .filter((wait) => wait > 0 && Number.isFinite(wait))
    return waits.length === 0 ? done : { kind: 'requeueAfter', delayMs: Math.min(...waits) + 1 }
  }
}

/** The namespace goes away: creating more would only fill its log. */
function isNamespaceTerminating(error: unknown): boolean {
  return (
    error instanceof ApiError &&
    error.reason === 'Forbidden' &&
    (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
  )
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
