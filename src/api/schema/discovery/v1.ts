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
    Endpoint: `
      addresses 1 []string! set
      conditions 2 EndpointConditions
      hostname 3 *string
      targetRef 4 *core/v1.ObjectReference
      deprecatedTopology 5 map[string]
      nodeName 6 *string
      zone 7 *string
      hints 8 *EndpointHints`,
    EndpointConditions: `
      ready 1 *bool
      serving 2 *bool
      terminating 3 *bool`,
    EndpointHints: `
      forZones 1 []ForZone atomic
      forNodes 2 []ForNode atomic`,
    EndpointPort: `[atomic]
      name 1 *string
      protocol 2 *string
      port 3 *int32
      appProtocol 4 *string`,
    EndpointSlice: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      addressType 4 string!
      endpoints 2 []Endpoint always atomic
      ports 3 []EndpointPort always atomic`,
    ForNode: `
      name 1 string!`,
    ForZone: `
      name 1 string!`,
  },
}
