/**
 * What a patch makes of a stored object, and how that is shown where it is no object of the kind: upstream's 422 quotes
 * the patched object, of a strategic patch the patch. Source: apiserver's `endpoints/handlers/patch.go`.
 */
import { encodeJson } from '../../api/codec/json.ts'
import { goJson } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { applyJsonPatch } from '../../api/patch/json-patch.ts'
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'
import { applyMergePatch } from '../../api/patch/merge-patch.ts'
import { applyStrategicPatch } from '../../api/patch/strategic.ts'
import { goText } from '../../api/patch/strategic-list.ts'
import { coreV1 } from '../../api/resources.ts'
import { limits } from '../../limits.ts'
import type { Served } from '../scheme/served.ts'

export type PatchFormat = 'json' | 'merge' | 'strategic' | 'apply'

interface Given {
  format: PatchFormat
  value: unknown
}

/** The stored object is not changed. Throws as the patches of `api/patch` do. */
export function patchedValue(live: unknown, { format, value }: Given, type: Served['type']): unknown {
  if (format === 'json') return applyJsonPatch(live, value)
  if (format === 'merge') return applyMergePatch(live, value)
  return applyStrategicPatch(live, kindless(value), type)
}

/** A strategic patch is one of its kind whatever it says of itself; none at all changes nothing. */
function kindless(value: unknown): unknown {
  if (value === null) return {}
  if (!isObject(value) || !('kind' in value || 'apiVersion' in value)) return value
  const { kind: _kind, apiVersion: _version, ...rest } = value
  return rest
}

/** What is long is cut short; of Secrets nothing is shown, since errors are recorded. */
export function patchedText({ resource, type }: Served, live: KubeObject, patch: Given): string {
  if (resource.group === '' && resource.plural === coreV1.secrets.plural) return '(a Secret)'
  const text = patch.format === 'strategic' ? goText(patch.value) : patchedJson(type, live, patch)
  return text.length <= limits.patchedTextLengthMax ? text : `${text.slice(0, limits.patchedTextLengthMax)}…`
}

function patchedJson(type: Served['type'], live: KubeObject, patch: Given): string {
  const before = JSON.parse(encodeJson(type, live)) as JsonObject
  const after = patchedValue(before, patch, type)
  return goJson(sortedWhereTouched(type.custom ? {} : { ...before }, after))
}

/**
 * Upstream takes apart only what a patch reaches into, and puts that together again by its keys' order. Custom resources
 * lie in that order anyway.
 */
function sortedWhereTouched(before: unknown, after: unknown): unknown {
  if (before === after) return after
  if (Array.isArray(after)) {
    const items: unknown[] = Array.isArray(before) ? before : []
    return after.map((item, index) => sortedWhereTouched(items[index], item))
  }
  if (!isObject(after)) return after
  const known = isObject(before) ? before : {}
  const members = Object.keys(after).sort()
  return Object.fromEntries(members.map((name) => [name, sortedWhereTouched(known[name], after[name])]))
}
