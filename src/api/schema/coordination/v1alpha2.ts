/** coordination.k8s.io v1alpha2: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const coordinationV1alpha2Schema: GroupVersionSchema = {
  key: 'coordination/v1alpha2',
  group: 'coordination.k8s.io',
  version: 'v1alpha2',
  protoPackage: 'k8s.io.api.coordination.v1alpha2',
  served: false,
  resources: `
    leasecandidates leasecandidate LeaseCandidate namespaced: all`,
  columns: `
    leasecandidates: Name/name, LeaseName, BinaryVersion, EmulationVersion, Age`,
  types: {
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
  },
}
