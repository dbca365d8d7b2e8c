/**
 * Signed tokens (RFC 7519) with ES256 or RS256, as service accounts have them, and the key set by which others verify
 * them (RFC 7517). The key id is the SHA-256 of the public key, as upstream has it.
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'

export type Claims = Readonly<Record<string, unknown>>

export interface SigningKey {
  keyId: string
  algorithm: 'ES256' | 'RS256'
  key: KeyObject
}

export function signingKey(privateKeyPem: string): SigningKey {
  const key = createPrivateKey(privateKeyPem)
  return { ...describe(createPublicKey(key)), key }
}

/** Takes a public key, a certificate or a private key. */
export function verifyingKey(keyPem: string): SigningKey {
  const key = createPublicKey(keyPem)
  return { ...describe(key), key }
}

export function signToken({ key, keyId, algorithm }: SigningKey, claims: Claims): string {
  const signed = `${encode({ alg: algorithm, kid: keyId })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' })
  return `${signed}.${signature.toString('base64url')}`
}

/** The claims without any check; undefined when this is no token of the compact form. */
export function readClaims(token: string): Claims | undefined {
  const [header, payload, signature, ...more] = token.split('.')
  if (!header || !payload || !signature || more.length > 0) return undefined
  return decode(payload)
}

/** What the token says about its signature, without any check. */
export function readHeader(token: string): Claims | undefined {
  return decode(token.slice(0, token.indexOf('.')))
}

/** Whether one of the keys made the signature. The token's own `alg` never chooses how it is checked. */
export function hasValidSignature(token: string, keys: readonly SigningKey[]): boolean {
  const [header = '', payload = '', signature = ''] = token.split('.')
  const { kid } = decode(header) ?? {}
  const candidates = keys.filter(({ keyId }) => kid === undefined || kid === keyId)
  const signed = Buffer.from(`${header}.${payload}`)
  const bytes = Buffer.from(signature, 'base64url')
  return candidates.some(({ key }) => verify('sha256', signed, { key, dsaEncoding: 'ieee-p1363' }, bytes))
}

/** The document at `/openid/v1/jwks`. */
export function keySet(keys: readonly SigningKey[]): { keys: Record<string, unknown>[] } {
  const entries = keys.map(({ key, keyId, algorithm }) => {
    const { d: _, ...jwk } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
    return { use: 'sig', kid: keyId, alg: algorithm, ...jwk }
  })
  return { keys: entries }
}

/** The document at `/.well-known/openid-configuration`. */
export function discoveryDocument(issuer: string, jwksUri: string, keys: readonly SigningKey[]) {
  return {
    issuer,
    jwks_uri: jwksUri,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(keys.map(({ algorithm }) => algorithm))],
  }
}

function describe(publicKey: KeyObject): Pick<SigningKey, 'keyId' | 'algorithm'> {
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const keyId = createHash('sha256').update(der).digest('base64url')
  return { keyId, algorithm: publicKey.asymmetricKeyType === 'rsa' ? 'RS256' : 'ES256' }
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function decode(part: string): Claims | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'))
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Claims) : undefined
  } catch {
    return undefined
  }
}
