/** What the strategies of policies of both kinds, and of their bindings, have in common. */
import type { FieldError } from '../../../api/errors.ts'
import type {
  MutatingAdmissionPolicyBindingSpec,
  MutatingAdmissionPolicySpec,
} from '../../../api/types/admissionregistration/v1.ts'
import { plainEnvironment } from '../../admission/policy/environments.ts'
import type { Composition } from '../../admission/policy/expression.ts'
import { semanticEqual } from '../validation/equal.ts'
import { optionalOneOf } from '../validation/field.ts'
import {
  defaultMatchResources,
  validateConditions,
  validateMatchConstraints,
  validateMatchResources,
  validateParamKind,
  validateParamRef,
  validatePolicyName,
  validateVariables,
} from './policy-parts.ts'

type PolicySpec = Pick<
  MutatingAdmissionPolicySpec,
  'failurePolicy' | 'matchConditions' | 'matchConstraints' | 'paramKind' | 'variables'
>

type BindingSpec = Pick<MutatingAdmissionPolicyBindingSpec, 'matchResources' | 'paramRef' | 'policyName'>

interface Specified {
  metadata: { generation?: number }
  spec?: unknown
}

/** Generations of objects whose spec is all that a user writes. */
export const generations = {
  create(object: Specified): void {
    object.metadata.generation = 1
  },
  update(object: Specified, old: Specified): void {
    const before = old.metadata.generation ?? 0
    object.metadata.generation = semanticEqual(object.spec, old.spec) ? before : before + 1
  },
}

/** What bindings of either kind have in common. */
export const bindingStrategy = {
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default: ({ spec }: { spec?: Pick<BindingSpec, 'matchResources'> }) => defaultMatchResources(spec?.matchResources),
  prepareForCreate: generations.create,
  prepareForUpdate: generations.update,
}

export function defaultPolicy({ spec }: { spec?: PolicySpec }): void {
  if (!spec) return
  spec.failurePolicy ??= 'Fail'
  defaultMatchResources(spec.matchConstraints)
}

/** What policies of either kind have in common, in upstream's order; `constraints` are further rules for what they match. */
export function validatePolicySpec(
  spec: PolicySpec,
  composition: Composition,
  constraints: readonly FieldError[] = [],
): FieldError[] {
  const hasParams = spec.paramKind !== undefined
  return [
    ...optionalOneOf('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore']),
    ...validateParamKind('spec.paramKind', spec.paramKind),
    ...validateMatchConstraints('spec.matchConstraints', spec.matchConstraints),
    ...constraints,
    ...validateConditions('spec.matchConditions', spec.matchConditions, plainEnvironment(hasParams, true)),
    ...validateVariables('spec.variables', spec.variables, composition.variables),
  ]
}

export function validateBindingSpec(spec: BindingSpec | undefined): FieldError[] {
  return [
    ...validatePolicyName('spec.policyName', spec?.policyName ?? ''),
    ...validateParamRef('spec.paramRef', spec?.paramRef),
    ...validateMatchResources('spec.matchResources', spec?.matchResources),
  ]
}
