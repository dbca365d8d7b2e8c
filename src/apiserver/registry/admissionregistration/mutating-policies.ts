/** MutatingAdmissionPolicies and their bindings. Source: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/ */
import type { FieldError } from '../../../api/errors.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '../../../api/types/admissionregistration/v1.ts'
import { type Composition, compileTyped, compose } from '../../admission/policy/expression.ts'
import { patchResult } from '../../admission/policy/patch-types.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, notSupported, required, requiredOneOf } from '../validation/field.ts'
import { bindingStrategy, defaultPolicy, generations, validateBindingSpec, validatePolicySpec } from './policies.ts'
import { compiledErrors } from './policy-parts.ts'

const patchTypes = ['ApplyConfiguration', 'JSONPatch']
/** What is deleted can't be changed. */
const operations = ['*', 'CONNECT', 'CREATE', 'UPDATE']

export const mutatingAdmissionPolicies: Strategy<MutatingAdmissionPolicy> = {
  resource: admissionregistrationV1.mutatingAdmissionPolicies,
  metadataOnUpdate: ['whole'],
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default: defaultPolicy,
  prepareForCreate: generations.create,
  prepareForUpdate: generations.update,
  validateCreate: validatePolicy,
  validateUpdate: validatePolicy,
}

export const mutatingAdmissionPolicyBindings: Strategy<MutatingAdmissionPolicyBinding> = {
  ...bindingStrategy,
  resource: admissionregistrationV1.mutatingAdmissionPolicyBindings,
  metadataOnUpdate: ['whole'],
  validateCreate: validateBinding,
  validateUpdate: validateBinding,
}

function validateBinding({ spec }: MutatingAdmissionPolicyBinding): FieldError[] {
  const { matchResources } = spec ?? {}
  return [...validateBindingSpec(spec), ...unchangeable('spec.matchResources', matchResources?.resourceRules)]
}

function unchangeable(path: string, rules: readonly { operations?: string[] }[] = []): FieldError[] {
  return rules
    .flatMap(({ operations: wanted = [] }) => wanted.filter((one) => !operations.includes(one)))
    .map((one) => notSupported(`${path}.resourceRules.operations`, one, operations))
}

function validatePolicy({ spec = {} }: MutatingAdmissionPolicy): FieldError[] {
  const composition = compose(spec.variables ?? [], { hasParams: spec.paramKind !== undefined, hasPatchTypes: true })
  const wrong = unchangeable('spec.matchConstraints', spec.matchConstraints?.resourceRules)
  const errors = validatePolicySpec(spec, composition, wrong)
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
