/** Which objects a selection is about, judged by the objects themselves and not by what the server thinks of them. */
import type { KubeObject } from '../../api/meta.ts'
import { matchesFields, parseFieldSelector } from '../../api/selectors/field.ts'
import { matchesLabels, parseLabelSelector } from '../../api/selectors/label.ts'

export interface Selection {
  labelSelector?: string
  fieldSelector?: string
}

/** Undefined selectors select everything. */
export function selects({ labelSelector = '', fieldSelector = '' }: Selection): (object: KubeObject) => boolean {
  const labels = labelSelector === '' ? undefined : parseLabelSelector(labelSelector)
  const fields = fieldSelector === '' ? undefined : parseFieldSelector(fieldSelector)
  return (object) =>
    (!labels || matchesLabels(labels, object.metadata.labels)) &&
    (!fields || matchesFields(fields, (field) => valueAt(object, field)))
}

function valueAt(object: unknown, field: string): string {
  let value: unknown = object
  for (const name of field.split('.')) value = (value as Record<string, unknown> | undefined)?.[name]
  return value === undefined ? '' : String(value)
}
