/** Access reviews are questions, not objects: they have no name, labels or owners. Source: kubernetes `pkg/apis/authorization/validation`. */
import type { FieldError } from '../../api/errors.ts'
import type { ObjectMeta } from '../../api/types/meta/v1.ts'
import { invalid } from '../registry/validation/field.ts'

/** In the order in which upstream shows metadata. */
const shownFields = [
  'name',
  'generateName',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'labels',
  'annotations',
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const

/** The server's own notes may be there, and what `except` names. */
export function validateEmptyMetadata(metadata: ObjectMeta, except?: 'namespace'): FieldError[] {
  const given = shownFields.filter((field) => !isEmpty(metadata[field]))
  if (given.every((field) => field === 'managedFields' || field === except)) return []
  const shown = Object.fromEntries(given.map((field) => [field, metadata[field]]))
  return [invalid('metadata', shown, `must be empty${except ? ` except for ${except}` : ''}`)]
}

function isEmpty(value: unknown): boolean {
  if (value === undefined || value === '' || value === 0) return true
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0
}
