/**
 * Fills in the defaults that stand in the schema. Only where the parent is present, as upstream does; defaults that
 * depend on other fields are not the schema's business.
 */
import type { StructNode, TypeNode } from '../schema/type-node.ts'

type Plain = Record<string, unknown>

interface Plan {
  defaults: { name: string; value: unknown }[]
  /** Fields below which a default may stand. */
  nested: { name: string; type: TypeNode }[]
}

const plans = new WeakMap<StructNode, Plan>()

/** Changes the object in place. */
export function applySchemaDefaults(type: TypeNode, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (type.kind === 'struct') defaultStruct(type, value as Plain)
  else if (type.kind === 'list') {
    if (Array.isArray(value) && hasDefaults(type.element))
      for (const item of value) applySchemaDefaults(type.element, item)
  } else if (type.kind === 'map' && hasDefaults(type.value)) {
    for (const item of Object.values(value)) applySchemaDefaults(type.value, item)
  }
}

function defaultStruct(type: StructNode, value: Plain): void {
  const plan = planOf(type)
  for (const each of plan.defaults) {
    if (value[each.name] === undefined) value[each.name] = structuredClone(each.value)
  }
  for (const each of plan.nested) applySchemaDefaults(each.type, value[each.name])
}

function planOf(type: StructNode): Plan {
  let plan = plans.get(type)
  if (!plan) {
    const fields = [...type.fields.values()]
    plan = {
      defaults: fields
        .filter((field) => field.default !== undefined)
        .map(({ name, default: value }) => ({ name, value })),
      nested: fields
        .filter((field) => hasDefaults(field.type))
        .map(({ name, type: nested }) => ({ name, type: nested })),
    }
    plans.set(type, plan)
  }
  return plan
}

const known = new WeakMap<StructNode, boolean>()

/** Whether a default stands in the type or anywhere below; a type that is being looked at counts as having none. */
function hasDefaults(type: TypeNode): boolean {
  if (type.kind === 'list') return hasDefaults(type.element)
  if (type.kind === 'map') return hasDefaults(type.value)
  if (type.kind === 'scalar') return false
  const answer = known.get(type)
  if (answer !== undefined) return answer
  known.set(type, false)
  const found = [...type.fields.values()].some((field) => field.default !== undefined || hasDefaults(field.type))
  known.set(type, found)
  return found
}
