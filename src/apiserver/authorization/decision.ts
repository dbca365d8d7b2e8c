/** How several authorizers decide together: the first that allows or denies has the word, silence means no. */
import { whenKnown } from '../../platform/turn.ts'
import type { AuthorizationAttributes, Authorizer, Verdict } from '../authorize.ts'

export type Decision = {
  kind: 'allow' | 'deny' | 'noOpinion'
  reason: string
  /** What kept an authorizer from deciding. */
  error?: string
}

/** Decides from what it holds in memory at once, or after asking somebody else. */
export interface DecidingAuthorizer {
  decide(attributes: AuthorizationAttributes): Decision | Promise<Decision>
}

export const noOpinion: Decision = { kind: 'noOpinion', reason: '' }

/** Members of this group may do everything, whatever roles say; nothing can take it from them. */
export const mastersGroup = 'system:masters'

const masters: DecidingAuthorizer = {
  decide: ({ user }) => (user.groups.includes(mastersGroup) ? { kind: 'allow', reason: '' } : noOpinion),
}

export class AuthorizerChain implements Authorizer, DecidingAuthorizer {
  #authorizers: readonly DecidingAuthorizer[]

  /** `system:masters` are let through before any of them is asked. */
  constructor(authorizers: readonly DecidingAuthorizer[]) {
    this.#authorizers = [masters, ...authorizers]
  }

  /** Who is asked from now on. */
  replace(authorizers: readonly DecidingAuthorizer[]): void {
    this.#authorizers = [masters, ...authorizers]
  }

  /** Reasons of all that had no opinion are joined by line breaks. At once as long as nobody has to be asked. */
  decide(attributes: AuthorizationAttributes): Decision | Promise<Decision> {
    return decideFrom(this.#authorizers, attributes)
  }

  authorize(attributes: AuthorizationAttributes): Verdict | Promise<Verdict> {
    return whenKnown(this.decide(attributes), ({ kind, reason }) => ({ allowed: kind === 'allow', reason }))
  }
}

function decideFrom(
  authorizers: readonly DecidingAuthorizer[],
  attributes: AuthorizationAttributes,
  start = 0,
  before: readonly Decision[] = [],
): Decision | Promise<Decision> {
  const undecided = [...before]
  for (let index = start; index < authorizers.length; index++) {
    const decision = authorizers[index]!.decide(attributes)
    if (decision instanceof Promise) {
      return decision.then((late) =>
        late.kind === 'noOpinion'
          ? decideFrom(authorizers, attributes, index + 1, [...undecided, late])
          : withErrors(late, undecided),
      )
    }
    if (decision.kind !== 'noOpinion') return withErrors(decision, undecided)
    undecided.push(decision)
  }
  const reasons = undecided.map(({ reason }) => reason).filter((reason) => reason !== '')
  return withErrors({ kind: 'noOpinion', reason: reasons.join('\n') }, undecided)
}

function withErrors(decision: Decision, undecided: readonly Decision[]): Decision {
  const errors = [...undecided, decision].flatMap(({ error }) => (error ? [error] : []))
  return errors.length === 0 ? decision : { ...decision, error: errors.join(', ') }
}
