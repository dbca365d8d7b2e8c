/** certificates.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const certificatesV1Schema: GroupVersionSchema = {
  key: 'certificates/v1',
  group: 'certificates.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.certificates.v1',
  served: true,
  resources: `
    certificatesigningrequests certificatesigningrequest CertificateSigningRequest cluster: all; short csr
      /approval CertificateSigningRequest: get patch update
      /status CertificateSigningRequest: get patch update`,
  columns: `
    certificatesigningrequests: Name/name, Age, SignerName, Requestor, RequestedDuration, Condition`,
  types: {
    CertificateSigningRequest: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CertificateSigningRequestSpec! | What is wanted.
      status 3 CertificateSigningRequestStatus | What was last observed; written by the system.`,
    CertificateSigningRequestCondition: `
      type 1 string! | What the condition is about.
      status 6 string! | True, False or Unknown.
      reason 2 string | A word in CamelCase, for programs, for the last change.
      message 3 string | A sentence for people about the last change.
      lastUpdateTime 4 time | When the condition was last written.
      lastTransitionTime 5 time | When the status last changed.`,
    CertificateSigningRequestSpec: `
      request 1 bytes!
      signerName 7 string!
      expirationSeconds 8 *int32
      usages 5 []string atomic
      username 2 string
      uid 3 string
      groups 4 []string atomic
      extra 6 map[ExtraValue]`,
    CertificateSigningRequestStatus: `
      conditions 1 []CertificateSigningRequestCondition map(type)
      certificate 2 bytes`,
    ExtraValue: `[items]
      items 1 []string`,
  },
}
