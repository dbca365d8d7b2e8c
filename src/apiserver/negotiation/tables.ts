/** Joins the served resources to the table maker. */
import { toTable } from '../table/table.ts'
import type { TableMaker } from './represent.ts'

export const tables: TableMaker = {
  table({ served, objects, ...options }) {
    const { group, plural } = served.resource
    const { columns, print } = served
    const resource = { group, plural, columns, ...(print ? { print } : {}) }
    return toTable(resource, objects, options)
  },
}
