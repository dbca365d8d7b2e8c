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
  types: {
    Lease: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 LeaseSpec | What is wanted.`,
    LeaseCandidate: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 LeaseCandidateSpec required | What is wanted.`,
    LeaseCandidateSpec: `
      leaseName 1 string!
      pingTime 2 *microTime
      renewTime 3 *microTime
      binaryVersion 4 string!
      emulationVersion 5 string
      strategy 6 string required`,
    LeaseList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []Lease always`,
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
