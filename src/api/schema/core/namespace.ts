/** Types of the core group about namespace. The format is described in `../schema.ts`. */
export const namespaceTypes: Record<string, string> = {
  Binding: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    target 2 ObjectReference!`,
  ComponentCondition: `
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    message 3 string | A sentence for people about the last change.
    error 4 string`,
  ComponentStatus: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    conditions 2 []ComponentCondition map(type) patch=merge(type)`,
  ConfigMap: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    immutable 4 *bool
    data 2 map[string]
    binaryData 3 map[bytes]`,
  Event: `[kind]
    metadata 1 ObjectMeta! | Name, labels and the other data that every object has.
    involvedObject 2 ObjectReference!
    reason 3 string
    message 4 string
    source 5 EventSource
    firstTimestamp 6 time
    lastTimestamp 7 time
    count 8 int32
    type 9 string
    eventTime 10 microTime
    series 11 *EventSeries
    action 12 string
    related 13 *ObjectReference
    reportingComponent 14 string always
    reportingInstance 15 string always`,
  EventSeries: `
    count 1 int32
    lastObservedTime 2 microTime`,
  EventSource: `
    component 1 string
    host 2 string`,
  LimitRange: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 LimitRangeSpec | What is wanted.`,
  LimitRangeItem: `
    type 1 string!
    max 2 map[quantity]
    min 3 map[quantity]
    default 4 map[quantity]
    defaultRequest 5 map[quantity]
    maxLimitRequestRatio 6 map[quantity]`,
  LimitRangeSpec: `
    limits 1 []LimitRangeItem! atomic`,
  Namespace: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 NamespaceSpec | What is wanted.
    status 3 NamespaceStatus | What was last observed; written by the system.`,
  NamespaceCondition: `
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    lastTransitionTime 4 time | When the status last changed.
    reason 5 string | A word in CamelCase, for programs, for the last change.
    message 6 string | A sentence for people about the last change.`,
  NamespaceSpec: `
    finalizers 1 []string atomic`,
  NamespaceStatus: `
    phase 1 string
    conditions 2 []NamespaceCondition map(type) patch=merge(type)`,
  ObjectReference: `[atomic]
    kind 1 string
    namespace 2 string
    name 3 string
    uid 4 string
    apiVersion 5 string
    resourceVersion 6 string
    fieldPath 7 string`,
  Preconditions: `
    uid 1 *string`,
  RangeAllocation: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    range 2 string always
    data 3 bytes always`,
  ReplicationController: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 ReplicationControllerSpec | What is wanted.
    status 3 ReplicationControllerStatus | What was last observed; written by the system.`,
  ReplicationControllerCondition: `
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    lastTransitionTime 3 time | When the status last changed.
    reason 4 string | A word in CamelCase, for programs, for the last change.
    message 5 string | A sentence for people about the last change.`,
  ReplicationControllerSpec: `
    replicas 1 *int32 default=1
    minReadySeconds 4 int32
    selector 2 map[string] atomic
    template 3 *PodTemplateSpec`,
  ReplicationControllerStatus: `
    replicas 1 int32!
    fullyLabeledReplicas 2 int32
    readyReplicas 4 int32
    availableReplicas 5 int32
    observedGeneration 3 int64
    conditions 6 []ReplicationControllerCondition map(type) patch=merge(type)`,
  ResourceQuota: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 ResourceQuotaSpec | What is wanted.
    status 3 ResourceQuotaStatus | What was last observed; written by the system.`,
  ResourceQuotaSpec: `
    hard 1 map[quantity]
    scopes 2 []string atomic
    scopeSelector 3 *ScopeSelector`,
  ResourceQuotaStatus: `
    hard 1 map[quantity]
    used 2 map[quantity]`,
  ScopeSelector: `[atomic]
    matchExpressions 1 []ScopedResourceSelectorRequirement atomic`,
  ScopedResourceSelectorRequirement: `
    scopeName 1 string!
    operator 2 string!
    values 3 []string atomic`,
  Secret: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    immutable 5 *bool
    data 2 map[bytes]
    stringData 4 map[string]
    type 3 string`,
  SerializedReference: `[kind]
    reference 1 ObjectReference`,
  ServiceAccount: `[kind]
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    secrets 2 []ObjectReference map(name) patch=merge(name)
    imagePullSecrets 3 []LocalObjectReference atomic
    automountServiceAccountToken 4 *bool`,
}
