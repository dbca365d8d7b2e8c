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
    CertificateSigningRequest: `[kind] Asks a signer for a certificate.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 CertificateSigningRequestSpec! | What is wanted.
      status 3 CertificateSigningRequestStatus | What was last observed; written by the system.`,
    CertificateSigningRequestCondition: `Whether a request is Approved, Denied or Failed.
      type 1 string! | What the condition is about.
      status 6 string! | True, False or Unknown.
      reason 2 string | A word in CamelCase, for programs, for the last change.
      message 3 string | A sentence for people about the last change.
      lastUpdateTime 4 time | When the condition was last written.
      lastTransitionTime 5 time | When the status last changed.`,
    CertificateSigningRequestSpec: `What certificate is wanted, and by whom.
      request 1 bytes! | The PKCS#10 request, as PEM.
      signerName 7 string! | Who shall sign.
      expirationSeconds 8 *int32 | Life time wished for, at least 600.
      usages 5 []string atomic enum(any,cert~sign,client~auth,code~signing,content~commitment,crl~sign,data~encipherment,decipher~only,digital~signature,email~protection,encipher~only,ipsec~end~system,ipsec~tunnel,ipsec~user,key~agreement,key~encipherment,microsoft~sgc,netscape~sgc,ocsp~signing,s/mime,server~auth,signing,timestamping) | What the key may be used for.
      username 2 string | Who asks; set by the server.
      uid 3 string | Id of who asks; set by the server.
      groups 4 []string atomic | Groups of who asks; set by the server.
      extra 6 map[ExtraValue] | Further attributes of who asks; set by the server.`,
    CertificateSigningRequestStatus: `What became of the request.
      conditions 1 []CertificateSigningRequestCondition map(type) | Approved, Denied or Failed.
      certificate 2 bytes | The certificates, as PEM.`,
    ExtraValue: `[items] Values of a further attribute.
      items 1 []string | The values.`,
  },
}
