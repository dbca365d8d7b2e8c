/** Objects that an expression makes: `Object.spec{replicas: 3}`. */
import type { ObjectType } from './types.ts'
import { CelError, CelList, CelObject, type Value } from './values.ts'

export class MadeObject extends CelObject {
  readonly typeName: string
  readonly #type: ObjectType
  readonly #values: ReadonlyMap<string, Value>

  constructor(type: ObjectType, values: ReadonlyMap<string, Value>) {
    super()
    this.typeName = type.name
    this.#type = type
    this.#values = values
  }

  get size(): number {
    return this.#values.size
  }

  override get(field: string): Value | undefined {
    return this.#values.get(field) ?? (this.#type.fields.get(field)?.absent as Value | undefined)
  }

  override has(field: string): boolean {
    return this.#values.has(field)
  }

  override fields(): Iterable<string> {
    return this.#values.keys()
  }
}

/** Throws `CelError` when an object stands where the type's name says it can't. */
export function makeObject(type: ObjectType, values: ReadonlyMap<string, Value>): MadeObject {
  if (type.open) for (const [field, value] of values) requirePlace(`${type.name}.${field}`, value)
  return new MadeObject(type, values)
}

/** The type `Object.spec.template` is for what stands at `spec.template`. */
function requirePlace(place: string, value: Value): void {
  if (value instanceof CelList) for (const item of value) requirePlace(`${place}.item`, item)
  if (!(value instanceof MadeObject) || value.typeName === place || !value.typeName.startsWith('Object')) return
  throw new CelError(
    `unexpected type name ${JSON.stringify(value.typeName)}, expected ${JSON.stringify(place)}, which matches field name path from root Object type`,
  )
}
