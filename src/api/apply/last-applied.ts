/**
 * Getting along with client-side `kubectl apply`, whose record is the annotation `last-applied-configuration`. Only the
 * manager "kubectl" (kubectl's own server-side apply) is treated so: what client-side apply had set and nobody changed
 * since is no conflict for it, and the annotation follows what it applies.
 * Source: https://kubernetes.io/docs/reference/using-api/server-side-apply/#upgrading-from-client-side-apply-to-server-side-apply
 */
import { parseExactly } from '../codec/exact-json.ts'
import { isObject, type JsonObject } from '../patch/json-value.ts'
import { compareTyped } from './compare.ts'
import type { ApplyContext } from './context.ts'
import { FieldSet } from './field-set.ts'
import { ElementError, fieldSetOf } from './typed-value.ts'
import { validateTyped } from './validate.ts'

export const lastAppliedAnnotation = 'kubectl.kubernetes.io/last-applied-configuration'
const annotationsBytesMax = 256 * 1024

/** The fields that client-side apply set and that still have its values. Empty without a readable annotation. */
export function fieldsLastApplied(context: ApplyContext, live: JsonObject): FieldSet {
  const config = lastApplied(live)
  if (!config || config.apiVersion !== context.apiVersion || config.kind !== context.kind) return new FieldSet()
  if (validateTyped(context.type, config).length > 0) return new FieldSet()
  try {
    const { modified, added, removed } = compareTyped(context.type, config, live)
    return fieldSetOf(context.type, config).difference(modified).difference(added).difference(removed)
  } catch (error) {
    if (error instanceof ElementError) return new FieldSet()
    throw error
  }
}

/** The object with the annotation renewed from the applied configuration, where it had the annotation. */
export function withLastApplied(object: JsonObject, config: JsonObject): JsonObject {
  const { metadata } = object
  if (!isObject(metadata) || !isObject(metadata.annotations)) return object
  const annotations = metadata.annotations
  if (!Object.hasOwn(annotations, lastAppliedAnnotation)) return object
  const text = `${sortedJson(withoutAnnotation(config))}\n`
  const { [lastAppliedAnnotation]: _, ...others } = annotations
  const bytes = JSON.stringify(others).length + lastAppliedAnnotation.length + text.length
  const renewed = bytes > annotationsBytesMax ? others : { ...annotations, [lastAppliedAnnotation]: text }
  return { ...object, metadata: { ...metadata, annotations: renewed } }
}

function lastApplied(live: JsonObject): JsonObject | undefined {
  const annotations = isObject(live.metadata) ? live.metadata.annotations : undefined
  const text = isObject(annotations) ? annotations[lastAppliedAnnotation] : undefined
  if (typeof text !== 'string' || text === '') return undefined
  try {
    const config: unknown = parseExactly(text)
    return isObject(config) ? config : undefined
  } catch {
    return undefined
  }
}

function withoutAnnotation(config: JsonObject): JsonObject {
  if (!isObject(config.metadata) || !isObject(config.metadata.annotations)) return config
  const { [lastAppliedAnnotation]: _, ...annotations } = config.metadata.annotations
  return { ...config, metadata: { ...config.metadata, annotations } }
}

function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_, item: unknown) =>
    isObject(item) ? Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1))) : item,
  )
}
