/**
 * What a cloud has to offer so that a cluster can live on it. Each part may be missing: then its controllers do not run.
 * Source: https://kubernetes.io/docs/concepts/architecture/cloud-controller/
 */
import type { LoadBalancerStatus, Node, NodeAddress, Service } from '../api/types/core/v1.ts'

export interface CloudProvider {
  /** `local`, `external`. */
  readonly name: string
  readonly instances?: Instances
  readonly loadBalancers?: LoadBalancers
  readonly routes?: Routes
}

/** Machines. All calls may be repeated; they reject when the cloud can't be asked. */
export interface Instances {
  /** False only when the cloud is sure: the node is deleted then. */
  exists(node: Node): Promise<boolean>
  isShutDown(node: Node): Promise<boolean>
  /** Undefined: not known yet; asked again later. */
  metadata(node: Node): Promise<InstanceMetadata | undefined>
}

export interface InstanceMetadata {
  /** `<provider>://<id>`. Needed for a node that has none. */
  providerID: string
  /** Absent or empty: no label. */
  instanceType?: string
  zone?: string
  region?: string
  /** Absent or empty: what the node says of itself stays. Where they are told, those that the agent was given must be among them. */
  nodeAddresses?: readonly NodeAddress[]
  /** Other than Kubernetes' own. */
  additionalLabels?: Readonly<Record<string, string>>
}

export interface LoadBalancers {
  /** Undefined when there is none for the Service. */
  get(clusterName: string, service: Service): Promise<LoadBalancerStatus | undefined>
  /**
   * Makes or changes it so that it leads to these nodes. This, `update` and `remove` reject with `ImplementedElsewhere`
   * when it is none of its business.
   */
  ensure(clusterName: string, service: Service, nodes: readonly Node[]): Promise<LoadBalancerStatus>
  /** The nodes changed, nothing else did. */
  update(clusterName: string, service: Service, nodes: readonly Node[]): Promise<void>
  /** Resolves also when there is none. */
  remove(clusterName: string, service: Service): Promise<void>
}

/** Pod addresses to nodes, where the network itself has to know the way. */
export interface Routes {
  list(clusterName: string): Promise<Route[]>
  create(clusterName: string, route: Route): Promise<void>
  remove(clusterName: string, route: Route): Promise<void>
}

export interface Route {
  /** The cloud's own name. */
  name: string
  targetNode: string
  destinationCIDR: string
  /** Leads to a node that is gone. */
  blackhole?: boolean
  /** Of the node. A listed route that names them is made anew when the node has others. */
  targetNodeAddresses?: readonly NodeAddress[]
}

/** Somebody else sees to the load balancers of this Service: not a failure. */
export class ImplementedElsewhere extends Error {
  constructor() {
    super('implemented by alternate to cloud provider')
    this.name = 'ImplementedElsewhere'
  }
}
