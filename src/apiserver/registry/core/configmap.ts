/** ConfigMaps: keys that can be file names, 1 MiB in all. Source: https://kubernetes.io/docs/concepts/configuration/configmap/. */
import type { FieldError } from '../../../api/errors.ts'
import { isConfigMapKey } from '../../../api/names.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { ConfigMap } from '../../../api/types/core/v1.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { byteLength, forbidden, invalid, invalidEach, tooLong } from '../validation/field.ts'

export const dataBytesMax = 1024 * 1024
export const immutableWhenSet = 'field is immutable when `immutable` is set'

export const configMaps: Strategy<ConfigMap> = {
  resource: coreV1.configMaps,
  metadataOnUpdate: ['changes', 'whole'],
  validateCreate: validateConfigMap,
  validateUpdate(map, old) {
    const errors: FieldError[] = []
    if (old.immutable) {
      if (!map.immutable) errors.push(forbidden('immutable', immutableWhenSet))
      if (!semanticEqual(map.data, old.data)) errors.push(forbidden('data', immutableWhenSet))
      if (!semanticEqual(map.binaryData, old.binaryData)) errors.push(forbidden('binaryData', immutableWhenSet))
    }
    return [...errors, ...validateConfigMap(map)]
  },
}

function validateConfigMap(map: ConfigMap): FieldError[] {
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(map.data ?? {})) {
    errors.push(...invalidEach(`data[${key}]`, key, isConfigMapKey(key)))
    if (map.binaryData?.[key] !== undefined) {
      errors.push(invalid(`data[${key}]`, key, 'duplicate of key present in binaryData'))
    }
    bytes += byteLength(value)
  }
  for (const [key, value] of Object.entries(map.binaryData ?? {})) {
    errors.push(...invalidEach(`binaryData[${key}]`, key, isConfigMapKey(key)))
    bytes += base64Bytes(value)
  }
  if (bytes > dataBytesMax) errors.push(tooLong('', dataBytesMax))
  return errors
}

/** Length of what a base64 text holds. */
export function base64Bytes(text: string): number {
  return Buffer.byteLength(text, 'base64')
}
