/**
 * Rows of tables of custom resources, from the definition's printer columns.
 * Source: https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources/custom-resource-definitions/#additional-printer-columns
 */
import type { KubeObject } from '../../../api/meta.ts'
import type { CustomResourceColumnDefinition } from '../../../api/types/apiextensions/v1.ts'
import { since } from '../../table/cells.ts'
import type { RowPrinter } from '../../table/printer.ts'
import type { TableColumn } from '../../table/table.ts'
import { type JsonPath, JsonPathError, parseJsonPath } from '../json-path.ts'

const age: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: 'Time since the object was created',
  jsonPath: '.metadata.creationTimestamp',
}

export interface CustomTable {
  columns: readonly TableColumn[]
  print: RowPrinter
}

/** Name and Age where the definition gives no columns. */
export function customTable(given: readonly CustomResourceColumnDefinition[] | undefined): CustomTable {
  const definitions = given && given.length > 0 ? given : [age]
  const cells = definitions.map((definition) => ({ definition, path: pathOf(definition) }))
  return {
    columns: [nameColumn, ...definitions.map(columnOf)],
    print: (object: KubeObject, nowMs) => [
      object.metadata.name,
      ...cells.map(({ definition, path }) => cell(definition.type, path?.find(object)[0], nowMs)),
    ],
  }
}

const nameColumn: TableColumn = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within its namespace',
  priority: 0,
}

function columnOf({
  name,
  type,
  format,
  description,
  priority,
  jsonPath,
}: CustomResourceColumnDefinition): TableColumn {
  return {
    name,
    type,
    format: format ?? '',
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    priority: priority ?? 0,
  }
}

/** A path that cannot be read shows nothing. */
function pathOf({ jsonPath }: CustomResourceColumnDefinition): JsonPath | undefined {
  try {
    return parseJsonPath(jsonPath)
  } catch (error) {
    if (error instanceof JsonPathError) return undefined
    throw error
  }
}

/** Null where the value is not of the column's type. */
function cell(type: string, value: unknown, nowMs: number): unknown {
  if (value === undefined || value === null) return null
  switch (type) {
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? dateCell(value, nowMs) : null
    default:
      return typeof value === 'object' ? JSON.stringify(value) : String(value)
  }
}

function dateCell(value: string, nowMs: number): string {
  return Number.isNaN(Date.parse(value)) ? '<invalid>' : since(value, nowMs)
}
