/** The rules of one device of a slice. Source: kubernetes `pkg/apis/resource/validation`, read as facts; KEP-4815, KEP-5075. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import type { CounterSet, Device, DeviceAttribute, DeviceCounterConsumption } from '../../../api/types/resource/v1.ts'
import { validateNodeSelector } from '../core/pod-validation/affinity.ts'
import { semanticEqual } from '../validation/equal.ts'
import { byteLength, forbidden, invalid, invalidEach, required, tooLong } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { validateRequestPolicy } from './capacity-policy.ts'
import {
  validateAttributeName,
  validateBindingConditions,
  validateLabelNamed,
  validateList,
  validateMap,
  validateTaint,
} from './device-values.ts'

const limits = { facts: 32, textBytes: 64, taints: 16, consumptions: 2, counters: 32 }
const placement = '`nodeName`, `nodeSelector`, or `allNodes`'
const semver =
  /^(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}(-(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*)(\.(0|[1-9]\d*|\d*[a-zA-Z-][0-9a-zA-Z-]*))*)?(\+[0-9a-zA-Z-]+(\.[0-9a-zA-Z-]+)*)?$/

/** What an unchanged device held before is not looked at again. */
export function validateDevice(
  path: string,
  device: Device,
  { old, ownPlacement }: { old: Device | undefined; ownPlacement: boolean },
): FieldError[] {
  const errors = validateLabelNamed(`${path}.name`, device.name ?? '')
  const facts = Object.keys(device.attributes ?? {}).length + Object.keys(device.capacity ?? {}).length
  if (facts > limits.facts) {
    errors.push(invalid(path, facts, `the total number of attributes and capacities must not exceed ${limits.facts}`))
  }
  errors.push(
    ...validateMap(`${path}.attributes`, device.attributes ?? {}, {
      key: validateAttributeName,
      each: validateAttribute,
    }),
  )
  if (!old || !semanticEqual(old.capacity, device.capacity)) errors.push(...validateCapacity(path, device))
  if (!old || !semanticEqual(old.taints, device.taints)) {
    errors.push(...validateList(`${path}.taints`, device.taints ?? [], { max: limits.taints, each: validateTaint }))
  }
  errors.push(
    ...validateList(`${path}.consumesCounters`, device.consumesCounters ?? [], {
      max: limits.consumptions,
      each: validateConsumption,
      key: ({ counterSet }) => counterSet ?? '',
    }),
  )
  return [
    ...errors,
    ...(ownPlacement ? validatePlacement(path, device) : refusePlacement(path, device)),
    ...validateBindingConditions(path, device),
  ]
}

function validateAttribute(path: string, attribute: DeviceAttribute): FieldError[] {
  const { string: text, version } = attribute
  const errors: FieldError[] = []
  if (text !== undefined && byteLength(text) > limits.textBytes)
    errors.push(tooLong(`${path}.string`, limits.textBytes))
  if (version !== undefined) {
    const why = 'must be a string compatible with semver.org spec 2.0.0'
    if (!semver.test(version)) errors.push(invalid(`${path}.version`, version, why))
    if (byteLength(version) > limits.textBytes) errors.push(tooLong(`${path}.version`, limits.textBytes))
  }
  const count = Object.keys(attribute).length
  if (count === 1) return errors
  const shown = count === 0 ? '' : goStruct('DeviceAttribute', attribute)
  return [...errors, invalid(path, shown, 'exactly one value must be specified')]
}

function validateCapacity(path: string, { capacity = {}, allowMultipleAllocations = false }: Device): FieldError[] {
  return validateMap(`${path}.capacity`, capacity, {
    key: validateAttributeName,
    each(at, { value, requestPolicy: policy }) {
      if (!policy) return []
      if (allowMultipleAllocations) return validateRequestPolicy(`${at}.requestPolicy`, policy, value ?? '0')
      return [forbidden(`${at}.requestPolicy`, 'allowMultipleAllocations must be true')]
    },
  })
}

function validateConsumption(path: string, { counterSet = '', counters = {} }: DeviceCounterConsumption): FieldError[] {
  return [...validateSetName(`${path}.counterSet`, counterSet), ...validateCounters(`${path}.counters`, counters)]
}

export function validateCounterSet(path: string, { name = '', counters = {} }: CounterSet): FieldError[] {
  return [...validateSetName(`${path}.name`, name), ...validateCounters(`${path}.counters`, counters)]
}

function validateSetName(path: string, name: string): FieldError[] {
  return name === '' ? [required(path)] : validateLabelNamed(path, name)
}

function validateCounters(path: string, counters: Readonly<Record<string, unknown>>): FieldError[] {
  if (Object.keys(counters).length === 0) return [required(path)]
  return validateMap(path, counters, { max: limits.counters, key: validateLabelNamed })
}

function validatePlacement(path: string, { nodeName, nodeSelector, allNodes }: Device): FieldError[] {
  const errors: FieldError[] = []
  const set: string[] = []
  if (nodeName === '') errors.push(invalid(`${path}.nodeName`, nodeName, 'must not be empty'))
  else if (nodeName !== undefined) {
    set.push('`nodeName`')
    errors.push(...invalidEach(`${path}.nodeName`, nodeName, isDns1123Subdomain(nodeName)))
  }
  if (nodeSelector) {
    set.push('`nodeSelector`')
    errors.push(...validateNodeSelector(`${path}.nodeSelector`, nodeSelector))
  }
  if (allNodes === false) errors.push(invalid(`${path}.allNodes`, allNodes, 'must be either unset or set to true'))
  else if (allNodes) set.push('`allNodes`')
  const why = `exactly one of ${placement} is required when \`perDeviceNodeSelection\` is set to true in the ResourceSlice spec`
  if (set.length === 0) return [...errors, required(path, why)]
  return set.length === 1 ? errors : [...errors, invalid(path, `{${set.join(', ')}}`, why)]
}

function refusePlacement(path: string, { nodeName, nodeSelector, allNodes }: Device): FieldError[] {
  if (nodeName === undefined && !nodeSelector && allNodes === undefined) return []
  const why =
    '`nodeName`, `nodeSelector` and `allNodes` can only be set if `perDeviceNodeSelection` is set to true in the ResourceSlice spec'
  return [invalid(path, null, why)]
}
