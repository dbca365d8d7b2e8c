/**
 * Metadata of an object that another one describes (claims of volumes and of devices): labels and annotations, nothing
 * else. Source: `ValidateTemplateObjectMeta` of kubernetes `pkg/apis/core/validation`.
 */
import type { FieldError } from '../../../api/errors.ts'
import type { ObjectMeta } from '../../../api/types/meta/v1.ts'
import { forbidden } from './field.ts'
import { validateAnnotations, validateLabels } from './labels.ts'

/** In the order of upstream's type. */
const serverFields = [
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
  'ownerReferences',
  'finalizers',
  'managedFields',
] as const

export function validateTemplateMetadata(path: string, metadata: ObjectMeta | undefined): FieldError[] {
  const errors = [
    ...validateAnnotations(`${path}.annotations`, metadata?.annotations),
    ...validateLabels(`${path}.labels`, metadata?.labels),
  ]
  for (const field of serverFields) {
    if (metadata?.[field] === undefined) continue
    errors.push(forbidden(`${path}.${field === 'uid' ? 'uID' : field}`, 'cannot be set'))
  }
  return errors
}
