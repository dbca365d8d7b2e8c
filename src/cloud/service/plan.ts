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
  if (!metadata.finalizers?.includes(finalizer) || spec?.loadBalancerClass !== undefined) return false
  return metadata.deletionTimestamp !== undefined || spec?.type !== 'LoadBalancer'
}

/** Ready nodes that may be led to, in the order of their names. */
export function balancedNodes(nodes: readonly Node[]): Node[] {
  return nodes
    .filter(isBalanced)
    .sort((one, other) => ((one.metadata.name ?? '') < (other.metadata.name ?? '') ? -1 : 1))
}

function isBalanced({ metadata, spec, status }: Node): boolean {
  if (metadata.labels?.[excludeLabel] !== undefined || metadata.deletionTimestamp) return false
  if (spec?.taints?.some(({ key }) => key === toBeDeletedTaint)) return false
  return status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') ?? false
}

/** What a provider goes by: when it changes, the load balancer is ensured again. */
export function wanted({ metadata, spec }: Service): string {
  const ports = spec?.ports?.map(({ name, protocol, port, nodePort, targetPort }) => [
    name,
    protocol,
    port,
    nodePort,
    targetPort,
  ])
  return JSON.stringify([
    ...[metadata.uid, metadata.annotations, ports, spec?.sessionAffinity, spec?.sessionAffinityConfig],
    ...[spec?.loadBalancerIP, spec?.loadBalancerSourceRanges, spec?.externalIPs, spec?.externalTrafficPolicy],
    ...[spec?.healthCheckNodePort, spec?.ipFamilies, spec?.ipFamilyPolicy, spec?.allocateLoadBalancerNodePorts],
  ])
}

/** What changed, in the words of events. */
export function changeNotes(previous: Service, service: Service): { reason: string; message: string }[] {
  const [had, has] = [wantsLoadBalancer(previous), wantsLoadBalancer(service)]
  if (had !== has && previous.spec?.type !== service.spec?.type)
    return [{ reason: 'Type', message: `${previous.spec?.type} -> ${service.spec?.type}` }]
  if (!had || !has) return []
  const list = (values: readonly string[] = []): string => `[${values.join(' ')}]`
  const texts = [
    ['LoadBalancerSourceRanges', (one: Service) => list(one.spec?.loadBalancerSourceRanges)],
    ['LoadbalancerIP', (one: Service) => one.spec?.loadBalancerIP ?? ''],
    ['ExternalTrafficPolicy', (one: Service) => one.spec?.externalTrafficPolicy ?? ''],
    ['HealthCheckNodePort', (one: Service) => String(one.spec?.healthCheckNodePort ?? 0)],
  ] as const
  return texts
    .filter(([, textOf]) => textOf(previous) !== textOf(service))
    .map(([reason, textOf]) => ({ reason, message: `${textOf(previous)} -> ${textOf(service)}` }))
}
