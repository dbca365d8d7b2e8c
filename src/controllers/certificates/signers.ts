/**
 * What each of Kubernetes' own signers lets through. Words as upstream's.
 * https://kubernetes.io/docs/reference/access-authn-authz/certificate-signing-requests/#kubernetes-signers
 */
import type { ExtendedUsage } from '../../api/x509/certificate.ts'
import type { CertificateRequest } from '../../api/x509/request.ts'

export const signers = {
  client: 'kubernetes.io/kube-apiserver-client',
  kubeletClient: 'kubernetes.io/kube-apiserver-client-kubelet',
  kubeletServing: 'kubernetes.io/kubelet-serving',
  legacy: 'kubernetes.io/legacy-unknown',
} as const

/** What is wrong with a request for this signer; undefined when nothing is. `unknown`: it is not one of ours. */
export function refusal(
  signerName: string,
  request: CertificateRequest,
  usages: readonly string[],
): string | undefined | 'unknown' {
  switch (signerName) {
    case signers.client:
      return clientRefusal(usages)
    case signers.kubeletClient:
      return kubeletClientRefusal(request, usages)
    case signers.kubeletServing:
      return kubeletServingRefusal(request, usages)
    case signers.legacy:
      return undefined
    default:
      return 'unknown'
  }
}

export function kubeletClientRefusal(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (request.dnsNames.length > 0) return 'DNS subjectAltNames are not allowed'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.ipAddresses.length > 0) return 'IP subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  return nodeRefusal(request) ?? usagesRefusal(usages, 'client auth')
}

function kubeletServingRefusal(request: CertificateRequest, usages: readonly string[]): string | undefined {
  if (request.dnsNames.length === 0 && request.ipAddresses.length === 0) return 'DNS or IP subjectAltName is required'
  if (request.emailAddresses.length > 0) return 'Email subjectAltNames are not allowed'
  if (request.uris.length > 0) return 'URI subjectAltNames are not allowed'
  return nodeRefusal(request) ?? usagesRefusal(usages, 'server auth')
}

function nodeRefusal({ subject }: CertificateRequest): string | undefined {
  const { commonName, organizations } = subject
  if (organizations.length !== 1 || organizations[0] !== 'system:nodes')
    return 'subject organization is not system:nodes'
  return commonName.startsWith('system:node:') ? undefined : 'subject common name does not begin with system:node:'
}

/** Keys other than RSA do without encipherment. */
function usagesRefusal(usages: readonly string[], auth: string): string | undefined {
  const given = [...new Set(usages)].sort().join(',')
  const wanted = [auth, 'digital signature', 'key encipherment'].sort()
  if (given === wanted.join(',') || given === [auth, 'digital signature'].sort().join(',')) return undefined
  return `usages did not match [${wanted.join(' ')}]`
}

function clientRefusal(usages: readonly string[]): string | undefined {
  const wrong = usages.find((usage) => !['digital signature', 'key encipherment', 'client auth'].includes(usage))
  if (wrong !== undefined) return `invalid usage for client certificate: ${wrong}`
  return usages.includes('client auth') ? undefined : 'missing required usage for client certificate: client auth'
}

const keyUsages: Readonly<Record<string, number>> = {
  signing: 0x80,
  'digital signature': 0x80,
  'content commitment': 0x40,
  'key encipherment': 0x20,
  'data encipherment': 0x10,
  'key agreement': 0x08,
  'cert sign': 0x04,
  'crl sign': 0x02,
  'encipher only': 0x01,
}

const extendedUsages: Readonly<Record<string, ExtendedUsage>> = {
  'server auth': 'serverAuth',
  'client auth': 'clientAuth',
  'code signing': 'codeSigning',
  'email protection': 'emailProtection',
  's/mime': 'emailProtection',
  timestamping: 'timeStamping',
  'ocsp signing': 'ocspSigning',
}

/** As a certificate has them. Throws on a usage that cannot be had. */
export function certificateUsages(usages: readonly string[]): { keyUsage: number; usages: ExtendedUsage[] } {
  let keyUsage = 0
  const extended = new Set<ExtendedUsage>()
  for (const usage of usages) {
    const [bit, one] = [keyUsages[usage], extendedUsages[usage]]
    if (bit === undefined && one === undefined) throw new Error(`unrecognized usages: [${usage}]`)
    if (bit !== undefined) keyUsage |= bit
    if (one !== undefined) extended.add(one)
  }
  return { keyUsage, usages: [...extended] }
}
