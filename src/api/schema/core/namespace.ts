/** Types of the core group about namespace. The format is described in `../schema.ts`. */
export const namespaceTypes: Record<string, string> = {
  Binding: `[kind] Puts a pod on a node; written by schedulers.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    target 2 ObjectReference! | The node.`,
  ComponentCondition: `Health of a component.
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    message 3 string | A sentence for people about the last change.
    error 4 string | Error code of the check.`,
  ComponentStatus: `[kind] Health of a part of the control plane; deprecated.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    conditions 2 []ComponentCondition map(type) patch=merge(type) | What was found.`,
  ConfigMap: `[kind] Settings that pods read as files or environment variables.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    immutable 4 *bool | Data can no longer be changed.
    data 2 map[string] | Entries of text.
    binaryData 3 map[bytes] | Entries of any bytes.`,
  Event: `[kind] Something that happened to an object; kept for a while.
    metadata 1 ObjectMeta! | Name, labels and the other data that every object has.
    involvedObject 2 ObjectReference! | The object.
    reason 3 string | A word in CamelCase, for programs.
    message 4 string | A sentence for people.
    source 5 EventSource | Who tells.
    firstTimestamp 6 time | When it was first seen.
    lastTimestamp 7 time | When it was last seen.
    count 8 int32 | How often it was seen.
    type 9 string | Normal or Warning.
    eventTime 10 microTime | When it was first seen, exactly.
    series 11 *EventSeries | Set when it goes on for a while.
    action 12 string | What was done or tried.
    related 13 *ObjectReference | A second object that has to do with it.
    reportingComponent 14 string always | Name of the controller that tells, such as kubernetes.io/kubelet.
    reportingInstance 15 string always | Which instance of it.`,
  EventSeries: `An event that is seen again and again.
    count 1 int32 | How often so far.
    lastObservedTime 2 microTime | When it was last seen.`,
  EventSource: `Who tells of an event.
    component 1 string | Name of the program.
    host 2 string | Node that it runs on.`,
  LimitRange: `[kind] Limits and defaults of the pods, containers and claims in a namespace.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 LimitRangeSpec | What is wanted.`,
  LimitRangeItem: `Limits for one kind of thing.
    type 1 string! | Pod, Container or PersistentVolumeClaim.
    max 2 map[quantity] | Largest amounts.
    min 3 map[quantity] | Smallest amounts.
    default 4 map[quantity] | Limits of containers that set none.
    defaultRequest 5 map[quantity] | Requests of containers that set none.
    maxLimitRequestRatio 6 map[quantity] | Largest ratio of limit to request.`,
  LimitRangeSpec: `The limits of a namespace.
    limits 1 []LimitRangeItem! atomic | All of them are enforced.`,
  Namespace: `[kind] A scope for names; deleting it deletes all in it.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 NamespaceSpec | What is wanted.
    status 3 NamespaceStatus | What was last observed; written by the system.`,
  NamespaceCondition: `One aspect of a namespace's state.
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    lastTransitionTime 4 time | When the status last changed.
    reason 5 string | A word in CamelCase, for programs, for the last change.
    message 6 string | A sentence for people about the last change.`,
  NamespaceSpec: `What keeps a namespace from being removed.
    finalizers 1 []string atomic | It is removed when this is empty.`,
  NamespaceStatus: `State of a namespace.
    phase 1 string enum(Active,Terminating) | Active or Terminating.
    conditions 2 []NamespaceCondition map(type) patch=merge(type) | Why its deletion has not finished.`,
  ObjectReference: `[atomic] Points to an object, or a part of one.
    kind 1 string | Kind of the object.
    namespace 2 string | Its namespace.
    name 3 string | Its name.
    uid 4 string | Its uid, so that a successor of the same name is not meant.
    apiVersion 5 string | Its API version.
    resourceVersion 6 string | The version of it that is meant.
    fieldPath 7 string | The part, such as spec.containers{name}.`,
  Preconditions: `What must hold before something is done.
    uid 1 *string | Uid that the object must have.`,
  RangeAllocation: `[kind] Which numbers of a range are taken; not served.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    range 2 string always | The range.
    data 3 bytes always | A bit for each number.`,
  ReplicationController: `[kind] Keeps a number of pods running; Deployments replace it.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 ReplicationControllerSpec | What is wanted.
    status 3 ReplicationControllerStatus | What was last observed; written by the system.`,
  ReplicationControllerCondition: `One aspect of a replication controller's state.
    type 1 string! | What the condition is about.
    status 2 string! | True, False or Unknown.
    lastTransitionTime 3 time | When the status last changed.
    reason 4 string | A word in CamelCase, for programs, for the last change.
    message 5 string | A sentence for people about the last change.`,
  ReplicationControllerSpec: `How many pods, and of what form.
    replicas 1 *int32 default=1 | Pods wanted; 1 when absent.
    minReadySeconds 4 int32 | A new pod counts as available after being ready for this long.
    selector 2 map[string] atomic | Labels of the pods; the template's when absent.
    template 3 *PodTemplateSpec | The pods.`,
  ReplicationControllerStatus: `What is known of a replication controller's pods.
    replicas 1 int32! | Pods that there are.
    fullyLabeledReplicas 2 int32 | Pods with all labels of the template.
    readyReplicas 4 int32 | Pods that are ready.
    availableReplicas 5 int32 | Pods that have been ready for minReadySeconds.
    observedGeneration 3 int64 | The generation that the controller has seen.
    conditions 6 []ReplicationControllerCondition map(type) patch=merge(type) | Aspects of the state.`,
  ResourceQuota: `[kind] The most that a namespace may use in all.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    spec 2 ResourceQuotaSpec | What is wanted.
    status 3 ResourceQuotaStatus | What was last observed; written by the system.`,
  ResourceQuotaSpec: `The limits, and what counts.
    hard 1 map[quantity] | Largest amounts, by resource name.
    scopes 2 []string atomic enum(BestEffort,CrossNamespacePodAffinity,NotBestEffort,NotTerminating,PriorityClass,Terminating,VolumeAttributesClass) | Only objects in all of these scopes count.
    scopeSelector 3 *ScopeSelector | Only objects that it selects count.`,
  ResourceQuotaStatus: `The limits in force, and the use.
    hard 1 map[quantity] | Largest amounts in force.
    used 2 map[quantity] | Amounts in use.`,
  ScopeSelector: `[atomic] Selects by scope; all must hold.
    matchExpressions 1 []ScopedResourceSelectorRequirement atomic | The rules.`,
  ScopedResourceSelectorRequirement: `A rule about a scope.
    scopeName 1 string! enum(BestEffort,CrossNamespacePodAffinity,NotBestEffort,NotTerminating,PriorityClass,Terminating,VolumeAttributesClass) | Such as PriorityClass, BestEffort or Terminating.
    operator 2 string! enum(DoesNotExist,Exists,In,NotIn) | In, NotIn, Exists or DoesNotExist.
    values 3 []string atomic | Compared with the scope's value.`,
  Secret: `[kind] Small pieces of secret data, such as passwords and keys.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    immutable 5 *bool | Data can no longer be changed.
    data 2 map[bytes] | Entries, in base64.
    stringData 4 map[string] | Entries as text, for writing only; they replace those of data.
    type 3 string | Tells programs what is in it, such as kubernetes.io/tls.`,
  SerializedReference: `[kind] A reference as an object of its own.
    reference 1 ObjectReference | The reference.`,
  ServiceAccount: `[kind] An identity for what runs in pods.
    metadata 1 ObjectMeta | Name, labels and the other data that every object has.
    secrets 2 []ObjectReference map(name) patch=merge(name) | Secrets that pods of this account may use, if the account is marked to enforce it.
    imagePullSecrets 3 []LocalObjectReference atomic | Given to pods that name no such secrets.
    automountServiceAccountToken 4 *bool | Whether pods get the token mounted, unless they say otherwise.`,
}
