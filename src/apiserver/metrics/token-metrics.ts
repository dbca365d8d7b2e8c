/** Uses of service accounts' tokens, under upstream's names (`pkg/serviceaccount/metrics.go` of Kubernetes). */
import { Counter, type Family } from './families.ts'

export type TokenUse = 'legacy' | 'legacy_manual' | 'legacy_auto' | 'invalid_legacy_auto' | 'stale' | 'valid'

const uses: Readonly<Record<TokenUse, [name: string, help: string]>> = {
  legacy: ['legacy_tokens_total', 'Uses of tokens that lie in Secrets.'],
  stale: ['stale_tokens_total', "Uses of pods' tokens that should have been renewed."],
  valid: ['valid_tokens_total', "Uses of pods' tokens in time."],
  legacy_manual: ['legacy_manual_token_uses_total', 'Uses of tokens in Secrets that somebody made.'],
  legacy_auto: ['legacy_auto_token_uses_total', 'Uses of tokens in Secrets that were made for an account.'],
  invalid_legacy_auto: ['invalid_legacy_auto_token_uses_total', 'Attempts with such tokens that were marked invalid.'],
}

export class TokenMetrics {
  readonly #counters: Readonly<Record<string, Counter>>

  constructor() {
    const made = Object.entries(uses).map(([use, [name, help]]) => {
      const counter = new Counter(`serviceaccount_${name}`, help, [])
      counter.series([])
      return [use, counter]
    })
    this.#counters = Object.fromEntries(made)
  }

  get families(): readonly Family[] {
    return Object.values(this.#counters)
  }

  used(use: TokenUse): void {
    this.#counters[use]?.add([])
  }
}
