/** Keeps one pod of a DaemonSet on every node that wants it. */

import { keyOf } from '../../api/meta.ts'
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { ControllerRevision, DaemonSet } from '../../api/types/apps/v1.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { Change } from '../../client/informer.ts'
import { ifThere, isNamespaceTerminating } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import { slowStart } from '../burst.ts'
import { Expectations, notSeenYet } from '../expectations.ts'
import {
  applyClaim,
  byControllerUid,
  controllerKey,
  controllerOf,
  controllerReference,
  indexByController,
  ownerKeys,
  planClaim,
} from '../ownership.ts'
import { podFromTemplate } from '../pods.ts'
import { applyRevision, planRevision, staleRevisions } from '../revisions.ts'
import { sameStatus } from '../status.ts'
import { canonical } from '../template-hash.ts'
import { FailedPodBackOff } from './back-off.ts'
import {
  concernsSet,
  type DaemonInput,
  type DaemonPlan,
  hashLabel,
  nextAvailabilityMs,
  planDaemons,
  planStatus,
  targetNodeName,
  templateFor,
} from './plan.ts'

const byNode = 'nodeName'

export function daemonSetController(parts: ControllerParts): Controller {
  const sets = parts.informers.of(appsV1.daemonSets)
  const pods = parts.informers.of(coreV1.pods)
  const nodes = parts.informers.of(coreV1.nodes)
  const revisions = parts.informers.of(appsV1.controllerRevisions)
  indexByController(pods)
  indexByController(revisions)
  pods.addIndex(byNode, ({ spec }) => [spec?.nodeName ?? ''])
  const reconciler = new DaemonSetReconciler(parts)
  const setsOn = (change: Change<Node>): string[] => {
    if (!nodeChangeMatters(change)) return []
    const here = new Set(pods.byIndex(byNode, change.object.metadata.name ?? '').map((pod) => controllerOf(pod)?.uid))
    const concerned = sets.list().filter((set) => concernsSet(set, change.object, here.has(set.metadata.uid)))
    return concerned.map(keyOf)
  }
  /** Pods that were bound are the pod garbage collector's, and their end is news of its own. */
  const waitingFor = ({ metadata }: Node): string[] =>
    pods
      .byIndex(byNode, '')
      .filter((pod) => targetNodeName(pod) === metadata.name)
      .flatMap((pod) => controllerKey(appsV1.daemonSets, pod) ?? [])
  return {
    name: 'daemonset',
    workers: 2,
    sources: [
      source(sets, ({ object }) => [keyOf(object)]),
      source(pods, ({ object }) => ownerKeys(object, appsV1.daemonSets, sets, (set) => set.spec?.selector)),
      // A revision that somebody deleted is made anew.
      source(revisions, ({ object }) => ownerKeys(object, appsV1.daemonSets, sets, (set) => set.spec?.selector)),
      source(nodes, (change) => (change.type === 'deleted' ? waitingFor(change.object) : setsOn(change))),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

class DaemonSetReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #sets
  readonly #pods
  readonly #nodes
  readonly #revisions
  readonly #expectations: Expectations<Pod>
  readonly #backOff: FailedPodBackOff

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('daemonset-controller')
    this.#sets = parts.informers.of(appsV1.daemonSets)
    this.#pods = parts.informers.of(coreV1.pods)
    this.#nodes = parts.informers.of(coreV1.nodes)
    this.#revisions = parts.informers.of(appsV1.controllerRevisions)
    this.#expectations = new Expectations(parts.clock, this.#pods)
    this.#backOff = new FailedPodBackOff(parts.clock)
  }

  async reconcile(key: string): Promise<Outcome> {
    const set = this.#sets.get(key)
    if (!set) {
      this.#expectations.forget(key)
      return done
    }
    if (set.metadata.deletionTimestamp) return done
    const selector = set.spec?.selector
    if (!selector || Object.keys(selector).length === 0) {
      const message = 'This daemon set is selecting all pods. A non-empty selector is required.'
      this.#events.event(this.#about(set), 'Warning', 'SelectingAll', message)
      return { kind: 'terminal', message }
    }
    const { client } = this.#parts
    const claim = planClaim(set, selector, this.#pods)
    const pods = await applyClaim({ client, resource: coreV1.pods, ownerResource: appsV1.daemonSets }, set, claim)
    const current = await this.#currentRevision(set)
    if (!current) return this.#countCollision(set)
    const hash = current.metadata.labels?.[hashLabel] ?? ''
    const nowMs = this.#parts.clock.nowMs()
    const backOffMs = (nodeName: string) => this.#backOff.leftMs(set, nodeName)
    const input: DaemonInput = { set, nodes: this.#nodes.list(), pods, hash, nowMs, backOffMs }
    let failure: unknown
    let plan: DaemonPlan | undefined
    if (this.#expectations.satisfied(key)) {
      plan = planDaemons(input)
      failure = await this.#apply(key, input, plan)
    }
    await this.#writeStatus(input)
    await this.#cleanUp(set, pods, current)
    if (failure !== undefined) return { kind: 'retry', error: failure }
    if (!plan) return notSeenYet
    const waits = [plan.waitMs, nextAvailabilityMs(input)].filter((waitMs) => waitMs !== undefined)
    return waits.length === 0 ? done : { kind: 'requeueAfter', delayMs: Math.min(...waits) + 1 }
  }

  async #currentRevision(set: DaemonSet): Promise<ControllerRevision | undefined> {
    // Those of a set of the same name that was deleted without its pods are taken over, as the pods are.
    const claim = planClaim(set, set.spec?.selector, this.#revisions)
    const kinds = { resource: appsV1.controllerRevisions, ownerResource: appsV1.daemonSets }
    const known = await applyClaim({ client: this.#parts.client, ...kinds }, set, claim)
    const { annotations } = set.metadata
    const plan = planRevision(
      {
        resource: appsV1.daemonSets,
        object: set,
        template: set.spec?.template ?? {},
        collisionCount: set.status?.collisionCount,
        hashLabel,
        ...(annotations ? { annotations } : {}),
      },
      known,
    )
    return applyRevision(this.#parts.client, plan, set)
  }

  async #countCollision(set: DaemonSet): Promise<Outcome> {
    const collisionCount = (set.status?.collisionCount ?? 0) + 1
    const status = {
      ...planStatus({ set, nodes: [], pods: [], hash: '', nowMs: 0, backOffMs: () => 0 }),
      ...set.status,
      collisionCount,
    }
    await this.#parts.client.of(appsV1.daemonSets, set.metadata.namespace).updateStatus({ ...set, status })
    return done
  }

  async #apply(key: string, { set, hash }: DaemonInput, plan: DaemonPlan): Promise<unknown> {
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    for (const pod of plan.failed) {
      this.#backOff.failed(set, pod.spec?.nodeName ?? '')
      this.#events.event(this.#about(set), 'Warning', 'FailedDaemonPod', foundText('failed', pod, 'kill'))
    }
    for (const pod of plan.succeeded) {
      this.#events.event(this.#about(set), 'Normal', 'SucceededDaemonPod', foundText('succeeded', pod, 'delete'))
    }
    const created = await slowStart(plan.createOn.length, async (index) => {
      const pod = podFromTemplate(templateFor(set, { nodeName: plan.createOn[index] ?? '', hash }), {
        owner: controllerReference(appsV1.daemonSets, set),
        namespace: set.metadata.namespace ?? '',
        generateName: `${set.metadata.name}-`,
      })
      try {
        const made = await api.create(pod)
        this.#expectations.created(key, made)
        this.#events.event(this.#about(set), 'Normal', 'SuccessfulCreate', `Created pod: ${made.metadata.name}`)
      } catch (error) {
        if (isNamespaceTerminating(error)) return
        this.#events.event(this.#about(set), 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
        throw error
      }
    })
    await Promise.all(plan.delete.map((pod) => this.#delete(key, set, pod)))
    return created.error
  }

  async #delete(key: string, set: DaemonSet, pod: Pod): Promise<void> {
    const { name = '', uid } = pod.metadata
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    const deleted = await ifThere(api.delete(name, uid ? { preconditions: { uid } } : {}))
    if (!deleted) return
    this.#expectations.deleted(key, pod)
    this.#events.event(this.#about(set), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
  }

  async #writeStatus(input: DaemonInput): Promise<void> {
    const status = planStatus(input)
    if (sameStatus(status, input.set.status)) return
    await this.#parts.client.of(appsV1.daemonSets, input.set.metadata.namespace).updateStatus({ ...input.set, status })
  }

  async #cleanUp(set: DaemonSet, pods: readonly Pod[], current: ControllerRevision): Promise<void> {
    const hashes = new Set(pods.map((pod) => pod.metadata.labels?.[hashLabel]))
    const known = this.#revisions.byIndex(byControllerUid, set.metadata.uid ?? '')
    const old = known.filter(({ metadata }) => metadata.uid !== current.metadata.uid)
    const stale = staleRevisions(old, {
      inUse: ({ metadata }) => hashes.has(metadata.labels?.[hashLabel]),
      limit: set.spec?.revisionHistoryLimit ?? 10,
      usedCount: true,
    })
    for (const { metadata } of stale) {
      await ifThere(
        this.#parts.client.of(appsV1.controllerRevisions, set.metadata.namespace).delete(metadata.name ?? ''),
      )
    }
  }

  #about(set: DaemonSet) {
    return { resource: appsV1.daemonSets, object: set }
  }
}

function foundText(what: 'failed' | 'succeeded', { metadata, spec }: Pod, act: 'kill' | 'delete'): string {
  return `Found ${what} daemon pod ${metadata.namespace}/${metadata.name} on node ${spec?.nodeName}, will try to ${act} it`
}

function nodeChangeMatters(change: Change<Node>): boolean {
  if (change.type !== 'updated') return true
  const relevant = ({ metadata, spec }: Node) => canonical([metadata.labels ?? {}, spec?.taints ?? []])
  return relevant(change.previous) !== relevant(change.object)
}
