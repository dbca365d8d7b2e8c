/** Signatures of tokens by the algorithms of RFC 7518 that have public keys. */
import { constants, type KeyObject, verify } from 'node:crypto'

interface Algorithm {
  readonly hash: string
  readonly keyType: 'rsa' | 'ec'
  /** Of keys on elliptic curves. */
  readonly curve?: string
  readonly isPss?: boolean
}

const algorithms: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['RS256', { hash: 'sha256', keyType: 'rsa' }],
  ['RS384', { hash: 'sha384', keyType: 'rsa' }],
  ['RS512', { hash: 'sha512', keyType: 'rsa' }],
  ['PS256', { hash: 'sha256', keyType: 'rsa', isPss: true }],
  ['PS384', { hash: 'sha384', keyType: 'rsa', isPss: true }],
  ['PS512', { hash: 'sha512', keyType: 'rsa', isPss: true }],
  ['ES256', { hash: 'sha256', keyType: 'ec', curve: 'prime256v1' }],
  ['ES384', { hash: 'sha384', keyType: 'ec', curve: 'secp384r1' }],
  ['ES512', { hash: 'sha512', keyType: 'ec', curve: 'secp521r1' }],
])

export const algorithmNames: readonly string[] = [...algorithms.keys()]

/** False as well when the key is not one of the algorithm's, or is too short to be believed. */
export function isSignedBy(key: KeyObject, algorithmName: string, signed: string, signature: Uint8Array): boolean {
  const algorithm = algorithms.get(algorithmName)
  if (!algorithm || key.asymmetricKeyType !== algorithm.keyType) return false
  const { modulusLength = 0, namedCurve } = key.asymmetricKeyDetails ?? {}
  if (algorithm.keyType === 'rsa' && modulusLength < 2048) return false
  if (algorithm.keyType === 'ec' && namedCurve !== algorithm.curve) return false
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const how = algorithm.keyType === 'ec' ? { dsaEncoding: 'ieee-p1363' as const } : algorithm.isPss ? pss : {}
  return verify(algorithm.hash, Buffer.from(signed), { key, ...how }, signature)
}
