/**
 * Tokens of service accounts that lie in Secrets and never end. Who still uses one is written on its Secret, and what
 * nobody used for a year is cleared away. Source:
 * https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/#auto-generated-legacy-serviceaccount-token-clean-up
 */
import type { Secret, ServiceAccount } from './types/core/v1.ts'

export const legacyTokenIssuer = 'kubernetes/serviceaccount'
export const legacyTokenType = 'kubernetes.io/service-account-token'
export const accountAnnotations = {
  name: 'kubernetes.io/service-account.name',
  uid: 'kubernetes.io/service-account.uid',
} as const
/** Values are days: `2026-01-31`. */
export const legacyTokenLabels = {
  lastUsed: 'kubernetes.io/legacy-token-last-used',
  invalidSince: 'kubernetes.io/legacy-token-invalid-since',
} as const
/** Says since when uses are written down. */
export const legacyTokenTracking = {
  namespace: 'kube-system',
  name: 'kube-apiserver-legacy-service-account-token-tracking',
  key: 'since',
} as const

/** Names of claims, below `kubernetes.io/serviceaccount/`. */
export const legacyClaims = {
  namespace: 'kubernetes.io/serviceaccount/namespace',
  secret: 'kubernetes.io/serviceaccount/secret.name',
  account: 'kubernetes.io/serviceaccount/service-account.name',
  uid: 'kubernetes.io/serviceaccount/service-account.uid',
} as const

export function legacyTokenClaims(account: ServiceAccount, secret: Secret): Record<string, string> {
  const { name = '', namespace = '', uid = '' } = account.metadata
  return {
    iss: legacyTokenIssuer,
    [legacyClaims.namespace]: namespace,
    [legacyClaims.secret]: secret.metadata.name ?? '',
    [legacyClaims.account]: name,
    [legacyClaims.uid]: uid,
    sub: `system:serviceaccount:${namespace}:${name}`,
  }
}

/** The account that the Secret's annotations name, as far as `account` is that one. */
export function isTokenOf({ metadata: { annotations = {} } }: Secret, account: ServiceAccount): boolean {
  if (annotations[accountAnnotations.name] !== account.metadata.name) return false
  const uid = annotations[accountAnnotations.uid]
  return !uid || uid === account.metadata.uid
}

/** Epoch time of the start of a day in the labels' form; undefined when it is none. */
export function dayMs(text: string | undefined): number | undefined {
  if (text === undefined || !/^\d{4}-\d\d-\d\d$/.test(text)) return undefined
  const ms = Date.parse(`${text}T00:00:00Z`)
  return Number.isNaN(ms) ? undefined : ms
}

export function dayOf(rfc3339Time: string): string {
  return rfc3339Time.slice(0, 10)
}
