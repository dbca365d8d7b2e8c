/**
 * Doubts about a policy's expressions, found by compiling them with the types of what the policy is about. A doubt changes
 * nothing: the policy is evaluated on the objects as they are. Source: apiserver's `policy/validating/typechecking.go`.
 */
import type { ExpressionWarning, Rule, ValidatingAdmissionPolicy } from '../../../api/types/admissionregistration/v1.ts'
import { type CelType, compile, declareSchema } from '../../cel/index.ts'
import type { Scheme } from '../../scheme/scheme.ts'
import type { Served } from '../../scheme/served.ts'
import { compose } from './expression.ts'
import { servedKind } from './parameters.ts'

/** Kinds that one policy is checked for. Source: upstream's ten. */
const kindsMax = 10

export function checkPolicyTypes(scheme: Scheme, { spec = {} }: ValidatingAdmissionPolicy): ExpressionWarning[] {
  const kinds = kindsOf(scheme, spec.matchConstraints?.resourceRules ?? [])
  const { paramKind, variables = [], validations = [] } = spec
  const paramsKind = paramKind && servedKind(scheme, paramKind)
  const params = paramsKind ? { params: declareSchema(paramsKind.type) } : {}
  const environments = kinds.map((kind) => {
    const object: CelType = declareSchema(kind.type)
    const { environment } = compose(variables, { hasParams: paramKind !== undefined, object, ...params })
    const { group, version, kind: named } = kind.resource
    return { name: `${group}/${version}, Kind=${named}`, environment }
  })
  const check = (fieldRef: string, expression: string): ExpressionWarning[] => {
    const doubts = environments.flatMap(({ name, environment }) => {
      const compiled = compile(expression, environment)
      return compiled.ok ? [] : [`${name}: ${compiled.message}\n`]
    })
    return doubts.length === 0 ? [] : [{ fieldRef, warning: doubts.join('\n') }]
  }
  return validations.flatMap(({ expression = '', messageExpression = '' }, index) => [
    ...check(`spec.validations[${index}].expression`, expression),
    ...(messageExpression === '' ? [] : check(`spec.validations[${index}].messageExpression`, messageExpression)),
  ])
}

/** Of rules that name what they are about, in the order of group, version and kind. */
function kindsOf(scheme: Scheme, rules: readonly Rule[]): Served[] {
  const kinds = new Map<string, Served>()
  for (const { apiGroups = [], apiVersions = [], resources = [] } of rules) {
    if ([...apiGroups, ...apiVersions].some((name) => name.includes('*'))) continue
    const plain = resources.filter((resource) => !/[*/]/.test(resource))
    for (const group of [...apiGroups].sort())
      for (const version of [...apiVersions].sort())
        for (const plural of plain.toSorted()) {
          const served = scheme.find(group, version, plural)
          if (served && kinds.size < kindsMax) kinds.set(`${group} ${version} ${served.resource.kind}`, served)
        }
  }
  return [...kinds].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, served]) => served)
}
