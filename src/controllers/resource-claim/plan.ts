/**
 * What becomes of ResourceClaims: made from templates for the pods that ask for them, given back when nobody uses them.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import {
  claimFinalizer,
  extendedClaimAnnotation,
  isPodDone,
  owningPod,
  podClaimAnnotation,
} from '../../api/pod-claims.ts'
import type { Pod, PodResourceClaim } from '../../api/types/core/v1.ts'
import type {
  ResourceClaim,
  ResourceClaimConsumerReference,
  ResourceClaimTemplate,
} from '../../api/types/resource/v1.ts'

/** Leaves room for a hyphen and five random characters in a name of 63. */
const prefixLengthMax = 57

/** `<pod>-<entry>-`, both shortened in proportion where that would be too long. */
export function namePrefix(podName: string, entryName: string): string {
  const prefix = `${podName}-${entryName}-`
  if (prefix.length <= prefixLengthMax) return prefix
  const share = (text: string) => text.slice(0, Math.floor((text.length * prefixLengthMax) / prefix.length))
  return `${share(podName)}-${share(entryName)}`
}

export function claimFor(pod: Pod, entry: PodResourceClaim, { spec }: ResourceClaimTemplate): ResourceClaim {
  const { name = '', uid = '' } = pod.metadata
  const { labels, annotations } = spec.metadata ?? {}
  return {
    metadata: {
      generateName: namePrefix(name, entry.name),
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
      annotations: { ...annotations, [podClaimAnnotation]: entry.name },
      ...(labels ? { labels } : {}),
    },
    spec: spec.spec,
  }
}

/** Whether it may use devices that others have. */
export function usesAdminAccess({ spec }: ResourceClaim): boolean {
  return (spec.devices?.requests ?? []).some(({ exactly }) => exactly?.adminAccess === true)
}

/** Whether it has devices, uses others' too, and what it was made from: as upstream counts claims. */
export function kindOfClaim(claim: ResourceClaim): [allocated: string, adminAccess: string, source: string] {
  const { annotations = {} } = claim.metadata
  const extended = annotations[extendedClaimAnnotation] === 'true'
  const source = extended ? 'extended_resource' : annotations[podClaimAnnotation] ? 'resource_claim_template' : ''
  return [String(claim.status?.allocation !== undefined), String(usesAdminAccess(claim)), source]
}

/** What is to be written to a claim, one after the other. */
export interface ClaimPlan {
  /** Users that are left, where some are gone. */
  reservedFor?: ResourceClaimConsumerReference[]
  /** Its devices are free again. */
  deallocate: boolean
  /** Nothing holds it back any more. */
  dropFinalizer: boolean
  /** Its pod will never run. */
  remove: boolean
}

/** Pure. `remaining`: the users of `status.reservedFor` that are still there; `owner`: the pod of that name, if known. */
export function planClaim(
  claim: ResourceClaim,
  remaining: readonly ResourceClaimConsumerReference[],
  owner: Pod | undefined,
): ClaimPlan {
  const { finalizers = [], deletionTimestamp } = claim.metadata
  const { reservedFor = [], allocation } = claim.status ?? {}
  const guarded = finalizers.includes(claimFinalizer)
  const unused = remaining.length === 0
  const left = remaining.length < reservedFor.length
  // One that is merely not used yet keeps its devices: only the last user's leaving, or deletion, frees them.
  const ends = unused && (left || deletionTimestamp !== undefined)
  const reference = owningPod(claim)
  return {
    ...(left ? { reservedFor: [...remaining] } : {}),
    deallocate: ends && guarded && allocation !== undefined,
    dropFinalizer: ends && guarded,
    remove: unused && reference !== undefined && owner !== undefined && isPast(owner, reference.uid),
  }
}

function isPast(pod: Pod, uid: string): boolean {
  return pod.metadata.uid !== uid || isPodDone(pod)
}

/** Whether a pod that has a node must still be entered as a user of the claim: somebody else than the scheduler placed it. */
export function mustReserve(claim: ResourceClaim, pod: Pod): boolean {
  const { allocation, reservedFor = [] } = claim.status ?? {}
  return allocation !== undefined && !reservedFor.some(({ uid }) => uid === pod.metadata.uid)
}
