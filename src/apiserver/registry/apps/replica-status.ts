/** The counts in a status of replicas must fit each other. Source: apps/v1 and the recorded messages. */
import type { FieldError } from '../../../api/errors.ts'
import { invalid, nonNegative } from '../validation/field.ts'

export interface ReplicaCounts {
  replicas?: number
  fullyLabeledReplicas?: number
  updatedReplicas?: number
  readyReplicas?: number
  availableReplicas?: number
  observedGeneration?: number
  unavailableReplicas?: number
  terminatingReplicas?: number
  collisionCount?: number
}

const fields = [
  'observedGeneration',
  'replicas',
  'fullyLabeledReplicas',
  'updatedReplicas',
  'readyReplicas',
  'availableReplicas',
  'unavailableReplicas',
  'terminatingReplicas',
  'collisionCount',
] as const

/** `part` names the replicas that owners of this kind tell from the others: none of the parts is more than the whole. */
export function validateReplicaStatus(
  path: string,
  status: ReplicaCounts | undefined,
  part: 'fullyLabeledReplicas' | 'updatedReplicas' = 'fullyLabeledReplicas',
): FieldError[] {
  const count = (field: (typeof fields)[number]) => status?.[field] ?? 0
  const errors = fields.flatMap((field) => nonNegative(`${path}.${field}`, count(field)))
  for (const field of [part, 'readyReplicas', 'availableReplicas'] as const) {
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

/** The count of hash collisions only grows, once there is one. */
export function validateCollisions(path: string, now: number | undefined, old: number | undefined): FieldError[] {
  if (old === undefined || (now ?? 0) >= old) return []
  return [invalid(`${path}.collisionCount`, now ?? 0, 'cannot be decremented')]
}
