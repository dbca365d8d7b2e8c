/** The counts in a status of replicas must fit each other. Source: apps/v1 and the recorded messages. */
import type { FieldError } from '../../../api/errors.ts'
import { invalid, nonNegative } from '../validation/field.ts'

export interface ReplicaCounts {
  replicas?: number
  fullyLabeledReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  observedGeneration?: number
}

const fields = ['replicas', 'fullyLabeledReplicas', 'readyReplicas', 'availableReplicas', 'observedGeneration'] as const

export function validateReplicaStatus(path: string, status: ReplicaCounts | undefined): FieldError[] {
  const count = (field: (typeof fields)[number]) => status?.[field] ?? 0
  const errors = fields.flatMap((field) => nonNegative(`${path}.${field}`, count(field)))
  for (const field of ['fullyLabeledReplicas', 'readyReplicas', 'availableReplicas'] as const) {
    if (count(field) <= count('replicas')) continue
    errors.push(invalid(`${path}.${field}`, count(field), 'cannot be greater than status.replicas'))
  }
  if (count('availableReplicas') > count('readyReplicas')) {
    errors.push(
      invalid(`${path}.availableReplicas`, count('availableReplicas'), 'cannot be greater than readyReplicas'),
    )
  }
  return errors
}
