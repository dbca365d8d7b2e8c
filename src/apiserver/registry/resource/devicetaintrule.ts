/** Taints put on devices from outside their driver, and questions about pools of devices. Source: KEP-5055, KEP-5677. */
import type { FieldError } from '../../../api/errors.ts'
import { resourceV1alpha3, resourceV1beta2 } from '../../../api/resources.ts'
import type { ResourcePoolStatusRequest } from '../../../api/types/resource/v1alpha3.ts'
import type { DeviceTaintRule, DeviceTaintSelector } from '../../../api/types/resource/v1beta2.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import { keepSpec, keepStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { inRange, invalid, messages } from '../validation/field.ts'
import { validateDriver, validateLabelNamed, validatePoolName, validateTaint } from './device-values.ts'

const poolsMax = 1000

export const deviceTaintRules: Strategy<DeviceTaintRule> = {
  resource: resourceV1beta2.deviceTaintRules,
  prepareForCreate(rule, { nowMs }) {
    startWithoutStatus(rule)
    if (rule.spec?.taint) rule.spec.taint.timeAdded ??= rfc3339(nowMs)
  },
  prepareForUpdate(rule, old, { nowMs }) {
    const taint = rule.spec?.taint
    if (taint && !taint.timeAdded) {
      const isSame = taint.effect === old.spec?.taint.effect
      taint.timeAdded = (isSame ? old.spec?.taint.timeAdded : undefined) ?? rfc3339(nowMs)
    }
    keepStatus(rule, old)
  },
  validateCreate: validateRule,
  validateUpdate: validateRule,
  status: { prepareForUpdate: keepSpec },
}

export const resourcePoolStatusRequests: Strategy<ResourcePoolStatusRequest> = {
  resource: resourceV1alpha3.resourcePoolStatusRequests,
  prepareForCreate(request) {
    delete request.status
  },
  prepareForUpdate(request, old) {
    if (old.status === undefined) delete request.status
    else request.status = old.status
  },
  validateCreate({ spec }) {
    const { driver = '', poolName, limit } = spec ?? {}
    return [
      ...validateDriver('spec.driver', driver),
      ...(poolName === undefined ? [] : validatePoolName('spec.poolName', poolName)),
      ...(limit === undefined ? [] : inRange('spec.limit', limit, 1, poolsMax)),
    ]
  },
  validateUpdate: ({ spec }, old) =>
    semanticEqual(spec, old.spec) ? [] : [invalid('spec', spec ?? null, messages.immutable)],
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: ({ status }, old) =>
      old.status === undefined || semanticEqual(status, old.status)
        ? []
        : [invalid('status', status ?? null, messages.immutable)],
  },
}

function validateRule({ spec }: DeviceTaintRule): FieldError[] {
  const selector: DeviceTaintSelector = spec?.deviceSelector ?? {}
  const errors: FieldError[] = []
  if (selector.driver !== undefined) errors.push(...validateDriver('spec.deviceSelector.driver', selector.driver))
  if (selector.pool !== undefined) errors.push(...validatePoolName('spec.deviceSelector.pool', selector.pool))
  const device = selector.device
  if (device !== undefined) errors.push(...validateLabelNamed('spec.deviceSelector.device', device))
  return [...errors, ...validateTaint('spec.taint', spec?.taint ?? {})]
}
