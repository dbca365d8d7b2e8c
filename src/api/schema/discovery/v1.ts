/** discovery.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const discoveryV1Schema: GroupVersionSchema = {
  key: 'discovery/v1',
  group: 'discovery.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.discovery.v1',
  served: true,
  resources: `
    endpointslices endpointslice EndpointSlice namespaced: all`,
  columns: `
    endpointslices: Name/name, AddressType, Ports, Endpoints, Age`,
  types: {
    Endpoint: `A pod behind a Service.
      addresses 1 []string! set | Its addresses; all mean the same endpoint, and clients take the first.
      conditions 2 EndpointConditions | Its state.
      hostname 3 *string | Its host name.
      targetRef 4 *core/v1.ObjectReference | The pod.
      deprecatedTopology 5 map[string] | Not used any more.
      nodeName 6 *string | Its node.
      zone 7 *string | Its zone.
      hints 8 *EndpointHints | Who should use it.`,
    EndpointConditions: `State of an endpoint.
      ready 1 *bool | It takes traffic; absent counts as true.
      serving 2 *bool | It answers, though it may be ending.
      terminating 3 *bool | It is ending.`,
    EndpointHints: `Who should use an endpoint.
      forZones 1 []ForZone atomic | Clients in these zones.
      forNodes 2 []ForNode atomic | Clients on these nodes.`,
    EndpointPort: `[atomic] A port of endpoints.
      name 1 *string | The port's name in the Service.
      protocol 2 *string enum(SCTP,TCP,UDP) | TCP, UDP or SCTP.
      port 3 *int32 | The number; all when absent.
      appProtocol 4 *string | Protocol above, such as https or kubernetes.io/h2c.`,
    EndpointSlice: `[kind] Some of the endpoints of a Service.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      addressType 4 string! enum(FQDN,IPv4,IPv6) | IPv4, IPv6 or FQDN.
      endpoints 2 []Endpoint always atomic | The endpoints, at most 1000.
      ports 3 []EndpointPort always atomic | The ports of all of them.`,
    ForNode: `A node that should use an endpoint.
      name 1 string! | Name of the node.`,
    ForZone: `A zone that should use an endpoint.
      name 1 string! | Name of the zone.`,
  },
}
