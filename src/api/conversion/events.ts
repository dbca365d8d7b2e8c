/**
 * Events are stored once, as core/v1, and served as events.k8s.io/v1 too: the same fields under other names.
 * Source: KEP-383 (new event API).
 */
import type { KubeObject } from '../meta.ts'
import type { Event as CoreEvent } from '../types/core/v1.ts'
import type { Event } from '../types/events/v1.ts'

/** [core/v1, events.k8s.io/v1]; every other field has one name. */
const names: readonly (readonly [core: keyof CoreEvent, events: keyof Event])[] = [
  ['involvedObject', 'regarding'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['reportingComponent', 'reportingController'],
]
const toCore = new Map(names.map(([core, events]) => [events as string, core as string]))
const toEvents = new Map(names.map(([core, events]) => [core as string, events as string]))

/** A new object that shares the parts of the given one. */
export function coreEvent(event: KubeObject): CoreEvent {
  const core = { ...renamed(event, toCore), apiVersion: 'v1', kind: 'Event' } as unknown as CoreEvent
  core.involvedObject ??= {}
  return core
}

export function eventsEvent(event: KubeObject): Event {
  return { ...renamed(event, toEvents), apiVersion: 'events.k8s.io/v1', kind: 'Event' } as unknown as Event
}

function renamed(object: object, fieldNames: ReadonlyMap<string, string>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).map(([field, value]) => [fieldNames.get(field) ?? field, value]))
}

export const eventConversion = { toStored: coreEvent, fromStored: eventsEvent }
