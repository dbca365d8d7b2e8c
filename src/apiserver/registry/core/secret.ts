/** Secrets: what each built-in type must hold. Source: https://kubernetes.io/docs/concepts/configuration/secret/#secret-types. */
import { defaultSecret } from '../../../api/defaults/core.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isConfigMapKey } from '../../../api/names.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { Secret } from '../../../api/types/core/v1.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, invalidEach, messages, required, tooLong } from '../validation/field.ts'
import { secretWarnings } from '../warnings/secret-warnings.ts'
import { base64Bytes, dataBytesMax, immutableWhenSet } from './configmap.ts'

const accountAnnotation = 'kubernetes.io/service-account.name'

export const secrets: Strategy<Secret> = {
  resource: coreV1.secrets,
  metadataOnUpdate: ['changes', 'whole'],
  default: defaultSecret,
  prepareForUpdate(secret, old) {
    // A client that names no type means the one there is.
    if (!secret.type && old.type) secret.type = old.type
  },
  warnings: secretWarnings,
  validateCreate: validateSecret,
  validateUpdate(secret, old) {
    const errors: FieldError[] = []
    if (secret.type !== old.type) errors.push(invalid('type', secret.type, messages.immutable))
    if (old.immutable) {
      if (!secret.immutable) errors.push(forbidden('immutable', immutableWhenSet))
      if (!semanticEqual(secret.data, old.data)) errors.push(forbidden('data', immutableWhenSet))
    }
    return [...errors, ...validateSecret(secret)]
  },
  selectableFields: { type: (secret) => secret.type ?? '' },
}

function validateSecret(secret: Secret): FieldError[] {
  const data = secret.data ?? {}
  const errors: FieldError[] = []
  let bytes = 0
  for (const [key, value] of Object.entries(data)) {
    errors.push(...invalidEach(`data[${key}]`, key, isConfigMapKey(key)))
    bytes += base64Bytes(value)
  }
  if (bytes > dataBytesMax) errors.push(tooLong('data', dataBytesMax))
  return [...errors, ...validateType(secret, data)]
}

function validateType(secret: Secret, data: Record<string, string>): FieldError[] {
  switch (secret.type) {
    case 'kubernetes.io/service-account-token':
      return secret.metadata.annotations?.[accountAnnotation]
        ? []
        : [required(`metadata.annotations[${accountAnnotation}]`)]
    case 'kubernetes.io/dockercfg':
      return jsonKey(data, '.dockercfg')
    case 'kubernetes.io/dockerconfigjson':
      return jsonKey(data, '.dockerconfigjson')
    case 'kubernetes.io/basic-auth':
      return 'username' in data || 'password' in data ? [] : [required('data[username]'), required('data[password]')]
    case 'kubernetes.io/ssh-auth':
      return data['ssh-privatekey'] ? [] : [required('data[ssh-privatekey]')]
    case 'kubernetes.io/tls':
      return ['tls.crt', 'tls.key'].filter((key) => !(key in data)).map((key) => required(`data[${key}]`))
    default:
      return []
  }
}

function jsonKey(data: Record<string, string>, key: string): FieldError[] {
  const encoded = data[key]
  if (encoded === undefined) return [required(`data[${key}]`)]
  const problem = jsonObjectProblem(Buffer.from(encoded, 'base64').toString())
  return problem ? [invalid(`data[${key}]`, '<secret contents redacted>', problem)] : []
}

function jsonObjectProblem(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return value === null || (typeof value === 'object' && !Array.isArray(value)) ? undefined : 'must be a JSON object'
  } catch {
    return text === '' ? 'unexpected end of JSON input' : 'must be valid JSON'
  }
}
