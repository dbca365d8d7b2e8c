/**
 * What the API accepts and this proxy does not route unless it is told to. Whoever may write a Service or its endpoints
 * could otherwise take the traffic of other addresses (CVE-2020-8554), or reach pods of namespaces that are closed to
 * them (CVE-2021-25740). Pure.
 */
import { isIP } from 'node:net'
import { containsCidr } from '../../api/addresses.ts'
import type { Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'

export interface Trust {
  /**
   * Ranges that external IPs and load balancers' addresses of Services may come from. Default none: such addresses are
   * not routed. `0.0.0.0/0` and `::/0` route all, as kube-proxy does.
   */
  externalCidrs?: readonly string[]
  /** Whether a load balancer's address is of the cluster's own pool. Default none is. */
  isBalancer?: (address: string) => boolean
  /** Default false: endpoints in the pods' range are routed only where the pod is known to be of the Service's namespace. */
  foreignEndpoints?: boolean
  /** All nodes' pod ranges. Without any, endpoints are not looked at. */
  podCidrs?: readonly string[]
  /** The namespace of this node's pod with the address. */
  namespaceOf?: (address: string) => string | undefined
}

const managedBy = 'endpointslice.kubernetes.io/managed-by'
const sliceController = 'endpointslice-controller.k8s.io'

export function routesExternal({ externalCidrs = [] }: Trust, address: string): boolean {
  return externalCidrs.some((cidr) => containsCidr(cidr, address))
}

/** The slices without the endpoints that must not be routed; themselves where all may. */
export function routedSlices(
  service: Service,
  slices: readonly EndpointSlice[],
  trust: Trust,
): readonly EndpointSlice[] {
  if (trust.foreignEndpoints || !trust.podCidrs?.length) return slices
  return slices.map((slice) => {
    const isManaged = isSelected(service) && slice.metadata.labels?.[managedBy] === sliceController
    const endpoints = (slice.endpoints ?? []).filter(({ addresses }) =>
      addresses.every((address) => isOwn(trust, { address, namespace: service.metadata.namespace ?? '', isManaged })),
    )
    return endpoints.length === (slice.endpoints?.length ?? 0) ? slice : { ...slice, endpoints }
  })
}

/** Its slices are the controller's: what others write into them does not last. */
function isSelected({ spec }: Service): boolean {
  return Object.keys(spec?.selector ?? {}).length > 0
}

/** A pod of this node is asked for its namespace whoever wrote the slice; of other nodes' pods the controller is believed. */
function isOwn(
  { podCidrs = [], namespaceOf }: Trust,
  { address, namespace, isManaged }: { address: string; namespace: string; isManaged: boolean },
): boolean {
  if (isIP(address) === 0 || !podCidrs.some((cidr) => containsCidr(cidr, address))) return true
  const owner = namespaceOf?.(address)
  return owner === undefined ? isManaged : owner === namespace
}
