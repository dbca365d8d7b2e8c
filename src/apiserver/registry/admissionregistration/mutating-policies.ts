/** MutatingAdmissionPolicies and their bindings. Source: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */
import type { FieldError } from '../../../api/errors.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '../../../api/types/admissionregistration/v1.ts'
import { plainEnvironment } from '../../admission/policy/environments.ts'
import { type Composition, compileTyped, compose } from '../../admission/policy/expression.ts'
import { patchResult } from '../../admission/policy/patch-types.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, notSupported, optionalOneOf, required, requiredOneOf } from '../validation/field.ts'
import {
  compiledErrors,
  defaultMatchResources,
  validateConditions,
  validateMatchConstraints,
  validateMatchResources,
  validateParamKind,
  validateParamRef,
  validatePolicyName,
  validateVariables,
} from './policy-parts.ts'
import { generations } from './validating-policies.ts'

const patchTypes = ['ApplyConfiguration', 'JSONPatch']
/** What is deleted can't be changed. */
const operations = ['*', 'CONNECT', 'CREATE', 'UPDATE']

export const mutatingAdmissionPolicies: Strategy<MutatingAdmissionPolicy> = {
  resource: admissionregistrationV1.mutatingAdmissionPolicies,
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default({ spec }) {
    if (!spec) return
    spec.failurePolicy ??= 'Fail'
    defaultMatchResources(spec.matchConstraints)
  },
  prepareForCreate: generations.create,
  prepareForUpdate: generations.update,
  validateCreate: validatePolicy,
  validateUpdate: validatePolicy,
}

export const mutatingAdmissionPolicyBindings: Strategy<MutatingAdmissionPolicyBinding> = {
  resource: admissionregistrationV1.mutatingAdmissionPolicyBindings,
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default: ({ spec }) => defaultMatchResources(spec?.matchResources),
  prepareForCreate: generations.create,
  prepareForUpdate: generations.update,
  validateCreate: validateBinding,
  validateUpdate: validateBinding,
}

function validatePolicy({ spec = {} }: MutatingAdmissionPolicy): FieldError[] {
  const hasParams = spec.paramKind !== undefined
  const composition = compose(spec.variables ?? [], { hasParams, hasPatchTypes: true })
  const errors = optionalOneOf('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore'])
  errors.push(...validateParamKind('spec.paramKind', spec.paramKind))
  errors.push(...validateMatchConstraints('spec.matchConstraints', spec.matchConstraints))
  for (const { operations: wanted = [] } of spec.matchConstraints?.resourceRules ?? []) {
    const path = 'spec.matchConstraints.resourceRules.operations'
    errors.push(...wanted.filter((one) => !operations.includes(one)).map((one) => notSupported(path, one, operations)))
  }
  errors.push(...validateConditions('spec.matchConditions', spec.matchConditions, plainEnvironment(hasParams, true)))
  errors.push(...validateVariables('spec.variables', spec.variables, composition.variables))
  const mutations = spec.mutations ?? []
  if (mutations.length === 0) errors.push(required('spec.mutations', 'mutations must contain at least one item'))
  for (const [index, mutation] of mutations.entries())
    errors.push(...validateMutation(`spec.mutations[${index}]`, mutation, composition))
  return [...errors, ...requiredOneOf('spec.reinvocationPolicy', spec.reinvocationPolicy, ['IfNeeded', 'Never'])]
}

function validateMutation(path: string, mutation: Mutation, { environment }: Composition): FieldError[] {
  const { patchType = '', applyConfiguration, jsonPatch } = mutation
  if (patchType === '') return [required(`${path}.patchType`)]
  if (patchType !== 'ApplyConfiguration' && patchType !== 'JSONPatch')
    return [notSupported(`${path}.patchType`, patchType, patchTypes)]
  const [own, other] =
    patchType === 'JSONPatch'
      ? (['jsonPatch', 'applyConfiguration'] as const)
      : (['applyConfiguration', 'jsonPatch'] as const)
  const given = { applyConfiguration, jsonPatch }
  const excess = given[other]
    ? [invalid(`${path}.${other}`, `{${other}}`, `must not be specified when patchType is ${patchType}`)]
    : []
  const change = given[own]
  if (!change) return [required(`${path}.${own}`, `must be specified when patchType is ${patchType}`), ...excess]
  const { expression = '' } = change
  const at = `${path}.${own}.expression`
  if (expression.trim() === '') return [...excess, required(at)]
  return [...excess, ...compiledErrors(at, expression, compileTyped(expression, environment, [patchResult[patchType]]))]
}

function validateBinding({ spec = {} }: MutatingAdmissionPolicyBinding): FieldError[] {
  return [
    ...validatePolicyName('spec.policyName', spec.policyName ?? ''),
    ...validateParamRef('spec.paramRef', spec.paramRef),
    ...validateMatchResources('spec.matchResources', spec.matchResources),
  ]
}
