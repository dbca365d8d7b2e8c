/** What upstream's library says of a JSON patch that a policy or a webhook made and that does not fit the object. */
import { ApiError } from '../../../api/errors.ts'
import { applyJsonPatch, type JsonPatchOperation, unescapedToken } from '../../../api/patch/json-patch.ts'
import { isObject, member } from '../../../api/patch/json-value.ts'

/** Undefined when it is a `test` that does not hold: then nothing is to be changed. */
export function patchFailure(document: unknown, operations: readonly JsonPatchOperation[]): string | undefined {
  let before = document
  for (const operation of operations) {
    try {
      before = applyJsonPatch(before, [operation])
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      const { cause } = error
      return failureText(before, operation, cause instanceof Error ? cause.message : error.message)
    }
  }
  return undefined
}

const missing = 'missing value'

function failureText(document: unknown, operation: JsonPatchOperation, cause: string): string | undefined {
  const { op, path, from = '' } = operation
  if (typeof path !== 'string' || typeof from !== 'string') return cause
  const isPlaced = hasParent(document, path)
  switch (op) {
    case 'test':
      return isPlaced ? undefined : `test operation does not apply: is missing path: ${path}: ${missing}`
    case 'add':
      return isPlaced ? cause : `add operation does not apply: doc is missing path: "${path}": ${missing}`
    case 'remove':
      if (!isPlaced) return `remove operation does not apply: doc is missing path: "${path}": ${missing}`
      return `error in remove for path: '${path}': Unable to remove nonexistent key: ${keyOf(path)}: ${missing}`
    case 'replace':
      return `replace operation does not apply: doc is missing ${isPlaced ? 'key' : 'path'}: ${path}: ${missing}`
    case 'copy':
    case 'move': {
      const place = hasParent(document, from) ? (isPlaced ? undefined : 'destination path') : 'from path'
      const at = place === 'from path' ? from : path
      return place ? `${op} operation does not apply: doc is missing ${place}: ${at}: ${missing}` : cause
    }
  }
  return cause
}

function hasParent(document: unknown, path: string): boolean {
  let value = document
  for (const token of path.split('/').slice(1, -1)) {
    const name = unescapedToken(token)
    value = Array.isArray(value) ? value[Number(name)] : isObject(value) ? member(value, name) : undefined
  }
  return typeof value === 'object' && value !== null
}

function keyOf(path: string): string {
  return unescapedToken(path.slice(path.lastIndexOf('/') + 1))
}
