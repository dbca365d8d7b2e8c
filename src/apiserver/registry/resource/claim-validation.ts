/** What a claim may ask for, and its defaults. Source: kubernetes `pkg/apis/resource/validation`, read as facts; KEP-4381, KEP-4816. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import type {
  DeviceClaim,
  DeviceClaimConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  ResourceClaimSpec,
} from '../../../api/types/resource/v1.ts'
import {
  byteLength,
  invalid,
  invalidEach,
  messages,
  notSupported,
  required,
  tooLong,
  tooMany,
} from '../validation/field.ts'
import { deviceExpressionFault } from './device-expression.ts'
import {
  validateConfiguration,
  validateLabelNamed,
  validateList,
  validateQualifiedAttribute,
  validateToleration,
} from './device-values.ts'

const limits = {
  requests: 32,
  constraints: 32,
  config: 32,
  firstAvailable: 8,
  selectors: 32,
  expressionBytes: 10 * 1024,
  tolerations: 16,
}
const modes = ['All', 'ExactCount']
const oneOf = 'exactly one of `exactly` or `firstAvailable` is required'
const unknownRequest =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

type Choice = Partial<DeviceSubRequest>
type Known = ReadonlySet<string>

export function defaultClaimSpec(spec: ResourceClaimSpec | undefined): void {
  for (const request of spec?.devices?.requests ?? []) {
    for (const choice of [request.exactly, ...(request.firstAvailable ?? [])]) if (choice) defaultChoice(choice)
  }
}

function defaultChoice(choice: Choice): void {
  choice.allocationMode ||= 'ExactCount'
  if (choice.allocationMode === 'ExactCount') choice.count ||= 1
  for (const toleration of choice.tolerations ?? []) toleration.operator ||= 'Equal'
}

export function validateClaimSpec(path: string, spec: ResourceClaimSpec | undefined): FieldError[] {
  const devices = spec?.devices ?? {}
  const known = requestNames(devices)
  return [
    ...validateList(`${path}.devices.requests`, devices.requests ?? [], {
      max: limits.requests,
      each: validateRequest,
      key: ({ name }) => name ?? '',
    }),
    ...validateList(`${path}.devices.constraints`, devices.constraints ?? [], {
      max: limits.constraints,
      each: (at, constraint) => validateConstraint(at, constraint, known),
    }),
    ...validateList(`${path}.devices.config`, devices.config ?? [], {
      max: limits.config,
      each: (at, entry) => validateClaimConfiguration(at, entry, known),
    }),
    ...excessTolerations(`${path}.devices.requests`, devices),
  ]
}

/** Upstream counts them after everything else. */
function excessTolerations(path: string, { requests = [] }: DeviceClaim): FieldError[] {
  const choices = requests.flatMap(({ exactly, firstAvailable = [] }, index): [string, Choice][] => [
    ...(exactly ? [[`${path}[${index}].exactly`, exactly] as [string, Choice]] : []),
    ...firstAvailable.map((sub, number): [string, Choice] => [`${path}[${index}].firstAvailable[${number}]`, sub]),
  ])
  return choices.flatMap(([at, { tolerations = [] }]) =>
    tolerations.length > limits.tolerations
      ? [tooMany(`${at}.tolerations`, tolerations.length, limits.tolerations)]
      : [],
  )
}

/** Of requests and, after a slash, of their alternatives. */
export function requestNames({ requests = [] }: DeviceClaim): Known {
  return new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((sub) => `${name}/${sub.name}`)]),
  )
}

function validateRequest(path: string, { name = '', exactly, firstAvailable = [] }: DeviceRequest): FieldError[] {
  const errors = validateLabelNamed(`${path}.name`, name)
  if (exactly && firstAvailable.length > 0) {
    return [...errors, invalid(path, null, `${oneOf}, but multiple fields are set`)]
  }
  if (exactly) return [...errors, ...validateChoice(`${path}.exactly`, exactly)]
  if (firstAvailable.length === 0) return [...errors, required(path, oneOf)]
  const alternatives = validateList(`${path}.firstAvailable`, firstAvailable, {
    max: limits.firstAvailable,
    each: (at, sub) => [...validateLabelNamed(`${at}.name`, sub.name ?? ''), ...validateChoice(at, sub)],
    key: (sub) => sub.name ?? '',
  })
  return [...errors, ...alternatives]
}

function validateChoice(path: string, choice: Choice): FieldError[] {
  const { deviceClassName = '', selectors = [], allocationMode = '', count = 0, tolerations = [] } = choice
  const errors =
    deviceClassName === ''
      ? [required(`${path}.deviceClassName`)]
      : invalidEach(`${path}.deviceClassName`, deviceClassName, isDns1123Subdomain(deviceClassName))
  errors.push(...validateSelectors(`${path}.selectors`, selectors))
  if (!modes.includes(allocationMode)) errors.push(notSupported(`${path}.allocationMode`, allocationMode, modes))
  else if (allocationMode === 'All' && count !== 0) {
    errors.push(invalid(`${path}.count`, count, "must not be specified when allocationMode is 'All'"))
  } else if (allocationMode === 'ExactCount' && count <= 0) {
    errors.push(invalid(`${path}.count`, count, messages.notPositive))
  }
  return [...errors, ...validateList(`${path}.tolerations`, tolerations, { each: validateToleration })]
}

export function validateSelectors(path: string, selectors: readonly DeviceSelector[]): FieldError[] {
  return validateList(path, selectors, { max: limits.selectors, each: validateSelector })
}

function validateSelector(path: string, { cel }: DeviceSelector): FieldError[] {
  if (!cel) return [required(`${path}.cel`)]
  const { expression = '' } = cel
  const at = `${path}.cel.expression`
  if (byteLength(expression) > limits.expressionBytes) return [tooLong(at, limits.expressionBytes)]
  const fault = deviceExpressionFault(expression)
  return fault === undefined ? [] : [invalid(at, expression, fault)]
}

export function validateRequestReference(path: string, name: string, known: Known): FieldError[] {
  const parts = name.split('/')
  if (parts.length > 2) return [invalid(path, name, unknownRequest)]
  const errors = parts.flatMap((part) => validateLabelNamed(path, part))
  return known.has(name) ? errors : [...errors, invalid(path, name, unknownRequest)]
}

export function validateRequestReferences(path: string, names: readonly string[], known: Known): FieldError[] {
  const each = (at: string, name: string) => validateRequestReference(at, name, known)
  return validateList(path, names, { max: limits.requests, each, key: (name) => name })
}

export function validateClaimConfiguration(path: string, entry: DeviceClaimConfiguration, known: Known): FieldError[] {
  return [
    ...validateRequestReferences(`${path}.requests`, entry.requests ?? [], known),
    ...validateConfiguration(path, entry),
  ]
}

function validateConstraint(path: string, constraint: DeviceConstraint, known: Known): FieldError[] {
  const { requests = [], matchAttribute, distinctAttribute } = constraint
  const errors = validateRequestReferences(`${path}.requests`, requests, known)
  for (const [field, attribute] of Object.entries({ matchAttribute, distinctAttribute })) {
    if (attribute !== undefined) return [...errors, ...validateQualifiedAttribute(`${path}.${field}`, attribute)]
  }
  const why = 'exactly one of "matchAttribute" or "distinctAttribute" is required, but multiple fields are set'
  return [...errors, required(path, why)]
}
