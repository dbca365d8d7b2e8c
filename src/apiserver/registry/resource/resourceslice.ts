/** Slices of device pools, as drivers publish them. Source: KEP-4381 (structured parameters). */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../api/names.ts'
import { resourceV1 } from '../../../api/resources.ts'
import type {
  Device,
  DeviceAttribute,
  ResourcePool,
  ResourceSlice,
  ResourceSliceSpec,
} from '../../../api/types/resource/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import { validateNodeSelector } from '../core/pod-validation/affinity.ts'
import { bumpGeneration } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import {
  byteLength,
  duplicate,
  invalid,
  invalidEach,
  messages,
  required,
  tooLong,
  tooMany,
} from '../validation/field.ts'
import { validateAttributeName, validateDriver } from './claim-validation.ts'

const limits = { devices: 128, facts: 32, textBytes: 64, poolNameBytes: 253 }
const placement = '`nodeName`, `nodeSelector`, `allNodes`, `perDeviceNodeSelection`'

export const resourceSlices: Strategy<ResourceSlice> = {
  resource: resourceV1.resourceSlices,
  prepareForCreate(slice, { nowMs }) {
    slice.metadata.generation = 1
    dateTaints(slice, nowMs)
  },
  prepareForUpdate(slice, old, { nowMs }) {
    dateTaints(slice, nowMs)
    bumpGeneration(slice, old)
  },
  validateCreate: (slice) => validateSpec('spec', slice.spec ?? ({} as ResourceSliceSpec)),
  validateUpdate(slice, old) {
    const errors = validateSpec('spec', slice.spec ?? ({} as ResourceSliceSpec))
    const fixed: [string, unknown, unknown][] = [
      ['spec.driver', slice.spec?.driver ?? '', old.spec?.driver ?? ''],
      ['spec.pool.name', slice.spec?.pool?.name ?? '', old.spec?.pool?.name ?? ''],
      ['spec.nodeName', slice.spec?.nodeName ?? null, old.spec?.nodeName ?? null],
    ]
    for (const [path, now, before] of fixed) if (now !== before) errors.push(invalid(path, now, messages.immutable))
    return errors
  },
  selectableFields: {
    'spec.nodeName': (slice) => slice.spec?.nodeName ?? '',
    'spec.driver': (slice) => slice.spec?.driver ?? '',
  },
}

function dateTaints({ spec }: ResourceSlice, nowMs: number): void {
  for (const { taints = [] } of spec?.devices ?? []) for (const taint of taints) taint.timeAdded ??= rfc3339(nowMs)
}

function validateSpec(path: string, spec: ResourceSliceSpec): FieldError[] {
  const { driver = '', pool, devices = [] } = spec
  const errors = [
    ...validateDriver(`${path}.driver`, driver),
    ...validatePool(`${path}.pool`, pool ?? {}),
    ...validatePlacement(path, spec),
  ]
  if (devices.length > limits.devices) errors.push(tooMany(`${path}.devices`, devices.length, limits.devices))
  const names = new Set<string>()
  for (const [index, device] of devices.entries()) {
    const at = `${path}.devices[${index}]`
    errors.push(...validateDevice(at, device))
    if (names.has(device.name)) errors.push(duplicate(at, device.name))
    names.add(device.name)
  }
  return errors
}

function validatePool(path: string, pool: Partial<ResourcePool>): FieldError[] {
  const { name = '', resourceSliceCount = 0, generation = 0 } = pool
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${path}.name`))
  else {
    if (byteLength(name) > limits.poolNameBytes) errors.push(tooLong(`${path}.name`, limits.poolNameBytes))
    for (const part of name.split('/')) errors.push(...invalidEach(`${path}.name`, part, isDns1123Subdomain(part)))
  }
  if (resourceSliceCount <= 0)
    errors.push(invalid(`${path}.resourceSliceCount`, resourceSliceCount, messages.notPositive))
  if (generation < 0) errors.push(invalid(`${path}.generation`, generation, 'must be greater than or equal to zero'))
  return errors
}

function validatePlacement(path: string, spec: ResourceSliceSpec): FieldError[] {
  const { nodeName, nodeSelector, allNodes, perDeviceNodeSelection } = spec
  const unset = 'must be either unset or set to '
  const errors: FieldError[] = []
  const set: string[] = []
  if (nodeName === '') errors.push(invalid(`${path}.nodeName`, nodeName, `${unset}a non-empty string`))
  else if (nodeName !== undefined) {
    set.push('nodeName')
    errors.push(...invalidEach(`${path}.nodeName`, nodeName, isDns1123Subdomain(nodeName)))
  }
  if (nodeSelector) {
    set.push('nodeSelector')
    errors.push(...validateNodeSelector(`${path}.nodeSelector`, nodeSelector))
  }
  for (const [field, value] of [
    ['allNodes', allNodes],
    ['perDeviceNodeSelection', perDeviceNodeSelection],
  ] as const) {
    if (value === false) errors.push(invalid(`${path}.${field}`, value, `${unset}true`))
    else if (value) set.push(field)
  }
  if (set.length === 0) return [...errors, required(path, `exactly one of ${placement} is required`)]
  if (set.length === 1) return errors
  const shown = `{${set.map((field) => `\`${field}\``).join(', ')}}`
  return [...errors, invalid(path, shown, `exactly one of ${placement} is required, but multiple fields are set`)]
}

function validateDevice(path: string, device: Device): FieldError[] {
  const { name = '', attributes = {}, capacity = {} } = device
  const errors = invalidEach(`${path}.name`, name, isDns1123Label(name))
  const facts = Object.keys(attributes).length + Object.keys(capacity).length
  for (const [key, attribute] of Object.entries(attributes)) {
    errors.push(
      ...validateAttributeName(`${path}.attributes`, key),
      ...validateAttribute(`${path}.attributes[${key}]`, attribute),
    )
  }
  for (const key of Object.keys(capacity)) errors.push(...validateAttributeName(`${path}.capacity`, key))
  if (facts <= limits.facts) return errors
  const why = `the total number of attributes and capacities must not exceed ${limits.facts}`
  return [...errors, invalid(path, facts, why)]
}

function validateAttribute(path: string, attribute: DeviceAttribute): FieldError[] {
  const { string: text, version } = attribute
  const count = ['bool', 'int', 'string', 'version'].filter(
    (field) => (attribute as Record<string, unknown>)[field] !== undefined,
  ).length
  if (count === 0) return [required(path, 'exactly one value must be specified')]
  if (count > 1) return [invalid(path, attribute, 'exactly one value must be specified')]
  for (const [field, value] of [
    ['string', text],
    ['version', version],
  ] as const) {
    if (value !== undefined && byteLength(value) > limits.textBytes)
      return [tooLong(`${path}.${field}`, limits.textBytes)]
  }
  return []
}
