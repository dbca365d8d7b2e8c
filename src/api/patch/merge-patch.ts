/**
 * JSON merge patch (RFC 7386), content type `application/merge-patch+json`: null removes, objects merge, all else replaces.
 */
import { badRequest } from '../errors.ts'
import { assertDepth, isObject, type JsonObject, member, setMember } from './json-value.ts'

/**
 * A new object; parts the patch does not mention are shared with `document`, which is not changed.
 * Throws 400 when the patch is not an object or nested too deeply.
 */
export function applyMergePatch(document: unknown, patch: unknown): unknown {
  if (!isObject(patch)) throw badRequest('error decoding patch: a merge patch must be an object')
  assertDepth(patch)
  return merge(document, patch)
}

function merge(target: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: JsonObject = isObject(target) ? { ...target } : {}
  for (const key of Object.keys(patch)) {
    const value = patch[key]
    if (value === null) delete result[key]
    else setMember(result, key, merge(member(result, key), value))
  }
  return result
}
