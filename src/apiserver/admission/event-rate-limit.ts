/**
 * Bounds how many events are written: by everybody, in a namespace, by a user, or about one object by one source.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/admission-controllers/#eventratelimit
 */
import { tooManyRequests } from '../../api/errors.ts'
import type { Event } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { AdmissionPlugin } from './plugin.ts'

export type EventLimitType = 'Server' | 'Namespace' | 'User' | 'SourceAndObject'

export interface EventLimit {
  type: EventLimitType
  /** Events a second in the long run. */
  qps: number
  /** Events at once. */
  burst: number
  /** Of the kinds that are told apart (namespaces, users …), how many are remembered. Default 4096. */
  cacheSize?: number
}

const cacheSizeDefault = 4096

export function eventRateLimit(limits: readonly EventLimit[], clock: Pick<Clock, 'monotonicMs'>): AdmissionPlugin {
  const buckets = limits.map((limit) => new Buckets(limit, clock))
  return {
    name: 'EventRateLimit',
    validate(attributes) {
      const { resource, operation, subresource } = attributes
      if (resource.plural !== 'events' || (resource.group !== '' && resource.group !== 'events.k8s.io')) return
      if (subresource !== '' || (operation !== 'CREATE' && operation !== 'UPDATE')) return
      // Each counts the event, also those after the one that refuses it.
      const full = buckets.filter((one) => !one.take(keyOf(one.type, attributes))).at(-1)
      if (!full) return
      throw tooManyRequests(
        `Too many requests: limit reached on type ${full.type} for key ${keyOf(full.type, attributes)}`,
        0,
      )
    },
  }
}

/** Token buckets by key; who has not been seen for longest is forgotten. */
class Buckets {
  readonly type: EventLimitType
  readonly #limit: EventLimit
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #buckets = new Map<string, { tokens: number; atMs: number }>()

  constructor(limit: EventLimit, clock: Pick<Clock, 'monotonicMs'>) {
    this.type = limit.type
    this.#limit = limit
    this.#clock = clock
  }

  take(key: string): boolean {
    const { qps, burst, cacheSize = cacheSizeDefault } = this.#limit
    const nowMs = this.#clock.monotonicMs()
    const { tokens, atMs } = this.#buckets.get(key) ?? { tokens: burst, atMs: nowMs }
    const filled = Math.min(burst, tokens + ((nowMs - atMs) / 1000) * qps)
    const isAllowed = filled >= 1
    this.#buckets.delete(key)
    this.#buckets.set(key, { tokens: isAllowed ? filled - 1 : filled, atMs: nowMs })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > cacheSize && oldest !== undefined) this.#buckets.delete(oldest)
    return isAllowed
  }
}

function keyOf(type: EventLimitType, { namespace, user, object }: AdmissionAttributes): string {
  if (type === 'Server') return ''
  if (type === 'Namespace') return namespace
  if (type === 'User') return user.name
  const { source, involvedObject: about } = object as Event
  const of = [about?.kind, about?.namespace, about?.name, about?.uid, about?.apiVersion]
  return [source?.component, source?.host, ...of].map((part) => part ?? '').join('')
}
