/** Which objects of a collection a list, watch or deletecollection means: label and field selectors as one predicate. */
import { badRequest } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import {
  exactFieldValue,
  type FieldRequirements,
  matchesFields,
  parseFieldSelector,
} from '../../api/selectors/field.ts'
import { labelSelectorParameter, matchesLabels, SelectorError } from '../../api/selectors/label.ts'
import type { Stored } from '../cache/stored.ts'
import type { Served } from '../scheme/served.ts'

export interface Selection {
  /** Undefined when everything is selected. */
  matches: ((stored: Stored) => boolean) | undefined
  /** The one name that a `metadata.name=x` selector allows. */
  name: string | undefined
}

/** Throws a 400 with upstream's text when a selector can't be read or names a field that the resource does not offer. */
export function selectionOf(served: Served, query: { labelSelector: string; fieldSelector: string }): Selection {
  const labels = query.labelSelector === '' ? [] : labelSelectorParameter(query.labelSelector)
  const fields = fieldRequirements(query.fieldSelector)
  for (const { field } of fields) requireSelectable(served, field)
  if (labels.length === 0 && fields.length === 0) return { matches: undefined, name: undefined }
  const fieldsOf = rememberedFields(served)
  return {
    matches: (stored) => {
      const selectable = (served.seen?.(stored) ?? stored).selectable(fieldsOf)
      return (
        matchesFields(fields, (field) => selectable.fields[field] ?? '') && matchesLabels(labels, selectable.labels)
      )
    },
    name: exactFieldValue(fields, 'metadata.name'),
  }
}

const remembered = new WeakMap<Served['strategy'], ReturnType<typeof selectableFieldsOf>>()

/** The same function each time, by which stored objects remember what it found. */
function rememberedFields(served: Served): ReturnType<typeof selectableFieldsOf> {
  let fieldsOf = remembered.get(served.strategy)
  if (!fieldsOf) {
    fieldsOf = selectableFieldsOf(served)
    remembered.set(served.strategy, fieldsOf)
  }
  return fieldsOf
}

/** What a stored object offers to field selectors. */
export function selectableFieldsOf(served: Served): (object: KubeObject) => Record<string, string> {
  const own = Object.entries(served.strategy.selectableFields ?? {})
  return (object) => {
    const fields: Record<string, string> = { 'metadata.name': object.metadata.name ?? '' }
    if (served.resource.namespaced) fields['metadata.namespace'] = object.metadata.namespace ?? ''
    for (const [name, value] of own) fields[name] = value(object)
    return fields
  }
}

function fieldRequirements(text: string): FieldRequirements {
  try {
    return parseFieldSelector(text)
  } catch (error) {
    if (error instanceof SelectorError) throw badRequest(error.message)
    throw error
  }
}

/** Kinds that offer fields of their own word the refusal differently, and know no namespace where they are in none. */
function requireSelectable({ strategy, custom, resource }: Served, field: string): void {
  const own = strategy.selectableFields
  if (field === 'metadata.name') return
  if (field === 'metadata.namespace' ? resource.namespaced || !own || custom : own && Object.hasOwn(own, field)) return
  if (!own && !custom) {
    throw badRequest(`"${field}" is not a known field selector: only "metadata.name", "metadata.namespace"`)
  }
  const { group, version, kind } = resource
  if (kind === 'Job' && group === 'batch') throw badRequest(`field label "${field}" not supported for Job`)
  const where = kind === 'ResourceSlice' ? ` for ${group}/${version}, Kind=${kind}` : ''
  throw badRequest(`field label not supported${where}: ${field}`)
}
