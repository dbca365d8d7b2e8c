/** Priority levels: shares of the server's concurrency. Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/. */
import type { FieldError } from '../../../api/errors.ts'
import { flowcontrolV1 } from '../../../api/resources.ts'
import type {
  ExemptPriorityLevelConfiguration,
  LimitedPriorityLevelConfiguration,
  PriorityLevelConfiguration,
  QueuingConfiguration,
} from '../../../api/types/flowcontrol/v1.ts'
import { keepStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { duplicate, forbidden, inRange, invalid, required, requiredOneOf } from '../validation/field.ts'

const defaults = { shares: 30, queues: 64, handSize: 8, queueLengthLimit: 50 }
const queuesMax = 10_000_000
/** Dealing a hand must not need more bits than a hash has. */
const handEntropyBitsMax = 60

export const priorityLevelConfigurations: Strategy<PriorityLevelConfiguration> = {
  resource: flowcontrolV1.priorityLevelConfigurations,
  metadataOnUpdate: ['whole'],
  default: defaultLevel,
  prepareForCreate: startWithoutStatus,
  prepareForUpdate: keepStatus,
  validateCreate: validateLevel,
  validateUpdate: validateLevel,
  status: {
    prepareForUpdate(level, old) {
      if (old.spec) level.spec = old.spec
    },
    validateUpdate: ({ status }) => validateConditionTypes('status.conditions', status?.conditions ?? []),
  },
}

function defaultLevel({ spec }: PriorityLevelConfiguration): void {
  if (spec?.exempt) {
    spec.exempt.nominalConcurrencyShares ??= 0
    spec.exempt.lendablePercent ??= 0
  }
  if (!spec?.limited) return
  spec.limited.nominalConcurrencyShares ??= defaults.shares
  spec.limited.lendablePercent ??= 0
  const queuing = spec.limited.limitResponse?.queuing
  if (!queuing) return
  queuing.queues ||= defaults.queues
  queuing.handSize ||= defaults.handSize
  queuing.queueLengthLimit ||= defaults.queueLengthLimit
}

function validateLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const { type, exempt, limited } = spec ?? {}
  const errors = requiredOneOf('spec.type', type, ['Exempt', 'Limited'])
  if (metadata.name === 'exempt' && type === 'Limited')
    errors.push(invalid('spec.type', type, "must be 'Exempt' for the exempt level"))
  if (type === 'Exempt') {
    if (limited) errors.push(forbidden('spec.limited', 'must be nil if the type is Exempt'))
    if (exempt) errors.push(...validateShares('spec.exempt', exempt))
  }
  if (type === 'Limited') {
    if (exempt) errors.push(forbidden('spec.exempt', 'must be nil if the type is Limited'))
    if (limited) errors.push(...validateLimited('spec.limited', limited))
    else errors.push(required('spec.limited', 'must not be empty when type is Limited'))
  }
  return errors
}

function validateShares(path: string, level: ExemptPriorityLevelConfiguration): FieldError[] {
  const { nominalConcurrencyShares: shares = 0, lendablePercent = 0 } = level
  const errors: FieldError[] = []
  if (shares < 0) errors.push(invalid(`${path}.nominalConcurrencyShares`, shares, 'must be a non-negative integer'))
  return [...errors, ...inRange(`${path}.lendablePercent`, lendablePercent, 0, 100)]
}

function validateLimited(path: string, level: LimitedPriorityLevelConfiguration): FieldError[] {
  const { borrowingLimitPercent, limitResponse } = level
  const errors = validateShares(path, level)
  if (borrowingLimitPercent !== undefined && borrowingLimitPercent < 0) {
    errors.push(
      invalid(`${path}.borrowingLimitPercent`, borrowingLimitPercent, 'if specified, must be a non-negative integer'),
    )
  }
  const at = `${path}.limitResponse`
  const type = limitResponse?.type
  errors.push(...requiredOneOf(`${at}.type`, type, ['Queue', 'Reject']))
  if (type === 'Reject' && limitResponse?.queuing) {
    errors.push(forbidden(`${at}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'))
  }
  if (type !== 'Queue') return errors
  if (limitResponse?.queuing) return [...errors, ...validateQueuing(`${at}.queuing`, limitResponse.queuing)]
  return [...errors, required(`${at}.queuing`, 'must not be empty if limited.limitResponse.type is Limited')]
}

function validateQueuing(
  path: string,
  { queues = 0, handSize = 0, queueLengthLimit = 0 }: QueuingConfiguration,
): FieldError[] {
  const errors: FieldError[] = []
  if (queueLengthLimit <= 0) errors.push(invalid(`${path}.queueLengthLimit`, queueLengthLimit, 'must be positive'))
  if (queues <= 0) errors.push(invalid(`${path}.queues`, queues, 'must be positive'))
  else if (queues > queuesMax) errors.push(invalid(`${path}.queues`, queues, `must not be greater than ${queuesMax}`))
  if (handSize <= 0) errors.push(invalid(`${path}.handSize`, handSize, 'must be positive'))
  else if (handSize > queues)
    errors.push(invalid(`${path}.handSize`, handSize, `should not be greater than queues (${queues})`))
  else {
    const bits = entropyBits(queues, handSize)
    if (bits > handEntropyBitsMax) {
      const why = `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${handEntropyBitsMax}`
      errors.push(invalid(`${path}.handSize`, handSize, why))
    }
  }
  return errors
}

function entropyBits(deck: number, hand: number): number {
  return Math.ceil(Math.log2(deck) * hand)
}

function validateConditionTypes(path: string, conditions: readonly { type?: string }[]): FieldError[] {
  const types = conditions.map(({ type = '' }) => type)
  return types.flatMap((type, index) => [
    ...(types.indexOf(type) < index ? [duplicate(`${path}[${index}].type`, type)] : []),
    ...(type === '' ? [required(`${path}[${index}].type`)] : []),
  ])
}
