/**
 * Whether a node has the devices that a pod's claims ask for. Source:
 * https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import { matchesNodeSelector } from '../../api/node-selection.ts'
import { claimNameOf, notOwnedReason } from '../../api/pod-claims.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts'
import { allocate, type DeviceMatcher, type DevicesInUse } from '../devices/allocate.ts'
import {
  type ClassForResource,
  deviceResources,
  type ExtendedClaim,
  extendedClaim,
  isServedByDevices,
} from '../devices/extended.ts'
import { poolsFor } from '../devices/pools.ts'
import { AllocationError } from '../devices/requests.ts'
import type { NodeInfo } from '../node-info.ts'
import { type FilterPlugin, normalize, type Preparation, type ScorePlugin, skip, unresolvable } from './plugin.ts'

export const dynamicResourcesWeight = 2

/** Claims and devices as they are known, with what was promised and is still being written. */
export interface DeviceView {
  /** By `namespace/name`. */
  claim(key: string): ResourceClaim | undefined
  deviceClass(name: string): DeviceClass | undefined
  /** By `poolKey`. */
  slices(): ReadonlyMap<string, readonly ResourceSlice[]>
  inUse(): DevicesInUse
  /** Whether devices of the claim are being written for another pod. */
  isPromised(claim: ResourceClaim): boolean
  classForResource: ClassForResource
  matches: DeviceMatcher
  newShareId(): string
}

export interface ClaimsOfPod {
  allocated: readonly ResourceClaim[]
  open: readonly ResourceClaim[]
}

export const elsewhere = 'resourceclaim not available on the node'
const tooFew = 'cannot allocate all claims'
/** Ways to serve a request that the API allows. */
const alternativesMax = 8

/** The pod's claims, or why it has to wait for them. */
export function claimsOf(pod: Pod, view: Pick<DeviceView, 'claim'>): ClaimsOfPod | { refusal: string } {
  const allocated: ResourceClaim[] = []
  const open: ResourceClaim[] = []
  const { namespace, name } = pod.metadata
  for (const entry of pod.spec?.resourceClaims ?? []) {
    const found = claimNameOf(pod, entry)
    if (found.kind === 'awaited') return { refusal: `pod "${namespace}/${name}": ResourceClaim not created yet` }
    if (found.kind === 'notNeeded') continue
    const claim = view.claim(`${namespace}/${found.name}`)
    if (!claim) return { refusal: `resourceclaim.resource.k8s.io "${found.name}" not found` }
    if (claim.metadata.deletionTimestamp) return { refusal: `resourceclaim "${found.name}" is being deleted` }
    const reason = found.generated ? notOwnedReason(pod, claim) : undefined
    if (reason) return { refusal: reason }
    if (claim.status?.allocation) allocated.push(claim)
    else open.push(claim)
  }
  return { allocated, open }
}

export function dynamicResourcesFilter(view: DeviceView): FilterPlugin {
  return {
    name: 'DynamicResources',
    prepare(pod): Preparation {
      if (!wantsDevices(pod, view)) return skip
      const claims = claimsOf(pod, view)
      if ('refusal' in claims) return { kind: 'reject', reason: claims.refusal }
      const refusal = refusalOf(claims, view)
      if (refusal !== undefined) return { kind: 'reject', reason: refusal }
      return {
        kind: 'filter',
        filter(node) {
          const found = chooseDevices(pod, claims, node, view)
          return 'reason' in found ? unresolvable(found.reason) : undefined
        },
      }
    },
  }
}

/** Why no node can serve the claims; undefined when one might. */
function refusalOf({ open }: ClaimsOfPod, view: DeviceView): string | undefined {
  for (const claim of open) {
    const { namespace, name } = claim.metadata
    if (view.isPromised(claim)) return `resource claim ${namespace}/${name} is in the process of being allocated`
    for (const { name: request, exactly, firstAvailable = [] } of claim.spec.devices?.requests ?? []) {
      const options = exactly
        ? [{ ...exactly, name: request }]
        : firstAvailable.map((sub) => ({ ...sub, name: `${request}/${sub.name}` }))
      const absent = options.find(({ deviceClassName }) => !view.deviceClass(deviceClassName))
      if (absent) return `request ${absent.name}: device class ${absent.deviceClassName} does not exist`
    }
  }
  return undefined
}

/** Whether devices may have to be found for the pod: for claims, or for resources that devices stand for. */
export function wantsDevices(pod: Pod, view: Pick<DeviceView, 'classForResource'>): boolean {
  return (pod.spec?.resourceClaims ?? []).length > 0 || deviceResources(pod, view.classForResource).length > 0
}

export interface DevicesOnNode {
  /** In the order of the open claims; that of the extended resources is the last. */
  allocations: AllocationResult[]
  extended: ExtendedClaim | undefined
}

/** What each open claim would get on this node, or why it can't. */
export function chooseDevices(
  pod: Pod,
  { allocated, open }: ClaimsOfPod,
  node: NodeInfo,
  view: DeviceView,
): DevicesOnNode | { reason: string } {
  if (allocated.some((claim) => !isUsableOn(claim, node.node))) return { reason: elsewhere }
  const resources = deviceResources(pod, view.classForResource)
  const served = resources.filter((resource) => isServedByDevices(resource, node, view.classForResource))
  const extended = extendedClaim(pod, served, view.classForResource)
  const wanted = extended ? [...open, extended.claim] : open
  if (wanted.length === 0) return { allocations: [], extended }
  try {
    const allocations = allocate(wanted, {
      node: node.node,
      pools: poolsFor(node.node, view.slices()),
      inUse: view.inUse(),
      classOf: (name) => view.deviceClass(name),
      matches: view.matches,
      newShareId: () => view.newShareId(),
    })
    return allocations ? { allocations, extended } : { reason: tooFew }
  } catch (error) {
    if (error instanceof AllocationError) return { reason: error.message }
    throw error
  }
}

export function isUsableOn({ status }: ResourceClaim, node: Node): boolean {
  const selector = status?.allocation?.nodeSelector
  return !selector || matchesNodeSelector(selector, node)
}

/** Nodes that serve requests in a better way rate higher. */
export function dynamicResourcesScore(view: DeviceView): ScorePlugin {
  return {
    name: 'DynamicResources',
    weight: dynamicResourcesWeight,
    score(pod, nodes) {
      if ((pod.spec?.resourceClaims ?? []).length === 0) return undefined
      const claims = claimsOf(pod, view)
      if ('refusal' in claims || !claims.open.some(hasAlternatives)) return undefined
      const ratings = nodes.map((node) => {
        const found = chooseDevices(pod, claims, node, view)
        if ('reason' in found) return 0
        return claims.open.reduce((sum, claim, index) => sum + rank(claim, found.allocations[index]), 0)
      })
      return normalize(ratings)
    },
  }
}

function hasAlternatives({ spec }: ResourceClaim): boolean {
  return (spec.devices?.requests ?? []).some(({ firstAvailable = [] }) => firstAvailable.length > 0)
}

function rank({ spec }: ResourceClaim, allocation: AllocationResult | undefined): number {
  const served = new Set((allocation?.devices?.results ?? []).map(({ request }) => request))
  return (spec.devices?.requests ?? [])
    .flatMap(({ name, firstAvailable = [] }) =>
      firstAvailable.map((sub, index) => (served.has(`${name}/${sub.name}`) ? alternativesMax - index : 0)),
    )
    .reduce((sum, one) => sum + one, 0)
}
