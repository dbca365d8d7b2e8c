/** Types of the core group about namespace. The format is described in `../schema.ts`. */
export const namespaceTypes: Record<string, string> = {
  Binding: `[kind]
    metadata 1 ObjectMeta
    target 2 ObjectReference!`,
  ComponentCondition: `
    type 1 string!
    status 2 string!
    message 3 string
    error 4 string`,
  ComponentStatus: `[kind]
    metadata 1 ObjectMeta
    conditions 2 []ComponentCondition map(type) patch=merge(type)`,
  ConfigMap: `[kind]
    metadata 1 ObjectMeta
    immutable 4 *bool
    data 2 map[string]
    binaryData 3 map[bytes]`,
  Event: `[kind]
    metadata 1 ObjectMeta!
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
    metadata 1 ObjectMeta
    spec 2 LimitRangeSpec`,
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
    metadata 1 ObjectMeta
    spec 2 NamespaceSpec
    status 3 NamespaceStatus`,
  NamespaceCondition: `
    type 1 string!
    status 2 string!
    lastTransitionTime 4 time
    reason 5 string
    message 6 string`,
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
    metadata 1 ObjectMeta
    range 2 string always
    data 3 bytes always`,
  ReplicationController: `[kind]
    metadata 1 ObjectMeta
    spec 2 ReplicationControllerSpec
    status 3 ReplicationControllerStatus`,
  ReplicationControllerCondition: `
    type 1 string!
    status 2 string!
    lastTransitionTime 3 time
    reason 4 string
    message 5 string`,
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
    metadata 1 ObjectMeta
    spec 2 ResourceQuotaSpec
    status 3 ResourceQuotaStatus`,
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
    metadata 1 ObjectMeta
    immutable 5 *bool
    data 2 map[bytes]
    stringData 4 map[string]
    type 3 string`,
  SerializedReference: `[kind]
    reference 1 ObjectReference`,
  ServiceAccount: `[kind]
    metadata 1 ObjectMeta
    secrets 2 []ObjectReference map(name) patch=merge(name)
    imagePullSecrets 3 []LocalObjectReference atomic
    automountServiceAccountToken 4 *bool`,
}
