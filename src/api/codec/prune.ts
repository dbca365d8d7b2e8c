/**
 * The canonical form of a custom resource: members that its schema does not name are dropped and named, nulls that may
 * not stand are dropped, metadata (its own and that of embedded objects) is decoded. What does not fit its type stays as
 * it is: validation names it, with all other errors of the object.
 *
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#field-pruning
 */
import type { ListNode, MapNode, StructNode, TypeNode } from '../schema/type-node.ts'
import type { DecodeState } from './json-decode.ts'

type Plain = Record<string, unknown>

export interface Pruning {
  state: DecodeState
  /** Notes `unknown field "…"` below where the walk is. */
  noteUnknown(name: string): void
  /** Decodes a value of a built-in type: metadata. */
  decode(type: TypeNode, value: unknown): unknown
}

/** Changes the value in place. */
export function prune(type: TypeNode, value: unknown, pruning: Pruning): void {
  if (typeof value !== 'object' || value === null || type.kind === 'scalar') return
  if (type.kind === 'list') {
    if (Array.isArray(value)) pruneItems(type, value, pruning)
  } else if (Array.isArray(value)) return
  else if (type.kind === 'map') pruneMap(type, value as Plain, pruning)
  else pruneStruct(type, value as Plain, pruning)
}

function pruneStruct(type: StructNode, value: Plain, pruning: Pruning): void {
  const { path } = pruning.state
  for (const name of Object.keys(value)) {
    const field = type.fields.get(name)
    if (!field) {
      if (type.preserveUnknown) continue
      pruning.noteUnknown(name)
      delete value[name]
    } else if (value[name] === null && !field.nullable && field.default === undefined) {
      delete value[name]
    } else {
      path.push(field)
      if (isBuiltIn(field.type)) value[name] = pruning.decode(field.type, value[name]) ?? {}
      else prune(field.type, value[name], pruning)
      path.pop()
    }
  }
}

function isBuiltIn(type: TypeNode): boolean {
  return type.kind === 'struct' && !type.custom
}

function pruneItems({ element }: ListNode, items: unknown[], pruning: Pruning): void {
  if (element.kind === 'scalar') return
  const { path } = pruning.state
  for (let index = 0; index < items.length; index++) {
    path.push(index)
    prune(element, items[index], pruning)
    path.pop()
  }
}

function pruneMap(type: MapNode, value: Plain, pruning: Pruning): void {
  const { path } = pruning.state
  for (const key of Object.keys(value)) {
    if (value[key] === null) {
      if (!type.nullable && type.default === undefined && !isAnything(type.value)) delete value[key]
      continue
    }
    path.push({ key })
    prune(type.value, value[key], pruning)
    path.pop()
  }
}

/** Values whose schema says nothing: null is one of them. */
function isAnything(type: TypeNode): boolean {
  return type.kind === 'scalar' && type.scalar === 'raw'
}
