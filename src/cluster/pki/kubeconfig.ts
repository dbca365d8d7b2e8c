/** Kubeconfig files for the identities of a cluster, with certificates embedded. JSON is YAML, so no YAML writer is needed. */
import type { Identity } from '../../api/x509/certificate.ts'

export interface KubeconfigParts {
  /** `https://127.0.0.1:6443`. */
  server: string
  caPem: string
  /** Name of the user entry, such as `kubernetes-admin`. */
  user: string
  credentials: { identity: Identity } | { token: string }
  /** Default `kubernetes`. */
  cluster?: string
}

/** The text of a kubeconfig with one cluster, one user and one context, which is current. Holds secrets: write it 0600. */
export function kubeconfig({ server, caPem, user, credentials, cluster = 'kubernetes' }: KubeconfigParts): string {
  const context = `${user}@${cluster}`
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server, 'certificate-authority-data': base64(caPem) } }],
    users: [{ name: user, user: userEntry(credentials) }],
    contexts: [{ name: context, context: { cluster, user } }],
    'current-context': context,
    preferences: {},
  }
  return `${JSON.stringify(config, null, 2)}\n`
}

function userEntry(credentials: KubeconfigParts['credentials']): Record<string, string> {
  if ('token' in credentials) return { token: credentials.token }
  const { certificatePem, keyPem } = credentials.identity
  return { 'client-certificate-data': base64(certificatePem), 'client-key-data': base64(keyPem) }
}

function base64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}
