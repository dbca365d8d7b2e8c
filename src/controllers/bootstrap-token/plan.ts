/**
 * Bootstrap tokens: Secrets in kube-system by which new members trust the cluster and are trusted.
 * https://kubernetes.io/docs/reference/access-authn-authz/bootstrap-tokens/
 */
import { createHmac } from 'node:crypto'
import type { Secret } from '../../api/types/core/v1.ts'

export const tokenSecretType = 'bootstrap.kubernetes.io/token'
export const signaturePrefix = 'jws-kubeconfig-'

export interface BootstrapToken {
  id: string
  secret: string
}

/** Undefined for Secrets that are no token, are named otherwise than their id says, or may not sign. */
export function signingToken(secret: Secret, nowMs: number): BootstrapToken | undefined {
  if (secret.type !== tokenSecretType) return undefined
  const [id, value] = [field(secret, 'token-id'), field(secret, 'token-secret')]
  if (!/^[a-z0-9]{6}$/.test(id) || !/^[a-z0-9]{16}$/.test(value)) return undefined
  if (secret.metadata.name !== `bootstrap-token-${id}` || field(secret, 'usage-bootstrap-signing') !== 'true')
    return undefined
  return (endMs(secret) ?? Number.POSITIVE_INFINITY) <= nowMs ? undefined : { id, secret: value }
}

/** When the token ends; undefined when it doesn't. What cannot be read has ended already. */
export function endMs(secret: Secret): number | undefined {
  const text = field(secret, 'expiration')
  if (text === '') return undefined
  return Date.parse(text) || 0
}

/** The data that `cluster-info` should have: a signature for each token, and no others. */
export function signedData(
  data: Readonly<Record<string, string>>,
  tokens: readonly BootstrapToken[],
): Record<string, string> {
  const kept = Object.entries(data).filter(([name]) => !name.startsWith(signaturePrefix))
  const { kubeconfig } = data
  if (kubeconfig === undefined) return Object.fromEntries(kept)
  const signatures = tokens.map((token) => [`${signaturePrefix}${token.id}`, detachedSignature(kubeconfig, token)])
  return Object.fromEntries([...kept, ...signatures])
}

/** A JSON Web Signature (RFC 7515) without its content, by HMAC and SHA-256. */
export function detachedSignature(content: string, { id, secret }: BootstrapToken): string {
  const head = Buffer.from(JSON.stringify({ alg: 'HS256', kid: id })).toString('base64url')
  const body = Buffer.from(content).toString('base64url')
  return `${head}..${createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')}`
}

function field({ data }: Secret, name: string): string {
  const value = data && Object.hasOwn(data, name) ? data[name] : undefined
  return value === undefined ? '' : Buffer.from(value, 'base64').toString('utf8')
}
