/** What a configuration adds to the server's own ways to know a caller, replaced as a whole when it changes. */
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'
import { type WatchedFileParts, watchFile } from '../configuration/watched-file.ts'
import {
  type AnonymousConfiguration,
  type AuthenticationConfiguration,
  type JwtIssuerConfiguration,
  readAuthenticationConfiguration,
} from './configuration.ts'
import { JwtIssuer, type JwtIssuerParts } from './jwt-issuer/issuer.ts'
import { firstOwner, type TokenAuthenticator, type TokenOwner } from './token.ts'

export interface ConfiguredParts {
  readonly net: Net
  readonly clock: Clock
  /** Of the API server itself. */
  readonly audiences: readonly string[]
  /** Issuers of its own tokens. */
  readonly issuers: readonly string[]
}

export class ConfiguredTokens implements TokenAuthenticator {
  readonly #parts: ConfiguredParts
  #issuers: readonly JwtIssuer[] = []
  /** Undefined: as the flag says. */
  anonymous: AnonymousConfiguration | undefined

  constructor(parts: ConfiguredParts) {
    this.#parts = parts
  }

  /** Rejects for what is wrong, having changed nothing. */
  async apply({ jwt, anonymous }: AuthenticationConfiguration): Promise<void> {
    this.#issuers = await issuersOf(this.#parts, jwt)
    this.anonymous = anonymous
  }

  /** Returns what ends the watching. */
  async follow(files: WatchedFileParts, path: string): Promise<() => void> {
    return await watchFile(files, {
      path,
      apply: async (text) => await this.apply(readAuthenticationConfiguration(text, this.#parts.issuers)),
    })
  }

  async authenticateToken(token: string, audiences?: readonly string[]): Promise<TokenOwner | undefined> {
    return await firstOwner(this.#issuers, token, audiences)
  }
}

async function issuersOf(parts: JwtIssuerParts, jwt: readonly JwtIssuerConfiguration[]): Promise<JwtIssuer[]> {
  return await Promise.all(
    jwt.map((one, index) =>
      JwtIssuer.create(parts, one).catch((error: Error) => {
        throw new Error(`jwt[${index}]: ${error.message}`, { cause: error })
      }),
    ),
  )
}
