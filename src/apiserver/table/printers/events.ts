/** Rows of events, in the core group's shape and in that of events.k8s.io: the same columns from renamed fields. */
import type { Event as CoreEvent, EventSource, ObjectReference } from '../../../api/types/core/v1.ts'
import type { Event } from '../../../api/types/events/v1.ts'
import { since, unknown } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const eventsPrinters: Printers = { events: printer(printEvent) }

interface Occurrence {
  name: string | undefined
  type: string | undefined
  reason: string | undefined
  message: string | undefined
  about: ObjectReference | undefined
  source: EventSource | undefined
  reporter: string | undefined
  reporterInstance: string | undefined
  first: string | undefined
  last: string | undefined
  eventTime: string | undefined
  count: number | undefined
  series: { count?: number; lastObservedTime?: string } | undefined
}

export function printCoreEvent(event: CoreEvent, nowMs: number): unknown[] {
  const common = {
    name: event.metadata.name,
    type: event.type,
    reason: event.reason,
    message: event.message,
    about: event.involvedObject,
    source: event.source,
    reporter: event.reportingComponent,
  }
  const times = { first: event.firstTimestamp, last: event.lastTimestamp, eventTime: event.eventTime }
  const { reportingInstance: reporterInstance, count, series } = event
  return cells({ ...common, ...times, reporterInstance, count, series }, nowMs)
}

function printEvent(event: Event, nowMs: number): unknown[] {
  const common = {
    name: event.metadata.name,
    type: event.type,
    reason: event.reason,
    message: event.note,
    about: event.regarding,
    source: event.deprecatedSource,
    reporter: event.reportingController,
  }
  const times = {
    first: event.deprecatedFirstTimestamp,
    last: event.deprecatedLastTimestamp,
    eventTime: event.eventTime,
  }
  const { reportingInstance: reporterInstance, deprecatedCount: count, series } = event
  return cells({ ...common, ...times, reporterInstance, count, series }, nowMs)
}

function cells(event: Occurrence, nowMs: number): unknown[] {
  const first = since(event.first || event.eventTime, nowMs)
  const last = event.series
    ? since(event.series.lastObservedTime, nowMs)
    : event.last
      ? since(event.last, nowMs)
      : first
  return [
    last || unknown,
    event.type ?? '',
    event.reason ?? '',
    target(event.about),
    event.about?.fieldPath ?? '',
    sourceText(event),
    (event.message ?? '').trim(),
    first,
    event.series ? (event.series.count ?? 0) : event.count || 1,
    event.name,
  ]
}

function target(about: ObjectReference | undefined): string {
  const kind = (about?.kind ?? '').toLowerCase()
  return about?.name ? `${kind}/${about.name}` : kind
}

function sourceText({ source, reporter, reporterInstance }: Occurrence): string {
  const component = source?.component || reporter || ''
  const instance = source?.host || reporterInstance || ''
  return instance === '' ? component : `${component}, ${instance}`
}
