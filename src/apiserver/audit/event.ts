/** The record of one stage of one request, as audit.k8s.io/v1 has it, in its order of fields. */
import type { ApiRequest, RequestInfo, UserInfo } from '../request.ts'
import type { AuditLevel, AuditStage } from './policy.ts'

export interface AuditUser {
  username?: string
  uid?: string
  groups?: readonly string[]
  extra?: Readonly<Record<string, readonly string[]>>
}

export interface AuditObjectReference {
  resource?: string
  namespace?: string
  name?: string
  uid?: string
  apiGroup?: string
  apiVersion?: string
  resourceVersion?: string
  subresource?: string
}

export interface AuditEvent {
  kind: 'Event'
  apiVersion: 'audit.k8s.io/v1'
  level: AuditLevel
  auditID: string
  stage: AuditStage
  requestURI: string
  verb: string
  user: AuditUser
  impersonatedUser?: AuditUser
  authenticationMetadata?: { impersonationConstraint: string }
  sourceIPs: readonly string[]
  userAgent?: string
  objectRef?: AuditObjectReference
  responseStatus?: Readonly<Record<string, unknown>>
  requestObject?: unknown
  responseObject?: unknown
  requestReceivedTimestamp: string
  stageTimestamp: string
  annotations?: Readonly<Record<string, string>>
}

export function auditUser(user: UserInfo | undefined): AuditUser {
  if (!user) return {}
  const { name, uid, groups, extra } = user
  return {
    username: name,
    ...(uid === undefined || uid === '' ? {} : { uid }),
    ...(groups.length === 0 ? {} : { groups }),
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  }
}

/** Proxies on the way first, then whose connection it is. Those the client names are its word only. */
export function sourceIps({ headers, remoteAddress }: Pick<ApiRequest, 'headers' | 'remoteAddress'>): string[] {
  const named = [...(headers['x-forwarded-for'] ?? '').split(','), headers['x-real-ip'] ?? '']
  const addresses = named.map((one) => one.trim()).filter((one) => /^[0-9a-fA-F.:]{2,45}$/.test(one))
  addresses.push(remoteAddress === '' ? '::1' : remoteAddress.replace(/^::ffff:(?=\d+\.)/, ''))
  return [...new Set(addresses)].slice(0, sourceIpsMax)
}

/** Ours: longer chains of proxies are made up. */
const sourceIpsMax = 16

export function objectReference(info: RequestInfo): AuditObjectReference | undefined {
  if (!info.isResourceRequest) return undefined
  const { resource, namespace, name, apiGroup, apiVersion, subresource } = info
  return withoutEmpty({ resource, namespace, name, apiGroup, apiVersion, subresource })
}

/** What the request's own object says where its path says nothing. */
export function completed(
  reference: AuditObjectReference | undefined,
  object: unknown,
): AuditObjectReference | undefined {
  const metadata = (object as { metadata?: Record<string, unknown> } | undefined)?.metadata
  if (!reference || typeof metadata !== 'object' || metadata === null) return reference
  const { resource, namespace, name, apiGroup, apiVersion, subresource } = reference
  const text = (field: string) => (typeof metadata[field] === 'string' ? (metadata[field] as string) : '')
  return withoutEmpty({
    resource: resource ?? '',
    namespace: namespace ?? text('namespace'),
    name: name ?? text('name'),
    uid: text('uid'),
    apiGroup: apiGroup ?? '',
    apiVersion: apiVersion ?? '',
    resourceVersion: text('resourceVersion'),
    subresource: subresource ?? '',
  })
}

function withoutEmpty(fields: Record<string, string>): AuditObjectReference {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''))
}
