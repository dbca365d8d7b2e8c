/**
 * Decides what becomes of an event: counted onto an earlier one, combined with similar ones, or dropped as spam. The
 * numbers and the order of the three are client-go's (tools/record, EventCorrelator). Pure but for what it remembers.
 */

import type { Event } from '../api/types/core/v1.ts'
import { limits } from '../limits.ts'

/** What to do about one event. `key` is what a written event is remembered by. */
export type Correlated =
  | { kind: 'create'; key: string; event: Event }
  | { kind: 'count'; key: string; event: Event; name: string; namespace: string }
  | { kind: 'drop' }

interface Written {
  name: string
  namespace: string
  count: number
  /** Of a series when it was seen last. */
  firstTimestamp: string
}

interface Similar {
  messages: Set<string>
  lastMs: number
}

interface Bucket {
  tokens: number
  atMs: number
}

/** Source: client-go's tools/events. */
const seriesEndsMs = 6 * 60_000

export class EventCorrelator {
  readonly #written = new Map<string, Written>()
  readonly #similar = new Map<string, Similar>()
  readonly #buckets = new Map<string, Bucket>()

  correlate(event: Event, nowMs: number): Correlated {
    if (event.action) return this.#inSeries(event, nowMs)
    const combined = this.#combine(event, nowMs)
    const { key } = combined
    const known = this.#written.get(key)
    const counted: Event = known
      ? { ...combined.event, count: known.count + 1, firstTimestamp: known.firstTimestamp }
      : combined.event
    // Counted even when dropped, so that the next one that passes tells the truth.
    if (known) this.#remember(key, { ...known, count: known.count + 1 })
    if (!this.#takeToken(sourceAndObject(event), nowMs)) return { kind: 'drop' }
    if (!known) return { kind: 'create', key, event: counted }
    return { kind: 'count', key, event: counted, name: known.name, namespace: known.namespace }
  }

  /** Alike whatever they say: a series goes on until nothing was seen for a while. */
  #inSeries(event: Event, nowMs: number): Correlated {
    const { type, reason, action, related, eventTime = '' } = event
    const key = JSON.stringify([sourceAndObject(event), type, reason, action, related])
    const known = this.#written.get(key)
    const goesOn = known && nowMs - Date.parse(known.firstTimestamp) <= seriesEndsMs
    if (!goesOn) return this.#takeToken(key, nowMs) ? { kind: 'create', key, event } : { kind: 'drop' }
    const count = known.count + 1
    this.#remember(key, { ...known, count, firstTimestamp: eventTime })
    if (!this.#takeToken(key, nowMs)) return { kind: 'drop' }
    const { name, namespace } = known
    return { kind: 'count', key, event: { ...event, series: { count, lastObservedTime: eventTime } }, name, namespace }
  }

  /** Remembers what was written, so that the next same event counts onto it. */
  written(key: string, event: Event): void {
    const { name = '', namespace = '' } = event.metadata
    const firstTimestamp = event.firstTimestamp ?? event.eventTime ?? ''
    this.#remember(key, { name, namespace, count: event.series?.count ?? event.count ?? 1, firstTimestamp })
  }

  #remember(key: string, written: Written): void {
    put(this.#written, key, written)
  }

  #combine(event: Event, nowMs: number): { key: string; event: Event } {
    const alike = JSON.stringify([sourceAndObject(event), event.type, event.reason])
    const known = this.#similar.get(alike)
    const similar = known && nowMs - known.lastMs <= limits.eventSimilarMs ? known : { messages: new Set(), lastMs: 0 }
    similar.lastMs = nowMs
    similar.messages.add(event.message ?? '')
    put(this.#similar, alike, similar)
    if (similar.messages.size < limits.eventSimilarMax) {
      return { key: JSON.stringify([alike, event.involvedObject.fieldPath, event.message]), event }
    }
    const [oldest] = similar.messages
    if (oldest !== undefined) similar.messages.delete(oldest)
    return { key: alike, event: { ...event, message: `(combined from similar events): ${event.message ?? ''}` } }
  }

  #takeToken(key: string, nowMs: number): boolean {
    const known = this.#buckets.get(key) ?? { tokens: limits.eventBurst, atMs: nowMs }
    const refilled = known.tokens + (nowMs - known.atMs) / limits.eventRefillMs
    const tokens = Math.min(limits.eventBurst, refilled)
    put(this.#buckets, key, { tokens: tokens >= 1 ? tokens - 1 : tokens, atMs: nowMs })
    return tokens >= 1
  }
}

function sourceAndObject({ source, reportingComponent, involvedObject }: Event): string {
  const { kind, namespace, name, uid, apiVersion } = involvedObject
  return JSON.stringify([source?.component ?? reportingComponent, source?.host, kind, namespace, name, uid, apiVersion])
}

/** The map's order is the order of use: the first entry is the one unused for longest. */
function put<V>(map: Map<string, V>, key: string, value: V): void {
  map.delete(key)
  map.set(key, value)
  if (map.size <= limits.eventsRememberedMax) return
  const { value: oldest } = map.keys().next()
  if (oldest !== undefined) map.delete(oldest)
}
