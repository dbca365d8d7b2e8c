/**
 * How the fields of a type stand in protobuf, worked out once per type. Scalars that upstream holds by value are always
 * written, as its generated code does; pointers, lists and maps only when present.
 */
import type { FieldNode, StructNode, TypeNode } from '../schema/type-node.ts'

export interface FieldPlan {
  /** Empty for a message whose fields stand in the parent. */
  name: string
  number: number
  type: TypeNode
  container: 'none' | 'list' | 'map'
  /** Of lists and maps, else the type itself. */
  element: TypeNode
  /** Written when absent, as its zero value. */
  always: boolean
  /** A zero value that was read is no value: JSON would leave it out. */
  dropZero: boolean
}

export interface MessagePlan {
  /** Highest number first, as they are written. */
  fields: readonly FieldPlan[]
  byNumber: ReadonlyMap<number, FieldPlan>
}

const plans = new WeakMap<StructNode, MessagePlan>()

export function planOf(node: StructNode): MessagePlan {
  const known = plans.get(node)
  if (known) return known
  const fields: FieldPlan[] = []
  for (const field of node.fields.values()) {
    if (field.number > 0 && !field.isInlined) fields.push(fieldPlan(field))
  }
  for (const { number, node: inlined } of node.inlined ?? []) {
    fields.push({
      name: '',
      number,
      type: inlined,
      container: 'none',
      element: inlined,
      always: true,
      dropZero: false,
    })
  }
  fields.sort((left, right) => right.number - left.number)
  const plan = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) }
  plans.set(node, plan)
  return plan
}

function fieldPlan({ name, number, type, pointer, omit }: FieldNode): FieldPlan {
  const container = containerOf(type)
  const byValue = container === 'none' && !pointer && type.kind !== 'list'
  return {
    name,
    number,
    type,
    container,
    element: elementOf(type),
    always: byValue && !(type.kind === 'scalar' && type.scalar === 'bytes'),
    dropZero: byValue && (omit !== 'never' || type.kind === 'struct'),
  }
}

function containerOf(type: TypeNode): FieldPlan['container'] {
  if (type.kind === 'map') return 'map'
  return type.kind === 'list' && !type.wrapped ? 'list' : 'none'
}

function elementOf(type: TypeNode): TypeNode {
  if (type.kind === 'map') return type.value
  return type.kind === 'list' && !type.wrapped ? type.element : type
}
