/**
 * Which authorizer had the last word, and what it said. One without an opinion had not, and `system:masters` are asked
 * of nobody. Names are upstream's: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import { whenKnown } from '../../platform/turn.ts'
import { Counter, type Family } from '../metrics/families.ts'
import type { ConfiguredAuthorizer } from './configuration.ts'
import type { DecidingAuthorizer } from './decision.ts'

export class DecisionCounter {
  readonly #decisions = new Counter(
    'apiserver_authorization_decisions_total',
    'Decisions of authorizers that nobody was asked after.',
    ['type', 'name', 'decision'],
  )

  get families(): readonly Family[] {
    return [this.#decisions]
  }

  /** The same authorizer, with its decisions counted. A name that was counted before goes on. */
  counted(
    { type, name }: Pick<ConfiguredAuthorizer, 'type' | 'name'>,
    authorizer: DecidingAuthorizer,
  ): DecidingAuthorizer {
    return {
      decide: (attributes) =>
        whenKnown(authorizer.decide(attributes), (decision) => {
          if (decision.kind !== 'noOpinion')
            this.#decisions.add([type, name, decision.kind === 'allow' ? 'allowed' : 'denied'])
          return decision
        }),
    }
  }
}
