/** events.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const eventsV1Schema: GroupVersionSchema = {
  key: 'events/v1',
  group: 'events.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.events.v1',
  served: true,
  resources: `
    events event Event namespaced: all; short ev`,
  columns: `
    events: Last Seen, Type, Reason, Object, Subobject*, Source*, Message, First Seen*, Count*, Name/name*`,
  types: {
    Event: `[kind]
      metadata 1 ObjectMeta always | Name, labels and the other data that every object has.
      eventTime 2 microTime!
      series 3 *EventSeries
      reportingController 4 string
      reportingInstance 5 string
      action 6 string
      reason 7 string
      regarding 8 core/v1.ObjectReference
      related 9 *core/v1.ObjectReference
      note 10 string
      type 11 string
      deprecatedSource 12 core/v1.EventSource
      deprecatedFirstTimestamp 13 time
      deprecatedLastTimestamp 14 time
      deprecatedCount 15 int32`,
    EventSeries: `
      count 1 int32!
      lastObservedTime 2 microTime!`,
  },
}
