/** Every schema within a schema. */
import type { CustomResourceDefinitionSpec, JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'

/** The schema itself first; stops a branch never. */
export function visitSchemas(schema: JSONSchemaProps | undefined, visit: (schema: JSONSchemaProps) => void): void {
  if (!schema) return
  visit(schema)
  for (const below of schemasBelow(schema)) visitSchemas(below, visit)
}

export function someSchema(schema: JSONSchemaProps | undefined, holds: (schema: JSONSchemaProps) => boolean): boolean {
  if (!schema) return false
  return holds(schema) || schemasBelow(schema).some((below) => someSchema(below, holds))
}

function schemasBelow(schema: JSONSchemaProps): JSONSchemaProps[] {
  const { items, not, additionalProperties, additionalItems, dependencies } = schema
  const lists = [schema.allOf, schema.anyOf, schema.oneOf, Array.isArray(items) ? items : [items, not]]
  const maps = [schema.properties, schema.patternProperties, schema.definitions, dependencies]
  const candidates = [
    ...lists.flatMap((list) => list ?? []),
    ...maps.flatMap((map) => Object.values(map ?? {})),
    additionalProperties,
    additionalItems,
  ]
  return candidates.filter(
    (each): each is JSONSchemaProps => typeof each === 'object' && each !== null && !Array.isArray(each),
  )
}

/** The schemas of a definition's versions. */
export function schemasOf({ versions }: CustomResourceDefinitionSpec): JSONSchemaProps[] {
  return (versions ?? []).map(({ schema }) => schema?.openAPIV3Schema).filter((schema) => schema !== undefined)
}
