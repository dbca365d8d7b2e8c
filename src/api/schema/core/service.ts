/** Types of the core group about service. The format is described in `../schema.ts`. */
export const serviceTypes: Record<string, string> = {
  ClientIPConfig: `Affinity by the client's address.
    timeoutSeconds 1 *int32 | How long a client stays with a pod; 10800 when absent.`,
  EndpointAddress: `[atomic] An address of a Service's pod.
    ip 1 string! | The address.
    hostname 3 string | The pod's host name.
    nodeName 4 *string | The pod's node.
    targetRef 2 *ObjectReference | The pod.`,
  EndpointPort: `[atomic] A port of a Service's pods.
    name 1 string | The port's name in the Service.
    port 2 int32! | The number.
    protocol 3 string enum(SCTP,TCP,UDP) | TCP, UDP or SCTP.
    appProtocol 4 *string | Protocol above, such as https or kubernetes.io/h2c.`,
  EndpointSubset: `Addresses that share their ports.
    addresses 1 []EndpointAddress atomic | Those that are ready.
    notReadyAddresses 2 []EndpointAddress atomic | Those that are not.
    ports 3 []EndpointPort atomic | The ports of all of them.`,
  Endpoints: `[kind] Addresses behind a Service; EndpointSlices replace it.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    subsets 2 []EndpointSubset atomic | The addresses.`,
  LoadBalancerIngress: `Where a load balancer takes traffic.
    ip 1 string | Its address.
    hostname 2 string | Its name.
    ipMode 3 *string | VIP keeps the address on packets, Proxy replaces it.
    ports 4 []PortStatus atomic | State of its ports.`,
  LoadBalancerStatus: `State of a load balancer.
    ingress 1 []LoadBalancerIngress atomic | Where it takes traffic.`,
  PortStatus: `State of a port.
    port 1 int32! | The number.
    protocol 2 string! enum(SCTP,TCP,UDP) | TCP, UDP or SCTP.
    error 3 *string | What is wrong with it.`,
  Service: `[kind] A stable name and address for a set of pods.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 ServiceSpec | What is wanted.
    status 3 ServiceStatus | What was last observed; written by the system.`,
  ServiceAccountTokenProjection: `A token of the pod's account, renewed in time.
    audience 1 string | Who the token is for; the API server when absent.
    expirationSeconds 2 *int64 | Its life time, at least 600; 3600 when absent.
    path 3 string! | Name of the file.`,
  ServicePort: `A port of a Service.
    name 1 string | Needed when there are several.
    protocol 2 string default="TCP" enum(SCTP,TCP,UDP) | TCP, UDP or SCTP.
    appProtocol 6 *string | Protocol above, such as https or kubernetes.io/h2c.
    port 3 int32! | The number.
    targetPort 4 intOrString | Number or name of the pods' port; the same number when absent.
    nodePort 5 int32 | Port on every node, for NodePort and LoadBalancer; chosen when absent.`,
  ServiceProxyOptions: `[kind] Query parameters of a proxied request to a Service.
    path 1 string | Path of the request.`,
  ServiceSpec: `Which pods, under which address.
    ports 1 []ServicePort map(port,protocol) patch=merge(port) | The ports.
    selector 2 map[string] atomic | Labels of the pods; without it the endpoints are managed elsewhere.
    clusterIP 3 string | Its address; None for a headless Service, chosen when absent.
    clusterIPs 18 []string atomic | Its addresses, one per IP family.
    type 4 string enum(ClusterIP,ExternalName,LoadBalancer,NodePort) | ClusterIP (the default), NodePort, LoadBalancer or ExternalName.
    externalIPs 5 []string atomic | Further addresses whose traffic nodes accept for it.
    sessionAffinity 7 string enum(ClientIP,None) | ClientIP keeps a client with one pod; None does not.
    loadBalancerIP 8 string | Address wished for; deprecated.
    loadBalancerSourceRanges 9 []string atomic | Clients that the load balancer lets in.
    externalName 10 string | The name that ExternalName stands for.
    externalTrafficPolicy 11 string enum(Cluster,Local) | Cluster spreads outside traffic over all pods, Local keeps it on its node and so the client's address.
    healthCheckNodePort 12 int32 | Port where nodes tell whether they have pods, for Local.
    publishNotReadyAddresses 13 bool | Pods count before they are ready.
    sessionAffinityConfig 14 *SessionAffinityConfig | Settings of session affinity.
    ipFamilies 19 []string atomic enum(,IPv4,IPv6) | IPv4, IPv6 or both, in order.
    ipFamilyPolicy 17 *string enum(PreferDualStack,RequireDualStack,SingleStack) | SingleStack, PreferDualStack or RequireDualStack.
    allocateLoadBalancerNodePorts 20 *bool | Whether LoadBalancer gets node ports; true when absent.
    loadBalancerClass 21 *string | Which implementation provides the load balancer.
    internalTrafficPolicy 22 *string enum(Cluster,Local) | Cluster, or Local to use only pods on the client's node.
    trafficDistribution 23 *string | Which endpoints are preferred, such as PreferSameZone or PreferSameNode.`,
  ServiceStatus: `State of a Service.
    loadBalancer 1 LoadBalancerStatus | Its load balancer.
    conditions 2 []Condition map(type) patch=merge(type) | Aspects of the state.`,
  SessionAffinityConfig: `Settings of session affinity.
    clientIP 1 *ClientIPConfig | By the client's address.`,
}
