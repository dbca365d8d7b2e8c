/** Types from our own schema, of built-in kinds. Fields are looked at when an expression first names them. */
import type { ScalarNode, StructNode, TypeNode } from '../../api/schema/type-node.ts'
import { escapeName } from './escape.ts'
import {
  boolType,
  bytesType,
  type CelType,
  doubleType,
  durationType,
  dynType,
  intType,
  listType,
  mapType,
  type ObjectField,
  type ObjectType,
  stringType,
  timestampType,
} from './types.ts'

const scalars: Readonly<Record<ScalarNode['scalar'], CelType>> = {
  string: stringType,
  bool: boolType,
  int32: intType,
  int64: intType,
  double: doubleType,
  bytes: bytesType,
  time: timestampType,
  microTime: timestampType,
  duration: durationType,
  quantity: dynType,
  intOrString: dynType,
  raw: dynType,
}

const declaredTypes = new WeakMap<StructNode, ObjectType>()

export function declareSchema(node: TypeNode): CelType {
  switch (node.kind) {
    case 'scalar':
      return scalars[node.scalar]
    case 'list':
      return listType(declareSchema(node.element))
    case 'map':
      return mapType(stringType, declareSchema(node.value))
    case 'struct':
      return declareStruct(node)
  }
}

/** A type that contains itself is declared once. */
function declareStruct(node: StructNode): ObjectType {
  const known = declaredTypes.get(node)
  if (known) return known
  const type: ObjectType = {
    kind: 'object',
    name: node.name,
    get fields() {
      const fields = fieldsOf(node)
      Object.defineProperty(type, 'fields', { value: fields, enumerable: true })
      return fields
    },
  }
  declaredTypes.set(node, type)
  return type
}

/** Both as written and escaped: policies see the object as it is in JSON. */
function fieldsOf(node: StructNode): ReadonlyMap<string, ObjectField> {
  const fields = new Map<string, ObjectField>()
  for (const [property, { type }] of node.fields) {
    const field = { type: declareSchema(type), property }
    fields.set(property, field)
    const identifier = escapeName(property)
    if (identifier !== undefined) fields.set(identifier, field)
  }
  return fields
}
