/**
 * Extended resources that devices stand for: a pod asks for `example.com/gpu: 1` in its containers, a DeviceClass says
 * that its devices are that, and the scheduler makes the claim. Source: KEP-5004.
 */
import { extendedClaimAnnotation } from '../../api/pod-claims.ts'
import { podRequests } from '../../api/pod-requests.ts'
import { wholeValue } from '../../api/quantity.ts'
import type { Container, ContainerExtendedResourceRequest, Pod } from '../../api/types/core/v1.ts'
import type { DeviceClass, DeviceRequest, ResourceClaim } from '../../api/types/resource/v1.ts'
import type { NodeInfo } from '../node-info.ts'

/** Every class is a resource of this name too. */
const classPrefix = 'deviceclass.resource.kubernetes.io/'

export type ClassForResource = (resource: string) => DeviceClass | undefined

/** Of several classes for one resource the newest counts, then the first by name. */
export function classesByResource(classes: readonly DeviceClass[]): ReadonlyMap<string, DeviceClass> {
  const found = new Map<string, DeviceClass>()
  const sorted = [...classes].sort(({ metadata: one }, { metadata: other }) => {
    const [made, otherMade] = [one.creationTimestamp ?? '', other.creationTimestamp ?? '']
    if (made !== otherMade) return made < otherMade ? -1 : 1
    return (one.name ?? '') > (other.name ?? '') ? -1 : 1
  })
  for (const one of sorted) {
    found.set(`${classPrefix}${one.metadata.name}`, one)
    if (one.spec.extendedResourceName) found.set(one.spec.extendedResourceName, one)
  }
  return found
}

/** What the pod asks for that devices can be. */
export function deviceResources(pod: Pod, classFor: ClassForResource): string[] {
  return [...podRequests(pod)].flatMap(([resource, amount]) => (amount > 0 && classFor(resource) ? [resource] : []))
}

/** A node that counts the resource itself gives it out as ever. */
export function isServedByDevices(resource: string, node: NodeInfo, classFor: ClassForResource): boolean {
  return (node.allocatable.get(resource) ?? 0) === 0 && classFor(resource) !== undefined
}

export interface ExtendedClaim {
  /** Not made yet: without a name. */
  claim: ResourceClaim
  mappings: ContainerExtendedResourceRequest[]
}

/** The claim of the pod for these resources; undefined for none. */
export function extendedClaim(
  pod: Pod,
  resources: readonly string[],
  classFor: ClassForResource,
): ExtendedClaim | undefined {
  if (resources.length === 0) return undefined
  const requests: DeviceRequest[] = []
  const mappings: ContainerExtendedResourceRequest[] = []
  for (const resource of [...resources].sort()) {
    const asked = requestsFor(pod, resource, classFor(resource)?.metadata.name ?? '')
    requests.push(...asked.requests)
    mappings.push(...asked.mappings)
  }
  const { name = '', namespace, uid = '' } = pod.metadata
  const metadata = {
    generateName: `${name}-extended-resources-`,
    ...(namespace === undefined ? {} : { namespace }),
    ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name, uid, controller: true }],
    annotations: { [extendedClaimAnnotation]: 'true' },
  }
  requests.sort((one, other) => (one.name < other.name ? -1 : 1))
  return { claim: { metadata, spec: { devices: { requests } } }, mappings }
}

interface Asked {
  requests: DeviceRequest[]
  mappings: ContainerExtendedResourceRequest[]
}

/** Init containers that end use what the later ones have, and share what they need beyond that. */
function requestsFor({ spec }: Pod, resource: string, deviceClassName: string): Asked {
  const inits = spec?.initContainers ?? []
  const all = [...inits, ...(spec?.containers ?? [])].map((container, index) => ({ container, index }))
  const ends = ({ container, index }: (typeof all)[number]) =>
    index < inits.length && container.restartPolicy !== 'Always'
  const asked = (container: Container) => wholeValue(container.resources?.requests?.[resource] ?? '0')
  const lasting = all.filter((one) => !ends(one) && asked(one.container) > 0)
  const counts = new Map(
    lasting.map(({ container, index }) => [requestName(container, index, resource), asked(container)]),
  )
  const mapping = ({ name }: Container, requestName: string) => ({
    containerName: name,
    resourceName: resource,
    requestName,
  })
  const mappings = lasting.map(({ container, index }) => mapping(container, requestName(container, index, resource)))
  const extra: { name: string; count: number; users: Container[] } = { name: '', count: 0, users: [] }
  for (const { container, index } of all.filter(ends)) {
    let missing = asked(container)
    for (const later of lasting.filter((one) => one.index > index)) {
      if (missing <= 0) break
      const name = requestName(later.container, later.index, resource)
      mappings.push(mapping(container, name))
      missing -= counts.get(name) ?? 0
    }
    if (missing <= 0) continue
    extra.users.push(container)
    if (missing > extra.count) Object.assign(extra, { name: requestName(container, index, resource), count: missing })
  }
  mappings.push(...extra.users.map((container) => mapping(container, extra.name)))
  const request = (name: string, count: number): DeviceRequest => ({
    name,
    exactly: { deviceClassName, allocationMode: 'ExactCount', count },
  })
  const requests = [...counts].map(([name, count]) => request(name, count))
  return { requests: extra.count > 0 ? [...requests, request(extra.name, extra.count)] : requests, mappings }
}

/** By the places of the container in the pod and of the resource among its requests. */
function requestName({ resources }: Container, index: number, resource: string): string {
  return `container-${index}-request-${Object.keys(resources?.requests ?? {})
    .sort()
    .indexOf(resource)}`
}
