/** What policies and bindings of both kinds have in common. Source: the recorded messages and admissionregistration/v1. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1035Label, isDns1123Subdomain, isPathSegmentName } from '../../../api/names.ts'
import type {
  MatchCondition,
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
  Variable,
} from '../../../api/types/admissionregistration/v1.ts'
import { compileTyped, type Typed } from '../../admission/policy/expression.ts'
import type { Environment } from '../../cel/index.ts'
import { boolType } from '../../cel/index.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
} from '../validation/field.ts'
import { validateLabelSelector } from '../validation/labels.ts'
import { validateMatchConditions } from './match-conditions.ts'
import { defaultRule, validateRule } from './rules.ts'

export function defaultMatchResources(resources: MatchResources | undefined): void {
  if (!resources) return
  resources.matchPolicy ??= 'Equivalent'
  resources.namespaceSelector ??= {}
  resources.objectSelector ??= {}
  for (const rule of [...(resources.resourceRules ?? []), ...(resources.excludeResourceRules ?? [])]) defaultRule(rule)
}

/** Absent is fine here. */
export function validateMatchResources(path: string, resources: MatchResources | undefined): FieldError[] {
  if (!resources) return []
  const errors = optionalOneOf(`${path}.matchPolicy`, resources.matchPolicy, ['Equivalent', 'Exact'])
  errors.push(...validateLabelSelector(`${path}.namespaceSelector`, resources.namespaceSelector))
  errors.push(...validateLabelSelector(`${path}.objectSelector`, resources.objectSelector))
  for (const part of ['resourceRules', 'excludeResourceRules'] as const)
    for (const [index, rule] of (resources[part] ?? []).entries())
      errors.push(...validateNamedRule(`${path}.${part}[${index}]`, rule))
  return errors
}

/** What a policy is about, which needs at least one rule. */
export function validateMatchConstraints(path: string, resources: MatchResources | undefined): FieldError[] {
  if (!resources) return [required(path)]
  const errors = validateMatchResources(path, resources)
  return (resources.resourceRules ?? []).length === 0 ? [...errors, required(`${path}.resourceRules`)] : errors
}

function validateNamedRule(path: string, rule: NamedRuleWithOperations): FieldError[] {
  const errors: FieldError[] = []
  const names = rule.resourceNames ?? []
  for (const [index, name] of names.entries()) {
    errors.push(...invalidEach(`${path}.resourceNames[${index}]`, name, isPathSegmentName(name)))
    if (names.indexOf(name) < index) errors.push(duplicate(`${path}.resourceNames[${index}]`, name))
  }
  return [...errors, ...validateRule(path, rule)]
}

export function validateParamKind(path: string, kind: ParamKind | undefined): FieldError[] {
  if (!kind) return []
  const { apiVersion = '', kind: name = '' } = kind
  const errors =
    apiVersion === '' ? [required(`${path}.apiVersion`)] : validateApiVersion(`${path}.apiVersion`, apiVersion)
  if (name === '') return [...errors, required(`${path}.kind`)]
  const wrong = isDns1035Label(name.toLowerCase())
  if (wrong.length > 0) {
    const why = `may have mixed case, but should otherwise match: ${wrong.join(',')}`
    errors.push(invalid(`${path}.kind`, name, why))
  }
  return errors
}

function validateApiVersion(path: string, apiVersion: string): FieldError[] {
  const parts = apiVersion.split('/')
  if (parts.length > 2) return [invalid(path, apiVersion, `unexpected GroupVersion string: ${apiVersion}`)]
  const [group = '', version = ''] = parts.length === 1 ? ['', ...parts] : parts
  const errors: FieldError[] = []
  const wrongGroup = group === '' ? [] : isDns1123Subdomain(group)
  if (wrongGroup.length > 0) errors.push(invalid(path, group, wrongGroup.join(',')))
  if (version === '') return [...errors, invalid(path, apiVersion, 'version must be specified')]
  const wrongVersion = isDns1035Label(version)
  if (wrongVersion.length > 0) errors.push(invalid(path, version, wrongVersion.join(',')))
  return errors
}

export function validateParamRef(path: string, ref: ParamRef | undefined): FieldError[] {
  if (!ref) return []
  const { name = '', selector, parameterNotFoundAction: action = '' } = ref
  const both = name !== '' && selector !== undefined
  const errors: FieldError[] = []
  if (name !== '') errors.push(...invalidEach(`${path}.name`, name, isPathSegmentName(name)))
  if (both) errors.push(forbidden(`${path}.name`, 'name and selector are mutually exclusive'))
  errors.push(...validateLabelSelector(`${path}.selector`, selector))
  if (both) errors.push(forbidden(`${path}.selector`, 'name and selector are mutually exclusive'))
  if (name === '' && !selector) errors.push(required(path, 'one of name or selector must be specified'))
  if (action === '') errors.push(required(`${path}.parameterNotFoundAction`))
  else if (action !== 'Deny' && action !== 'Allow')
    errors.push(notSupported(`${path}.parameterNotFoundAction`, action, ['Deny', 'Allow']))
  return errors
}

export function validatePolicyName(path: string, name: string): FieldError[] {
  return name === '' ? [required(path)] : invalidEach(path, name, isDns1123Subdomain(name))
}

/** A field error when the expression does not compile. */
export function compiledErrors(path: string, expression: string, typed: Typed): FieldError[] {
  if (!('error' in typed)) return []
  if (typed.internal) return [{ type: 'InternalError', path, detail: typed.error }]
  return [invalid(path, expression, typed.error)]
}

export function validateConditions(
  path: string,
  conditions: readonly MatchCondition[] | undefined,
  environment: Environment,
): FieldError[] {
  return validateMatchConditions(path, conditions ?? [], (at, expression) =>
    compiledErrors(at, expression, compileTyped(expression, environment, [boolType])),
  )
}

const reservedNames = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)

export function validateVariables(
  path: string,
  variables: readonly Variable[] | undefined,
  compiled: ReadonlyMap<string, Typed>,
): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { name = '', expression = '' }] of (variables ?? []).entries()) {
    const at = `${path}[${index}]`
    if (name.trim() === '') errors.push(required(`${at}.name`, 'name is not specified'))
    else if (!/^[_a-zA-Z][_a-zA-Z0-9]*$/.test(name) || reservedNames.has(name))
      errors.push(invalid(`${at}.name`, name, 'must be a valid CEL identifier'))
    if (expression.trim() === '') errors.push(required(`${at}.expression`, 'expression is not specified'))
    else errors.push(...compiledErrors(`${at}.expression`, expression, compiled.get(name)!))
  }
  return errors
}
