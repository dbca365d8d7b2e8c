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
  columns: `
    clustertrustbundles: Name/name, SignerName
    podcertificaterequests: Name/name, PodName, ServiceAccountName, NodeName, SignerName, State, UnverifiedUserAnnotations`,
  types: {
    CertificateSigningRequest: `[kind] Asks a signer for a certificate.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CertificateSigningRequestSpec always | What is wanted.
      status 3 CertificateSigningRequestStatus | What was last observed; written by the system.`,
    CertificateSigningRequestCondition: `Whether a request is Approved, Denied or Failed.
      type 1 string always | What the condition is about.
      status 6 string always | True, False or Unknown.
      reason 2 string | A word in CamelCase, for programs, for the last change.
      message 3 string | A sentence for people about the last change.
      lastUpdateTime 4 time | When the condition was last written.
      lastTransitionTime 5 time | When the status last changed.`,
    CertificateSigningRequestList: `[kind] A list of CertificateSigningRequest objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []CertificateSigningRequest always | The objects.`,
    CertificateSigningRequestSpec: `What certificate is wanted, and by whom.
      request 1 bytes always | The PKCS#10 request, as PEM.
      signerName 7 *string | Who shall sign.
      expirationSeconds 8 *int32 | Life time wished for, at least 600.
      usages 5 []string atomic | What the key may be used for.
      username 2 string | Who asks; set by the server.
      uid 3 string | Id of who asks; set by the server.
      groups 4 []string atomic | Groups of who asks; set by the server.
      extra 6 map[ExtraValue] | Further attributes of who asks; set by the server.`,
    CertificateSigningRequestStatus: `What became of the request.
      conditions 1 []CertificateSigningRequestCondition map(type) | Approved, Denied or Failed.
      certificate 2 bytes | The certificates, as PEM.`,
    ClusterTrustBundle: `[kind] Root certificates for pods.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ClusterTrustBundleSpec! | What is wanted.`,
    ClusterTrustBundleSpec: `The certificates, and whose they are.
      signerName 1 string | The signer that they belong to.
      trustBundle 2 string! | The certificates, as PEM.`,
    ExtraValue: `[items] Values of a further attribute.
      items 1 []string | The values.`,
    PodCertificateRequest: `[kind] Asks a signer for a certificate for a pod.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 PodCertificateRequestSpec! | What is wanted.
      status 3 PodCertificateRequestStatus | What was last observed; written by the system.`,
    PodCertificateRequestSpec: `What certificate is wanted, for which pod.
      signerName 1 string! | Who shall sign.
      podName 2 string! | Name of the pod.
      podUID 3 string! | Its uid.
      serviceAccountName 4 string! | Its account.
      serviceAccountUID 5 string! | The account's uid.
      nodeName 6 string! | Its node.
      nodeUID 7 string! | The node's uid.
      maxExpirationSeconds 8 *int32 default=86400 | Longest life time of the certificate.
      pkixPublicKey 9 bytes always | The public key.
      proofOfPossession 10 bytes always | The pod's uid, signed with the key.
      stubPKCS10Request 12 bytes! | A PKCS#10 request that holds nothing but the key.
      unverifiedUserAnnotations 11 map[string] | Passed to the signer as the user wrote them.`,
    PodCertificateRequestStatus: `What became of the request.
      conditions 1 []Condition map(type) patch=merge(type) | Issued, Denied or Failed.
      certificateChain 2 string | The certificates, as PEM.
      notBefore 4 *time | When the certificate begins.
      beginRefreshAt 5 *time | When to ask for the next.
      notAfter 6 *time | When the certificate ends.`,
  },
}
