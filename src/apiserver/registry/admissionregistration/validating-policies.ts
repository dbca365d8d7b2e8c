/** ValidatingAdmissionPolicies and their bindings. Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ */
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicySpec,
  ValidatingAdmissionPolicyStatus,
  Validation,
} from '../../../api/types/admissionregistration/v1.ts'
import { plainEnvironment } from '../../admission/policy/environments.ts'
import { type Composition, compileTyped, compose } from '../../admission/policy/expression.ts'
import { boolType, nullType, stringType } from '../../cel/index.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { duplicate, invalid, invalidEach, notSupported, optionalOneOf, required } from '../validation/field.ts'
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

const annotationsMax = 20
const valueExpressionBytesMax = 5 * 1024
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

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

export const validatingAdmissionPolicies: Strategy<ValidatingAdmissionPolicy> = {
  resource: admissionregistrationV1.validatingAdmissionPolicies,
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default({ spec }) {
    if (!spec) return
    spec.failurePolicy ??= 'Fail'
    defaultMatchResources(spec.matchConstraints)
  },
  prepareForCreate(policy) {
    policy.status = {}
    generations.create(policy)
  },
  prepareForUpdate(policy, old) {
    if (old.status) policy.status = old.status
    generations.update(policy, old)
  },
  validateCreate: (policy) => validatePolicy(policy),
  validateUpdate: (policy) => validatePolicy(policy),
  status: { validateUpdate: ({ status }) => validateStatus(status ?? {}) },
}

export const validatingAdmissionPolicyBindings: Strategy<ValidatingAdmissionPolicyBinding> = {
  resource: admissionregistrationV1.validatingAdmissionPolicyBindings,
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default: ({ spec }) => defaultMatchResources(spec?.matchResources),
  prepareForCreate: generations.create,
  prepareForUpdate: generations.update,
  validateCreate: validateBinding,
  validateUpdate: validateBinding,
}

function validatePolicy({ metadata, spec = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const hasParams = spec.paramKind !== undefined
  const composition = compose(spec.variables ?? [], { hasParams })
  const errors = optionalOneOf('spec.failurePolicy', spec.failurePolicy, ['Fail', 'Ignore'])
  errors.push(...validateParamKind('spec.paramKind', spec.paramKind))
  errors.push(...validateMatchConstraints('spec.matchConstraints', spec.matchConstraints))
  errors.push(...validateConditions('spec.matchConditions', spec.matchConditions, plainEnvironment(hasParams, true)))
  errors.push(...validateVariables('spec.variables', spec.variables, composition.variables))
  return [...errors, ...validateRules(metadata.name ?? '', spec, composition)]
}

function validateRules(
  policyName: string,
  { validations = [], auditAnnotations = [] }: ValidatingAdmissionPolicySpec,
  composition: Composition,
): FieldError[] {
  if (validations.length === 0 && auditAnnotations.length === 0) {
    const why = 'validations or auditAnnotations must contain at least one item'
    return [required('spec.validations', why), required('spec.auditAnnotations', why)]
  }
  const errors: FieldError[] = []
  for (const [index, validation] of validations.entries())
    errors.push(...validateValidation(`spec.validations[${index}]`, validation, composition))
  if (auditAnnotations.length > annotationsMax) {
    const why = `must not have more than ${annotationsMax} auditAnnotations`
    errors.push(invalid('spec.auditAnnotations', auditAnnotations, why))
  }
  const keys = auditAnnotations.map(({ key = '' }) => key)
  for (const [index, annotation] of auditAnnotations.entries()) {
    const at = `spec.auditAnnotations[${index}]`
    errors.push(...validateAnnotation(at, { policyName, annotation }, composition))
    if (keys.indexOf(keys[index]!) < index) errors.push(duplicate(`${at}.key`, keys[index]))
  }
  return errors
}

function validateValidation(path: string, validation: Validation, composition: Composition): FieldError[] {
  const { expression = '', message = '', messageExpression = '', reason } = validation
  const { environment, environmentWithoutAuthorizer } = composition
  const errors: FieldError[] = []
  if (expression.trim() === '') errors.push(required(`${path}.expression`, 'expression is not specified'))
  else
    errors.push(...compiledErrors(`${path}.expression`, expression, compileTyped(expression, environment, [boolType])))
  if (messageExpression !== '') {
    const at = `${path}.messageExpression`
    const compiled = () => compileTyped(messageExpression, environmentWithoutAuthorizer, [stringType])
    if (messageExpression.trim() !== '') errors.push(...compiledErrors(at, messageExpression, compiled()))
    else errors.push(invalid(at, messageExpression, 'must be non-empty if specified'))
  }
  if (message !== '' && message.trim() === '')
    errors.push(invalid(`${path}.message`, message, 'message must be non-empty if specified'))
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(`${path}.message`, message, 'message must not contain line breaks'))
  if (reason !== undefined && !reasons.includes(reason)) errors.push(notSupported(`${path}.reason`, reason, reasons))
  return errors
}

function validateAnnotation(
  path: string,
  { policyName, annotation }: { policyName: string; annotation: AuditAnnotation },
  { environment }: Composition,
): FieldError[] {
  const { key = '', valueExpression = '' } = annotation
  const errors =
    policyName === ''
      ? [invalid(`${path}.key`, key, 'requires metadata.name be non-empty')]
      : invalidEach(`${path}.key`, `${policyName}/${key}`, isQualifiedName(`${policyName}/${key}`))
  const text = valueExpression.trim()
  const at = `${path}.valueExpression`
  if (text === '') return [...errors, required(at, 'valueExpression is not specified')]
  if (Buffer.byteLength(text) > valueExpressionBytesMax)
    return [...errors, required(at, `must not exceed ${valueExpressionBytesMax} bytes in length`)]
  return [...errors, ...compiledErrors(at, valueExpression, compileTyped(text, environment, [stringType, nullType]))]
}

function validateStatus({ typeChecking }: ValidatingAdmissionPolicyStatus): FieldError[] {
  return (typeChecking?.expressionWarnings ?? []).flatMap(({ warning = '', fieldRef = '' }, index) => {
    const at = `status.typeChecking.expressionWarnings[${index}]`
    return [
      ...(warning === '' ? [required(`${at}.warning`)] : []),
      ...(fieldRef.trim() === '' ? [required(`${at}.fieldRef`)] : []),
    ]
  })
}

const actions = ['Audit', 'Deny', 'Warn']

function validateBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const errors = validatePolicyName('spec.policyName', spec?.policyName ?? '')
  errors.push(...validateParamRef('spec.paramRef', spec?.paramRef))
  errors.push(...validateMatchResources('spec.matchResources', spec?.matchResources))
  const wanted = spec?.validationActions ?? []
  for (const [index, action] of wanted.entries()) {
    const at = `spec.validationActions[${index}]`
    if (!actions.includes(action)) errors.push(notSupported(at, action, actions))
    if (wanted.indexOf(action) < index) errors.push(duplicate(at, action))
  }
  if (wanted.includes('Deny') && wanted.includes('Warn')) {
    const why =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
    errors.push(invalid('spec.validationActions', wanted, why))
  }
  if (wanted.length === 0) errors.push(required('spec.validationActions', 'at least one validation action is required'))
  return errors
}
