/** One ValidatingAdmissionPolicy, compiled: what it says of a request. Source: apiserver's `policy/validating/validator.go`. */

import type { ValidatingAdmissionPolicy, Validation } from '../../../api/types/admissionregistration/v1.ts'
import { limits } from '../../../limits.ts'
import { type Binding, boolType, nameOfType, nullType, stringType } from '../../cel/index.ts'
import { type Condition, compileConditions, evaluateConditions } from './conditions.ts'
import { type Composition, compileTyped, compose, type Typed } from './expression.ts'
import { type Outcome, OutOfBudget, Run, type Turn } from './run.ts'

export interface Denial {
  readonly message: string
  readonly reason?: string
  /** Which of the policy's validations; undefined for what is wrong with the policy itself. */
  readonly index?: number
}

export interface Verdict {
  readonly denials: readonly Denial[]
  readonly annotations: readonly { readonly key: string; readonly value: string }[]
  /** Audit annotations that could not be made: they deny whatever the binding's actions are. */
  readonly annotationErrors: readonly string[]
}

const nothing: Verdict = { denials: [], annotations: [], annotationErrors: [] }

export class Validator {
  readonly #policy: ValidatingAdmissionPolicy
  readonly #composition: Composition
  readonly #conditions: readonly Condition[]
  readonly #validations: readonly { rule: Validation; typed: Typed; message: Typed | undefined }[]
  readonly #annotations: readonly { key: string; expression: string; typed: Typed }[]
  readonly #ignores: boolean

  constructor(policy: ValidatingAdmissionPolicy) {
    const { paramKind, variables = [], matchConditions, validations = [], auditAnnotations = [] } = policy.spec ?? {}
    const composition = compose(variables, { hasParams: paramKind !== undefined })
    const { environment, environmentWithoutAuthorizer } = composition
    this.#policy = policy
    this.#composition = composition
    this.#conditions = compileConditions(matchConditions, environment)
    this.#validations = validations.map((rule) => ({
      rule,
      typed: compileTyped(rule.expression ?? '', environment, [boolType]),
      message: rule.messageExpression
        ? compileTyped(rule.messageExpression, environmentWithoutAuthorizer, [stringType])
        : undefined,
    }))
    this.#annotations = auditAnnotations.map(({ key = '', valueExpression: expression = '' }) => ({
      key,
      expression,
      typed: compileTyped(expression, environment, [stringType, nullType]),
    }))
    this.#ignores = policy.spec?.failurePolicy === 'Ignore'
  }

  async validate(bindings: readonly (readonly [string, Binding])[], turn: Turn): Promise<Verdict> {
    if (this.#conditions.length > 0) {
      const outcome = await evaluateConditions(this.#conditions, bindings, turn)
      if ('error' in outcome) return this.#failed(outcome.error)
      if (!outcome.matches) return nothing
    }
    const { variables } = this.#composition
    const run = (budget: number) => new Run({ bindings, variables, turn, budget })
    try {
      const denials = await this.#denials(run)
      return { denials, ...(await this.#annotate(run(limits.celRequestCostMax))) }
    } catch (error) {
      if (error instanceof OutOfBudget) return this.#failed(error.message)
      throw error
    }
  }

  /** The policy itself could not be applied. */
  #failed(message: string): Verdict {
    return this.#ignores ? nothing : { ...nothing, denials: [{ message }] }
  }

  async #denials(run: (budget: number) => Run): Promise<Denial[]> {
    const rules = run(limits.celRequestCostMax)
    const outcomes: Outcome[] = []
    for (const { typed } of this.#validations) outcomes.push(await rules.evaluate(typed))
    const messages = run(rules.remaining)
    const denials: Denial[] = []
    for (const [index, { rule, message }] of this.#validations.entries()) {
      const outcome = outcomes[index]!
      if ('error' in outcome) {
        if (!this.#ignores) denials.push({ message: outcome.error, index })
        continue
      }
      if (outcome.value === true) continue
      try {
        denials.push({ message: await messageOf(rule, message, messages), reason: rule.reason ?? 'Invalid', index })
      } catch (error) {
        if (!(error instanceof OutOfBudget)) throw error
        if (!this.#ignores) denials.push({ message: `failed messageExpression: ${error.message}`, index })
      }
    }
    return denials
  }

  async #annotate(run: Run): Promise<Pick<Verdict, 'annotations' | 'annotationErrors'>> {
    const annotations: { key: string; value: string }[] = []
    const annotationErrors: string[] = []
    for (const { key, expression, typed } of this.#annotations) {
      const outcome = await run.evaluate(typed)
      if ('error' in outcome) {
        if (!this.#ignores) annotationErrors.push(outcome.error)
      } else if (typeof outcome.value === 'string') {
        const value = outcome.value.trim()
        if (value !== '') annotations.push({ key, value })
      } else if (outcome.value !== null) {
        const type = nameOfType(outcome.value)
        annotationErrors.push(
          `valueExpression '${expression}' resulted in unsupported return type: ${type}. Return type must be either string or null.`,
        )
      }
    }
    return { annotations, annotationErrors }
  }

  get name(): string {
    return this.#policy.metadata.name ?? ''
  }
}

/** What the messageExpression makes, unless that is empty, too long or of several lines; else the fixed message. */
async function messageOf(
  { message = '', expression = '' }: Validation,
  typed: Typed | undefined,
  run: Run,
): Promise<string> {
  const outcome = typed && (await run.evaluate(typed))
  const made = outcome && 'value' in outcome && typeof outcome.value === 'string' ? outcome.value.trim() : ''
  if (made !== '' && Buffer.byteLength(made) <= limits.celMessageBytesMax && !made.includes('\n')) return made
  return message.trim() || `failed expression: ${expression.trim()}`
}
