/** Slices of device pools, as drivers publish them. Source: KEP-4381 (structured parameters). */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { resourceV1 } from '../../../api/resources.ts'
import type { Device, ResourcePool, ResourceSlice, ResourceSliceSpec } from '../../../api/types/resource/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import { validateNodeSelector } from '../core/pod-validation/affinity.ts'
import { bumpGeneration } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { invalid, invalidEach, messages, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { validateCounterSet, validateDevice } from './device-validation.ts'
import { validateDriver, validateList, validatePoolName } from './device-values.ts'

/** Devices that are costly to look at count for more. */
const limits = { devices: 128, costlyDevices: 64, counterSets: 8 }
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
  validateCreate: (slice) => validateSpec('spec', slice.spec ?? {}, undefined),
  validateUpdate: (slice, old) => validateSpec('spec', slice.spec ?? {}, old.spec ?? {}),
  selectableFields: {
    'spec.nodeName': (slice) => slice.spec?.nodeName ?? '',
    'spec.driver': (slice) => slice.spec?.driver ?? '',
  },
}

function dateTaints({ spec }: ResourceSlice, nowMs: number): void {
  for (const { taints = [] } of spec?.devices ?? []) for (const taint of taints) taint.timeAdded ??= rfc3339(nowMs)
}

type Spec = Partial<ResourceSliceSpec>

function validateSpec(path: string, spec: Spec, old: Spec | undefined): FieldError[] {
  const { devices = [], sharedCounters = [], perDeviceNodeSelection = false } = spec
  const errors = [
    ...validateDriver(`${path}.driver`, spec.driver ?? ''),
    ...validatePool(`${path}.pool`, spec.pool ?? {}),
    ...(old ? validateFixed(path, spec, old) : []),
    ...validatePlacement(path, spec),
  ]
  if (spec.sharedCounters && spec.devices) {
    errors.push(invalid(path, '', 'only one of `sharedCounters` or `devices` is allowed'))
  }
  const held = new Map((old?.devices ?? []).map((device) => [device.name, device]))
  errors.push(
    ...validateList(`${path}.devices`, devices, {
      max: devices.some(isCostly) ? limits.costlyDevices : limits.devices,
      each: (at, device) =>
        validateDevice(at, device, { old: held.get(device.name), ownPlacement: perDeviceNodeSelection }),
      key: ({ name }) => name ?? '',
    }),
  )
  const rules = { max: limits.counterSets, each: validateCounterSet, key: ({ name = '' }) => name }
  return [...errors, ...validateList(`${path}.sharedCounters`, sharedCounters, rules)]
}

function isCostly({ taints, consumesCounters, attributes = {} }: Device): boolean {
  const lists = Object.values(attributes).some(
    ({ bools, ints, strings, versions }) => bools ?? ints ?? strings ?? versions,
  )
  return Boolean(taints?.length || consumesCounters?.length || lists)
}

function validateFixed(path: string, spec: Spec, old: Spec): FieldError[] {
  const fixed: [string, unknown, unknown][] = [
    [`${path}.pool.name`, spec.pool?.name ?? '', old.pool?.name ?? ''],
    [`${path}.driver`, spec.driver ?? '', old.driver ?? ''],
    [`${path}.nodeName`, spec.nodeName ?? null, old.nodeName ?? null],
  ]
  return fixed.flatMap(([at, now, before]) => (now === before ? [] : [invalid(at, now, messages.immutable)]))
}

function validatePool(path: string, pool: Partial<ResourcePool>): FieldError[] {
  const { name = '', resourceSliceCount = 0, generation = 0 } = pool
  const errors = validatePoolName(`${path}.name`, name)
  if (resourceSliceCount <= 0)
    errors.push(invalid(`${path}.resourceSliceCount`, resourceSliceCount, messages.notPositive))
  if (generation < 0) errors.push(invalid(`${path}.generation`, generation, 'must be greater than or equal to zero'))
  return errors
}

function validatePlacement(path: string, spec: Spec): FieldError[] {
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
    const terms = nodeSelector.nodeSelectorTerms
    if (terms?.length !== 1) {
      const shown = terms?.map((term) => goStruct('NodeSelectorTerm', term)) ?? null
      errors.push(invalid(`${path}.nodeSelector.nodeSelectorTerms`, shown, 'must have exactly one node selector term'))
    }
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
