/** Storage classes and classes of volume attributes. Source: https://kubernetes.io/docs/concepts/storage/storage-classes/, KEP-3751. */
import { defaultStorageClass } from '../../../api/defaults/storage.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import { storageV1 } from '../../../api/resources.ts'
import type { TopologySelectorTerm } from '../../../api/types/core/v1.ts'
import type { StorageClass, VolumeAttributesClass } from '../../../api/types/storage/v1.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import {
  byteLength,
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  messages,
  notSupported,
  optionalOneOf,
  required,
  tooLong,
} from '../validation/field.ts'
import { validateLabelName } from '../validation/labels.ts'

const limits = { parameters: 512, parameterBytes: 256 * 1024 }
const bindingModes = ['Immediate', 'WaitForFirstConsumer']

export const storageClasses: Strategy<StorageClass> = {
  resource: storageV1.storageClasses,
  metadataOnUpdate: ['whole', 'changes'],
  default: defaultStorageClass,
  validateCreate: validateClass,
  validateUpdate(storageClass, old) {
    const errors = validateClass(storageClass)
    for (const field of ['parameters', 'provisioner', 'reclaimPolicy', 'volumeBindingMode'] as const) {
      if (semanticEqual(storageClass[field], old[field])) continue
      errors.push(invalid(field, storageClass[field] ?? null, messages.immutable))
    }
    return errors
  },
}

function validateClass(storageClass: StorageClass): FieldError[] {
  return [
    ...validateProvisioner('provisioner', storageClass.provisioner ?? ''),
    ...validateParameters('parameters', storageClass.parameters, true),
    ...optionalOneOf('reclaimPolicy', storageClass.reclaimPolicy || undefined, ['Delete', 'Retain']),
    ...validateBindingMode(storageClass.volumeBindingMode),
    ...validateTopologies('allowedTopologies', storageClass.allowedTopologies ?? []),
  ]
}

function validateBindingMode(mode: string | undefined): FieldError[] {
  if (mode === undefined) return [required('volumeBindingMode')]
  return bindingModes.includes(mode) ? [] : [notSupported('volumeBindingMode', mode, bindingModes)]
}

function validateProvisioner(path: string, name: string): FieldError[] {
  if (name === '') return [required(path)]
  return invalidEach(path, name.toLowerCase(), isQualifiedName(name.toLowerCase()))
}

function validateParameters(
  path: string,
  parameters: Record<string, string> | undefined,
  mayBeEmpty: boolean,
): FieldError[] {
  const entries = Object.entries(parameters ?? {})
  if (entries.length > limits.parameters) {
    return [{ type: 'TooLong', path, detail: `may not be more than ${limits.parameters} bytes` }]
  }
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of entries) {
    if (key === '') errors.push(invalid(path, key, 'field can not be empty.'))
    bytes += byteLength(key) + byteLength(value)
  }
  if (bytes > limits.parameterBytes) errors.push(tooLong(path, limits.parameterBytes))
  if (entries.length === 0 && !mayBeEmpty) errors.push(required(path, 'must contain at least one key/value pair'))
  return errors
}

/** Upstream compares terms by their sorted keys and values, and shows a duplicate as nothing. */
function validateTopologies(path: string, terms: readonly TopologySelectorTerm[]): FieldError[] {
  const errors: FieldError[] = []
  const raw: Record<string, string[]>[] = []
  for (const [index, term] of terms.entries()) {
    const at = `${path}[${index}].matchLabelExpressions`
    const values: Record<string, string[]> = {}
    for (const [number, { key = '', values: wanted = [] }] of (term.matchLabelExpressions ?? []).entries()) {
      const where = `${at}[${number}]`
      if (wanted.length === 0) errors.push(required(`${where}.values`))
      for (const [place, value] of wanted.entries()) {
        if (wanted.indexOf(value) < place) errors.push(duplicate(`${where}.values[${place}]`, value))
      }
      errors.push(...validateLabelName(`${where}.key`, key))
      if (key in values) errors.push(duplicate(`${where}.key`, key))
      values[key] = [...new Set(wanted)].sort()
    }
    // An empty term counts as equal to as many as there are.
    const times =
      (Object.keys(values).length === 0 ? terms.length : 0) + raw.filter((other) => semanticEqual(other, values)).length
    errors.push(...Array.from({ length: times }, () => duplicate(at, '')))
    raw.push(values)
  }
  return errors
}

export const volumeAttributesClasses: Strategy<VolumeAttributesClass> = {
  resource: storageV1.volumeAttributesClasses,
  metadataOnUpdate: ['changes', 'whole'],
  validateCreate: validateAttributes,
  validateUpdate(object, old) {
    const errors: FieldError[] = []
    if (object.driverName !== old.driverName)
      errors.push(forbidden('driverName', 'updates to driverName are forbidden.'))
    if (!semanticEqual(object.parameters, old.parameters)) {
      errors.push(forbidden('parameters', 'updates to parameters are forbidden.'))
    }
    return [...errors, ...validateAttributes(object)]
  },
}

function validateAttributes({ driverName = '', parameters }: VolumeAttributesClass): FieldError[] {
  return [...validateProvisioner('driverName', driverName), ...validateParameters('parameters', parameters, false)]
}
