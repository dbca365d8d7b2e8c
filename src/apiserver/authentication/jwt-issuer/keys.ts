/**
 * The keys of an issuer, found through its discovery document, read when first needed, when old, and when a token names a
 * key that is not there; never more often than its period, whatever tokens say.
 * Source: https://openid.net/specs/openid-connect-discovery-1_0.html
 */
import { createPublicKey, type KeyObject, type webcrypto } from 'node:crypto'
import { limits } from '../../../limits.ts'
import type { Clock } from '../../../platform/clock.ts'
import type { Net } from '../../../platform/net.ts'
import { boundedRequest, jsonOf, WebhookError } from '../../webhook/bounded.ts'

export interface IssuerKey {
  readonly keyId: string | undefined
  /** Absent: any that fits the key. */
  readonly algorithm: string | undefined
  readonly key: KeyObject
}

export interface IssuerKeysOptions {
  readonly url: string
  readonly discoveryUrl?: string
  readonly caPem?: string
}

export class IssuerKeys {
  readonly #parts: { net: Net; clock: Clock }
  readonly #options: IssuerKeysOptions
  #keys: readonly IssuerKey[] = []
  #readMs = Number.NEGATIVE_INFINITY
  #triedMs = Number.NEGATIVE_INFINITY
  #reading: Promise<void> | undefined
  #failure: WebhookError | undefined

  constructor(parts: { net: Net; clock: Clock }, options: IssuerKeysOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** Keys that a token with this `kid` may be signed by. Throws `WebhookError` when there are none and none can be had. */
  async of(keyId: string | undefined): Promise<readonly IssuerKey[]> {
    const known = this.#fitting(keyId)
    const nowMs = this.#parts.clock.monotonicMs()
    if (known.length > 0 && nowMs - this.#readMs < limits.issuerKeysAgeMs) return known
    await this.#read(nowMs)
    const found = this.#fitting(keyId)
    if (found.length === 0 && this.#failure) throw this.#failure
    return found
  }

  #fitting(keyId: string | undefined): IssuerKey[] {
    return this.#keys.filter((one) => keyId === undefined || one.keyId === undefined || one.keyId === keyId)
  }

  async #read(nowMs: number): Promise<void> {
    if (this.#reading !== undefined) return await this.#reading
    if (nowMs - this.#triedMs < limits.issuerKeysPeriodMs) return
    this.#triedMs = nowMs
    this.#reading = this.#download()
      .then((keys) => {
        this.#keys = keys
        this.#readMs = nowMs
        this.#failure = undefined
      })
      .catch((error: unknown) => {
        if (!(error instanceof WebhookError)) throw error
        this.#failure = error
      })
      .finally(() => {
        this.#reading = undefined
      })
    await this.#reading
  }

  async #download(): Promise<IssuerKey[]> {
    const { url, discoveryUrl } = this.#options
    const at = discoveryUrl ?? `${url.replace(/\/$/, '')}/.well-known/openid-configuration`
    const { issuer, jwks_uri } = ((await this.#get(at)) ?? {}) as { issuer?: unknown; jwks_uri?: unknown }
    if (issuer !== url) throw new WebhookError(`the discovery document of ${url} is another issuer's`)
    if (typeof jwks_uri !== 'string' || URL.parse(jwks_uri)?.protocol !== 'https:') {
      throw new WebhookError(`the discovery document of ${url} names no https:// key set`)
    }
    return keysOf(await this.#get(jwks_uri))
  }

  async #get(url: string): Promise<unknown> {
    const { caPem } = this.#options
    const reply = await boundedRequest(this.#parts, {
      method: 'GET',
      url,
      headers: { accept: 'application/json' },
      tls: caPem === undefined ? {} : { caPem },
      timeoutMs: limits.remoteReviewTimeoutMs,
      answerBytesMax: limits.remoteReviewBytesMax,
    })
    return jsonOf(reply)
  }
}

/** Keys that are for something else or of an unknown kind are left out. Source: RFC 7517. */
export function keysOf(document: unknown): IssuerKey[] {
  const { keys } = (document ?? {}) as { keys?: unknown }
  if (!Array.isArray(keys)) throw new WebhookError('the key set has no keys')
  if (keys.length > limits.issuerKeysMax)
    throw new WebhookError(`the key set has more than ${limits.issuerKeysMax} keys`)
  return keys.flatMap((jwk: webcrypto.JsonWebKey & { kid?: unknown; alg?: unknown; use?: unknown }) => {
    if (typeof jwk !== 'object' || jwk === null || (jwk.use !== undefined && jwk.use !== 'sig')) return []
    if (jwk.kty !== 'RSA' && jwk.kty !== 'EC') return []
    try {
      const { kty, n, e, crv, x, y } = jwk
      const key = createPublicKey({ key: { kty, n, e, crv, x, y } as webcrypto.JsonWebKey, format: 'jwk' })
      const [keyId, algorithm] = [jwk.kid, jwk.alg].map((text) => (typeof text === 'string' ? text : undefined))
      return [{ keyId, algorithm, key }]
    } catch {
      return []
    }
  })
}
