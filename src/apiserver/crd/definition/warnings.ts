/** What a definition's author is warned of: formats that nothing checks, sets of what cannot be merged. */
import type { CustomResourceDefinition, JSONSchemaProps } from '../../../api/types/apiextensions/v1.ts'
import { schemaOf } from '../schema/type.ts'
import { visitSchemas } from '../schema/visit.ts'
import { isKnownFormat } from '../value/formats.ts'

/** Only what the stored definition did not have. */
export function definitionWarnings(
  definition: CustomResourceDefinition,
  old: CustomResourceDefinition | undefined,
): string[] {
  const before = new Set(old ? warningsOf(old) : [])
  return warningsOf(definition).filter((warning) => !before.has(warning))
}

function warningsOf({ spec }: CustomResourceDefinition): string[] {
  const formats: string[] = []
  const sets = new Set<string>()
  for (const { schema } of spec.versions ?? []) {
    visitSchemas(schema?.openAPIV3Schema, (each) => {
      if (each.format && !isKnownFormat(each.type, each.format)) formats.push(each.format)
      const warning = setWarning(each)
      if (warning) sets.add(warning)
    })
  }
  return [...formats.map((format) => `unrecognized format ${JSON.stringify(format)}`), ...[...sets].sort()]
}

function setWarning(schema: JSONSchemaProps): string | undefined {
  const type = schemaOf(schema.items)?.type
  if (schema['x-kubernetes-list-type'] !== 'set' || (type !== 'object' && type !== 'array')) return undefined
  return `x-kubernetes-list-type: set for items of type ${JSON.stringify(type)} is not supported by server-side apply or CEL validation rules`
}
