/** Has the cloud lead each node's pod addresses to it, and says in the node's NetworkUnavailable condition how that goes. */
import { containsCidr } from '../../api/addresses.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Node } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import type { Route, Routes } from '../provider.ts'

export interface RouteOptions {
  routes: Routes
  clusterName: string
  /** Only routes within these are ours to remove. */
  clusterCidrs: readonly string[]
  /** Between looks at all routes. Default 10,000, as `--route-reconciliation-period`. */
  periodMs?: number
}

/** All routes are one thing: what is there is listed once for all nodes. */
const everything = 'routes'

export function routeController(parts: ControllerParts, options: RouteOptions): Controller {
  const { informers } = parts
  const nodes = informers.of(coreV1.nodes)
  return {
    name: 'node-route-controller',
    workers: 1,
    sources: [
      source(nodes, (change) => {
        const before = change.type === 'updated' ? change.previous.spec?.podCIDRs : undefined
        const same = JSON.stringify(before) === JSON.stringify(change.object.spec?.podCIDRs)
        return change.type === 'updated' && same ? [] : [everything]
      }),
    ],
    async reconcile(): Promise<Outcome> {
      await reconcileRoutes(parts, options, nodes.list())
      return { kind: 'requeueAfter', delayMs: options.periodMs ?? 10_000 }
    },
  }
}

export interface RoutePlan {
  create: Route[]
  remove: Route[]
}

export function planRoutes(
  nodes: readonly Node[],
  there: readonly Route[],
  clusterCidrs: readonly string[],
): RoutePlan {
  const wanted = nodes.flatMap(({ metadata, spec }) =>
    (spec?.podCIDRs ?? []).map((destinationCIDR) => ({
      name: `${metadata.uid}-${destinationCIDR}`,
      targetNode: metadata.name ?? '',
      destinationCIDR,
    })),
  )
  const same = (one: Route, other: Route) =>
    one.targetNode === other.targetNode && one.destinationCIDR === other.destinationCIDR && !other.blackhole
  const isOurs = ({ destinationCIDR }: Route) => clusterCidrs.some((cidr) => containsCidr(cidr, destinationCIDR))
  return {
    create: wanted.filter((route) => !there.some((one) => same(route, one))),
    remove: there.filter((one) => isOurs(one) && !wanted.some((route) => same(route, one))),
  }
}

async function reconcileRoutes(
  parts: ControllerParts,
  { routes, clusterName, clusterCidrs }: RouteOptions,
  nodes: readonly Node[],
): Promise<void> {
  parts.meters?.count('route_controller_route_sync_total')
  const plan = planRoutes(nodes, await routes.list(clusterName), clusterCidrs)
  for (const route of plan.remove) await routes.remove(clusterName, route)
  const failed = new Set<string>()
  for (const route of plan.create) {
    try {
      await routes.create(clusterName, route)
    } catch (error) {
      failed.add(route.targetNode)
      const message = `Could not create route ${route.name} ${route.destinationCIDR} for node ${route.targetNode}: ${messageOf(error)}`
      const object = nodes.find(({ metadata }) => metadata.name === route.targetNode)
      if (object)
        parts.events
          .as('route_controller')
          .event({ resource: coreV1.nodes, object }, 'Warning', 'FailedToCreateRoute', message)
    }
  }
  for (const node of nodes)
    if ((node.spec?.podCIDRs ?? []).length > 0) await setCondition(parts, node, !failed.has(node.metadata.name ?? ''))
}

async function setCondition({ client, clock }: ControllerParts, node: Node, routed: boolean): Promise<void> {
  const known = node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  if (known?.status === (routed ? 'False' : 'True')) return
  const nowText = rfc3339(clock.nowMs())
  const condition = {
    type: 'NetworkUnavailable',
    status: routed ? 'False' : 'True',
    reason: routed ? 'RouteCreated' : 'NoRouteCreated',
    message: routed ? 'RouteController created a route' : 'RouteController failed to create a route',
    lastHeartbeatTime: nowText,
    lastTransitionTime: nowText,
  }
  const patch = { status: { conditions: [condition] } }
  await ifThere(client.of(coreV1.nodes).patchStatus(node.metadata.name ?? '', { type: 'strategic', patch }))
}
