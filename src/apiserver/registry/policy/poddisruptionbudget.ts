/** Disruption budgets. Source: https://kubernetes.io/docs/tasks/run-application/configure-pdb/. */
import type { FieldError } from '../../../api/errors.ts'
import { isPathSegmentName } from '../../../api/names.ts'
import { policyV1 } from '../../../api/resources.ts'
import type { PodDisruptionBudget } from '../../../api/types/policy/v1.ts'
import { notAboveHundredPercent, validateCountOrPercent } from '../apps/selector-template.ts'
import { keepSpec, keepStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { validateConditionList } from '../validation/conditions.ts'
import { invalid, nonNegative, optionalOneOf } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { validateLabelSelector } from '../validation/labels.ts'

const emptyStatus = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 }

export const podDisruptionBudgets: Strategy<PodDisruptionBudget> = {
  resource: policyV1.podDisruptionBudgets,
  metadataOnUpdate: [],
  anyFinalizers: true,
  validateName: isPathSegmentName,
  prepareForCreate(budget) {
    budget.metadata.generation = 1
    budget.status = { ...emptyStatus }
  },
  prepareForUpdate: keepStatus,
  validateCreate: validateBudget,
  validateUpdate: validateBudget,
  allowUnconditionalUpdate: false,
  status: { metadataOnUpdate: [], prepareForUpdate: keepSpec, validateUpdate: validateStatus },
}

function validateBudget({ spec }: PodDisruptionBudget): FieldError[] {
  const errors: FieldError[] = []
  if (spec?.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    const shown = goStruct('PodDisruptionBudgetSpec', spec)
    errors.push(invalid('spec', shown, 'minAvailable and maxUnavailable cannot be both set'))
  }
  for (const field of ['minAvailable', 'maxUnavailable'] as const) {
    errors.push(...validateCountOrPercent(`spec.${field}`, spec?.[field]))
    errors.push(...notAboveHundredPercent(`spec.${field}`, spec?.[field]))
  }
  errors.push(...validateLabelSelector('spec.selector', spec?.selector))
  const policies = ['AlwaysAllow', 'IfHealthyBudget']
  return [...errors, ...optionalOneOf('spec.unhealthyPodEvictionPolicy', spec?.unhealthyPodEvictionPolicy, policies)]
}

function validateStatus({ status }: PodDisruptionBudget): FieldError[] {
  const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'] as const
  return [
    ...validateConditionList('status.conditions', status?.conditions),
    ...counts.flatMap((field) => nonNegative(`status.${field}`, status?.[field])),
  ]
}
