/**
 * The security of a real server: certificates, service account and static tokens, RBAC with the node authorizer, the
 * default admission steps, and the reviews and tokens that ask them.
 */
import type { KubeObject } from '../api/meta.ts'
import { coreV1 } from '../api/resources.ts'
import type { SelfSubjectReview, TokenRequest, TokenReview } from '../api/types/authentication/v1.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '../api/types/authorization/v1.ts'
import type { Secret } from '../api/types/core/v1.ts'
import type { PolicyRule } from '../api/types/rbac/v1.ts'
import { createClient } from '../client/client-impl.ts'
import type { Clock } from '../platform/clock.ts'
import type { Net } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import { type AdmissionParts, defaultAdmission } from './admission/chain.ts'
import { dynamicAdmission } from './admission/dynamic.ts'
import type { QuotaWriter } from './admission/quota.ts'
import type { Authenticator } from './authenticate.ts'
import { BootstrapTokens } from './authentication/bootstrap-token.ts'
import { CertificateAuthenticator, ClientAuthority } from './authentication/certificate.ts'
import { CertificateExpiry } from './authentication/certificate-expiry.ts'
import { AuthenticatorChain } from './authentication/chain.ts'
import type { AnonymousConfiguration } from './authentication/configuration.ts'
import { impersonator } from './authentication/impersonation.ts'
import type { SigningKey } from './authentication/jwt.ts'
import { LegacyServiceAccountTokens } from './authentication/legacy-service-account-token.ts'
import { RequestHeaderAuthenticator } from './authentication/request-header.ts'
import { reviewSelf, reviewToken } from './authentication/reviews.ts'
import { ServiceAccountTokens, TokenIssuer } from './authentication/service-account-token.ts'
import { BearerAuthenticator, StaticTokens } from './authentication/token.ts'
import { fulfilTokenRequest, prepareTokenRequest, type TokenRequestParts } from './authentication/token-request.ts'
import type { AuthorizerParts } from './authorization/configured.ts'
import { DecisionCounter } from './authorization/counted.ts'
import { AuthorizerChain, type DecidingAuthorizer } from './authorization/decision.ts'
import { NodeAuthorizer } from './authorization/node.ts'
import { NodeGraph } from './authorization/node-graph.ts'
import { Rbac } from './authorization/rbac.ts'
import {
  reviewLocalSubjectAccess,
  reviewSelfSubjectAccess,
  reviewSelfSubjectRules,
  reviewSubjectAccess,
} from './authorization/reviews.ts'
import type { VirtualCall, VirtualResource, VirtualResources } from './endpoints/virtual.ts'
import { AdmissionMetrics } from './metrics/security-metrics.ts'
import { TokenMetrics } from './metrics/token-metrics.ts'
import type { OutsideSecurityOptions, OutsideTokens } from './outside-security.ts'
import type { OwnAccess, Security } from './parts.ts'
import type { ApiRequest, UserInfo } from './request.ts'
import { serverUser } from './server.ts'

export interface StandardSecurityOptions {
  clock: Clock
  random: Random
  /** To call webhooks by. Default: none are called. */
  net?: Net
  /** Bundle of authorities whose client certificates name users. */
  clientCaPem?: string
  /** The authority of the front proxy, and the names that may speak for others. */
  frontProxy?: { caPem: string; allowedNames: readonly string[] }
  /** Keys of service account tokens: the first signs, all verify. */
  serviceAccounts: ServiceAccountOptions
  /** Fixed bearer tokens. */
  tokens?: Readonly<Record<string, UserInfo>>
  /** What every node may do besides what is decided object by object: the rules of ClusterRole `system:node`. */
  nodeRules: readonly PolicyRule[]
  /** Who is asked, one after the other. Default: Node, RBAC. */
  authorizationModes?: readonly AuthorizationMode[]
  /** Whom to ask outside, and which files to follow. With `authorization`, the modes above do not count. */
  outside?: OutsideSecurityOptions
  /** Whether finer rights to impersonate count. Default true. */
  constrainedImpersonation?: boolean
  /** Default true: Secrets of their type are bearer tokens. */
  bootstrapTokens?: boolean
  /** Default true: requests without credentials are those of `system:anonymous`. */
  allowAnonymous?: boolean
  admission?: Pick<AdmissionParts, 'absence' | 'enabled' | 'disabled' | 'configuration' | 'added'>
  /** Judges how long client certificates are valid, besides what TLS did by real time. Default: TLS alone. */
  certificateClock?: Clock
}

export interface ServiceAccountOptions extends Pick<TokenRequestParts, 'maxSeconds' | 'extend'> {
  keys: readonly [SigningKey, ...SigningKey[]]
  issuer: string
  /** Whose tokens are believed too. */
  formerIssuers?: readonly string[]
  audiences: readonly string[]
}

/** Those that need no file; with one, see `outside`. */
export type AuthorizationMode = 'AlwaysAllow' | 'AlwaysDeny' | 'Node' | 'RBAC'

/** For `createApiServer({ security })`. */
export function standardSecurity(options: StandardSecurityOptions): (own: OwnAccess) => Promise<Security> {
  return async (own) => {
    const { objects } = own
    const { clock, random } = options
    const metrics = new AdmissionMetrics()
    const rbac = new Rbac()
    const graph = new NodeGraph()
    await rbac.start(objects)
    const { authorizationModes = ['Node', 'RBAC'] } = options
    const byMode = {
      AlwaysAllow: always('allow'),
      AlwaysDeny: always('noOpinion'),
      RBAC: rbac,
      Node: new NodeAuthorizer(graph, options.nodeRules, () => graph.start(objects)),
    }
    const counter = new DecisionCounter()
    const counted = (mode: AuthorizationMode) => counter.counted({ type: mode, name: mode.toLowerCase() }, byMode[mode])
    const authorizer = new AuthorizerChain(authorizationModes.map(counted))
    const outside = await outsideParts(options, { byMode, counter }, authorizer)
    const uses = new TokenMetrics()
    const tokens = bearerTokens(options, own, { outside, metrics: uses })
    const expiry = new CertificateExpiry(clock)
    return {
      authenticator: authenticatorOf({ ...options, expiry }, tokens, outside),
      authorizer,
      impersonator: impersonator(authorizer, { constrained: options.constrainedImpersonation ?? true }),
      admission: defaultAdmission({
        metrics,
        objects,
        authorizer,
        rbac,
        clock,
        random,
        quotaWriter: () => quotaWriter(own),
        scheme: own.scheme,
        gates: own.gates,
        net: options.net,
        dynamic: dynamicAdmission({
          objects,
          scheme: own.scheme,
          authorizer,
          clock,
          random,
          metrics,
          net: options.net,
        }),
        ...options.admission,
      }),
      families: [...counter.families, ...expiry.families, ...uses.families, ...(outside?.families ?? [])],
      stop: () => outside?.stop(),
      virtual: virtualResources(options, { own, rbac, authorizer, tokens }),
    }
  }
}

/** Paths are compared as they are, without any decoding. */
function isOpen(anonymous: AnonymousConfiguration | undefined, { path }: ApiRequest, otherwise: boolean): boolean {
  if (!anonymous) return otherwise
  return anonymous.enabled && (anonymous.paths?.includes(path) ?? true)
}

async function outsideParts(
  { outside, clock, random, serviceAccounts }: StandardSecurityOptions,
  authorizers: Pick<AuthorizerParts, 'byMode' | 'counter'>,
  authorizer: AuthorizerChain,
): Promise<OutsideTokens | undefined> {
  if (!outside) return undefined
  const { outsideAuthorizers, outsideTokens } = await import('./outside-security.ts')
  const { audiences, issuer, formerIssuers = [] } = serviceAccounts
  const stream = random.stream('outside-security')
  const tokens = await outsideTokens(outside, {
    ...{ clock, random: stream, audiences },
    issuers: [issuer, ...formerIssuers],
  })
  const stopAuthorizers = await outsideAuthorizers(outside, { clock, random: stream, ...authorizers }, authorizer)
  return {
    ...tokens,
    stop() {
      tokens.stop()
      stopAuthorizers()
    },
  }
}

function always(kind: 'allow' | 'noOpinion'): DecidingAuthorizer {
  const reason = kind === 'allow' ? '' : 'Everything is forbidden.'
  return { decide: () => ({ kind, reason }) }
}

function bearerTokens(
  { clock, serviceAccounts, tokens = {}, bootstrapTokens = true }: StandardSecurityOptions,
  own: OwnAccess,
  { outside, metrics }: { outside: OutsideTokens | undefined; metrics: TokenMetrics },
): BearerAuthenticator {
  const { objects } = own
  return new BearerAuthenticator([
    new StaticTokens(tokens),
    new ServiceAccountTokens({ ...serviceAccounts, clock, objects, metrics }),
    new LegacyServiceAccountTokens({ ...serviceAccounts, clock, objects, metrics, label: secretLabels(own) }),
    ...(bootstrapTokens ? [new BootstrapTokens({ objects, clock })] : []),
    ...(outside?.authenticators ?? []),
  ])
}

function authenticatorOf(
  options: StandardSecurityOptions & { expiry: CertificateExpiry },
  tokens: BearerAuthenticator,
  outside: OutsideTokens | undefined,
): Authenticator {
  const { clientCaPem, frontProxy, allowAnonymous = true, certificateClock, expiry } = options
  const authenticators: Authenticator[] = []
  if (frontProxy) {
    const authority = new ClientAuthority(frontProxy.caPem)
    authenticators.push(new RequestHeaderAuthenticator({ authority, allowedNames: frontProxy.allowedNames }))
  }
  if (clientCaPem) {
    const byCertificate = new CertificateAuthenticator(new ClientAuthority(clientCaPem), certificateClock)
    authenticators.push(expiry.watched(byCertificate))
  }
  const rule = outside && ((request: ApiRequest) => isOpen(outside.anonymous(), request, allowAnonymous))
  return new AuthenticatorChain([...authenticators, tokens], { allowAnonymous: rule ?? allowAnonymous })
}

/** Best effort, as upstream: a use that is not written down is written down with the next one. */
function secretLabels(own: OwnAccess): (secret: Secret, labels: Readonly<Record<string, string>>) => Promise<void> {
  return async ({ metadata: { name = '', namespace, uid } }, labels) => {
    const client = createClient(own.transportFor(serverUser), { userAgent: 'kube-apiserver' })
    const patch = { metadata: { uid, labels } }
    await client
      .of(coreV1.secrets, namespace)
      .patch(name, { type: 'merge', patch })
      .catch(() => {})
  }
}

function quotaWriter(own: OwnAccess): QuotaWriter {
  const client = createClient(own.transportFor(serverUser), { userAgent: 'kube-apiserver' })
  return { updateStatus: (quota) => client.of(coreV1.resourceQuotas, quota.metadata.namespace).updateStatus(quota) }
}

interface VirtualParts {
  own: OwnAccess
  rbac: Rbac
  authorizer: AuthorizerChain
  tokens: BearerAuthenticator
}

function virtualResources(options: StandardSecurityOptions, parts: VirtualParts): VirtualResources {
  const { clock } = options
  const { audiences } = options.serviceAccounts
  const { rbac, authorizer, tokens } = parts
  return new Map<string, VirtualResource>([
    virtual<TokenReview>('tokenreviews.authentication.k8s.io', ({ object }) => reviewToken(tokens, object, audiences)),
    virtual<SelfSubjectReview>('selfsubjectreviews.authentication.k8s.io', ({ object, user }) =>
      reviewSelf(object, user, clock),
    ),
    virtual<SubjectAccessReview>('subjectaccessreviews.authorization.k8s.io', ({ object }) =>
      reviewSubjectAccess(authorizer, object),
    ),
    virtual<LocalSubjectAccessReview>('localsubjectaccessreviews.authorization.k8s.io', ({ object, namespace }) =>
      reviewLocalSubjectAccess(authorizer, object, namespace),
    ),
    virtual<SelfSubjectAccessReview>('selfsubjectaccessreviews.authorization.k8s.io', ({ object, user }) =>
      reviewSelfSubjectAccess(authorizer, object, user),
    ),
    virtual<SelfSubjectRulesReview>('selfsubjectrulesreviews.authorization.k8s.io', ({ object, user }) =>
      reviewSelfSubjectRules(rbac, object, user),
    ),
    ['serviceaccounts/token', tokenRequests(options, parts)],
  ])
}

type Answer<T> = (call: VirtualCall & { object: T }) => T | Promise<T>

function virtual<T extends KubeObject>(name: string, answer: Answer<T>): [string, VirtualResource] {
  return [name, { answer: async (call) => await answer(call as VirtualCall & { object: T }) }]
}

function tokenRequests(
  { clock, random, serviceAccounts }: StandardSecurityOptions,
  { own }: VirtualParts,
): VirtualResource {
  const { keys, issuer, audiences, maxSeconds, extend } = serviceAccounts
  const maker = new TokenIssuer({ keys, issuer, clock }, random.stream('token-ids'))
  const more = { ...(maxSeconds === undefined ? {} : { maxSeconds }), ...(extend === undefined ? {} : { extend }) }
  const parts = { objects: own.objects, issuer: maker, audiences, clock, ...more }
  return {
    prepare: ({ object, namespace, name }) =>
      prepareTokenRequest(parts, `${namespace}/${name}`, object as TokenRequest),
    answer: ({ object, namespace, name, annotate }) =>
      fulfilTokenRequest(parts, `${namespace}/${name}`, object as TokenRequest, annotate),
  }
}
