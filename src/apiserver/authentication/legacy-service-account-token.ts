/**
 * Tokens that lie in Secrets: good as long as the Secret holds them, its account lives and nobody declared them invalid.
 * The day of a use is written on the Secret. Source: https://kubernetes.io/docs/reference/access-authn-authz/service-accounts-admin/
 */
import { dayOf, legacyClaims, legacyTokenIssuer, legacyTokenLabels } from '../../api/legacy-tokens.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Secret } from '../../api/types/core/v1.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { TokenMetrics } from '../metrics/token-metrics.ts'
import type { Objects } from '../objects.ts'
import { type Claims, hasValidSignature, readClaims, type SigningKey } from './jwt.ts'
import { InvalidTokenError, sameSecret, type TokenAuthenticator, type TokenOwner } from './token.ts'
import { serviceAccountGroups, serviceAccountUserName } from './user.ts'

export interface LegacyTokensParts {
  keys: readonly [SigningKey, ...SigningKey[]]
  /** Audiences of the API server: the tokens name none themselves. */
  audiences: readonly string[]
  objects: Objects
  clock: Clock
  metrics?: Pick<TokenMetrics, 'used'>
  /** Writes the label on the Secret. Failures are the writer's to log. */
  label(secret: Secret, labels: Readonly<Record<string, string>>): Promise<void>
}

const dayLengthMs = 86_400_000

export class LegacyServiceAccountTokens implements TokenAuthenticator {
  readonly #parts: LegacyTokensParts

  constructor(parts: LegacyTokensParts) {
    this.#parts = parts
  }

  async authenticateToken(token: string, audiences = this.#parts.audiences): Promise<TokenOwner | undefined> {
    const claims = readClaims(token)
    if (claims?.iss !== legacyTokenIssuer) return undefined
    if (!hasValidSignature(token, this.#parts.keys)) throw new InvalidTokenError('invalid signature')
    const own = audiences.filter((audience) => this.#parts.audiences.includes(audience))
    if (own.length === 0) {
      const asked = JSON.stringify(audiences)
      throw new InvalidTokenError(
        `token audiences ${JSON.stringify(this.#parts.audiences)} is invalid for the target audiences ${asked}`,
      )
    }
    const about = subjectOf(claims)
    const secret = await this.#secretOf(token, about)
    const isMade = await this.#checkAccount(about)
    await this.#noteUse(secret)
    this.#checkMark(secret, about)
    this.#parts.metrics?.used(isMade ? 'legacy_auto' : 'legacy_manual')
    this.#parts.metrics?.used('legacy')
    const { namespace, account, uid } = about
    const name = serviceAccountUserName(namespace, account)
    return { user: { name, uid, groups: serviceAccountGroups(namespace), extra: {} }, audiences: own }
  }

  async #secretOf(token: string, { namespace, secret: name }: Subject): Promise<Secret> {
    const secret = await this.#parts.objects.get(coreV1.secrets, `${namespace}/${name}`)
    if (!secret || secret.metadata.deletionTimestamp) throw new InvalidTokenError('Token has been invalidated')
    const held = Buffer.from(secret.data?.token ?? '', 'base64').toString('utf8')
    if (!sameSecret(held, token)) throw new InvalidTokenError("Token does not match server's copy")
    return secret
  }

  /** Whether the account names the Secret: it was made for it then. */
  async #checkAccount({ namespace, account: name, uid, secret }: Subject): Promise<boolean> {
    const account = await this.#parts.objects.get(coreV1.serviceAccounts, `${namespace}/${name}`)
    if (!account) throw new InvalidTokenError(`serviceaccounts "${name}" not found`)
    if (account.metadata.deletionTimestamp) {
      throw new InvalidTokenError(`ServiceAccount ${namespace}/${name} has been deleted`)
    }
    if (account.metadata.uid !== uid) {
      throw new InvalidTokenError(`ServiceAccount UID (${account.metadata.uid}) does not match claim (${uid})`)
    }
    return account.secrets?.some((each) => each.name === secret) ?? false
  }

  #checkMark({ metadata }: Secret, { namespace, account, secret }: Subject): void {
    if (!metadata.labels?.[legacyTokenLabels.invalidSince]) return
    this.#parts.metrics?.used('invalid_legacy_auto')
    throw new InvalidTokenError(
      `the token in secret ${namespace}/${secret} for service account ${namespace}/${account} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${legacyTokenLabels.invalidSince}' label from the secret to temporarily allow use of this token`,
    )
  }

  /** Once a day; a server whose clock is ahead may have written tomorrow. */
  async #noteUse(secret: Secret): Promise<void> {
    const nowMs = this.#parts.clock.nowMs()
    const [today, tomorrow] = [nowMs, nowMs + dayLengthMs].map((ms) => dayOf(rfc3339(ms))) as [string, string]
    const used = secret.metadata.labels?.[legacyTokenLabels.lastUsed]
    if (used !== today && used !== tomorrow) await this.#parts.label(secret, { [legacyTokenLabels.lastUsed]: today })
  }
}

interface Subject {
  namespace: string
  secret: string
  account: string
  uid: string
}

function subjectOf(claims: Claims): Subject {
  const claim = (what: string, name: string): string => {
    const value = claims[name]
    if (typeof value === 'string' && value !== '') return value
    throw new InvalidTokenError(`${what} claim is missing`)
  }
  const subject = claim('sub', 'sub')
  const about = {
    namespace: claim('namespace', legacyClaims.namespace),
    secret: claim('secretName', legacyClaims.secret),
    account: claim('serviceAccountName', legacyClaims.account),
    uid: claim('serviceAccountUID', legacyClaims.uid),
  }
  if (subject !== serviceAccountUserName(about.namespace, about.account)) {
    throw new InvalidTokenError('sub claim is invalid')
  }
  return about
}
