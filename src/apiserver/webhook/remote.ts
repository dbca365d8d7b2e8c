/**
 * A service that answers reviews (tokens, access) by a kubeconfig's connection: asked again when it is not well, never
 * about the same thing twice at once, and never by more than a few at a time.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/webhook/
 */
import type { ClusterAccess } from '../../client/kubeconfig.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Net } from '../../platform/net.ts'
import type { Random } from '../../platform/random.ts'
import { type BoundedReply, boundedRequest, jsonOf, UnreachableError, WebhookError } from './bounded.ts'

export { WebhookError } from './bounded.ts'

export interface RemoteParts {
  readonly net: Net
  readonly clock: Clock
  readonly random: Random
}

export interface RemoteOptions {
  readonly access: Pick<ClusterAccess, 'server' | 'tls' | 'token'>
  /** For all attempts together. Default: 30 s. */
  readonly timeoutMs?: number
}

/** Source: upstream's 500 ms, growing by half, five times in all. */
const backOff = { firstMs: 500, factor: 1.5, attemptsMax: 5, jitter: 0.2 }

export class RemoteReviewer {
  readonly #parts: RemoteParts
  readonly #options: RemoteOptions
  readonly #asking = new Map<string, Promise<unknown>>()

  constructor(parts: RemoteParts, options: RemoteOptions) {
    this.#parts = parts
    this.#options = options
  }

  /** The review with its status. `key` is the same for the same question. Throws `WebhookError`. */
  async ask(key: string, review: object): Promise<unknown> {
    const known = this.#asking.get(key)
    if (known !== undefined) return await known
    if (this.#asking.size >= limits.remoteReviewsMax) throw new WebhookError('too many reviews are under way')
    const asking = this.#answer(JSON.stringify(review)).finally(() => this.#asking.delete(key))
    this.#asking.set(key, asking)
    return await asking
  }

  async #answer(body: string): Promise<unknown> {
    const { clock, random } = this.#parts
    const endMs = clock.monotonicMs() + (this.#options.timeoutMs ?? limits.remoteReviewTimeoutMs)
    let delayMs = backOff.firstMs
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#attempt(body, endMs - clock.monotonicMs())
      if (!(outcome instanceof UnreachableError) && !mayRecover(outcome)) return jsonOf(outcome)
      const waitMs = delayMs * (1 + backOff.jitter * random.float())
      if (attempt >= backOff.attemptsMax || clock.monotonicMs() + waitMs >= endMs) {
        if (outcome instanceof UnreachableError) throw outcome
        return jsonOf(outcome)
      }
      await clock.sleep(waitMs)
      delayMs *= backOff.factor
    }
  }

  async #attempt(body: string, timeoutMs: number): Promise<BoundedReply | UnreachableError> {
    const { server, tls, token } = this.#options.access
    try {
      return await boundedRequest(this.#parts, {
        method: 'POST',
        url: server,
        headers: {
          'content-type': 'application/json',
          accept: 'application/json',
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
        body,
        tls,
        timeoutMs,
        answerBytesMax: limits.remoteReviewBytesMax,
      })
    } catch (error) {
      if (error instanceof UnreachableError) return error
      throw error
    }
  }
}

function mayRecover({ status }: BoundedReply): boolean {
  return status === 429 || status >= 500
}
