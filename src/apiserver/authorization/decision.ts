/** How several authorizers decide together: the first that allows or denies has the word, silence means no. */
import type { AuthorizationAttributes, Authorizer } from '../authorize.ts'

export type Decision = { kind: 'allow' | 'deny' | 'noOpinion'; reason: string }

/** Decides at once, from what it holds in memory. */
export interface DecidingAuthorizer {
  decide(attributes: AuthorizationAttributes): Decision
}

export const noOpinion: Decision = { kind: 'noOpinion', reason: '' }

/** Members of this group may do everything, whatever roles say; nothing can take it from them. */
export const mastersGroup = 'system:masters'

const masters: DecidingAuthorizer = {
  decide: ({ user }) => (user.groups.includes(mastersGroup) ? { kind: 'allow', reason: '' } : noOpinion),
}

export class AuthorizerChain implements Authorizer, DecidingAuthorizer {
  readonly #authorizers: readonly DecidingAuthorizer[]

  /** `system:masters` are let through before any of them is asked. */
  constructor(authorizers: readonly DecidingAuthorizer[]) {
    this.#authorizers = [masters, ...authorizers]
  }

  /** Reasons of all that had no opinion are joined by line breaks. */
  decide(attributes: AuthorizationAttributes): Decision {
    const reasons: string[] = []
    for (const authorizer of this.#authorizers) {
      const decision = authorizer.decide(attributes)
      if (decision.kind !== 'noOpinion') return decision
      if (decision.reason !== '') reasons.push(decision.reason)
    }
    return { kind: 'noOpinion', reason: reasons.join('\n') }
  }

  async authorize(attributes: AuthorizationAttributes): Promise<{ allowed: boolean; reason: string }> {
    const { kind, reason } = this.decide(attributes)
    return { allowed: kind === 'allow', reason }
  }
}
