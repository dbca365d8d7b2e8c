/** Tables for the server's answers. */
import { type Table, type TableOptions, toTable } from './table.ts'

interface TableRequest {
  served: { resource: { group: string; plural: string }; columns: Parameters<typeof toTable>[0]['columns'] }
  objects: Parameters<typeof toTable>[1]
  includeObject: NonNullable<TableOptions['includeObject']>
  metadata: NonNullable<TableOptions['metadata']>
  nowMs: number
}

export const tableMaker = {
  table({ served, objects, ...options }: TableRequest): Table {
    const { group, plural } = served.resource
    return toTable({ group, plural, columns: served.columns }, objects, options)
  },
}
