/** The type of JSON schemas, which stand in each other in ways that no field's type says (`alternative`). */
import { typeByName } from '../schema/registry.ts'
import type { StructNode } from '../schema/type-node.ts'

export function jsonSchemaType(): StructNode {
  return typeByName('apiextensions/v1.JSONSchemaProps')
}
