/** Makes the ResourceClaims of pods from templates, and frees those that nobody uses any more. */

import { keyOf } from '../../api/meta.ts'
import {
  claimFinalizer,
  claimKeysOf,
  claimNameOf,
  isPodDone,
  notOwnedReason,
  owningPod,
  podClaimAnnotation,
} from '../../api/pod-claims.ts'
import { coreV1, resourceV1 } from '../../api/resources.ts'
import type { Pod, PodResourceClaim, PodResourceClaimStatus } from '../../api/types/core/v1.ts'
import type { ResourceClaim, ResourceClaimConsumerReference } from '../../api/types/resource/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { Change } from '../../client/informer.ts'
import { tallied } from '../../client/meters.ts'
import { ifThere, isNamespaceTerminating } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import { claimFor, kindOfClaim, mustReserve, planClaim, usesAdminAccess } from './plan.ts'

const byClaim = 'resource-claim'
const byTemplate = 'resource-claim-template'
const byOwner = 'claim-owner'
const fieldManager = 'ResourceClaimController'
const madeMax = 1_000

export function resourceClaimController(parts: ControllerParts): Controller {
  const { informers } = parts
  const pods = informers.of(coreV1.pods)
  const claims = informers.of(resourceV1.resourceClaims)
  const templates = informers.of(resourceV1.resourceClaimTemplates)
  pods.addIndex(byClaim, claimKeysOf)
  pods.addIndex(byTemplate, templateKeysOf)
  claims.addIndex(byOwner, (claim) => [owningPod(claim)?.uid ?? ''])
  const reconciler = new ResourceClaimReconciler(parts)
  return {
    name: 'resourceclaim-controller',
    workers: 50,
    sources: [
      source(pods, keysOfPod),
      source(claims, ({ object }) => {
        reconciler.forget(object)
        return [`claim:${keyOf(object)}`, ...pods.byIndex(byClaim, keyOf(object)).map(podKey)]
      }),
      source(templates, ({ object }) => pods.byIndex(byTemplate, keyOf(object)).map(podKey)),
    ],
    reconcile(key) {
      const object = key.slice(key.indexOf(':') + 1)
      return key.startsWith('pod:') ? reconciler.reconcilePod(object) : reconciler.reconcileClaim(object)
    },
  }
}

function podKey(pod: Pod): string {
  return `pod:${keyOf(pod)}`
}

/** A pod that is over gives its claims back; one that is not may need some. */
function keysOfPod({ type, object: pod }: Change<Pod>): string[] {
  const used = claimKeysOf(pod).map((key) => `claim:${key}`)
  if (type === 'deleted' || isPodDone(pod)) return used
  return (pod.spec?.resourceClaims ?? []).length > 0 ? [podKey(pod)] : []
}

function templateKeysOf({ metadata, spec }: Pod): string[] {
  return (spec?.resourceClaims ?? []).flatMap(({ resourceClaimTemplateName: name }) =>
    name === undefined ? [] : [`${metadata.namespace}/${name}`],
  )
}

class ResourceClaimReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #pods
  readonly #claims
  readonly #templates
  /** Claims that were made and that the cache does not show yet: a second try must not make them twice. */
  readonly #made = new Map<string, ResourceClaim>()

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('resource_claim')
    this.#pods = parts.informers.of(coreV1.pods)
    this.#claims = parts.informers.of(resourceV1.resourceClaims)
    this.#templates = parts.informers.of(resourceV1.resourceClaimTemplates)
    parts.meters?.gauge('resourceclaim_controller_resource_claims', () => tallied(this.#claims.list().map(kindOfClaim)))
  }

  forget(claim: ResourceClaim): void {
    this.#made.delete(madeKey(owningPod(claim)?.uid, claim.metadata.annotations?.[podClaimAnnotation]))
  }

  async reconcilePod(key: string): Promise<Outcome> {
    const pod = this.#pods.get(key)
    if (!pod || pod.metadata.deletionTimestamp || isPodDone(pod)) return done
    const statuses: PodResourceClaimStatus[] = []
    let isNew = false
    for (const entry of pod.spec?.resourceClaims ?? []) {
      if (entry.resourceClaimTemplateName === undefined) continue
      const known = this.#standing(pod, entry)
      if (known) {
        statuses.push(known)
        continue
      }
      try {
        const { metadata } = this.#find(pod, entry) ?? (await this.#make(pod, entry))
        statuses.push({ name: entry.name, resourceClaimName: metadata.name ?? '' })
        isNew = true
      } catch (error) {
        if (isNamespaceTerminating(error)) return done
        const message = `PodResourceClaim ${entry.name}: ${messageOf(error)}`
        this.#events.event({ resource: coreV1.pods, object: pod }, 'Warning', 'FailedResourceClaimCreation', message)
        throw error
      }
    }
    if (isNew) await this.#writeStatuses(pod, statuses)
    if (pod.spec?.nodeName) await this.#reserve(pod)
    return done
  }

  /** What the pod says of the entry, where that still holds. */
  #standing(pod: Pod, entry: PodResourceClaim): PodResourceClaimStatus | undefined {
    const found = claimNameOf(pod, entry)
    if (found.kind === 'notNeeded') return { name: entry.name }
    if (found.kind !== 'named') return undefined
    const claim = this.#claims.get(`${pod.metadata.namespace}/${found.name}`)
    if (!claim || notOwnedReason(pod, claim)) return undefined
    return { name: entry.name, resourceClaimName: found.name }
  }

  #find({ metadata: { uid = '' } }: Pod, { name }: PodResourceClaim): ResourceClaim | undefined {
    const known = this.#claims
      .byIndex(byOwner, uid)
      .find(({ metadata }) => metadata.annotations?.[podClaimAnnotation] === name)
    return known ?? this.#made.get(madeKey(uid, name))
  }

  async #make(pod: Pod, entry: PodResourceClaim): Promise<ResourceClaim> {
    const { namespace, uid } = pod.metadata
    const name = entry.resourceClaimTemplateName ?? ''
    const template = this.#templates.get(`${namespace}/${name}`)
    if (!template) {
      const reason = `resourceclaimtemplate.resource.k8s.io "${name}" not found`
      throw new Error(`resource claim template "${name}": ${reason}`)
    }
    const api = this.#parts.client.of(resourceV1.resourceClaims, namespace)
    const wanted = claimFor(pod, entry, template)
    const admin = String(usesAdminAccess(wanted))
    const count = (status: string) =>
      this.#parts.meters?.count('resourceclaim_controller_creates_total', [status, admin])
    const claim = await api.create(wanted).catch((error: unknown) => {
      count('failure')
      throw error
    })
    count('success')
    if (!this.#claims.get(keyOf(claim))) this.#remember(madeKey(uid, entry.name), claim)
    return claim
  }

  #remember(key: string, claim: ResourceClaim): void {
    this.#made.set(key, claim)
    const [oldest] = this.#made.keys()
    if (this.#made.size > madeMax && oldest !== undefined) this.#made.delete(oldest)
  }

  async #writeStatuses({ metadata }: Pod, resourceClaimStatuses: PodResourceClaimStatus[]): Promise<void> {
    const { name = '', namespace } = metadata
    const patch = { apiVersion: 'v1', kind: 'Pod', metadata: { name }, status: { resourceClaimStatuses } }
    const api = this.#parts.client.of(coreV1.pods, namespace)
    await ifThere(api.patchStatus(name, { type: 'apply', patch, force: true }, { fieldManager }))
  }

  async #reserve(pod: Pod): Promise<void> {
    const { name = '', namespace, uid = '' } = pod.metadata
    for (const key of claimKeysOf(pod)) {
      const claim = this.#claims.get(key)
      const generated = claim && owningPod(claim)
      if (!claim || !mustReserve(claim, pod) || (generated && generated.uid !== uid)) continue
      const reservedFor = [...(claim.status?.reservedFor ?? []), { resource: 'pods', name, uid }]
      const api = this.#parts.client.of(resourceV1.resourceClaims, namespace)
      await api.updateStatus({ ...claim, status: { ...claim.status, reservedFor } })
    }
  }

  async reconcileClaim(key: string): Promise<Outcome> {
    const claim = this.#claims.get(key)
    if (!claim) return done
    const remaining: ResourceClaimConsumerReference[] = []
    for (const user of claim.status?.reservedFor ?? []) if (await this.#isThere(claim, user)) remaining.push(user)
    const owner = owningPod(claim)
    const plan = planClaim(claim, remaining, owner && this.#pods.get(`${claim.metadata.namespace}/${owner.name}`))
    const api = this.#parts.client.of(resourceV1.resourceClaims, claim.metadata.namespace)
    let current = claim
    if (plan.reservedFor || plan.deallocate) {
      const { allocation, ...status } = { ...claim.status, reservedFor: remaining }
      // Not a patch: it must fail when anything changed in the meantime.
      current = await api.updateStatus({
        ...claim,
        status: plan.deallocate || allocation === undefined ? status : { ...status, allocation },
      })
    }
    if (plan.dropFinalizer) {
      const finalizers = (current.metadata.finalizers ?? []).filter((one) => one !== claimFinalizer)
      await ifThere(api.update({ ...current, metadata: { ...current.metadata, finalizers } }))
    }
    const { name = '', uid, deletionTimestamp } = claim.metadata
    if (plan.remove && !deletionTimestamp) await ifThere(api.delete(name, uid ? { preconditions: { uid } } : {}))
    return done
  }

  /** Taking a user away while the scheduler enters it would be bad: one that the cache lacks is asked for. */
  async #isThere(claim: ResourceClaim, user: ResourceClaimConsumerReference): Promise<boolean> {
    if (user.apiGroup || user.resource !== 'pods') return true
    const { namespace } = claim.metadata
    const known = this.#pods.get(`${namespace}/${user.name}`)
    const pod = known ?? (await ifThere(this.#parts.client.of(coreV1.pods, namespace).get(user.name)))
    return pod?.metadata.uid === user.uid && !isPodDone(pod)
  }
}

function madeKey(uid: string | undefined, entry: string | undefined): string {
  return `${uid} ${entry}`
}
