/** Conditions of a definition as its controllers set them. Source: apiextensions-apiserver's `apihelpers`. */
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
} from '../../../api/types/apiextensions/v1.ts'
import { rfc3339 } from '../../../platform/clock.ts'

export type ConditionType =
  | 'NamesAccepted'
  | 'Established'
  | 'NonStructuralSchema'
  | 'KubernetesAPIApprovalPolicyConformant'
  | 'Terminating'

export interface NewCondition {
  type: ConditionType
  status: 'True' | 'False' | 'Unknown'
  reason: string
  message: string
}

export function isTrue({ status }: CustomResourceDefinition, type: ConditionType): boolean {
  return status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false
}

/** The list with the condition in its place, or at the end; the same list when nothing changes. */
export function withCondition(
  conditions: readonly CustomResourceDefinitionCondition[],
  next: NewCondition,
  nowMs: number,
): readonly CustomResourceDefinitionCondition[] {
  const index = conditions.findIndex(({ type }) => type === next.type)
  const old = conditions[index]
  if (!old) return [...conditions, { ...next, lastTransitionTime: rfc3339(nowMs) }]
  if (old.status === next.status && old.reason === next.reason && old.message === next.message) return conditions
  const since = old.status === next.status ? old.lastTransitionTime : undefined
  return conditions.with(index, { ...next, lastTransitionTime: since ?? rfc3339(nowMs) })
}
