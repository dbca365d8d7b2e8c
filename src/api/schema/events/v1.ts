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
    Event: `[kind] Something that happened to an object; kept for a while.
      metadata 1 ObjectMeta always | Name, labels and the other data that every object has.
      eventTime 2 microTime! | When it was first seen.
      series 3 *EventSeries | Set when it goes on for a while.
      reportingController 4 string | Name of the controller that tells, such as kubernetes.io/kubelet.
      reportingInstance 5 string | Which instance of it.
      action 6 string | What was done or tried.
      reason 7 string | A word in CamelCase, for programs.
      regarding 8 core/v1.ObjectReference | The object.
      related 9 *core/v1.ObjectReference | A second object that has to do with it.
      note 10 string | A sentence for people.
      type 11 string | Normal or Warning.
      deprecatedSource 12 core/v1.EventSource | Who tells, in the core group's form.
      deprecatedFirstTimestamp 13 time | When it was first seen, in the core group's form.
      deprecatedLastTimestamp 14 time | When it was last seen, in the core group's form.
      deprecatedCount 15 int32 | How often it was seen, in the core group's form.`,
    EventSeries: `An event that is seen again and again.
      count 1 int32! | How often so far.
      lastObservedTime 2 microTime! | When it was last seen.`,
  },
}
