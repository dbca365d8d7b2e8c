/** The set of controllers that `k8ts server` and `k8ts controller-manager` run, by the names of `--controllers`. */
import type { Controller, ControllerParts } from '../client/controller.ts'
import { clusterRoleAggregationController } from './clusterrole-aggregation/reconcile.ts'
import { cronJobController } from './cronjob/reconcile.ts'
import { daemonSetController } from './daemonset/reconcile.ts'
import { deploymentController } from './deployment/reconcile.ts'
import { endpointsController } from './endpoints/reconcile.ts'
import { endpointSliceController } from './endpointslice/reconcile.ts'
import { garbageCollector } from './garbage-collector/reconcile.ts'
import { jobController } from './job/reconcile.ts'
import { namespaceController } from './namespace/reconcile.ts'
import { nodeLifecycleController } from './node-lifecycle/reconcile.ts'
import { replicaSetController } from './replicaset/reconcile.ts'
import { resourceQuotaController } from './resourcequota/reconcile.ts'
import { rootCaController } from './root-ca/reconcile.ts'
import { serviceAccountController } from './serviceaccount/reconcile.ts'
import { statefulSetController } from './statefulset/reconcile.ts'
import { taintEvictionController } from './taint-eviction/reconcile.ts'

export interface ControllerOptions {
  /** The bundle that pods verify the API server with. */
  rootCaPem: string
}

export function allControllers(parts: ControllerParts, options: ControllerOptions): Controller[] {
  return [
    deploymentController(parts),
    replicaSetController(parts),
    daemonSetController(parts),
    statefulSetController(parts),
    jobController(parts),
    cronJobController(parts),
    endpointSliceController(parts),
    endpointsController(parts),
    namespaceController(parts),
    serviceAccountController(parts),
    rootCaController(parts, options),
    nodeLifecycleController(parts),
    taintEvictionController(parts),
    garbageCollector(parts),
    clusterRoleAggregationController(parts),
    resourceQuotaController(parts),
  ]
}
