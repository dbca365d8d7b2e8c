/**
 * How pods and ResourceClaims refer to each other. Source:
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */

import type { Pod, PodResourceClaim } from './types/core/v1.ts'
import type { OwnerReference } from './types/meta/v1.ts'
import type { ResourceClaim } from './types/resource/v1.ts'

/** Keeps a claim that has devices from going before they are given back. */
export const claimFinalizer = 'resource.kubernetes.io/delete-protection'
/** On claims made from templates: the entry of the pod that they were made for. */
export const podClaimAnnotation = 'resource.kubernetes.io/pod-claim-name'
/** On claims that the scheduler made for extended resources: `true`. */
export const extendedClaimAnnotation = 'resource.kubernetes.io/extended-resource-claim'

export type ClaimName =
  /** `generated`: made from a template, so it must belong to the pod. */
  | { kind: 'named'; name: string; generated: boolean }
  /** The template asks for nothing. */
  | { kind: 'notNeeded' }
  /** Not made yet. */
  | { kind: 'awaited' }

export function claimNameOf(pod: Pod, entry: PodResourceClaim): ClaimName {
  if (entry.resourceClaimName !== undefined) return { kind: 'named', name: entry.resourceClaimName, generated: false }
  const status = pod.status?.resourceClaimStatuses?.find(({ name }) => name === entry.name)
  if (!status) return { kind: 'awaited' }
  if (status.resourceClaimName === undefined) return { kind: 'notNeeded' }
  return { kind: 'named', name: status.resourceClaimName, generated: true }
}

/** Keys of all claims that the pod is known to use, with the one for its extended resources. */
export function claimKeysOf(pod: Pod): string[] {
  const names = (pod.spec?.resourceClaims ?? []).flatMap((entry) => {
    const found = claimNameOf(pod, entry)
    return found.kind === 'named' ? [found.name] : []
  })
  const extended = pod.status?.extendedResourceClaimStatus?.resourceClaimName
  return [...new Set(extended ? [...names, extended] : names)].map((name) => `${pod.metadata.namespace}/${name}`)
}

/** The pod that the claim was made for. */
export function owningPod({ metadata }: ResourceClaim): OwnerReference | undefined {
  return metadata.ownerReferences?.find(
    ({ controller, apiVersion, kind }) => controller === true && apiVersion === 'v1' && kind === 'Pod',
  )
}

/** Why a claim made from a template is not this pod's; undefined when it is. */
export function notOwnedReason(pod: Pod, claim: ResourceClaim): string | undefined {
  if (owningPod(claim)?.uid === pod.metadata.uid) return undefined
  const { namespace, name } = claim.metadata
  return `ResourceClaim ${namespace}/${name} was not created for Pod ${pod.metadata.namespace}/${pod.metadata.name} (Pod is not owner)`
}

export function isReservedFor(claim: ResourceClaim, pod: Pod): boolean {
  return claim.status?.reservedFor?.some(({ uid }) => uid === pod.metadata.uid) ?? false
}

/** None of its containers runs, nor ever will. */
export function isPodDone({ metadata, spec, status }: Pod): boolean {
  if (status?.phase === 'Succeeded' || status?.phase === 'Failed') return true
  return metadata.deletionTimestamp !== undefined && !spec?.nodeName
}
