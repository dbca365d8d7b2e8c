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
import { type Composition, compileTyped, compose } from '../../admission/policy/expression.ts'
import { boolType, nullType, stringType } from '../../cel/index.ts'
import type { Strategy } from '../strategy.ts'
import { validateConditionList } from '../validation/conditions.ts'
import { duplicate, invalid, invalidEach, notSupported, required } from '../validation/field.ts'
import { bindingStrategy, defaultPolicy, generations, validateBindingSpec, validatePolicySpec } from './policies.ts'
import { compiledErrors } from './policy-parts.ts'

const annotationsMax = 20
const valueExpressionBytesMax = 5 * 1024
const reasons = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']

export const validatingAdmissionPolicies: Strategy<ValidatingAdmissionPolicy> = {
  resource: admissionregistrationV1.validatingAdmissionPolicies,
  metadataOnUpdate: ['whole'],
  allowUnconditionalUpdate: false,
  anyFinalizers: true,
  default: defaultPolicy,
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
  ...bindingStrategy,
  resource: admissionregistrationV1.validatingAdmissionPolicyBindings,
  metadataOnUpdate: ['whole'],
  validateCreate: validateBinding,
  validateUpdate: validateBinding,
}

function validatePolicy({ metadata, spec = {} }: ValidatingAdmissionPolicy): FieldError[] {
  const composition = compose(spec.variables ?? [], { hasParams: spec.paramKind !== undefined })
  return [...validatePolicySpec(spec, composition), ...validateRules(metadata.name ?? '', spec, composition)]
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
    errors.push(invalid(`${path}.message`, message, 'must be non-empty if specified'))
  else if (/[\n\r]/.test(message.trim()))
    errors.push(invalid(`${path}.message`, message, 'must not contain line breaks'))
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

function validateStatus({ typeChecking, conditions }: ValidatingAdmissionPolicyStatus): FieldError[] {
  const errors = (typeChecking?.expressionWarnings ?? []).flatMap(({ warning = '', fieldRef = '' }, index) => {
    const at = `status.typeChecking.expressionWarnings[${index}]`
    return [
      ...(warning === '' ? [required(`${at}.warning`)] : []),
      ...(fieldRef.trim() === '' ? [required(`${at}.fieldRef`)] : []),
    ]
  })
  return [...errors, ...validateConditionList('status.conditions', conditions)]
}

const actions = ['Audit', 'Deny', 'Warn']

function validateBinding({ spec }: ValidatingAdmissionPolicyBinding): FieldError[] {
  const errors = validateBindingSpec(spec)
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
