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
  types: {
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
  },
}
