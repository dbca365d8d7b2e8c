/**
 * Rules in CEL (`x-kubernetes-validations`) of a whole schema, evaluated over an object. They are compiled when the first
 * object is checked. What an evaluation may cost is bounded for each rule and for the object.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#validation-rules,
 * apiextensions-apiserver's `schema/cel/validation.go`.
 */
import { type FieldError, fieldErrorText } from '../../../api/errors.ts'
import { isObject, jsonEqual, member } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { limits } from '../../../limits.ts'
import type { CelType } from '../../cel/index.ts'
import { schemaOf } from '../schema/type.ts'
import { someSchema } from '../schema/visit.ts'
import { type CompiledRule, compileRules } from './compiled-rules.ts'
import { correlatedItems, type Old } from './correlate.ts'
import { evaluateRule, outOfBudget, type Spending } from './rule-evaluation.ts'
import type { RuleTimes } from './rule-times.ts'

type Warn = (text: string) => void

export interface RuleSet {
  /**
   * Of an object that its schema accepts. `old` is the stored object on an update; of what breaks a rule and has not
   * changed since, `warn` is told. Yields when it has taken its turn.
   */
  validate(object: unknown, old: unknown, warn: Warn): Generator<void, FieldError[]>
}

/** Undefined when the schema has no rules. */
export function ruleSetOf(schema: JSONSchemaProps, times: RuleTimes): RuleSet | undefined {
  if (!hasRules(schema)) return undefined
  let root: RuleNode | undefined
  return {
    *validate(object, old, warn) {
      root ??= times.compiling(() => nodeOf(schema, true))
      return root ? yield* times.evaluating(evaluateRules(root, { object, old, warn })) : []
    },
  }
}

/** The errors of one value, such as a default, at once. `isResource`: it is a whole object. */
export function validateRules(
  schema: JSONSchemaProps,
  value: unknown,
  old: unknown,
  isResource: boolean,
): FieldError[] {
  const node = hasRules(schema) ? nodeOf(schema, isResource) : undefined
  if (!node) return []
  const evaluating = evaluateRules(node, { object: value, old, warn: () => undefined })
  for (;;) {
    const { done, value: errors } = evaluating.next()
    if (done) return errors
  }
}

function hasRules(schema: JSONSchemaProps): boolean {
  return someSchema(schema, (each) => (each['x-kubernetes-validations'] ?? []).length > 0)
}

/** The part of a schema that has rules, or has them below. */
interface RuleNode {
  schema: JSONSchemaProps
  type: CelType
  rules: readonly CompiledRule[]
  items: RuleNode | undefined
  values: RuleNode | undefined
  properties: ReadonlyMap<string, RuleNode>
}

function nodeOf(schema: JSONSchemaProps, isResource: boolean): RuleNode | undefined {
  const compiled = compileRules(schema, isResource)
  if (!compiled) return undefined
  const properties = new Map<string, RuleNode>()
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    const node = nodeBelow(property)
    if (node) properties.set(name, node)
  }
  const others = schema.additionalProperties
  return {
    schema,
    ...compiled,
    items: nodeBelow(schemaOf(schema.items)),
    values: typeof others === 'object' && others !== null ? nodeBelow(others) : undefined,
    properties,
  }
}

function nodeBelow(schema: JSONSchemaProps | undefined): RuleNode | undefined {
  return schema && hasRules(schema) ? nodeOf(schema, schema['x-kubernetes-embedded-resource'] ?? false) : undefined
}

interface Place {
  path: string
  value: unknown
  /** The value before, where there is one to compare with. */
  old: Old | undefined
  /** The nearest value above that has one. */
  above: { value: unknown; old: unknown } | undefined
  isRoot: boolean
}

interface Findings {
  errors: FieldError[]
  warn: Warn
}

type Turns<T> = Generator<void, T>

function* evaluateRules(
  root: RuleNode,
  { object, old, warn }: { object: unknown; old: unknown; warn: Warn },
): Turns<FieldError[]> {
  const findings: Findings = { errors: [], warn }
  const spending: Spending = { left: limits.celRequestCostMax }
  const before = old === undefined || old === null ? undefined : { value: old }
  yield* visit(root, { path: '', value: object, old: before, above: undefined, isRoot: true }, spending, findings)
  return findings.errors
}

/** False when the budget is spent and nothing more may be evaluated. */
function* visit(node: RuleNode, place: Place, spending: Spending, found: Findings): Turns<boolean> {
  const { value } = place
  if (value === null || value === undefined) return true
  if (!(yield* ownRules(node, place, spending, found))) return false
  if (Array.isArray(value))
    return node.items ? yield* visitItems(node, node.items, value, place, spending, found) : true
  return isObject(value) ? yield* visitMembers(node, value, place, spending, found) : true
}

function* ownRules(node: RuleNode, place: Place, spending: Spending, found: Findings): Turns<boolean> {
  if (node.rules.length === 0) return true
  if (spending.left <= 0) {
    found.errors.push(outOfBudget(place.path, node.schema))
    return false
  }
  const forgives = isUnchanged(place)
  for (const rule of node.rules) {
    const { error, ends, isVerdict } = yield* evaluateRule(node, rule, place, spending)
    if (error && isVerdict && forgives && !rule.usesOld) found.warn(fieldErrorText(error))
    else if (error) found.errors.push(error)
    if (ends) return false
  }
  return true
}

function isUnchanged({ value, old, above }: Place): boolean {
  if (old) return jsonEqual(value, old.value)
  return above !== undefined && jsonEqual(above.value, above.old)
}

function* visitItems(
  ...[node, items, values, place, spending, found]: [RuleNode, RuleNode, unknown[], Place, Spending, Findings]
): Turns<boolean> {
  const before = correlatedItems(node.schema, values, place.old)
  const above = aboveOf(place)
  for (const [index, value] of values.entries()) {
    const next = { path: `${place.path}[${index}]`, value, old: before?.(index), above, isRoot: false }
    if (!(yield* visit(items, next, spending, found))) return false
  }
  return true
}

function* visitMembers(
  ...[node, object, place, spending, found]: [RuleNode, Record<string, unknown>, Place, Spending, Findings]
): Turns<boolean> {
  const before = isObject(place.old?.value) ? place.old.value : undefined
  const above = aboveOf(place)
  const go = (below: RuleNode, path: string, name: string): Turns<boolean> => {
    const known = before && Object.hasOwn(before, name) && !(place.isRoot && isTypeField(name))
    const old = known ? { value: member(before, name) } : undefined
    const next = { path, value: member(object, name), old, above, isRoot: false }
    return visit(below, next, spending, found)
  }
  for (const name of Object.keys(object)) {
    if (node.values && !(yield* go(node.values, `${place.path}[${name}]`, name))) return false
    const property = node.properties.get(name)
    if (property && !(yield* go(property, place.path === '' ? name : `${place.path}.${name}`, name))) return false
  }
  return true
}

function aboveOf({ value, old, above }: Place): Place['above'] {
  return old ? { value, old: old.value } : above
}

/** The version of an object is the same before and after for those who compare. */
function isTypeField(name: string): boolean {
  return name === 'kind' || name === 'apiVersion'
}
