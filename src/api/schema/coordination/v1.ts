/** coordination.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const coordinationV1Schema: GroupVersionSchema = {
  key: 'coordination/v1',
  group: 'coordination.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.coordination.v1',
  served: true,
  resources: `
    leases lease Lease namespaced: all`,
  columns: `
    leases: Name/name, Holder, Age`,
  types: {
    Lease: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 LeaseSpec | What is wanted.`,
    LeaseSpec: `
      holderIdentity 1 *string
      leaseDurationSeconds 2 *int32
      acquireTime 3 *microTime
      renewTime 4 *microTime
      leaseTransitions 5 *int32
      strategy 6 *string
      preferredHolder 7 *string`,
  },
}
