/**
 * The rules of rules: that they and their messages compile, what they may cost, what they may name.
 * Source: apiextensions-apiserver's `validation.go` and `cel_validation.go`.
 */
import type { FieldError } from '../../../api/errors.ts'
import type { JSONSchemaProps, ValidationRule } from '../../../api/types/apiextensions/v1.ts'
import { occurrencesMax, type StructuralSchema } from '../../cel/structural.ts'
import { forbidden, invalid, notSupported, required } from '../../registry/validation/field.ts'
import { FieldPathError, schemaAtPath } from '../schema/field-path.ts'
import { unsupportedPart } from '../schema/structural.ts'
import { someSchema } from '../schema/visit.ts'
import { type CompiledRule, compileRules } from '../value/compiled-rules.ts'

/** Estimates for a whole definition. */
export interface Costs {
  total: number
  /** The rules that cost most, by falling cost. */
  largest: { path: string; cost: number }[]
  anyCost: boolean
}

/** Source: upstream's StaticEstimatedCostLimit and StaticEstimatedCRDCostLimit. */
const ruleCostMax = 10_000_000
const definitionCostMax = 100_000_000
const largestMax = 4

const reasons = ['FieldValueDuplicate', 'FieldValueForbidden', 'FieldValueInvalid', 'FieldValueRequired']

/** What can be said without compiling. */
export function ruleTexts(schema: JSONSchemaProps, path: string): FieldError[] {
  const rules = schema['x-kubernetes-validations'] ?? []
  return rules.flatMap((rule, index) => textErrors(schema, rule, `${path}.x-kubernetes-validations[${index}]`))
}

function textErrors(schema: JSONSchemaProps, rule: ValidationRule, path: string): FieldError[] {
  const { message = '', messageExpression = '', reason, fieldPath = '' } = rule
  const errors = sentenceErrors(rule.rule ?? '', message, path)
  if (messageExpression !== '' && messageExpression.trim() === '')
    errors.push(required(`${path}.messageExpression`, 'messageExpression must be non-empty if specified'))
  if (reason !== undefined && reason !== null && !reasons.includes(reason))
    errors.push(notSupported(`${path}.reason`, reason, reasons))
  if (fieldPath === '') return errors
  const at = `${path}.fieldPath`
  if (fieldPath.trim() === '') errors.push(invalid(at, fieldPath, 'must be non-empty if specified'))
  if (/[\n\r]/.test(fieldPath)) errors.push(invalid(at, fieldPath, 'must not contain line breaks'))
  if (!isPath(schema, fieldPath)) errors.push(invalid(at, fieldPath, 'must be a valid path'))
  return errors
}

function sentenceErrors(rule: string, message: string, path: string): FieldError[] {
  const text = message.trim()
  if (rule.trim() === '') return [required(`${path}.rule`, 'rule is not specified')]
  if (message !== '' && text === '') return [invalid(`${path}.message`, message, 'must be non-empty if specified')]
  if (/[\n\r]/.test(text)) return [invalid(`${path}.message`, message, 'must not contain line breaks')]
  if (/[\n\r]/.test(rule.trim()) && text === '')
    return [required(`${path}.message`, 'message must be specified if rule contains line breaks')]
  return []
}

/** Upstream looks for it in no schema that has parts which custom resources do not have. */
function isPath(schema: JSONSchemaProps, path: string): boolean {
  if (someSchema(schema, (each) => unsupportedPart(each) !== undefined)) return true
  try {
    schemaAtPath(path, schema)
    return true
  } catch (error) {
    if (error instanceof FieldPathError) return false
    throw error
  }
}

export interface RulePlace {
  schema: JSONSchemaProps
  path: string
  isRoot: boolean
  uncorrelated: string | undefined
  rules: { cardinality: number }
}

/** What compiling them says. */
export function ruleErrors(costs: Costs, place: RulePlace): FieldError[] {
  const { schema, path, isRoot, rules } = place
  const isResource = isRoot || (schema['x-kubernetes-embedded-resource'] ?? false)
  const compiled = compileRules(schema, isResource)
  if (!compiled) {
    const detail = 'internal error: failed to retrieve type information for x-kubernetes-validations'
    return [{ type: 'InternalError', path: `${path}.x-kubernetes-validations`, detail }]
  }
  const times = Number.isFinite(rules.cardinality)
    ? rules.cardinality
    : occurrencesMax(schema as StructuralSchema, isResource)
  return compiled.rules.flatMap((rule, index) =>
    compiledErrors(costs, place, rule, { path: `${path}.x-kubernetes-validations[${index}]`, times }),
  )
}

function compiledErrors(
  costs: Costs,
  { uncorrelated }: RulePlace,
  compiled: CompiledRule,
  { path, times }: { path: string; times: number },
): FieldError[] {
  const { rule, program, message } = compiled
  const errors = costErrors(costs, `${path}.rule`, 'estimated rule cost', product(program?.estimate.max ?? 0, times))
  if (compiled.error !== undefined) errors.push(invalid(`${path}.rule`, goRule(rule), compiled.error))
  if (compiled.messageError !== undefined)
    errors.push(invalid(`${path}.messageExpression`, goRule(rule), compiled.messageError))
  else if (message) {
    const cost = message.estimate.max
    errors.push(...costErrors(costs, `${path}.messageExpression`, 'estimated messageExpression cost', cost))
  }
  if (compiled.usesOld && uncorrelated !== undefined) {
    const detail = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${uncorrelated}`
    errors.push(invalid(`${path}.rule`, rule.rule, detail))
  } else if (!compiled.usesOld && rule.optionalOldSelf !== undefined) {
    errors.push(
      invalid(`${path}.optionalOldSelf`, rule.optionalOldSelf, 'may not be set if oldSelf is not used in rule'),
    )
  }
  return errors
}

function product(cost: number, times: number): number {
  return cost === 0 ? 0 : cost * times
}

function costErrors(costs: Costs, path: string, what: string, cost: number): FieldError[] {
  costs.total += cost
  if (cost >= definitionCostMax / 100) {
    costs.largest.push({ path, cost })
    costs.largest.sort((a, b) => b.cost - a.cost).splice(largestMax)
  }
  return cost > ruleCostMax && !costs.anyCost ? [forbidden(path, costText(what, cost, ruleCostMax))] : []
}

/** What all rules of a definition cost together. */
export function totalErrors({ total, largest }: Costs, path: string): FieldError[] {
  if (total <= definitionCostMax) return []
  const why = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
  const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
  return [
    ...largest.map((rule) => forbidden(rule.path, why)),
    forbidden(path, costText(what, total, definitionCostMax)),
  ]
}

function costText(what: string, cost: number, max: number): string {
  const factor = cost / max
  const text = factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${text} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}

/** As Go prints it. */
function goRule({
  rule,
  message = '',
  messageExpression = '',
  reason,
  fieldPath = '',
  optionalOldSelf,
}: ValidationRule): unknown {
  return {
    Rule: rule,
    Message: message,
    MessageExpression: messageExpression,
    Reason: reason ?? null,
    FieldPath: fieldPath,
    OptionalOldSelf: optionalOldSelf ?? null,
  }
}
