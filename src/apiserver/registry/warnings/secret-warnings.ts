/** What is said of TLS secrets whose certificate and key do not belong together. Texts are those of Go's `crypto/tls`. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { Secret } from '../../../api/types/core/v1.ts'

export function secretWarnings({ type, data = {} }: Secret): string[] {
  if (type !== 'kubernetes.io/tls') return []
  const [certificate, key] = ['tls.crt', 'tls.key'].map((name) =>
    Buffer.from(data[name] ?? '', 'base64').toString('latin1'),
  )
  const fault = pairFault(certificate ?? '', key ?? '')
  return fault === undefined ? [] : [fault]
}

function pairFault(certificatePem: string, keyPem: string): string | undefined {
  const blocks = blocksOf(certificatePem)
  const first = blocks.find(({ type }) => type === 'CERTIFICATE')
  if (!first) return noCertificate(blocks.map(({ type }) => type))
  const keys = blocksOf(keyPem)
  const keyBlock = keys.find(({ type }) => type.endsWith('PRIVATE KEY'))
  if (!keyBlock) return noKey(keys.map(({ type }) => type))
  const certificate = parsed(() => new X509Certificate(first.pem))
  if (!certificate) return 'x509: malformed certificate'
  const key = parsed(() => createPrivateKey(keyBlock.pem))
  return key ? mismatch(certificate, key) : 'tls: failed to parse private key'
}

function mismatch(certificate: X509Certificate, key: KeyObject): string | undefined {
  if (certificate.publicKey.asymmetricKeyType !== key.asymmetricKeyType) {
    return 'tls: private key type does not match public key type'
  }
  return certificate.checkPrivateKey(key) ? undefined : 'tls: private key does not match public key'
}

interface Block {
  type: string
  pem: string
}

function blocksOf(text: string): Block[] {
  return [...text.matchAll(/-----BEGIN ([A-Z0-9 ]{1,64})-----[A-Za-z0-9+/=\s]*-----END \1-----/g)].map(
    ([pem, type = '']) => ({ type, pem }),
  )
}

function noCertificate(skipped: readonly string[]): string {
  const input = 'in certificate input'
  if (skipped.length === 0) return `tls: failed to find any PEM data ${input}`
  if (skipped.length === 1 && skipped[0]?.endsWith('PRIVATE KEY')) {
    return `tls: failed to find certificate PEM data ${input}, but did find a private key; PEM inputs may have been switched`
  }
  return `tls: failed to find "CERTIFICATE" PEM block ${input} after skipping PEM blocks of the following types: [${skipped.join(' ')}]`
}

function noKey(skipped: readonly string[]): string {
  if (skipped.length === 0) return 'tls: failed to find any PEM data in key input'
  if (skipped.length === 1 && skipped[0] === 'CERTIFICATE') {
    return 'tls: found a certificate rather than a key in the PEM for the private key'
  }
  return `tls: failed to find PEM block with type ending in "PRIVATE KEY" in key input after skipping PEM blocks of the following types: [${skipped.join(' ')}]`
}

function parsed<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
