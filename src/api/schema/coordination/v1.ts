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
    Lease: `[kind] A lock that must be renewed, or a sign of life.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 LeaseSpec | What is wanted.`,
    LeaseSpec: `Who holds a lease, and since when.
      holderIdentity 1 *string | Who holds it.
      leaseDurationSeconds 2 *int32 | Others may take it this long after renewTime.
      acquireTime 3 *microTime | When the holder took it.
      renewTime 4 *microTime | When the holder last renewed it.
      leaseTransitions 5 *int32 | How often it changed hands.
      strategy 6 *string gate=CoordinatedLeaderElection | How the leader is chosen, for coordinated election.
      preferredHolder 7 *string gate=CoordinatedLeaderElection | Who shall have it next.`,
  },
}
