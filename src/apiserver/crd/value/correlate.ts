/**
 * Which part of the stored value a part of the new one takes the place of. Members of granular objects and items of
 * lists of type map have one; items of other lists have none, since their places do not name them.
 *
 * Source: https://kep.k8s.io/4008, apiserver's `cel/common` (CorrelatedObject).
 */
import { isObject, member } from '../../../api/patch/json-value.ts'
import type { JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { part } from '../../../platform/turn.ts'
import { schemaOf } from '../schema/type.ts'

export interface Old {
  value: unknown
}

export function correlatedMember(
  schema: JSONSchemaProps,
  path: string,
  name: string,
  old: Old | undefined,
): Old | undefined {
  if (!old || !isObject(old.value) || !Object.hasOwn(old.value, name)) return undefined
  if (schema['x-kubernetes-map-type'] === 'atomic') return undefined
  if (path === '' && (name === 'kind' || name === 'apiVersion')) return undefined
  return { value: member(old.value, name) }
}

/** Answers for an index; undefined when no item of this list has a counterpart. */
export function correlatedItems(
  schema: JSONSchemaProps,
  items: readonly unknown[],
  old: Old | undefined,
): ((index: number) => Old | undefined) | undefined {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old?.value)) return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const defaults = schemaOf(schema.items)?.properties ?? {}
  const held: readonly unknown[] = old.value
  const before = part(
    held.length * identityMicroseconds,
    () => new Map(held.map((item) => [identity(item, keys, defaults), item])),
  )
  return (index) => {
    const id = identity(items[index], keys, defaults)
    return before.has(id) ? { value: before.get(id) } : undefined
  }
}

const identityMicroseconds = 2

function identity(item: unknown, keys: readonly string[], properties: Record<string, JSONSchemaProps>): string {
  if (!isObject(item)) return ''
  return JSON.stringify(
    keys.map(
      (key) => member(item, key) ?? (Object.hasOwn(properties, key) ? properties[key]?.default : undefined) ?? null,
    ),
  )
}
