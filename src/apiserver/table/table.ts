/**
 * Server-side tables, `Accept: application/json;as=Table;v=v1;g=meta.k8s.io`: what `kubectl get` shows.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#receiving-resources-as-tables
 */
import { badRequest } from '../../api/errors.ts'
import { type KubeObject, metadataInOrder } from '../../api/meta.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { ListMeta } from '../../api/types/meta/v1.ts'
import { age, createdAt } from './cells.ts'
import type { RowCondition, RowPrinter } from './printer.ts'
import { podConditions } from './printers/pod.ts'
import { printerOf } from './printers.ts'

export interface TableColumn {
  name: string
  type: string
  /** Empty or a hint such as `name`, `date`. */
  format: string
  description?: string
  /** 0 is always shown, more only with `-o wide`. */
  priority: number
}

export interface TableRow {
  cells: unknown[]
  conditions?: RowCondition[]
  object: unknown
}

export interface Table {
  kind: 'Table'
  apiVersion: 'meta.k8s.io/v1' | 'meta.k8s.io/v1beta1'
  metadata: ListMeta
  /** Null in watch events after the first. */
  columnDefinitions: TableColumn[] | null
  rows: TableRow[]
}

export type IncludeObject = 'None' | 'Metadata' | 'Object'

export interface TableResource {
  group: string
  plural: string
  columns: readonly TableColumn[]
  /** Cells of one object, for resources without a built-in printer (custom resources' printer columns). */
  print?: RowPrinter
}

export interface TableOptions {
  nowMs: number
  /** Default Metadata. */
  includeObject?: IncludeObject
  /** Default v1. */
  version?: 'v1' | 'v1beta1'
  /** The list's, or the object's `resourceVersion`. */
  metadata?: ListMeta
  /** False for watch events after the first. Default true. */
  headers?: boolean
}

/** Objects need `apiVersion` and `kind` only when they are included whole. */
export function toTable(resource: TableResource, objects: readonly KubeObject[], options: TableOptions): Table {
  const { version = 'v1', headers = true, includeObject = 'Metadata', metadata = {}, nowMs } = options
  const apiVersion = `meta.k8s.io/${version}` as const
  const print = resource.print ?? printerOf(resource) ?? ((object: KubeObject) => genericCells(resource, object, nowMs))
  const rows = objects.map((object) => {
    const conditions = resource.group === '' && resource.plural === 'pods' ? podConditions(object as Pod) : undefined
    const shown = included(object, includeObject, apiVersion)
    const cells = print(object, nowMs)
    return conditions ? { cells, conditions, object: shown } : { cells, object: shown }
  })
  const columnDefinitions = headers ? resource.columns.map(definitionOf) : null
  return { kind: 'Table', apiVersion, metadata, columnDefinitions, rows }
}

/** Reads the query parameter. Throws 400 for other values. */
export function parseIncludeObject(value: string | undefined | null): IncludeObject {
  if (!value) return 'Metadata'
  if (value === 'None' || value === 'Metadata' || value === 'Object') return value
  throw badRequest(
    `Unable to convert to Table as requested: includeObject: Invalid value: ${JSON.stringify(value)}: must be 'Metadata', 'Object', 'None', or empty`,
  )
}

function included(object: KubeObject, includeObject: IncludeObject, apiVersion: string): unknown {
  if (includeObject === 'None') return null
  if (includeObject === 'Object') return object
  return { kind: 'PartialObjectMetadata', apiVersion, metadata: metadataInOrder(object.metadata) }
}

function definitionOf({ name, type, format, description, priority }: TableColumn): TableColumn {
  return { name, type, format, description: description ?? descriptionOf(name), priority }
}

const descriptions: Record<string, string> = {
  Name: 'Name must be unique within its namespace',
  Age: 'Time since the object was created',
  'Created At': 'When the object was created',
}

function descriptionOf(name: string): string {
  return descriptions[name] ?? ''
}

/** Without a printer only the name and the time of creation are known. */
function genericCells({ columns }: TableResource, object: KubeObject, nowMs: number): unknown[] {
  return columns.map(({ name, type, format }) => {
    if (format === 'name' || name === 'Name') return object.metadata.name
    return type === 'date' ? createdAt(object) : name === 'Age' ? age(object, nowMs) : ''
  })
}
