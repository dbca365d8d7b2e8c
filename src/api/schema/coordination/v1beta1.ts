/** coordination.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const coordinationV1beta1Schema: GroupVersionSchema = {
  key: 'coordination/v1beta1',
  group: 'coordination.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.api.coordination.v1beta1',
  served: false,
  resources: `
    leasecandidates leasecandidate LeaseCandidate namespaced: all`,
  columns: `
    leasecandidates: Name/name, LeaseName, BinaryVersion, EmulationVersion, Age`,
  types: {
    Lease: `[kind] A lock that must be renewed, or a sign of life.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 LeaseSpec | What is wanted.`,
    LeaseCandidate: `[kind] Someone who could hold a lease.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 LeaseCandidateSpec required | What is wanted.`,
    LeaseCandidateSpec: `Which lease, and what the candidate is.
      leaseName 1 string! | Name of the lease.
      pingTime 2 *microTime | When it was last asked whether it is alive.
      renewTime 3 *microTime | When it last answered.
      binaryVersion 4 string! | Version of the program.
      emulationVersion 5 string | Version that it behaves as.
      strategy 6 string required | How the leader is chosen.`,
    LeaseList: `[kind] A list of Lease objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []Lease always | The objects.`,
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
