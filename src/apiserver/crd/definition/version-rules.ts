/** Rules of a version's subresources, printer columns and selectable fields. */
import type { FieldError } from '../../../api/errors.ts'
import type {
  CustomResourceColumnDefinition,
  CustomResourceSubresources,
  JSONSchemaProps,
  SelectableField,
} from '../../../api/types/apiextensions/v1.ts'
import { duplicate, invalid, required, tooMany } from '../../registry/validation/field.ts'
import { FieldPathError, schemaAtPath } from '../schema/field-path.ts'

export function validateSubresources(subresources: CustomResourceSubresources | undefined, path: string): FieldError[] {
  const scale = subresources?.scale
  if (!scale) return []
  const { specReplicasPath = '', statusReplicasPath = '', labelSelectorPath } = scale
  const errors = [
    ...(specReplicasPath === ''
      ? [required(`${path}.scale.specReplicasPath`)]
      : pathErrors(`${path}.scale.specReplicasPath`, specReplicasPath, ['.spec.'], 'under .spec')),
    ...(statusReplicasPath === ''
      ? [required(`${path}.scale.statusReplicasPath`)]
      : pathErrors(`${path}.scale.statusReplicasPath`, statusReplicasPath, ['.status.'], 'under .status')),
  ]
  if (!labelSelectorPath) return errors
  const at = `${path}.scale.labelSelectorPath`
  const places = ['.spec.', '.status.']
  return [...errors, ...pathErrors(at, labelSelectorPath, places, 'under either .spec or .status')]
}

function pathErrors(path: string, text: string, prefixes: readonly string[], where: string): FieldError[] {
  const errors = simplePathErrors(path, text)
  if (errors.length > 0 || prefixes.some((prefix) => text.startsWith(prefix))) return errors
  return [invalid(path, text, `should be a json path ${where}`)]
}

function simplePathErrors(path: string, text: string): FieldError[] {
  return text.startsWith('.') ? [] : [invalid(path, text, 'must be a simple json path starting with .')]
}

const columnTypes = 'boolean,date,integer,number,string'
const columnFormats = 'byte,date,date-time,double,float,int32,int64,password'

export function validateColumns(
  columns: readonly CustomResourceColumnDefinition[] | undefined,
  path: string,
): FieldError[] {
  return (columns ?? []).flatMap((column, index) => columnErrors(column, `${path}[${index}]`))
}

function columnErrors(
  { name, type = '', format = '', jsonPath = '' }: CustomResourceColumnDefinition,
  path: string,
): FieldError[] {
  const errors = name ? [] : [required(`${path}.name`)]
  if (type === '') errors.push(required(`${path}.type`, `must be one of ${columnTypes}`))
  else if (!columnTypes.split(',').includes(type))
    errors.push(invalid(`${path}.type`, type, `must be one of ${columnTypes}`))
  if (format !== '' && !columnFormats.split(',').includes(format))
    errors.push(invalid(`${path}.format`, format, `must be one of ${columnFormats}`))
  if (jsonPath === '') return [...errors, required(`${path}.JSONPath`)]
  return [...errors, ...simplePathErrors(`${path}.JSONPath`, jsonPath)]
}

/** Source: upstream's MaxSelectableFields. */
const selectableFieldsMax = 8

export function validateSelectableFields(
  fields: readonly SelectableField[],
  schema: JSONSchemaProps,
  path: string,
): FieldError[] {
  const seen = new Set<string>()
  const errors = fields.flatMap(({ jsonPath = '' }, index) =>
    selectableErrors(jsonPath, schema, `${path}[${index}].jsonPath`, seen),
  )
  return seen.size > selectableFieldsMax ? [...errors, tooMany(path, seen.size, selectableFieldsMax)] : errors
}

function selectableErrors(text: string, schema: JSONSchemaProps, path: string, seen: Set<string>): FieldError[] {
  if (text === '') return [required(path)]
  try {
    const { names, schema: found } = schemaAtPath(text, schema, false)
    const errors: FieldError[] = []
    if (names[0] === 'metadata') errors.push(invalid(path, text, 'must not point to fields in metadata'))
    if (!['string', 'boolean', 'integer'].includes(found?.type ?? '')) {
      const why =
        'must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.'
      errors.push(invalid(path, text, why))
    }
    const key = names.join('.')
    if (seen.has(key)) errors.push(duplicate(path, text))
    seen.add(key)
    return errors
  } catch (error) {
    if (error instanceof FieldPathError) return [invalid(path, text, `is an invalid path: ${error.message}`)]
    throw error
  }
}
