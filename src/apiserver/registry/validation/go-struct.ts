/**
 * Values as upstream shows them in messages where it prints its internal types: field names as in Go, absent fields with
 * their zero values, in the order of the type. Clients show these texts to people; `kubectl` matches none of them, but
 * recorded answers hold them word for word. The tables name each type's fields and what an absent one looks like.
 */
import type { ObjectMeta } from '../../../api/types/meta/v1.ts'
import { goStructTables } from './go-struct-tables.ts'

/** `kind` is a name of the tables. An absent value is `null`. */
export function goStruct(kind: string, value: unknown): unknown {
  if (value === undefined || value === null) return null
  const fields = fieldsOf(kind)
  const source = value as Record<string, unknown>
  const shown = Object.fromEntries(fields.map((field) => [field.name, render(field, source[field.json])]))
  return templates.has(kind) ? goTemplate(source, shown) : shown
}

/** Tables of what has metadata of its own beside its fields. */
const templates: ReadonlySet<string> = new Set(['ClaimTemplate', 'ResourceClaimTemplateSpec'])

const metadataFields = [
  'name',
  'generateName',
  'namespace',
  'selfLink',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const

/** A template: its metadata without a name of its own, then the rest as the tables have it. */
export function goTemplate(template: { metadata?: ObjectMeta }, rest: object): object {
  const { metadata = {} } = template
  const given = metadataFields.filter((field) => !isUnset(metadata[field]))
  return { ...Object.fromEntries(given.map((field) => [field, sortedMaps(metadata[field])])), ...rest }
}

function isUnset(value: unknown): boolean {
  if (value === undefined || value === null || value === '' || value === 0) return true
  return typeof value === 'object' && Object.keys(value).length === 0
}

interface GoField {
  name: string
  json: string
  /** `s n b`: string, number, boolean with a zero value; `*`: null when absent; else a table's name, `*` before it for a pointer, `[]` for a list. */
  shape: string
}

const parsed = new Map<string, GoField[]>()

function fieldsOf(kind: string): GoField[] {
  let fields = parsed.get(kind)
  if (!fields) {
    fields = (goStructTables[kind] ?? '').split(/\s+/).filter(Boolean).map(parseField)
    parsed.set(kind, fields)
  }
  return fields
}

/** `Name:shape` or `Name=json:shape`. */
function parseField(text: string): GoField {
  const [names = '', shape = '*'] = text.split(':')
  const [name = '', json] = names.split('=')
  return { name, json: json ?? jsonName(name), shape }
}

/** `HTTPGet` is `httpGet`, `HostIP` is `hostIP`. */
function jsonName(name: string): string {
  return name.replace(/^[A-Z]+(?=[A-Z][a-z])|^[A-Z]+$|^[A-Z]/, (head) => head.toLowerCase())
}

const zeros: Record<string, unknown> = { s: '', n: 0, b: false, '*': null }

function render({ shape }: GoField, value: unknown): unknown {
  if (shape in zeros) return sortedMaps(value ?? zeros[shape])
  if (shape.startsWith('[]')) {
    return Array.isArray(value) ? value.map((item) => goStruct(shape.slice(2), item)) : null
  }
  if (shape.startsWith('*')) return goStruct(shape.slice(1), value)
  return goStruct(shape, value ?? {})
}

/** Go prints maps by key; label selectors without what is empty. */
/** Maps by key and selectors with their labels first, as upstream writes them. */
export function sortedMaps(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  if (isLabelSelector(value)) return selectorParts(value)
  const entries = Object.entries(value).map(([key, item]) => [key, sortedMaps(item)] as const)
  const isMap = entries.every(([, item]) => typeof item === 'string')
  return Object.fromEntries(isMap ? entries.sort(([left], [right]) => (left < right ? -1 : 1)) : entries)
}

type Selector = { matchLabels?: Record<string, string>; matchExpressions?: Record<string, unknown>[] }

function isLabelSelector(value: object): value is Selector {
  const keys = Object.keys(value)
  return keys.length > 0 && keys.every((key) => key === 'matchLabels' || key === 'matchExpressions')
}

function selectorParts({ matchLabels, matchExpressions = [] }: Selector): object {
  const requirements = matchExpressions.map(({ key, operator, values }) => ({
    key,
    operator,
    ...(isUnset(values) ? {} : { values }),
  }))
  return {
    ...(isUnset(matchLabels) ? {} : { matchLabels: sortedMaps(matchLabels) }),
    ...(requirements.length > 0 ? { matchExpressions: requirements } : {}),
  }
}
