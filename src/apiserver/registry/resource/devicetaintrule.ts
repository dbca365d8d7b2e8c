/** Taints put on devices from outside their driver, and questions about pools of devices. Source: KEP-5055, KEP-5677. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { resourceV1alpha3, resourceV1beta2 } from '../../../api/resources.ts'
import type {
  ResourcePoolStatusRequest,
  ResourcePoolStatusRequestStatus,
} from '../../../api/types/resource/v1alpha3.ts'
import type { DeviceTaintRule, DeviceTaintSelector } from '../../../api/types/resource/v1beta2.ts'
import { rfc3339 } from '../../../platform/clock.ts'
import { dropStatus, keepSpec, keepStatus, restoreStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { validateConditionList } from '../validation/conditions.ts'
import { semanticEqual } from '../validation/equal.ts'
import {
  byteLength,
  invalid,
  invalidEach,
  messages,
  nonNegative,
  required,
  tooLong,
  tooMany,
} from '../validation/field.ts'
import { validateDriver, validateLabelNamed, validatePoolName, validateTaint } from './device-values.ts'

const poolsMax = 1000
const taintConditionsMax = 8
const poolConditionsMax = 10
const poolNameBytesMax = 253

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
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: ({ status }) => [
      ...validateConditionList('status.conditions', status?.conditions),
      ...notMore('status.conditions', status?.conditions, taintConditionsMax),
    ],
  },
}

export const resourcePoolStatusRequests: Strategy<ResourcePoolStatusRequest> = {
  resource: resourceV1alpha3.resourcePoolStatusRequests,
  allowUnconditionalUpdate: false,
  prepareForCreate: dropStatus,
  prepareForUpdate: restoreStatus,
  validateCreate({ spec }) {
    const { driver = '', poolName, limit } = spec ?? {}
    return [
      ...driverErrors('spec.driver', driver),
      ...(poolName === undefined ? [] : poolNameErrors('spec.poolName', poolName)),
      ...limitErrors('spec.limit', limit ?? 1),
    ]
  },
  validateUpdate: ({ spec }, old) => (semanticEqual(spec, old.spec) ? [] : [invalid('spec', null, messages.immutable)]),
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate({ status }, old) {
      const errors = status ? validatePoolStatus('status', status) : []
      if (old.status === undefined || semanticEqual(status, old.status)) return errors
      return [...errors, invalid('status', status ?? null, messages.immutable)]
    },
  },
}

function validatePoolStatus(path: string, status: ResourcePoolStatusRequestStatus): FieldError[] {
  const { poolCount, pools = [] } = status
  return [
    ...(poolCount === undefined ? [required(`${path}.poolCount`)] : nonNegative(`${path}.poolCount`, poolCount)),
    ...notMore(`${path}.pools`, pools, poolsMax),
    ...pools.flatMap(({ driver = '', poolName = '' }, index) => [
      ...driverErrors(`${path}.pools[${index}].driver`, driver),
      ...requiredPoolName(`${path}.pools[${index}].poolName`, poolName),
    ]),
    ...notMore(`${path}.conditions`, status.conditions, poolConditionsMax),
    ...validateConditionList(`${path}.conditions`, status.conditions),
  ]
}

function notMore(path: string, items: readonly unknown[] | undefined, max: number): FieldError[] {
  return items && items.length > max ? [tooMany(path, items.length, max)] : []
}

function driverErrors(path: string, driver: string): FieldError[] {
  return driver === '' ? [required(path)] : invalidEach(path, driver, isDomainOfAnyCase(driver))
}

function requiredPoolName(path: string, name: string): FieldError[] {
  return name === '' ? [required(path)] : poolNameErrors(path, name)
}

/** Upstream has rules of its own for these requests, with words of their own. */
function isDomainOfAnyCase(driver: string): string[] {
  const lower = 'a lowercase RFC 1123 subdomain must consist of lower case alphanumeric'
  return isDns1123Subdomain(driver.toLowerCase()).map((message) =>
    message
      .replace(lower, 'an RFC 1123 subdomain must consist of alphanumeric')
      .replace("'example.com'", "'Example.com'"),
  )
}

function poolNameErrors(path: string, name: string): FieldError[] {
  const errors = byteLength(name) > poolNameBytesMax ? [tooLong(path, poolNameBytesMax)] : []
  const segments = name.split('/').flatMap((part, index) => {
    if (part === '') return [invalid(path, name, `segment ${index}: must not be empty`)]
    const wrong = isDns1123Subdomain(part).map((why) => `segment ${index}: ${why}`)
    return invalidEach(path, part, wrong)
  })
  return [...errors, ...segments]
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

function limitErrors(path: string, limit: number): FieldError[] {
  if (limit < 1) return [invalid(path, limit, 'must be greater than or equal to 1')]
  return limit > poolsMax ? [invalid(path, limit, `must be less than or equal to ${poolsMax}`)] : []
}
