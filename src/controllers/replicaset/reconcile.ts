/**
 * Keeps the pods of a ReplicaSet, or of its elder the ReplicationController, at the wanted number.
 * https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/
 */

import { keyOf, type Resource } from '../../api/meta.ts'
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { LabelSelector } from '../../api/types/meta/v1.ts'
import {
  type Controller,
  type ControllerParts,
  done,
  type KeyQueue,
  type Outcome,
  source,
} from '../../client/controller.ts'
import { ifThere, isNamespaceTerminating } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import { slowStart } from '../burst.ts'
import { Expectations, notSeenYet } from '../expectations.ts'
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
import { sameStatus } from '../status.ts'
import { ageRatios, planReplicas, planStatus, type ReplicaOwner } from './plan.ts'

/** What sets the two kinds apart. */
interface ReplicaKind<T extends ReplicaOwner> {
  controller: string
  /** The source of its events. */
  component: string
  resource: Resource<T>
  selectorOf(owner: T): LabelSelector | undefined
  /** Whether the status has `terminatingReplicas`. */
  countsTerminating: boolean
}

export function replicaSetController(parts: ControllerParts): Controller {
  return replicaController(parts, {
    controller: 'replicaset',
    component: 'replicaset-controller',
    resource: appsV1.replicaSets,
    selectorOf: (set) => set.spec?.selector,
    countsTerminating: true,
  })
}

export function replicationControllerController(parts: ControllerParts): Controller {
  return replicaController(parts, {
    controller: 'replicationcontroller',
    component: 'replication-controller',
    resource: coreV1.replicationControllers,
    selectorOf: (one) => one.spec?.selector && { matchLabels: one.spec.selector },
    countsTerminating: false,
  })
}

function replicaController<T extends ReplicaOwner>(parts: ControllerParts, kind: ReplicaKind<T>): Controller {
  const owners = parts.informers.of(kind.resource)
  const pods = parts.informers.of(coreV1.pods)
  indexByController(pods)
  indexByController(owners)
  const reconciler = new ReplicaReconciler(parts, kind)
  const ownersOf = (pod: Pod) => ownerKeys(pod, kind.resource, owners, kind.selectorOf)
  return {
    name: kind.controller,
    sources: [
      source(owners, ({ object }) => [keyOf(object)]),
      source(pods, (change) =>
        change.type === 'updated'
          ? [...ownersOf(change.previous), ...ownersOf(change.object)]
          : ownersOf(change.object),
      ),
    ],
    start(queue) {
      reconciler.queue = queue
    },
    reconcile: (key) => reconciler.reconcile(key),
  }
}

type Failure = { reason: string; message: string; error: unknown }

class ReplicaReconciler<T extends ReplicaOwner> {
  readonly #parts: ControllerParts
  readonly #kind: ReplicaKind<T>
  readonly #events
  readonly #sets
  readonly #pods
  readonly #expectations: Expectations<Pod>
  queue: KeyQueue = { add() {}, addAfter() {} }

  constructor(parts: ControllerParts, kind: ReplicaKind<T>) {
    this.#parts = parts
    this.#kind = kind
    this.#events = parts.events.as(kind.component)
    this.#sets = parts.informers.of(kind.resource)
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
    const claim = planClaim(set, this.#kind.selectorOf(set), this.#pods)
    const pods = await applyClaim({ client, resource: coreV1.pods, ownerResource: this.#kind.resource }, set, claim)
    const failure = settled && !set.metadata.deletionTimestamp ? await this.#adjust(key, set, pods) : undefined
    await this.#writeStatus(set, pods, failure)
    const waitMs = this.#untilAvailableMs(set, pods)
    if (failure) {
      // What becomes available does not wait for the end of a back-off.
      if (waitMs !== undefined) this.queue.addAfter(key, waitMs)
      return { kind: 'retry', error: failure.error }
    }
    if (!settled) return notSeenYet
    return waitMs === undefined ? done : { kind: 'requeueAfter', delayMs: waitMs }
  }

  async #adjust(key: string, set: T, pods: readonly Pod[]): Promise<Failure | undefined> {
    const plan = planReplicas(set, pods, this.#relatedPods(set), this.#parts.clock.nowMs())
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    const about = { resource: this.#kind.resource as Resource, object: set }
    const created = await slowStart(plan.create, async () => {
      try {
        const pod = await api.create(this.#newPod(set))
        this.#expectations.created(key, pod)
        this.#events.event(about, 'Normal', 'SuccessfulCreate', `Created pod: ${pod.metadata.name}`)
      } catch (error) {
        if (!isNamespaceTerminating(error)) {
          this.#events.event(about, 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
        }
        throw error
      }
    })
    if (created.error !== undefined) {
      if (isNamespaceTerminating(created.error)) return undefined
      return { reason: 'FailedCreate', message: messageOf(created.error), error: created.error }
    }
    this.#countAges(pods, plan.delete)
    return this.#deletePods(key, set, plan.delete)
  }

  #countAges(pods: readonly Pod[], gone: readonly Pod[]): void {
    const { meters, clock } = this.#parts
    if (!meters || gone.length === 0) return
    for (const ratio of ageRatios(pods, gone, clock.nowMs()))
      meters.observe('replicaset_controller_sorting_deletion_age_ratio', [], ratio)
  }

  async #deletePods(key: string, set: T, pods: readonly Pod[]): Promise<Failure | undefined> {
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    const about = { resource: this.#kind.resource as Resource, object: set }
    const results = await Promise.allSettled(
      pods.map(async (pod) => {
        const name = pod.metadata.name ?? ''
        try {
          const deleted = await ifThere(
            api.delete(name, pod.metadata.uid ? { preconditions: { uid: pod.metadata.uid } } : {}),
          )
          if (!deleted) return
        } catch (error) {
          this.#events.event(about, 'Warning', 'FailedDelete', `Error deleting: ${messageOf(error)}`)
          throw error
        }
        this.#expectations.deleted(key, pod)
        this.#events.event(about, 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
      }),
    )
    const failed = results.find((result) => result.status === 'rejected')
    return failed ? { reason: 'FailedDelete', message: messageOf(failed.reason), error: failed.reason } : undefined
  }

  #newPod(set: T): Pod {
    return podFromTemplate(set.spec?.template ?? {}, {
      owner: controllerReference(this.#kind.resource, set),
      namespace: set.metadata.namespace ?? '',
      generateName: `${set.metadata.name}-`,
    })
  }

  /** Pods of all ReplicaSets of the same Deployment: scaling down thins out the fullest nodes. */
  #relatedPods(set: T): readonly Pod[] {
    const owner = controllerOf(set)
    const siblings = owner ? this.#sets.byIndex(byControllerUid, owner.uid) : [set]
    return siblings.flatMap((sibling) => this.#pods.byIndex(byControllerUid, sibling.metadata.uid ?? ''))
  }

  async #writeStatus(set: T, pods: readonly Pod[], failure: Failure | undefined): Promise<void> {
    const nowMs = this.#parts.clock.nowMs()
    const counted = planStatus(set, pods, {
      failure: failure && { reason: failure.reason, message: failure.message },
      nowMs,
      nowText: rfc3339(nowMs),
    })
    const { terminatingReplicas, ...rest } = counted
    const status = this.#kind.countsTerminating ? { ...rest, terminatingReplicas } : rest
    if (sameStatus(status, set.status)) return
    await this.#parts.client.of(this.#kind.resource, set.metadata.namespace).updateStatus({ ...set, status })
  }

  /** Pods that are ready but not long enough will be available with time alone. */
  #untilAvailableMs(set: T, pods: readonly Pod[]): number | undefined {
    const minReadySeconds = set.spec?.minReadySeconds ?? 0
    if (minReadySeconds === 0) return undefined
    const nowMs = this.#parts.clock.nowMs()
    const waits = pods
      .filter((pod) => isActive(pod) && isReady(pod))
      .map((pod) => availableInMs(pod, minReadySeconds, nowMs))
      .filter((wait) => wait > 0 && Number.isFinite(wait))
    return waits.length === 0 ? undefined : Math.min(...waits) + 1
  }
}
