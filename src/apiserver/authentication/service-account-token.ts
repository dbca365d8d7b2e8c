/**
 * Tokens of service accounts: made on request, bound to a pod, node or secret, and good only as long as the account and
 * what they are bound to exist. https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */

import type { KubeObject } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { TokenMetrics } from '../metrics/token-metrics.ts'
import type { Objects } from '../objects.ts'
import type { UserInfo } from '../request.ts'
import { type Claims, hasValidSignature, readClaims, type SigningKey, signToken } from './jwt.ts'
import { InvalidTokenError, type TokenAuthenticator, type TokenOwner } from './token.ts'
import { credentialIdKey, serviceAccountGroups, serviceAccountUserName } from './user.ts'

export interface ObjectIdentity {
  name: string
  uid: string
}

/** The claim `kubernetes.io`. */
export interface PrivateClaims {
  namespace: string
  serviceaccount: ObjectIdentity
  pod?: ObjectIdentity
  secret?: ObjectIdentity
  node?: ObjectIdentity
  /** Seconds since the epoch after which use of the (extended) token is worth a warning. */
  warnafter?: number
}

export interface TokenIssuerOptions {
  /** First signs; all verify. */
  keys: readonly [SigningKey, ...SigningKey[]]
  /** `https://kubernetes.default.svc.cluster.local`. */
  issuer: string
  /** Whose tokens are believed too: those of before the issuer was changed. */
  formerIssuers?: readonly string[]
  clock: Clock
}

export class TokenIssuer {
  readonly #options: TokenIssuerOptions
  readonly #random: Random

  constructor(options: TokenIssuerOptions, random: Random) {
    this.#options = options
    this.#random = random
  }

  issue(
    claims: PrivateClaims,
    { audiences, validSeconds }: { audiences: readonly string[]; validSeconds: number },
  ): { token: string; id: string } {
    const { keys, issuer, clock } = this.#options
    const nowSeconds = Math.floor(clock.nowMs() / 1000)
    const id = this.#random.uuid()
    const token = signToken(keys[0], {
      aud: audiences,
      exp: nowSeconds + validSeconds,
      iat: nowSeconds,
      iss: issuer,
      jti: id,
      'kubernetes.io': claims,
      nbf: nowSeconds,
      sub: serviceAccountUserName(claims.namespace, claims.serviceaccount.name),
    })
    return { token, id }
  }
}

export interface ServiceAccountTokensOptions extends TokenIssuerOptions {
  /** Audiences of the API server itself; a token must name one of them. */
  audiences: readonly string[]
  objects: Objects
  metrics?: Pick<TokenMetrics, 'used'>
}

/** An object that is being deleted keeps its tokens good for this long, so that a pod can end its work. */
const deletionLeewayMs = 60_000

export class ServiceAccountTokens implements TokenAuthenticator {
  readonly #options: ServiceAccountTokensOptions
  /** Tokens whose signature was good: checking it is the dear part. */
  readonly #verified = new Set<string>()

  constructor(options: ServiceAccountTokensOptions) {
    this.#options = options
  }

  async authenticateToken(token: string, audiences = this.#options.audiences): Promise<TokenOwner | undefined> {
    const claims = readClaims(token)
    const { issuer, formerIssuers = [] } = this.#options
    if (!claims || (claims.iss !== issuer && !formerIssuers.some((former) => former === claims.iss))) return undefined
    this.#checkSignature(token)
    this.#checkPeriod(claims)
    const own = (Array.isArray(claims.aud) ? claims.aud : [claims.aud]) as unknown[]
    const matching = audiences.filter((audience) => own.includes(audience))
    if (matching.length === 0)
      throw new InvalidTokenError(
        `token audiences ${JSON.stringify(own)} is invalid for the target audiences ${JSON.stringify(audiences)}`,
      )
    const about = privateClaims(claims)
    await this.#checkObjects(about)
    const { metrics, clock } = this.#options
    if (about.warnafter) metrics?.used(clock.nowMs() / 1000 > about.warnafter ? 'stale' : 'valid')
    return { user: userOf(about, claims.jti), audiences: matching }
  }

  #checkSignature(token: string): void {
    if (this.#verified.has(token)) return
    if (!hasValidSignature(token, this.#options.keys)) throw new InvalidTokenError('invalid signature')
    if (this.#verified.size >= limits.verifiedTokensMax) {
      const [oldest] = this.#verified
      if (oldest !== undefined) this.#verified.delete(oldest)
    }
    this.#verified.add(token)
  }

  #checkPeriod({ exp, nbf }: Claims): void {
    const nowSeconds = this.#options.clock.nowMs() / 1000
    if (typeof exp !== 'number' || exp <= nowSeconds) throw new InvalidTokenError('service account token has expired')
    if (typeof nbf === 'number' && nbf > nowSeconds + 60)
      throw new InvalidTokenError('service account token is not valid yet')
  }

  async #checkObjects({ namespace, serviceaccount, pod, secret, node }: PrivateClaims): Promise<void> {
    const { objects } = this.#options
    const key = (name: string) => `${namespace}/${name}`
    this.#checkOne(
      'service account',
      serviceaccount,
      await objects.get(coreV1.serviceAccounts, key(serviceaccount.name)),
    )
    if (pod) this.#checkOne('pod', pod, await objects.get(coreV1.pods, key(pod.name)))
    if (secret) this.#checkOne('secret', secret, await objects.get(coreV1.secrets, key(secret.name)))
    // A pod's token names its node for information; it stays good when the Node object is recreated.
    if (node && !pod) this.#checkOne('node', node, await objects.get(coreV1.nodes, node.name))
  }

  #checkOne(what: string, claimed: ObjectIdentity, found: KubeObject | undefined): void {
    if (!found) throw new InvalidTokenError(`${what} ${JSON.stringify(claimed.name)} does not exist`)
    if (found.metadata.uid !== claimed.uid) {
      throw new InvalidTokenError(`${what} UID (${found.metadata.uid}) does not match claim (${claimed.uid})`)
    }
    const { deletionTimestamp } = found.metadata
    if (deletionTimestamp && Date.parse(deletionTimestamp) + deletionLeewayMs < this.#options.clock.nowMs()) {
      throw new InvalidTokenError(`${what} ${JSON.stringify(claimed.name)} has been deleted`)
    }
  }
}

function privateClaims(claims: Claims): PrivateClaims {
  const about = claims['kubernetes.io'] as Partial<PrivateClaims> | undefined
  if (!about?.namespace || !about.serviceaccount?.name) {
    throw new InvalidTokenError('the token names no service account')
  }
  const { namespace, serviceaccount } = about
  if (claims.sub !== serviceAccountUserName(namespace, serviceaccount.name)) {
    throw new InvalidTokenError('the subject of the token is not the service account it names')
  }
  return about as PrivateClaims
}

function userOf({ namespace, serviceaccount, pod, node }: PrivateClaims, tokenId: unknown): UserInfo {
  const extra: Record<string, string[]> = {}
  if (typeof tokenId === 'string') extra[credentialIdKey] = [`JTI=${tokenId}`]
  if (pod) {
    extra['authentication.kubernetes.io/pod-name'] = [pod.name]
    extra['authentication.kubernetes.io/pod-uid'] = [pod.uid]
  }
  if (node) {
    extra['authentication.kubernetes.io/node-name'] = [node.name]
    if (node.uid) extra['authentication.kubernetes.io/node-uid'] = [node.uid]
  }
  const name = serviceAccountUserName(namespace, serviceaccount.name)
  return { name, uid: serviceaccount.uid, groups: serviceAccountGroups(namespace), extra }
}
