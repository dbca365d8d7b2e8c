/** Has the cloud lead each node's pod addresses to it, and says in the node's NetworkUnavailable condition how that goes. */
import { isIP } from 'node:net'
import { isDeepStrictEqual } from 'node:util'
import { containsCidr } from '../../api/addresses.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Node, NodeAddress } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, type Outcome, source } from '../../client/controller.ts'
import { stopwatch } from '../../client/meters.ts'
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
        const told = ({ spec, status }: Node) => JSON.stringify([spec?.podCIDRs, status?.addresses])
        return change.type === 'updated' && told(change.previous) === told(change.object) ? [] : [everything]
      }),
    ],
    /** A cloud that can't be asked now is asked again when its turn comes. */
    async reconcile(): Promise<Outcome> {
      try {
        await reconcileRoutes(parts, options, nodes.list())
      } catch (error) {
        parts.log.warn('routes not listed', { error: messageOf(error) })
      }
      return { kind: 'requeueAfter', delayMs: options.periodMs ?? 10_000 }
    },
  }
}

export interface RoutePlan {
  create: (Route & { uid: string })[]
  remove: Route[]
  /** Nodes that routes are made for, or lead to. */
  nodes: readonly Node[]
}

export function planRoutes(
  nodes: readonly Node[],
  there: readonly Route[],
  clusterCidrs: readonly string[],
): RoutePlan {
  const wanted = nodes.flatMap(({ metadata: { name = '', uid = '' }, spec, status }) =>
    (spec?.podCIDRs ?? []).map((destinationCIDR) => ({
      ...{ name: `${uid}-${destinationCIDR}`, uid, targetNode: name, destinationCIDR },
      targetNodeAddresses: status?.addresses ?? [],
    })),
  )
  const serves = (one: Route, other: Route) =>
    one.targetNode === other.targetNode &&
    one.destinationCIDR === other.destinationCIDR &&
    !one.blackhole &&
    (!one.targetNodeAddresses || sameAddresses(one.targetNodeAddresses, other.targetNodeAddresses ?? []))
  const isOurs = ({ destinationCIDR }: Route) => clusterCidrs.some((cidr) => isWithin(cidr, destinationCIDR))
  return {
    create: wanted.filter((route) => !there.some((one) => serves(one, route))),
    remove: there.filter((one) => isOurs(one) && !wanted.some((route) => serves(one, route))),
    nodes: nodes.filter(
      ({ metadata, spec }) =>
        (spec?.podCIDRs ?? []).length > 0 || there.some(({ targetNode }) => targetNode === metadata.name),
    ),
  }
}

function sameAddresses(one: readonly NodeAddress[], other: readonly NodeAddress[]): boolean {
  const textOf = ({ type, address }: NodeAddress): string => `${type} ${address}`
  return isDeepStrictEqual(one.map(textOf).sort(), other.map(textOf).sort())
}

/** False also where the cloud's word is no CIDR. */
function isWithin(cidr: string, destination: string): boolean {
  const [address = '', bits = ''] = destination.split('/')
  return isIP(address) !== 0 && /^\d{1,3}$/.test(bits) && containsCidr(cidr, destination)
}

async function reconcileRoutes(
  parts: ControllerParts,
  { routes, clusterName, clusterCidrs }: RouteOptions,
  all: readonly Node[],
): Promise<void> {
  const { log } = parts
  parts.meters?.count('route_controller_route_sync_total')
  const { create, remove, nodes } = planRoutes(all, await routes.list(clusterName), clusterCidrs)
  await sideBySide(remove, async (route) => {
    await routes.remove(clusterName, route).catch((error: unknown) => {
      log.warn('route not removed', { route: route.name, to: route.destinationCIDR, error: messageOf(error) })
    })
  })
  const failed = new Set<string>()
  await sideBySide(create, async ({ uid, ...route }) => {
    const seconds = stopwatch(parts.clock)
    try {
      await routes.create(clusterName, route)
    } catch (error) {
      failed.add(route.targetNode)
      const message = `Could not create route ${uid} ${route.destinationCIDR} for node ${route.targetNode} after ${Math.round(seconds() * 1000)}ms: ${messageOf(error)}`
      const about = { kind: 'Node', apiVersion: 'v1', name: route.targetNode, uid }
      parts.events.as('route_controller').event(about, 'Warning', 'FailedToCreateRoute', message)
    }
  })
  await sideBySide(nodes, async (node) => {
    const isRouted = (node.spec?.podCIDRs ?? []).length > 0 && !failed.has(node.metadata.name ?? '')
    await setCondition(parts, node, isRouted).catch((error: unknown) => {
      log.warn('condition of routes not written', { node: node.metadata.name, error: messageOf(error) })
    })
  })
}

/** Calls at once. Kubernetes makes 200; a cloud's small program is spared that. */
const callsMax = 20

async function sideBySide<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values()
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(callsMax, items.length) }, worker))
}

async function setCondition({ client, clock }: ControllerParts, node: Node, routed: boolean): Promise<void> {
  const wanted = routed
    ? { status: 'False', reason: 'RouteCreated', message: 'RouteController created a route' }
    : { status: 'True', reason: 'NoRouteCreated', message: 'RouteController failed to create a route' }
  const known = node.status?.conditions?.find(({ type }) => type === 'NetworkUnavailable')
  if (known?.status === wanted.status && known.reason === wanted.reason) return
  const nowText = rfc3339(clock.nowMs())
  const condition = { type: 'NetworkUnavailable', ...wanted, lastHeartbeatTime: nowText, lastTransitionTime: nowText }
  const patch = { status: { conditions: [condition] } }
  await ifThere(client.of(coreV1.nodes).patchStatus(node.metadata.name ?? '', { type: 'strategic', patch }))
}
