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
      metadata 1 ObjectMeta
      spec 2 CertificateSigningRequestSpec!
      status 3 CertificateSigningRequestStatus`,
    CertificateSigningRequestCondition: `
      type 1 string!
      status 6 string!
      reason 2 string
      message 3 string
      lastUpdateTime 4 time
      lastTransitionTime 5 time`,
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
