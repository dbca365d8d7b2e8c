/** One rule over one value, and what is said when it does not hold. Texts are upstream's. */
import type { FieldError } from '../../../api/errors.ts'
import type { JSONSchemaProps, ValidationRule } from '../../../api/types/apiextensions/v1.ts'
import { limits } from '../../../limits.ts'
import {
  type CelType,
  costExceeded,
  evaluateInTurns,
  Optional,
  type Program,
  toCel,
  type Value,
} from '../../cel/index.ts'
import type { CompiledRule } from './compiled-rules.ts'
import type { Old } from './correlate.ts'

/** What all rules of an object may still cost. */
export interface Spending {
  left: number
}

export interface Outcome {
  error?: FieldError
  /** Nothing more may be evaluated. */
  ends?: true
  /** The rule was evaluated and says no, as opposed to one that cannot be evaluated. */
  isVerdict?: true
}

interface Subject {
  schema: JSONSchemaProps
  type: CelType
}

interface At {
  path: string
  value: unknown
  old: Old | undefined
}

export function outOfBudget(path: string, schema: JSONSchemaProps): FieldError {
  return broken(
    path,
    schema,
    'validation failed due to running out of cost budget, no further validation rules will be run',
  )
}

export function* evaluateRule(
  subject: Subject,
  compiled: CompiledRule,
  at: At,
  spending: Spending,
): Generator<void, Outcome> {
  const { rule, program, error } = compiled
  const { schema } = subject
  const { path } = at
  const old = at.old?.value ?? undefined
  if (error !== undefined) return { error: broken(path, schema, `rule compile error: ${error}`) }
  if (!program || (compiled.usesOld && old === undefined && !rule.optionalOldSelf)) return {}
  const bindings = bindingsOf(subject.type, at.value, old, rule.optionalOldSelf ?? false)
  const evaluation = yield* evaluateInTurns(program, bindings, { cost: limits.celCallCostMax })
  if (evaluation.cost > spending.left) return { error: outOfBudget(path, schema), ends: true }
  spending.left -= evaluation.cost
  if (!evaluation.ok) return failedRule(path, schema, rule, evaluation)
  if (evaluation.value === true) return {}
  return yield* refusal(subject, compiled, at, { bindings, spending })
}

type Bindings = readonly (readonly [string, () => Value])[]

function bindingsOf(type: CelType, value: unknown, old: unknown, optional: boolean): Bindings {
  const before = (): Value => {
    if (!optional) return toCel(old, type)
    return new Optional(old === undefined ? undefined : toCel(old, type))
  }
  return [
    ['self', () => toCel(value, type)],
    ['oldSelf', before],
  ]
}

function failedRule(
  path: string,
  schema: JSONSchemaProps,
  rule: ValidationRule,
  { kind, message }: { kind: 'error' | 'budget'; message: string },
): Outcome {
  const text = ruleText(rule)
  if (message.startsWith('no such overload')) {
    const why = 'call arguments did not match a supported operator, function or macro signature for rule'
    return { error: broken(path, schema, `'${message}': ${why}: ${text}`) }
  }
  if (kind === 'budget') {
    const why = 'no further validation rules will be run due to call cost exceeds limit for rule'
    return { error: broken(path, schema, `'${costExceeded}': ${why}: ${text}`), ends: true }
  }
  return { error: broken(path, schema, `${message} evaluating rule: ${text}`) }
}

function* refusal(
  { schema }: Subject,
  { rule, message, blamed }: CompiledRule,
  { path, value }: At,
  evaluation: { bindings: Bindings; spending: Spending },
): Generator<void, Outcome> {
  const at = blamed === '' ? path : path === '' ? blamed : blamed.startsWith('[') ? path + blamed : `${path}.${blamed}`
  const made: Made = message ? yield* evaluateMessage(message, rule, evaluation) : {}
  if (made.failure !== undefined) return { error: broken(at, schema, made.failure), ends: true, isVerdict: true }
  const detail = made.text ?? (rule.message ? rule.message.trim() : `failed rule: ${ruleText(rule)}`)
  const shown = schema.type === 'object' || schema.type === 'array' ? undefined : value
  return { error: reasoned(rule.reason, at || '<nil>', shown, detail), isVerdict: true }
}

function reasoned(reason: string | undefined, path: string, value: unknown, detail: string): FieldError {
  switch (reason) {
    case 'FieldValueForbidden':
      return { type: 'Forbidden', path, detail }
    case 'FieldValueRequired':
      return { type: 'Required', path, detail }
    case 'FieldValueDuplicate':
      return { type: 'Duplicate', path, value, detail: '' }
    default:
      return { type: 'Invalid', path, value, detail }
  }
}

interface Made {
  text?: string
  /** It was ended; nothing more may be evaluated. */
  failure?: string
}

/** A message that cannot be made gives way to the plain one. */
function* evaluateMessage(
  program: Program,
  { messageExpression = '' }: ValidationRule,
  { bindings, spending }: { bindings: Bindings; spending: Spending },
): Generator<void, Made> {
  const evaluation = yield* evaluateInTurns(program, bindings, { cost: limits.celCallCostMax })
  if (evaluation.cost > spending.left) {
    const why = 'no further validation rules will be run'
    return { failure: `messageExpression evaluation failed due to running out of cost budget, ${why}` }
  }
  if (!evaluation.ok && evaluation.kind === 'budget') {
    const why = 'no further validation rules will be run due to call cost exceeds limit for messageExpression'
    return { failure: `${why}: ${JSON.stringify(messageExpression)}` }
  }
  spending.left -= evaluation.cost
  const text = evaluation.ok && typeof evaluation.value === 'string' ? evaluation.value.trim() : ''
  const isUsable = text !== '' && !text.includes('\n') && Buffer.byteLength(text) <= limits.celMessageBytesMax
  return isUsable ? { text } : {}
}

function broken(path: string, schema: JSONSchemaProps, detail: string): FieldError {
  return { type: 'Invalid', path: path || '<nil>', value: schema.type ?? '', detail }
}

function ruleText({ rule, message }: ValidationRule): string {
  return (message || rule).trim()
}
