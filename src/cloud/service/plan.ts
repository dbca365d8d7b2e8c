/** Which Services get a load balancer, by which nodes, and when it has to be made anew: pure decisions. */
import type { Node, Service } from '../../api/types/core/v1.ts'

export const finalizer = 'service.kubernetes.io/load-balancer-cleanup'
const excludeLabel = 'node.kubernetes.io/exclude-from-external-load-balancers'
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler'

/** Services of a load balancer class are somebody else's. */
export function wantsLoadBalancer({ metadata, spec }: Service): boolean {
  return !metadata.deletionTimestamp && spec?.type === 'LoadBalancer' && spec.loadBalancerClass === undefined
}

export function needsCleanup({ metadata, spec }: Service): boolean {
  if (!metadata.finalizers?.includes(finalizer)) return false
  return metadata.deletionTimestamp !== undefined || spec?.type !== 'LoadBalancer'
}

/**
 * Nodes that may be led to, in the order of their names. Those that are not ready are among them: the load balancer's
 * own checks leave them out, and let connections end that such a node still serves. Source: KEP-3458.
 */
export function balancedNodes(nodes: readonly Node[]): Node[] {
  return inOrder(
    nodes.filter((node) => {
      const isLeaving =
        node.spec?.taints?.some(({ key }) => key === toBeDeletedTaint) || node.metadata.deletionTimestamp
      return isIncluded(node) && !isLeaving
    }),
  )
}

/** When this changes load balancers are updated. A node that is about to leave is no reason to cut its connections. */
export function nodesKey(nodes: readonly Node[]): string {
  return JSON.stringify(
    inOrder(nodes.filter(isIncluded)).map(({ metadata, spec }) => [metadata.name, spec?.providerID]),
  )
}

function inOrder(nodes: readonly Node[]): Node[] {
  const nameOf = ({ metadata }: Node): string => metadata.name ?? ''
  return [...nodes].sort((one, other) => (nameOf(one) < nameOf(other) ? -1 : 1))
}

const falseWords = ['0', 'f', 'F', 'false', 'FALSE', 'False']

function isIncluded({ metadata }: Node): boolean {
  const excluded = metadata.labels?.[excludeLabel]
  return excluded === undefined || falseWords.includes(excluded)
}

/** Names as events list them: twenty at most. */
export function shownNames(nodes: readonly Node[]): string {
  const names = nodes.slice(0, shownMax).map(({ metadata }) => metadata.name)
  const more = nodes.length - names.length
  return `[${[...names, ...(more > 0 ? [`<${more} more>`] : [])].join(' ')}]`
}

const shownMax = 20

/** What a provider goes by: when it changes, the load balancer is ensured again. */
export function wanted({ metadata, spec }: Service): string {
  const ports = spec?.ports?.map(({ name, protocol, port, nodePort, targetPort, appProtocol }) => [
    ...[name, protocol, port],
    ...[nodePort, targetPort, appProtocol],
  ])
  return JSON.stringify([
    ...[metadata.uid, metadata.annotations, ports, spec?.sessionAffinity, spec?.sessionAffinityConfig],
    ...[spec?.loadBalancerIP, spec?.loadBalancerSourceRanges, spec?.externalIPs, spec?.externalTrafficPolicy],
    ...[spec?.healthCheckNodePort, spec?.ipFamilies],
  ])
}
