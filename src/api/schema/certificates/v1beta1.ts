/** certificates.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const certificatesV1beta1Schema: GroupVersionSchema = {
  key: 'certificates/v1beta1',
  group: 'certificates.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.api.certificates.v1beta1',
  served: false,
  resources: `
    clustertrustbundles clustertrustbundle ClusterTrustBundle cluster: all
    podcertificaterequests podcertificaterequest PodCertificateRequest namespaced: all
      /status PodCertificateRequest: get patch update`,
  types: {
    CertificateSigningRequest: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CertificateSigningRequestSpec always | What is wanted.
      status 3 CertificateSigningRequestStatus | What was last observed; written by the system.`,
    CertificateSigningRequestCondition: `
      type 1 string always | What the condition is about.
      status 6 string always | True, False or Unknown.
      reason 2 string | A word in CamelCase, for programs, for the last change.
      message 3 string | A sentence for people about the last change.
      lastUpdateTime 4 time | When the condition was last written.
      lastTransitionTime 5 time | When the status last changed.`,
    CertificateSigningRequestList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CertificateSigningRequest always`,
    CertificateSigningRequestSpec: `
      request 1 bytes always
      signerName 7 *string
      expirationSeconds 8 *int32
      usages 5 []string atomic
      username 2 string
      uid 3 string
      groups 4 []string atomic
      extra 6 map[ExtraValue]`,
    CertificateSigningRequestStatus: `
      conditions 1 []CertificateSigningRequestCondition map(type)
      certificate 2 bytes`,
    ClusterTrustBundle: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ClusterTrustBundleSpec! | What is wanted.`,
    ClusterTrustBundleSpec: `
      signerName 1 string
      trustBundle 2 string!`,
    ExtraValue: `[items]
      items 1 []string`,
    PodCertificateRequest: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PodCertificateRequestSpec! | What is wanted.
      status 3 PodCertificateRequestStatus | What was last observed; written by the system.`,
    PodCertificateRequestSpec: `
      signerName 1 string!
      podName 2 string!
      podUID 3 string!
      serviceAccountName 4 string!
      serviceAccountUID 5 string!
      nodeName 6 string!
      nodeUID 7 string!
      maxExpirationSeconds 8 *int32 default=86400
      pkixPublicKey 9 bytes always
      proofOfPossession 10 bytes always
      stubPKCS10Request 12 bytes!
      unverifiedUserAnnotations 11 map[string]`,
    PodCertificateRequestStatus: `
      conditions 1 []Condition map(type) patch=merge(type)
      certificateChain 2 string
      notBefore 4 *time
      beginRefreshAt 5 *time
      notAfter 6 *time`,
  },
}
