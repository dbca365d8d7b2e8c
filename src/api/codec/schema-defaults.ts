/**
 * Fills in the defaults that stand in the schema. Only where the parent is present, as upstream does; defaults that
 * depend on other fields are not the schema's business.
 */
import { setMember } from '../patch/json-value.ts'
import type { StructNode, TypeNode } from '../schema/type-node.ts'

type Plain = Record<string, unknown>

interface Plan {
  defaults: { name: string; value: unknown; replacesNull: boolean }[]
  /** Fields below which a default may stand. */
  nested: { name: string; type: TypeNode }[]
}

const plans = new WeakMap<StructNode, Plan>()

/** Changes the object in place. */
export function applySchemaDefaults(type: TypeNode, value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if (type.kind === 'struct') defaultStruct(type, value as Plain)
  else if (type.kind === 'list') {
    if (!Array.isArray(value)) return
    if (type.default !== undefined && !type.nullable) replaceNulls(value as unknown as Plain, type.default)
    if (hasDefaults(type.element)) for (const item of value) applySchemaDefaults(type.element, item)
  } else if (type.kind === 'map') {
    if (type.default !== undefined && !type.nullable) replaceNulls(value as Plain, type.default)
    if (hasDefaults(type.value)) for (const item of Object.values(value)) applySchemaDefaults(type.value, item)
  }
}

/** Of a list (by index) or a map. */
function replaceNulls(values: Plain, by: unknown): void {
  for (const key of Object.keys(values)) if (values[key] === null) setMember(values, key, structuredClone(by))
}

function defaultStruct(type: StructNode, value: Plain): void {
  if (Array.isArray(value)) return
  const plan = planOf(type)
  for (const { name, value: standard, replacesNull } of plan.defaults) {
    const given = Object.hasOwn(value, name) ? value[name] : undefined
    if (given === undefined || (given === null && replacesNull)) setMember(value, name, structuredClone(standard))
  }
  for (const each of plan.nested) if (Object.hasOwn(value, each.name)) applySchemaDefaults(each.type, value[each.name])
}

function planOf(type: StructNode): Plan {
  let plan = plans.get(type)
  if (!plan) {
    const fields = [...type.fields.values()]
    plan = {
      defaults: fields
        .filter((field) => field.default !== undefined)
        .map(({ name, default: value, nullable }) => ({
          name,
          value,
          replacesNull: (type.custom ?? false) && !nullable,
        })),
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
  if (type.kind === 'list') return type.default !== undefined || hasDefaults(type.element)
  if (type.kind === 'map') return type.default !== undefined || hasDefaults(type.value)
  if (type.kind === 'scalar') return false
  const answer = known.get(type)
  if (answer !== undefined) return answer
  known.set(type, false)
  const found = [...type.fields.values()].some((field) => field.default !== undefined || hasDefaults(field.type))
  known.set(type, found)
  return found
}
