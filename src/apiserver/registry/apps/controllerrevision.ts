/** Controller revisions: immutable records of templates. Source: apps/v1 ControllerRevision. */
import type { FieldError } from '../../../api/errors.ts'
import { appsV1 } from '../../../api/resources.ts'
import type { ControllerRevision } from '../../../api/types/apps/v1.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, messages, nonNegative, required } from '../validation/field.ts'

export const controllerRevisions: Strategy<ControllerRevision> = {
  resource: appsV1.controllerRevisions,
  metadataOnUpdate: ['changes', 'whole'],
  validateCreate: validateRevision,
  validateUpdate(revision, old) {
    if (semanticEqual(revision.data, old.data)) return validateRevision(revision)
    const errors = revision.data === undefined ? [] : validateRevision(revision)
    return [...errors, invalid('data', revision.data ?? null, messages.immutable)]
  },
}

function validateRevision(revision: ControllerRevision): FieldError[] {
  const { data } = revision
  const errors = data === undefined ? [required('data', 'data is mandatory')] : []
  if (data !== undefined && (typeof data !== 'object' || data === null || Array.isArray(data))) {
    errors.push(required('data', 'data must be a valid JSON object'))
  }
  return [...errors, ...nonNegative('revision', revision.revision)]
}
