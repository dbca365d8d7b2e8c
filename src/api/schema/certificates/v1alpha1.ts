/** certificates.k8s.io v1alpha1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const certificatesV1alpha1Schema: GroupVersionSchema = {
  key: 'certificates/v1alpha1',
  group: 'certificates.k8s.io',
  version: 'v1alpha1',
  protoPackage: 'k8s.io.api.certificates.v1alpha1',
  served: false,
  resources: `
    clustertrustbundles clustertrustbundle ClusterTrustBundle cluster: all`,
  columns: `
    clustertrustbundles: Name/name, SignerName`,
  types: {
    ClusterTrustBundle: `[kind] Root certificates for pods.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ClusterTrustBundleSpec! | What is wanted.`,
    ClusterTrustBundleSpec: `The certificates, and whose they are.
      signerName 1 string | The signer that they belong to.
      trustBundle 2 string! | The certificates, as PEM.`,
  },
}
