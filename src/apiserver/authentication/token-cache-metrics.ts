/** What the kept answers about tokens are good for, by upstream's names (`authentication_token_cache_*`). */
import { Counter, type Family, gauge, Histogram } from '../metrics/families.ts'

const prefix = 'authentication_token_cache_'
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class TokenCacheMetrics {
  readonly #requests = new Counter(`${prefix}request_total`, 'Tokens looked up.', ['status'])
  readonly #seconds = new Histogram(
    `${prefix}request_duration_seconds`,
    'How long it took to know whose a token is.',
    ['status'],
    secondsBuckets,
  )
  readonly #fetches = new Counter(`${prefix}fetch_total`, 'Tokens that the service was asked about.', ['status'])
  #asking = 0

  get families(): readonly Family[] {
    const active: Family = {
      ...gauge(`${prefix}active_fetch_count`, 'Questions to the service that wait for an answer.', []),
      samples: () => [[{ status: 'in_flight' }, this.#asking]],
    }
    return [this.#requests, this.#seconds, this.#fetches, active]
  }

  /** `hit`: the answer was kept from before. */
  looked(status: 'hit' | 'miss', seconds: number): void {
    this.#requests.add([status])
    this.#seconds.observe([status], seconds)
  }

  asks(): void {
    this.#asking += 1
  }

  /** `ok`: the service answered, whatever it said. */
  asked(status: 'ok' | 'error'): void {
    this.#asking -= 1
    this.#fetches.add([status])
  }
}
