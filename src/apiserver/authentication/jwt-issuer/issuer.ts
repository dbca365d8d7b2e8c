/** Tokens that somebody else signed: an OpenID provider, another cluster. Source: https://openid.net/specs/openid-connect-core-1_0.html#IDTokenValidation */
import type { Clock } from '../../../platform/clock.ts'
import type { Net } from '../../../platform/net.ts'
import { WebhookError } from '../../webhook/bounded.ts'
import type { JwtIssuerConfiguration } from '../configuration.ts'
import { type Claims, readClaims, readHeader } from '../jwt.ts'
import { InvalidTokenError, type TokenAuthenticator, type TokenOwner } from '../token.ts'
import { IssuerKeys } from './keys.ts'
import { type UserMapping, userMapping } from './mapping.ts'
import { algorithmNames, isSignedBy } from './signature.ts'

/** Clocks of issuers may be ahead by this. Source: upstream's five minutes. */
const notBeforeLeewaySeconds = 300

export class JwtIssuer implements TokenAuthenticator {
  readonly #configuration: JwtIssuerConfiguration
  readonly #keys: IssuerKeys
  readonly #clock: Clock
  readonly #mapping: UserMapping
  readonly #algorithms: ReadonlySet<string>
  /** Audiences of the API server itself. */
  readonly #ownAudiences: readonly string[]

  private constructor(parts: JwtIssuerParts, configuration: JwtIssuerConfiguration, mapping: UserMapping) {
    const { url, discoveryUrl, certificateAuthority, algorithms } = configuration
    const where = {
      ...(discoveryUrl ? { discoveryUrl } : {}),
      ...(certificateAuthority ? { caPem: certificateAuthority } : {}),
    }
    this.#configuration = configuration
    this.#keys = new IssuerKeys(parts, { url, ...where })
    this.#clock = parts.clock
    this.#mapping = mapping
    this.#algorithms = new Set(algorithms ?? algorithmNames)
    this.#ownAudiences = parts.audiences
  }

  /** Throws for expressions that do not compile. Asks the issuer nothing yet. */
  static async create(parts: JwtIssuerParts, configuration: JwtIssuerConfiguration): Promise<JwtIssuer> {
    return new JwtIssuer(parts, configuration, await userMapping(configuration))
  }

  async authenticateToken(token: string, audiences = this.#ownAudiences): Promise<TokenOwner | undefined> {
    const claims = readClaims(token)
    if (claims?.iss !== this.#configuration.url) return undefined
    await this.#checkSignature(token)
    this.#checkPeriod(claims)
    this.#checkAudience(claims)
    // The token was made for this server, so it is good for all audiences that this server has.
    const matching = audiences.filter((audience) => this.#ownAudiences.includes(audience))
    if (matching.length === 0) throw new InvalidTokenError('oidc: the token is not for these audiences')
    return { user: this.#mapping(claims), audiences: matching }
  }

  async #checkSignature(token: string): Promise<void> {
    const { alg, kid } = readHeader(token) ?? {}
    if (typeof alg !== 'string' || !this.#algorithms.has(alg)) {
      throw new InvalidTokenError('oidc: the token is signed by an algorithm that is not allowed')
    }
    const keys = await this.#keys.of(typeof kid === 'string' ? kid : undefined).catch((error: unknown) => {
      if (error instanceof WebhookError) throw new InvalidTokenError(`oidc: ${error.message}`)
      throw error
    })
    const at = token.lastIndexOf('.')
    const signature = Buffer.from(token.slice(at + 1), 'base64url')
    const fits = keys.filter(({ algorithm }) => algorithm === undefined || algorithm === alg)
    if (!fits.some(({ key }) => isSignedBy(key, alg, token.slice(0, at), signature))) {
      throw new InvalidTokenError('oidc: failed to verify the signature')
    }
  }

  #checkPeriod({ exp, nbf }: Claims): void {
    const nowSeconds = this.#clock.nowMs() / 1000
    if (typeof exp !== 'number' || exp <= nowSeconds) throw new InvalidTokenError('oidc: token is expired')
    if (typeof nbf === 'number' && nbf > nowSeconds + notBeforeLeewaySeconds) {
      throw new InvalidTokenError('oidc: the token is not valid yet')
    }
  }

  #checkAudience({ aud }: Claims): void {
    const named: unknown[] = Array.isArray(aud) ? aud : [aud]
    if (this.#configuration.audiences.some((audience) => named.includes(audience))) return
    throw new InvalidTokenError('oidc: the token names none of the expected audiences')
  }
}

export interface JwtIssuerParts {
  readonly net: Net
  readonly clock: Clock
  /** Of the API server itself. */
  readonly audiences: readonly string[]
}
