/**
 * Rules of claims to devices. Expressions are not compiled here.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/ and the recorded messages.
 */
import type { FieldError } from '../../../api/errors.ts'
import { isCIdentifier, isDns1123Label, isDns1123Subdomain } from '../../../api/names.ts'
import type {
  DeviceClaim,
  DeviceConfiguration,
  DeviceConstraint,
  DeviceRequest,
  DeviceSelector,
  DeviceSubRequest,
  DeviceToleration,
  ResourceClaimSpec,
} from '../../../api/types/resource/v1.ts'
import {
  byteLength,
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
  tooLong,
  tooMany,
} from '../validation/field.ts'
import { validateLabelName } from '../validation/labels.ts'
import { deviceExpressionFault } from './device-expression.ts'

const limits = {
  requests: 32,
  firstAvailable: 8,
  selectors: 32,
  constraints: 32,
  config: 32,
  nameBytes: 32,
  domainBytes: 63,
  expressionBytes: 10 * 1024,
  tolerations: 16,
}
const modes = ['All', 'ExactCount']
const unknownRequest =
  "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"

type Choice = Partial<DeviceSubRequest>

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
  const devices: DeviceClaim = spec?.devices ?? {}
  const { requests = [], constraints = [], config = [] } = devices
  const errors: FieldError[] = []
  if (requests.length > limits.requests)
    errors.push(tooMany(`${path}.devices.requests`, requests.length, limits.requests))
  const names = new Set<string>()
  for (const [index, request] of requests.entries()) {
    const at = `${path}.devices.requests[${index}]`
    errors.push(...validateRequest(at, request))
    if (names.has(request.name)) errors.push(duplicate(at, request.name))
    names.add(request.name)
  }
  const known = new Set(
    requests.flatMap(({ name, firstAvailable = [] }) => [name, ...firstAvailable.map((sub) => `${name}/${sub.name}`)]),
  )
  if (constraints.length > limits.constraints)
    errors.push(tooMany(`${path}.devices.constraints`, constraints.length, limits.constraints))
  for (const [index, constraint] of constraints.entries()) {
    errors.push(...validateConstraint(`${path}.devices.constraints[${index}]`, constraint, known))
  }
  for (const [index, entry] of config.entries()) {
    const at = `${path}.devices.config[${index}]`
    errors.push(
      ...validateRequestNames(`${at}.requests`, entry.requests ?? [], known),
      ...validateConfiguration(at, entry),
    )
  }
  return errors
}

function validateRequest(path: string, request: DeviceRequest): FieldError[] {
  const { name = '', exactly, firstAvailable = [] } = request
  const errors = invalidEach(`${path}.name`, name, isDns1123Label(name))
  if (!exactly && firstAvailable.length === 0) {
    return [...errors, required(path, 'exactly one of `exactly` or `firstAvailable` is required')]
  }
  if (exactly && firstAvailable.length > 0) {
    return [
      ...errors,
      invalid(path, undefined, 'exactly one of `exactly` or `firstAvailable` is required, but multiple fields are set'),
    ]
  }
  if (exactly) return [...errors, ...validateChoice(`${path}.exactly`, exactly)]
  if (firstAvailable.length > limits.firstAvailable) {
    errors.push(tooMany(`${path}.firstAvailable`, firstAvailable.length, limits.firstAvailable))
  }
  const names = new Set<string>()
  for (const [index, sub] of firstAvailable.entries()) {
    const at = `${path}.firstAvailable[${index}]`
    errors.push(
      ...invalidEach(`${at}.name`, sub.name ?? '', isDns1123Label(sub.name ?? '')),
      ...validateChoice(at, sub),
    )
    if (names.has(sub.name)) errors.push(duplicate(at, sub.name))
    names.add(sub.name)
  }
  return errors
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
    errors.push(invalid(`${path}.count`, count, 'must be greater than zero'))
  }
  return [...errors, ...validateTolerations(`${path}.tolerations`, tolerations)]
}

export function validateSelectors(path: string, selectors: readonly DeviceSelector[]): FieldError[] {
  const errors = selectors.length > limits.selectors ? [tooMany(path, selectors.length, limits.selectors)] : []
  for (const [index, { cel }] of selectors.entries()) {
    const at = `${path}[${index}].cel`
    if (!cel) errors.push(required(at))
    else if (!cel.expression) errors.push(required(`${at}.expression`))
    else if (byteLength(cel.expression) > limits.expressionBytes)
      errors.push(tooLong(`${at}.expression`, limits.expressionBytes))
    else {
      const fault = deviceExpressionFault(cel.expression)
      if (fault !== undefined) errors.push(invalid(`${at}.expression`, cel.expression, fault))
    }
  }
  return errors
}

export function validateConfiguration(path: string, { opaque }: DeviceConfiguration): FieldError[] {
  if (!opaque) return [required(`${path}.opaque`)]
  const errors = validateDriver(`${path}.opaque.driver`, opaque.driver ?? '')
  return opaque.parameters === undefined ? [...errors, required(`${path}.opaque.parameters`)] : errors
}

export function validateDriver(path: string, driver: string): FieldError[] {
  if (driver === '') return [required(path)]
  const errors = byteLength(driver) > limits.domainBytes ? [tooLong(path, limits.domainBytes)] : []
  return [...errors, ...invalidEach(path, driver, isDns1123Subdomain(driver))]
}

function validateRequestNames(path: string, names: readonly string[], known: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, name] of names.entries()) {
    const at = `${path}[${index}]`
    for (const part of name.split('/')) errors.push(...invalidEach(at, part, isDns1123Label(part)))
    if (!known.has(name)) errors.push(invalid(at, name, unknownRequest))
    if (names.indexOf(name) < index) errors.push(duplicate(at, name))
  }
  return errors
}

function validateConstraint(path: string, constraint: DeviceConstraint, known: ReadonlySet<string>): FieldError[] {
  const { requests = [], matchAttribute, distinctAttribute } = constraint
  const errors = validateRequestNames(`${path}.requests`, requests, known)
  if (matchAttribute !== undefined) errors.push(...validateQualifiedAttribute(`${path}.matchAttribute`, matchAttribute))
  else if (distinctAttribute !== undefined) {
    errors.push(...validateQualifiedAttribute(`${path}.distinctAttribute`, distinctAttribute))
  } else errors.push(required(path, 'exactly one of matchAttribute or distinctAttribute is required'))
  return errors
}

/** `domain/name`; in a device's own attributes the domain may be left out. */
export function validateAttributeName(path: string, name: string): FieldError[] {
  if (name === '') return [required(path, 'name required')]
  const slash = name.indexOf('/')
  const domain = slash < 0 ? undefined : name.slice(0, slash)
  const identifier = name.slice(slash + 1)
  const errors: FieldError[] = []
  if (domain !== undefined) {
    if (domain === '') errors.push(required(path, 'the domain must not be empty'))
    else errors.push(...validateDriver(path, domain))
    if (identifier === '') return [...errors, required(path, 'the name must not be empty')]
  }
  if (byteLength(identifier) > limits.nameBytes) errors.push(tooLong(path, limits.nameBytes))
  return [...errors, ...invalidEach(path, identifier, isCIdentifier(identifier))]
}

function validateQualifiedAttribute(path: string, name: string): FieldError[] {
  const errors = validateAttributeName(path, name)
  if (name === '' || name.includes('/')) return errors
  return [...errors, invalid(path, name, 'a fully qualified name must be a domain and a name separated by a slash')]
}

function validateTolerations(path: string, tolerations: readonly DeviceToleration[]): FieldError[] {
  const errors = tolerations.length > limits.tolerations ? [tooMany(path, tolerations.length, limits.tolerations)] : []
  for (const [index, { key = '', operator = '', value = '', effect }] of tolerations.entries()) {
    const at = `${path}[${index}]`
    if (key !== '') errors.push(...validateLabelName(`${at}.key`, key))
    if (operator === '') errors.push(required(`${at}.operator`))
    else if (operator !== 'Equal' && operator !== 'Exists')
      errors.push(notSupported(`${at}.operator`, operator, ['Equal', 'Exists']))
    if (operator === 'Exists' && value !== '')
      errors.push(invalid(`${at}.value`, value, "must be empty for operator 'Exists'"))
    errors.push(...optionalOneOf(`${at}.effect`, effect || undefined, ['NoExecute', 'NoSchedule']))
  }
  return errors
}
