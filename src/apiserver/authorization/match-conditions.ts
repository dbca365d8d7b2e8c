/** When a webhook is asked: expressions over the review that it would get. Loaded only where there are some. */
import type { SubjectAccessReviewSpec } from '../../api/types/authorization/v1.ts'
import { limits } from '../../limits.ts'
import { nowOrInTurns } from '../../platform/turn.ts'
import {
  boolType,
  compile,
  dynType,
  type Environment,
  evaluateInTurns,
  failureText,
  listType,
  mapType,
  objectType,
  type Program,
  stringType,
  toCel,
  typeName,
} from '../cel/index.ts'
import { WebhookError } from '../webhook/bounded.ts'

const requirement = objectType('kubernetes.SelectorRequirement', {
  key: stringType,
  operator: stringType,
  values: listType(stringType),
})
const selector = objectType('kubernetes.SelectorAttributes', {
  rawSelector: stringType,
  requirements: listType(requirement),
})
const resourceAttributes = objectType('kubernetes.ResourceAttributes', {
  namespace: stringType,
  verb: stringType,
  group: stringType,
  version: stringType,
  resource: stringType,
  subresource: stringType,
  name: stringType,
  fieldSelector: selector,
  labelSelector: selector,
})
const requestType = objectType('kubernetes.SubjectAccessReviewSpec', {
  resourceAttributes,
  nonResourceAttributes: objectType('kubernetes.NonResourceAttributes', { path: stringType, verb: stringType }),
  user: stringType,
  groups: listType(stringType),
  extra: mapType(stringType, listType(stringType)),
  uid: stringType,
})
const environment: Environment = { variables: new Map([['request', requestType]]) }

/** Throws with the first expression that is none. The result throws, or rejects with, `WebhookError` when no condition is false but one has no answer. */
export function matchConditions(
  expressions: readonly string[],
): (spec: SubjectAccessReviewSpec) => boolean | Promise<boolean> {
  const programs = expressions.map((expression) => {
    const compiled = compile(expression, environment)
    if (!compiled.ok) throw new Error(failureText(compiled))
    const { type } = compiled.program
    if (typeName(type) !== typeName(boolType) && typeName(type) !== typeName(dynType)) {
      throw new Error(`must evaluate to bool, got ${typeName(type)}: ${expression}`)
    }
    return compiled.program
  })
  return (spec) => nowOrInTurns(areMet(programs, spec))
}

function* areMet(programs: readonly Program[], spec: SubjectAccessReviewSpec): Generator<void, boolean> {
  const request = toCel(withDefaults(spec), requestType)
  const errors: string[] = []
  for (const program of programs) {
    const budget = { cost: limits.celMatchConditionsCostMax }
    const evaluation = yield* evaluateInTurns(program, [['request', request]], budget)
    if (!evaluation.ok) errors.push(`expression '${program.expression}' resulted in error: ${evaluation.message}`)
    else if (evaluation.value !== true) return false
  }
  if (errors.length > 0) throw new WebhookError(errors.join(', '))
  return true
}

/** Texts that are empty are there, as they are for upstream's expressions. */
function withDefaults(spec: SubjectAccessReviewSpec): object {
  const empty = { namespace: '', verb: '', group: '', version: '', resource: '', subresource: '', name: '' }
  const { resourceAttributes: asked, ...rest } = spec
  return {
    user: '',
    uid: '',
    groups: [],
    extra: {},
    ...rest,
    ...(asked ? { resourceAttributes: { ...empty, ...asked } } : {}),
  }
}
