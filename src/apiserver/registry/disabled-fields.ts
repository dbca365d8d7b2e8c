/**
 * Fields whose feature gate is closed (`gate=` in the schema) are dropped from what clients send, unless the stored object
 * has one of the gate's fields already: what was accepted once stays changeable. Nobody is told, as upstream tells nobody.
 *
 * Source: `DropDisabledFields` and its kin in kubernetes `pkg/api` and `pkg/registry`.
 */
import type { KubeObject } from '../../api/meta.ts'
import type { FieldGate } from '../../api/schema/schema.ts'
import type { StructNode, TypeNode } from '../../api/schema/type-node.ts'
import type { Gates } from '../scheme/feature-gates.ts'

/** Drops in place. */
export type DropDisabled = (object: KubeObject, old: KubeObject | undefined) => void

export function dropDisabledFields(type: StructNode, gates: Gates): DropDisabled {
  const closed = closedFields(type, gates, new Set())
  if (!closed) return () => {}
  return (object, old) => {
    const found = new Set<string>()
    visit(closed, object, ({ name }) => found.add(name) && 'keep')
    if (found.size === 0) return
    const inUse = new Set<string>()
    if (old) visit(closed, old, ({ name }) => inUse.add(name) && 'keep')
    visit(closed, object, ({ name }) => (inUse.has(name) ? 'keep' : 'drop'))
  }
}

/** The way to closed fields: by field, by item or by map value. */
type Closed =
  | { kind: 'items'; element: Closed }
  | { kind: 'values'; value: Closed }
  | { kind: 'fields'; closed: ReadonlyMap<string, FieldGate>; below: ReadonlyMap<string, Below> }

interface Below {
  way: Closed
  dropEmpty: boolean
}

/** Types that upstream drops together with the last field in them. */
const notEmpty: ReadonlySet<string> = new Set(['core/v1.Lifecycle'])

function closedFields(type: TypeNode, gates: Gates, around: Set<StructNode>): Closed | undefined {
  if (type.kind === 'list')
    return wrap(closedFields(type.element, gates, around), (element) => ({ kind: 'items', element }))
  if (type.kind === 'map') return wrap(closedFields(type.value, gates, around), (value) => ({ kind: 'values', value }))
  if (type.kind === 'scalar' || around.has(type)) return undefined
  around.add(type)
  const closed = new Map<string, FieldGate>()
  const below = new Map<string, Below>()
  for (const { name, gate, type: fieldType } of type.fields.values()) {
    if (gate && gates.get(gate.name) === false) closed.set(name, gate)
    else {
      const way = closedFields(fieldType, gates, around)
      const dropEmpty = fieldType.kind === 'struct' && notEmpty.has(fieldType.name)
      if (way) below.set(name, { way, dropEmpty })
    }
  }
  around.delete(type)
  return closed.size + below.size === 0 ? undefined : { kind: 'fields', closed, below }
}

function wrap(way: Closed | undefined, around: (way: Closed) => Closed): Closed | undefined {
  return way && around(way)
}

type Decide = (gate: FieldGate) => 'keep' | 'drop'

/** Asks about every closed field that is set. */
function visit(way: Closed, value: unknown, decide: Decide): void {
  if (typeof value !== 'object' || value === null) return
  if (way.kind === 'items') {
    if (Array.isArray(value)) for (const item of value) visit(way.element, item, decide)
    return
  }
  const members = value as Record<string, unknown>
  if (way.kind === 'values') {
    for (const member of Object.values(members)) visit(way.value, member, decide)
    return
  }
  for (const [name, gate] of way.closed) {
    if (members[name] === undefined || members[name] === gate.except) continue
    if (decide(gate) === 'drop') delete members[name]
  }
  for (const [name, { way: next, dropEmpty }] of way.below) {
    const member = members[name]
    if (member === undefined) continue
    const wasEmpty = dropEmpty && Object.keys(member as object).length === 0
    visit(next, member, decide)
    if (dropEmpty && !wasEmpty && Object.keys(member as object).length === 0) delete members[name]
  }
}
