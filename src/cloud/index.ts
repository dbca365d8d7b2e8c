/** The controllers of the cloud controller manager, by the names of its `--controllers`. */
import { asAccount, type Controller, type ControllerParts } from '../client/controller.ts'
import { cloudNodeController } from './node/reconcile.ts'
import { cloudNodeLifecycleController } from './node-lifecycle/reconcile.ts'
import type { CloudProvider } from './provider.ts'
import { routeController } from './route/reconcile.ts'
import { serviceController } from './service/reconcile.ts'

export interface CloudOptions {
  /** Default `kubernetes`. */
  clusterName?: string
  /** Needed for routes. Absent: none are made. */
  clusterCidrs?: readonly string[]
  /** Default true. */
  configureRoutes?: boolean
  /** Between looks at a node's addresses. Default 5 minutes. */
  nodeUpdateMs?: number
  /** Between looks at a node that is not ready. Default 5 s. */
  nodeMonitorMs?: number
  /** Default 10 s. */
  routePeriodMs?: number
  /** Services at once. Default 10. */
  serviceWorkers?: number
  /** Nodes at once. Default 10. */
  nodeWorkers?: number
}

export function cloudControllers(
  parts: ControllerParts,
  { instances, loadBalancers, routes }: CloudProvider,
  options: CloudOptions = {},
): Controller[] {
  const { clusterName = 'kubernetes', clusterCidrs = [], configureRoutes = true } = options
  const { nodeUpdateMs, nodeMonitorMs, routePeriodMs, serviceWorkers, nodeWorkers } = options
  const node = {
    ...(nodeUpdateMs === undefined ? {} : { updateMs: nodeUpdateMs }),
    ...(nodeWorkers === undefined ? {} : { workers: nodeWorkers }),
  }
  const monitor = {
    ...(nodeMonitorMs === undefined ? {} : { monitorMs: nodeMonitorMs }),
    ...(nodeWorkers === undefined ? {} : { workers: nodeWorkers }),
  }
  const service = serviceWorkers === undefined ? {} : { workers: serviceWorkers }
  const period = routePeriodMs === undefined ? {} : { periodMs: routePeriodMs }
  const as = (account: string) => asAccount(parts, account)
  return [
    ...(instances ? [cloudNodeController(as('node-controller'), { instances, ...node })] : []),
    ...(instances ? [cloudNodeLifecycleController(as('node-controller'), { instances, ...monitor })] : []),
    ...(loadBalancers
      ? [serviceController(as('service-controller'), { balancers: loadBalancers, clusterName, ...service })]
      : []),
    ...(routes && configureRoutes && clusterCidrs.length > 0
      ? [routeController(as('route-controller'), { routes, clusterName, clusterCidrs, ...period })]
      : []),
  ]
}
