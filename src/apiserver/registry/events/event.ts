/**
 * Events, in both of their groups. The newer one asks for more; both disappear after an hour.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/, KEP-383.
 */
import { eventConversion } from '../../../api/conversion/events.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain, isQualifiedName } from '../../../api/names.ts'
import { coreV1, eventsV1 } from '../../../api/resources.ts'
import type { Event } from '../../../api/types/core/v1.ts'
import type { Event as NewEvent } from '../../../api/types/events/v1.ts'
import type { Strategy } from '../strategy.ts'
import { throughStored } from '../through-stored.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, invalidEach, messages, required } from '../validation/field.ts'

/** kube-apiserver's `--event-ttl`. */
const ttlSeconds = 3600
const limits = { text: 128, message: 1024 }

const selectable = {
  'involvedObject.kind': ({ involvedObject }) => involvedObject?.kind ?? '',
  'involvedObject.namespace': ({ involvedObject }) => involvedObject?.namespace ?? '',
  'involvedObject.name': ({ involvedObject }) => involvedObject?.name ?? '',
  'involvedObject.uid': ({ involvedObject }) => involvedObject?.uid ?? '',
  'involvedObject.apiVersion': ({ involvedObject }) => involvedObject?.apiVersion ?? '',
  'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject?.resourceVersion ?? '',
  'involvedObject.fieldPath': ({ involvedObject }) => involvedObject?.fieldPath ?? '',
  reason: ({ reason }) => reason ?? '',
  reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
  source: ({ source, reportingComponent }) => source?.component || (reportingComponent ?? ''),
  type: ({ type }) => type ?? '',
} satisfies Record<string, (event: Event) => string>

export const events: Strategy<Event> = {
  resource: coreV1.events,
  metadataOnUpdate: [],
  anyFinalizers: true,
  /** Event names hold what their object is called; anything goes. */
  validateName: () => [],
  validateCreate: (event) => validateEvent(event, 'reportingComponent'),
  validateUpdate: (event) => validateEvent(event, 'reportingComponent'),
  allowCreateOnUpdate: true,
  ttlSeconds: () => ttlSeconds,
  selectableFields: selectable,
}

/** As the newer group asks, on the stored form; its paths are the stored ones. */
const strictEvents: Strategy<Event> = {
  ...events,
  validateName: isDns1123Subdomain,
  validateCreate: (event) => [...validateEvent(event, 'reportingController'), ...validateNewEvent(event)],
  validateUpdate: (event, old) => [...validateEvent(event, 'reportingController'), ...validateChange(event, old)],
  selectableFields: {
    reason: selectable.reason,
    type: selectable.type,
    reportingController: selectable.reportingComponent,
    ...Object.fromEntries(
      Object.entries(selectable)
        .filter(([field]) => field.startsWith('involvedObject.'))
        .map(([field, value]) => [field.replace('involvedObject', 'regarding'), value]),
    ),
  },
}

export const newEvents: Strategy<NewEvent> = {
  ...throughStored(eventsV1.events, strictEvents, eventConversion),
  errorKind: coreV1.events,
}

function validateEvent(event: Event, controllerField: string): FieldError[] {
  const namespace = event.metadata.namespace ?? ''
  const errors = event.eventTime ? validateTimed(event, namespace, controllerField) : validateUntimed(event, namespace)
  return [...errors, ...invalidEach('namespace', namespace, isDns1123Subdomain(namespace))]
}

/** Objects without a namespace have their events in `default`. */
function validateUntimed(event: Event, namespace: string): FieldError[] {
  const about = event.involvedObject?.namespace ?? ''
  const fits = about === '' ? namespace === '' || namespace === 'default' : namespace === about
  return fits ? [] : [invalid('involvedObject.namespace', about, 'does not match event.namespace')]
}

function validateTimed(event: Event, namespace: string, controllerField: string): FieldError[] {
  const about = event.involvedObject?.namespace ?? ''
  const errors: FieldError[] = []
  if (about === '' && namespace !== 'default' && namespace !== 'kube-system') {
    errors.push(invalid('involvedObject.namespace', about, 'does not match event.namespace'))
  }
  const controller = event.reportingComponent ?? ''
  if (controller === '') errors.push(required(controllerField))
  errors.push(...invalidEach(controllerField, controller, isQualifiedName(controller)))
  for (const field of ['reportingInstance', 'action', 'reason'] as const) {
    const text = event[field] ?? ''
    if (text === '') errors.push(required(field))
    if (text.length > limits.text) errors.push(invalid(field, '', `can have at most ${limits.text} characters`))
  }
  if ((event.message ?? '').length > limits.message) {
    errors.push(invalid('message', '', `can have at most ${limits.message} characters`))
  }
  return errors
}

function validateNewEvent(event: Event): FieldError[] {
  const errors = validateSeries(event)
  if (!event.eventTime) errors.push(required('eventTime'))
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    errors.push(invalid('type', '', `has invalid value: ${event.type ?? ''}`))
  }
  const unset = 'needs to be unset'
  if (event.firstTimestamp) errors.push(invalid('firstTimestamp', '', unset))
  if (event.lastTimestamp) errors.push(invalid('lastTimestamp', '', unset))
  if (event.count) errors.push(invalid('count', '', unset))
  if (event.source?.component || event.source?.host) errors.push(invalid('source', '', unset))
  return errors
}

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return []
  const errors = (series.count ?? 0) < 2 ? [invalid('series.count', '', 'should be at least 2')] : []
  return series.lastObservedTime ? errors : [...errors, required('series.lastObservedTime')]
}

/** What stays as it was written, in the order in which it is named, and whether leaving it out is as good as an empty one. */
const fixed = [
  ['involvedObject', {}],
  ['reason', ''],
  ['message', ''],
  ['source', {}],
  ['firstTimestamp', null],
  ['lastTimestamp', null],
  ['count', 0],
  ['type', ''],
  ['eventTime', null],
  ['action', ''],
  ['related', null],
  ['reportingComponent', ''],
  ['reportingInstance', ''],
] as const

/** Only the series of a new event goes on. */
function validateChange(event: Event, old: Event): FieldError[] {
  const errors = semanticEqual(event.series, old.series) ? [] : validateSeries(event)
  for (const [field, absent] of fixed) {
    if (semanticEqual(event[field] ?? absent, old[field] ?? absent)) continue
    const path = field === 'reportingComponent' ? 'reportingController' : field
    errors.push(invalid(path, event[field] ?? absent, messages.immutable))
  }
  return errors
}
