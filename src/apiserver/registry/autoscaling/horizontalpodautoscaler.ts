/**
 * Horizontal pod autoscalers, in their v2 form: v1 objects are converted before they come here.
 * Source: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/.
 */
import { defaultHorizontalPodAutoscaler } from '../../../api/defaults/autoscaling.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isPathSegmentName } from '../../../api/names.ts'
import { autoscalingV2 } from '../../../api/resources.ts'
import type {
  CrossVersionObjectReference,
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HPAScalingRules,
} from '../../../api/types/autoscaling/v2.ts'
import { defaultGates } from '../../scheme/feature-gates.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { forbidden, invalid, invalidEach, nonNegative, notSupported, required } from '../validation/field.ts'
import { nonNegativeQuantity } from '../validation/resources.ts'
import { validateMetrics } from './metrics.ts'

const limits = { stabilizationSeconds: 3600, periodSeconds: 1800 }
const policyTypes = ['Percent', 'Pods']
const selectPolicies = ['Disabled', 'Max', 'Min']

export const horizontalPodAutoscalers: Strategy<HorizontalPodAutoscaler> = {
  resource: autoscalingV2.horizontalPodAutoscalers,
  default: defaultHorizontalPodAutoscaler,
  prepareForCreate(autoscaler) {
    autoscaler.status = { desiredReplicas: 0 }
  },
  prepareForUpdate(autoscaler, old) {
    autoscaler.status = old.status ?? { desiredReplicas: 0 }
  },
  validateCreate: validateAutoscaler,
  validateUpdate: (autoscaler, old, context) => validateAutoscaler(autoscaler, context, old),
  status: {
    prepareForUpdate(autoscaler, old) {
      if (old.spec) autoscaler.spec = old.spec
    },
    validateUpdate: ({ status }) => [
      ...nonNegative('status.currentReplicas', status?.currentReplicas),
      ...nonNegative('status.desiredReplicas', status?.desiredReplicas),
    ],
  },
}

/** To zero with the gate HPAScaleToZero open, or where it may go there already. */
function validateAutoscaler(
  { spec }: HorizontalPodAutoscaler,
  { gates = defaultGates }: ValidationContext = {},
  old?: HorizontalPodAutoscaler,
): FieldError[] {
  const fewest = gates.get('HPAScaleToZero') || old?.spec?.minReplicas === 0 ? 0 : 1
  const { minReplicas, maxReplicas = 0, metrics = [], behavior, scaleTargetRef } = spec ?? {}
  const errors: FieldError[] = []
  if (minReplicas !== undefined && minReplicas < fewest) {
    errors.push(invalid('spec.minReplicas', minReplicas, `must be greater than or equal to ${fewest}`))
  }
  if (maxReplicas === 0) errors.push(required('spec.maxReplicas', 'must be set and greater than 0'))
  else if (maxReplicas < 1) errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to 1'))
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    errors.push(invalid('spec.maxReplicas', maxReplicas, 'must be greater than or equal to `minReplicas`'))
  }
  errors.push(...validateTarget('spec.scaleTargetRef', scaleTargetRef ?? { kind: '', name: '' }))
  errors.push(...validateMetrics('spec.metrics', metrics))
  if (minReplicas === 0 && !metrics.some(({ type }) => type === 'Object' || type === 'External')) {
    errors.push(
      forbidden(
        'spec.metrics',
        'must specify at least one Object or External metric to support scaling to zero replicas',
      ),
    )
  }
  return behavior ? [...errors, ...validateBehavior('spec.behavior', behavior)] : errors
}

export function validateTarget(path: string, reference: CrossVersionObjectReference): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['kind', 'name'] as const) {
    const value = reference[field] ?? ''
    if (value === '') errors.push(required(`${path}.${field}`))
    else errors.push(...invalidEach(`${path}.${field}`, value, isPathSegmentName(value)))
  }
  const apiVersion = reference.apiVersion ?? ''
  if (groupIsMissing(apiVersion, reference.kind ?? '')) {
    errors.push(invalid(`${path}.apiVersion`, apiVersion, 'apiVersion must specify API group'))
  }
  return errors
}

/** Only ReplicationControllers and metrics' own objects live in the core group. */
function groupIsMissing(apiVersion: string, kind: string): boolean {
  if (apiVersion.split('/').length > 2) return true
  return !apiVersion.includes('/') && kind !== 'ReplicationController'
}

function validateBehavior(path: string, behavior: HorizontalPodAutoscalerBehavior): FieldError[] {
  return [
    ...validateRules(`${path}.scaleUp`, behavior.scaleUp),
    ...validateRules(`${path}.scaleDown`, behavior.scaleDown),
  ]
}

function validateRules(path: string, rules: HPAScalingRules | undefined): FieldError[] {
  if (!rules) return []
  const { stabilizationWindowSeconds: seconds, selectPolicy, policies = [], tolerance } = rules
  const at = `${path}.stabilizationWindowSeconds`
  const errors: FieldError[] = []
  if (seconds !== undefined && seconds < 0) errors.push(invalid(at, seconds, 'must be greater than or equal to zero'))
  if (seconds !== undefined && seconds > limits.stabilizationSeconds) {
    errors.push(invalid(at, seconds, `must be less than or equal to ${limits.stabilizationSeconds}`))
  }
  if (tolerance !== undefined) errors.push(...nonNegativeQuantity(`${path}.tolerance`, tolerance))
  if (selectPolicy !== undefined && !selectPolicies.includes(selectPolicy)) {
    errors.push(notSupported(`${path}.selectPolicy`, selectPolicy, selectPolicies))
  }
  if (policies.length === 0) return [...errors, required(`${path}.policies`, 'must specify at least one Policy')]
  for (const [index, { type = '', value = 0, periodSeconds = 0 }] of policies.entries()) {
    const where = `${path}.policies[${index}]`
    if (!policyTypes.includes(type)) errors.push(notSupported(`${where}.type`, type, policyTypes))
    if (value <= 0) errors.push(invalid(`${where}.value`, value, 'must be greater than zero'))
    if (periodSeconds <= 0) errors.push(invalid(`${where}.periodSeconds`, periodSeconds, 'must be greater than zero'))
    if (periodSeconds > limits.periodSeconds) {
      errors.push(
        invalid(`${where}.periodSeconds`, periodSeconds, `must be less than or equal to ${limits.periodSeconds}`),
      )
    }
  }
  return errors
}
