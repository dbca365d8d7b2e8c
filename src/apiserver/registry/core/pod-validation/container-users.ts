/** Whom a container's processes run as, as its runtime tells. Source: KEP-3619. */
import type { FieldError } from '../../../../api/errors.ts'
import type { PodStatus } from '../../../../api/types/core/v1.ts'
import { invalid } from '../../validation/field.ts'

const maxId = 2 ** 31 - 1

export function validateContainerUsers(status: PodStatus): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) {
    for (const [index, { user }] of (status[field] ?? []).entries()) {
      const path = `status.${field}[${index}].user.linux`
      errors.push(...validateId(`${path}.uid`, user?.linux?.uid), ...validateId(`${path}.gid`, user?.linux?.gid))
    }
  }
  return errors
}

function validateId(path: string, id = 0): FieldError[] {
  return id < 0 || id > maxId ? [invalid(path, id, `must be between 0 and ${maxId}, inclusive`)] : []
}
