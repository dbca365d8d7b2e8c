/** Types of the core group about service. The format is described in `../schema.ts`. */
export const serviceTypes: Record<string, string> = {
  ClientIPConfig: `
    timeoutSeconds 1 *int32`,
  EndpointAddress: `[atomic]
    ip 1 string!
    hostname 3 string
    nodeName 4 *string
    targetRef 2 *ObjectReference`,
  EndpointPort: `[atomic]
    name 1 string
    port 2 int32!
    protocol 3 string
    appProtocol 4 *string`,
  EndpointSubset: `
    addresses 1 []EndpointAddress atomic
    notReadyAddresses 2 []EndpointAddress atomic
    ports 3 []EndpointPort atomic`,
  Endpoints: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    subsets 2 []EndpointSubset atomic`,
  LoadBalancerIngress: `
    ip 1 string
    hostname 2 string
    ipMode 3 *string
    ports 4 []PortStatus atomic`,
  LoadBalancerStatus: `
    ingress 1 []LoadBalancerIngress atomic`,
  PortStatus: `
    port 1 int32!
    protocol 2 string!
    error 3 *string`,
  Service: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 ServiceSpec | What is wanted.
    status 3 ServiceStatus | What was last observed; written by the system.`,
  ServiceAccountTokenProjection: `
    audience 1 string
    expirationSeconds 2 *int64
    path 3 string!`,
  ServicePort: `
    name 1 string
    protocol 2 string default="TCP"
    appProtocol 6 *string
    port 3 int32!
    targetPort 4 intOrString
    nodePort 5 int32`,
  ServiceProxyOptions: `[kind]
    path 1 string`,
  ServiceSpec: `
    ports 1 []ServicePort map(port,protocol) patch=merge(port)
    selector 2 map[string] atomic
    clusterIP 3 string
    clusterIPs 18 []string atomic
    type 4 string
    externalIPs 5 []string atomic
    sessionAffinity 7 string
    loadBalancerIP 8 string
    loadBalancerSourceRanges 9 []string atomic
    externalName 10 string
    externalTrafficPolicy 11 string
    healthCheckNodePort 12 int32
    publishNotReadyAddresses 13 bool
    sessionAffinityConfig 14 *SessionAffinityConfig
    ipFamilies 19 []string atomic
    ipFamilyPolicy 17 *string
    allocateLoadBalancerNodePorts 20 *bool
    loadBalancerClass 21 *string
    internalTrafficPolicy 22 *string
    trafficDistribution 23 *string`,
  ServiceStatus: `
    loadBalancer 1 LoadBalancerStatus
    conditions 2 []Condition map(type) patch=merge(type)`,
  SessionAffinityConfig: `
    clientIP 1 *ClientIPConfig`,
}
