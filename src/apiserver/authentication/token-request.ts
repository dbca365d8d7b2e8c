/** `POST …/serviceaccounts/<name>/token`: makes a token for a service account, bound to what the request names. */
import { badRequest, conflict, type FieldError, invalid, notFound } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { BoundObjectReference, TokenRequest } from '../../api/types/authentication/v1.ts'
import type { Pod, ServiceAccount } from '../../api/types/core/v1.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Objects } from '../objects.ts'
import type { ObjectIdentity, PrivateClaims, TokenIssuer } from './service-account-token.ts'

export interface TokenRequestParts {
  objects: Objects
  issuer: TokenIssuer
  /** What a token is good for when the request names no audience. */
  audiences: readonly string[]
  clock: Clock
  /** The longest life of a token; longer requests get this. Default: as long as it is asked for. */
  maxSeconds?: number
  /** Whether tokens of pods live a year when their admission asked for the usual hour. Default true. */
  extend?: boolean
}

const defaultSeconds = 3600
const leastSeconds = 600
const mostSeconds = 2 ** 32
const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' }
/** What the ServiceAccount admission asks for: such a pod's token is good for a year, so that old clients that never read it again keep working. */
const extendedRequestSeconds = 3607
const extendedSeconds = 365 * 24 * 60 * 60

/** Validates and completes the request once mutating admission has seen it. Throws 404, 409 and 422. */
export async function prepareTokenRequest(
  parts: TokenRequestParts,
  key: string,
  request: TokenRequest,
): Promise<TokenRequest> {
  const account = await accountOf(parts.objects, key)
  const { name = '', namespace = '', uid = '' } = account.metadata
  const { spec = {}, metadata } = request
  const expirationSeconds = spec.expirationSeconds ?? defaultSeconds
  if (metadata.namespace && metadata.namespace !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
  if (metadata.name && metadata.name !== name) {
    const detail = 'must match the service account name if specified'
    throw invalid(kind, name, [{ type: 'Invalid', path: 'metadata.name', value: metadata.name, detail }])
  }
  if (metadata.uid && metadata.uid !== uid) {
    const why = `the UID in the token request (${metadata.uid}) does not match the UID of the service account (${uid})`
    throw conflict({ group: kind.group, plural: kind.kind }, name, why)
  }
  const errors = periodErrors(expirationSeconds)
  if (errors.length > 0) throw invalid(kind, '', errors)
  const audiences = spec.audiences?.length ? spec.audiences : [...parts.audiences]
  const { status: _, ...rest } = request
  return { ...rest, metadata: { ...metadata, name, namespace, uid }, spec: { ...spec, audiences, expirationSeconds } }
}

/** Makes the token of a prepared (and admitted) request; `annotate` is told its id, not the token. Throws 400, 404 and 409 for what it cannot be bound to. */
export async function fulfilTokenRequest(
  parts: TokenRequestParts,
  key: string,
  request: TokenRequest,
  annotate: (key: string, value: string) => void = () => undefined,
): Promise<TokenRequest> {
  const account = await accountOf(parts.objects, key)
  const { audiences = [], expirationSeconds = defaultSeconds, boundObjectRef } = request.spec ?? {}
  const bound = boundObjectRef ? await bind(parts.objects, account, boundObjectRef) : {}
  const claims: PrivateClaims = {
    namespace: account.metadata.namespace ?? '',
    serviceaccount: identity(account),
    ...bound,
  }
  const nowMs = parts.clock.nowMs()
  const ownAudience = audiences.some((audience) => parts.audiences.includes(audience))
  const extend =
    parts.extend !== false && bound.pod !== undefined && expirationSeconds === extendedRequestSeconds && ownAudience
  if (extend) claims.warnafter = Math.floor(nowMs / 1000) + expirationSeconds
  const requested = parts.maxSeconds === undefined ? expirationSeconds : Math.min(expirationSeconds, parts.maxSeconds)
  const validSeconds = extend ? extendedSeconds : requested
  const { token, id } = parts.issuer.issue(claims, { audiences, validSeconds })
  annotate('authentication.kubernetes.io/issued-credential-id', `JTI=${id}`)
  const expirationTimestamp = rfc3339(nowMs + requested * 1000)
  const metadata = { ...request.metadata, creationTimestamp: rfc3339(nowMs) }
  return { ...request, metadata, status: { token, expirationTimestamp } }
}

async function accountOf(objects: Objects, key: string): Promise<ServiceAccount> {
  const account = await objects.get(coreV1.serviceAccounts, key)
  if (!account) throw notFound(coreV1.serviceAccounts, key.slice(key.indexOf('/') + 1))
  return account
}

type Binding = Pick<PrivateClaims, 'pod' | 'node' | 'secret'>

async function bind(objects: Objects, account: ServiceAccount, reference: BoundObjectReference): Promise<Binding> {
  const { kind = '', apiVersion = '', name = '' } = reference
  const key = `${account.metadata.namespace}/${name}`
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  switch (`${group}/${kind}`) {
    case '/Pod':
      return await bindPod(objects, account, found(coreV1.pods, reference, await objects.get(coreV1.pods, key)))
    case '/Node':
      return { node: identity(found(coreV1.nodes, reference, await objects.get(coreV1.nodes, name))) }
    case '/Secret':
      return { secret: identity(found(coreV1.secrets, reference, await objects.get(coreV1.secrets, key))) }
  }
  throw badRequest(`cannot bind token to object of type ${group}/${version}, Kind=${kind}`)
}

async function bindPod(objects: Objects, account: ServiceAccount, pod: Pod): Promise<Binding> {
  const { name } = account.metadata
  if (pod.spec?.serviceAccountName !== name) {
    throw badRequest(
      `cannot bind token for serviceaccount ${JSON.stringify(name)} to pod running with different serviceaccount name.`,
    )
  }
  const { nodeName } = pod.spec ?? {}
  if (!nodeName) return { pod: identity(pod) }
  const node = await objects.get(coreV1.nodes, nodeName)
  return { pod: identity(pod), node: { name: nodeName, uid: node?.metadata.uid ?? '' } }
}

function found<T extends KubeObject>(
  resource: { group: string; plural: string; kind: string },
  { name = '', uid }: BoundObjectReference,
  object: T | undefined,
): T {
  if (!object) throw notFound(resource, name)
  if (!uid || uid === object.metadata.uid) return object
  const why = `the UID in the bound object reference (${uid}) does not match the UID in record. The object might have been deleted and then recreated`
  throw conflict({ group: resource.group, plural: resource.kind }, name, why)
}

function identity({ metadata }: KubeObject): ObjectIdentity {
  return { name: metadata.name ?? '', uid: metadata.uid ?? '' }
}

function periodErrors(seconds: number): FieldError[] {
  const path = 'spec.expirationSeconds'
  if (seconds < leastSeconds) {
    return [{ type: 'Invalid', path, value: seconds, detail: 'may not specify a duration less than 10 minutes' }]
  }
  if (seconds <= mostSeconds) return []
  return [{ type: 'Invalid', path, value: seconds, detail: 'may not specify a duration larger than 2^32 seconds' }]
}
