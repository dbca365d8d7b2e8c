/** Keeps a StatefulSet's numbered pods and their claims. */

import { ApiError } from '../../api/errors.ts'
import { keyOf } from '../../api/meta.ts'
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { ControllerRevision, StatefulSet } from '../../api/types/apps/v1.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec } from '../../api/types/core/v1.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { GaugeReading } from '../../client/meters.ts'
import { ifNew, ifThere, isNamespaceTerminating } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import { slowStart } from '../burst.ts'
import { applyClaim, byControllerUid, indexByController, ownerKeys, planClaim } from '../ownership.ts'
import { applyRevision, planRevision, staleRevisions } from '../revisions.ts'
import { sameStatus } from '../status.ts'
import { canonical } from '../template-hash.ts'
import { claimOwners, claimsFor, isInRange, isStaleClaim, missingIdentity, podFor } from './identity.ts'
import {
  maxUnavailable,
  nextAvailabilityMs,
  ordinalOf,
  planPods,
  planStatus,
  revisionLabel,
  type StatefulInput,
} from './plan.ts'

const hashLabel = 'controller.kubernetes.io/hash'

export function statefulSetController(parts: ControllerParts): Controller {
  const sets = parts.informers.of(appsV1.statefulSets)
  const pods = parts.informers.of(coreV1.pods)
  const revisions = parts.informers.of(appsV1.controllerRevisions)
  indexByController(pods)
  indexByController(revisions)
  const reconciler = new StatefulSetReconciler(parts)
  return {
    name: 'statefulset',
    sources: [
      source(sets, ({ object }) => [keyOf(object)]),
      source(pods, ({ object }) => ownerKeys(object, appsV1.statefulSets, sets, (set) => set.spec?.selector)),
      source(revisions, () => []),
      // A pod may wait for an old claim of its name to go.
      source(parts.informers.of(coreV1.persistentVolumeClaims), ({ type, object }) =>
        type === 'deleted' ? setsClaiming(object, sets.list(object.metadata.namespace)) : [],
      ),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

class StatefulSetReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #sets
  readonly #pods
  readonly #claims
  readonly #revisions

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('statefulset-controller')
    this.#sets = parts.informers.of(appsV1.statefulSets)
    this.#pods = parts.informers.of(coreV1.pods)
    this.#claims = parts.informers.of(coreV1.persistentVolumeClaims)
    this.#revisions = parts.informers.of(appsV1.controllerRevisions)
    this.#offerGauges()
  }

  #offerGauges(): void {
    const read = (value: (set: StatefulSet) => number) => (): GaugeReading[] =>
      this.#sets.list().map((set) => {
        const { metadata, spec } = set
        return [
          [metadata.namespace ?? '', metadata.name ?? '', spec?.podManagementPolicy ?? 'OrderedReady'],
          value(set),
        ]
      })
    const { meters } = this.#parts
    meters?.gauge('statefulset_controller_statefulset_max_unavailable', read(maxUnavailable))
    meters?.gauge(
      'statefulset_controller_statefulset_unavailable_replicas',
      read(({ spec, status }) => Math.max(0, (spec?.replicas ?? 1) - (status?.availableReplicas ?? 0))),
    )
  }

  async reconcile(key: string): Promise<Outcome> {
    const set = this.#sets.get(key)
    if (!set) return done
    const { client } = this.#parts
    const claim = planClaim(set, set.spec?.selector, this.#pods)
    // Names are fixed: only a pod named like one of the set's can be adopted.
    claim.adopt = claim.adopt.filter((pod) => ordinalOf(set, pod) !== undefined)
    const pods = await applyClaim({ client, resource: coreV1.pods, ownerResource: appsV1.statefulSets }, set, claim)
    if (set.metadata.deletionTimestamp) return done
    const known = await this.#takeRevisions(set)
    const update = await applyRevision(client, planRevision(this.#subject(set), known), set)
    if (!update) return this.#countCollision(set)
    const updateRevision = update.metadata.name ?? ''
    const current = known.find(({ metadata }) => metadata.name === set.status?.currentRevision) ?? update
    const input: StatefulInput = {
      set,
      pods,
      currentRevision: current.metadata.name ?? '',
      updateRevision,
      nowMs: this.#parts.clock.nowMs(),
    }
    const failure = await this.#apply(input, new Map([current, update].map((one) => [one.metadata.name ?? '', one])))
    await this.#writeStatus(input)
    if (failure !== undefined) return { kind: 'retry', error: failure }
    await this.#cleanUp(set, pods, [current, update])
    const waitMs = nextAvailabilityMs(input)
    return waitMs === undefined ? done : { kind: 'requeueAfter', delayMs: waitMs + 1 }
  }

  #subject(set: StatefulSet) {
    return {
      resource: appsV1.statefulSets,
      object: set,
      template: set.spec?.template ?? {},
      collisionCount: set.status?.collisionCount,
      hashLabel,
      ...(set.metadata.annotations ? { annotations: set.metadata.annotations } : {}),
    }
  }

  async #countCollision(set: StatefulSet): Promise<Outcome> {
    const status = { replicas: 0, ...set.status, collisionCount: (set.status?.collisionCount ?? 0) + 1 }
    await this.#parts.client.of(appsV1.statefulSets, set.metadata.namespace).updateStatus({ ...set, status })
    return done
  }

  /** With those of a set of the same name that was deleted without its pods; none is ever given away. */
  #takeRevisions(set: StatefulSet): Promise<ControllerRevision[]> {
    const claim = { ...planClaim(set, set.spec?.selector, this.#revisions), release: [] }
    const kinds = { resource: appsV1.controllerRevisions, ownerResource: appsV1.statefulSets }
    return applyClaim({ client: this.#parts.client, ...kinds }, set, claim)
  }

  /** What went wrong, if anything did: the status is worth writing all the same. */
  async #apply(input: StatefulInput, revisions: ReadonlyMap<string, ControllerRevision>): Promise<unknown> {
    const { set } = input
    const plan = planPods(input)
    try {
      for (const pod of input.pods) await this.#conform(set, pod)
      for (const pod of plan.replace) await this.#delete(set, pod)
      const created = await slowStart(plan.create.length, async (index) => {
        const { ordinal = 0, revision = '' } = plan.create[index] ?? {}
        if (this.#claimsOf(set, ordinal).some((claim) => isStaleClaim(claim, `${set.metadata.name}-${ordinal}`))) return
        const template = templateOf(revisions.get(revision)) ?? set.spec?.template ?? {}
        await this.#createClaims(set, ordinal)
        const pod = podFor(set, { ordinal, revision, template })
        await this.#create(set, pod)
        await this.#retainClaims(set, ordinal, pod)
      })
      // Nothing is taken away while something is missing that can't be made.
      if (created.error !== undefined) return created.error
      for (const pod of plan.delete) await this.#delete(set, pod)
    } catch (error) {
      return error
    }
    return undefined
  }

  async #createClaims(set: StatefulSet, ordinal: number): Promise<void> {
    const api = this.#parts.client.of(coreV1.persistentVolumeClaims, set.metadata.namespace)
    for (const { claim } of claimsFor(set, ordinal)) {
      const name = claim.metadata.name ?? ''
      if (this.#claims.get(`${set.metadata.namespace}/${name}`)) continue
      const owners = claimOwners(set, { ordinal, pod: undefined, present: [] })
      if (owners.length > 0) claim.metadata.ownerReferences = owners
      const what = `Create Claim ${name} Pod ${set.metadata.name}-${ordinal} in StatefulSet ${set.metadata.name}`
      await this.#report(set, { what, reason: 'Create', word: 'success' }, () => ifNew(api.create(claim)))
    }
  }

  async #create(set: StatefulSet, pod: Pod): Promise<void> {
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    const what = `Create Pod ${pod.metadata.name} in StatefulSet ${set.metadata.name}`
    await this.#report(set, { what, reason: 'Create', word: 'successful' }, () => api.create(pod))
  }

  async #delete(set: StatefulSet, pod: Pod): Promise<void> {
    const { name = '', uid } = pod.metadata
    const api = this.#parts.client.of(coreV1.pods, set.metadata.namespace)
    const what = `Delete Pod ${name} in StatefulSet ${set.metadata.name}`
    await this.#report(set, { what, reason: 'Delete', word: 'successful' }, () =>
      ifThere(api.delete(name, uid ? { preconditions: { uid } } : {})),
    )
  }

  /** Pods carry their number, and their claims follow the retention policy, also when it or the replicas change. */
  async #conform(set: StatefulSet, pod: Pod): Promise<void> {
    const ordinal = ordinalOf(set, pod)
    if (ordinal === undefined) return
    const isGoing = pod.metadata.deletionTimestamp !== undefined
    // A pod waits for claims that were deleted under it.
    if (pod.status?.phase === 'Pending' && !isGoing) await this.#createClaims(set, ordinal)
    const { name = '', namespace } = pod.metadata
    const update = async (): Promise<unknown> => {
      const retained = await this.#retainClaims(set, ordinal, pod)
      const labels = isGoing ? undefined : missingIdentity(pod, ordinal)
      if (!labels) return retained
      const api = this.#parts.client.of(coreV1.pods, namespace)
      return ifThere(api.update({ ...pod, metadata: { ...pod.metadata, labels } }))
    }
    // What a pod that is no longer wanted leaves behind is not worth telling.
    if (isGoing || !isInRange(set, ordinal)) await this.#retainClaims(set, ordinal, pod)
    else {
      const what = `Update Pod ${name} in StatefulSet ${set.metadata.name}`
      await this.#report(set, { what, reason: 'Update', word: 'successful' }, update)
    }
  }

  /** The claims that were changed; undefined when none had to be. */
  async #retainClaims(set: StatefulSet, ordinal: number, pod: Pod): Promise<unknown> {
    const api = this.#parts.client.of(coreV1.persistentVolumeClaims, set.metadata.namespace)
    let retained: unknown
    for (const claim of this.#claimsOf(set, ordinal)) {
      const present = claim.metadata.ownerReferences ?? []
      const ownerReferences = claimOwners(set, { ordinal, pod, present })
      if (canonical(uidsOf(ownerReferences)) === canonical(uidsOf(present))) continue
      retained = (await ifThere(api.update({ ...claim, metadata: { ...claim.metadata, ownerReferences } }))) ?? retained
    }
    return retained
  }

  /** Those that are there. */
  #claimsOf(set: StatefulSet, ordinal: number): PersistentVolumeClaim[] {
    return claimsFor(set, ordinal)
      .map(({ claim }) => this.#claims.get(`${set.metadata.namespace}/${claim.metadata.name}`))
      .filter((claim) => claim !== undefined)
  }

  /** Runs a write and says in an event how it went; undefined results (nothing to do) are not reported. */
  async #report(
    set: StatefulSet,
    { what, reason, word }: { what: string; reason: 'Create' | 'Update' | 'Delete'; word: string },
    write: () => Promise<unknown>,
  ): Promise<void> {
    try {
      const written = await write()
      if (written !== undefined)
        this.#events.event(this.#about(set), 'Normal', `Successful${reason}`, `${what} ${word}`)
    } catch (error) {
      if (isNamespaceTerminating(error)) return
      // Somebody else has the name for now, or the cache is behind.
      if (error instanceof ApiError && error.reason === 'AlreadyExists') throw error
      this.#events.event(this.#about(set), 'Warning', `Failed${reason}`, `${what} failed error: ${messageOf(error)}`)
      throw error
    }
  }

  async #writeStatus(input: StatefulInput): Promise<void> {
    const status = planStatus(input)
    if (sameStatus(status, input.set.status)) return
    await this.#parts.client
      .of(appsV1.statefulSets, input.set.metadata.namespace)
      .updateStatus({ ...input.set, status })
  }

  async #cleanUp(set: StatefulSet, pods: readonly Pod[], live: readonly ControllerRevision[]): Promise<void> {
    const used = new Set([
      ...pods.map((pod) => pod.metadata.labels?.[revisionLabel]),
      ...live.map(({ metadata }) => metadata.name),
    ])
    const stale = staleRevisions(this.#revisions.byIndex(byControllerUid, set.metadata.uid ?? ''), {
      inUse: ({ metadata }) => used.has(metadata.name),
      limit: set.spec?.revisionHistoryLimit ?? 10,
    })
    const api = this.#parts.client.of(appsV1.controllerRevisions, set.metadata.namespace)
    for (const { metadata } of stale) await ifThere(api.delete(metadata.name ?? ''))
  }

  #about(set: StatefulSet) {
    return { resource: appsV1.statefulSets, object: set }
  }
}

function templateOf(revision: ControllerRevision | undefined): PodTemplateSpec | undefined {
  const data = revision?.data as { spec?: { template?: PodTemplateSpec & { $patch?: string } } } | undefined
  const { $patch: _, ...template } = data?.spec?.template ?? {}
  return Object.keys(template).length > 0 ? template : undefined
}

function uidsOf(references: readonly OwnerReference[]): string[] {
  return references.map(({ uid }) => uid).sort()
}

/** Keys of the sets that have, or will have, a claim of this name. */
function setsClaiming({ metadata: { name = '' } }: PersistentVolumeClaim, sets: readonly StatefulSet[]): string[] {
  const claims = (set: StatefulSet) =>
    (set.spec?.volumeClaimTemplates ?? []).some(({ metadata }) =>
      name.startsWith(`${metadata.name}-${set.metadata.name}-`),
    )
  return sets.filter(claims).map(keyOf)
}
