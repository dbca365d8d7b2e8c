/** meta.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const metaV1Schema: GroupVersionSchema = {
  key: 'meta/v1',
  group: 'meta.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.apimachinery.pkg.apis.meta.v1',
  served: true,
  types: {
    APIGroup: `[kind]
      name 1 string!
      versions 2 []GroupVersionForDiscovery! atomic
      preferredVersion 3 GroupVersionForDiscovery
      serverAddressByClientCIDRs 4 []ServerAddressByClientCIDR atomic`,
    APIGroupList: `[kind]
      groups 1 []APIGroup! atomic`,
    APIResource: `
      name 1 string!
      singularName 6 string!
      namespaced 2 bool!
      group 8 string
      version 9 string
      kind 3 string!
      verbs 4 Verbs!
      shortNames 5 []string atomic
      categories 7 []string atomic
      storageVersionHash 10 string`,
    APIResourceList: `[kind]
      groupVersion 1 string!
      resources 2 []APIResource! atomic`,
    APIVersions: `[kind]
      versions 1 []string! atomic
      serverAddressByClientCIDRs 2 []ServerAddressByClientCIDR! atomic`,
    Condition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      observedGeneration 3 int64 | The generation of the object that the condition was made from.
      lastTransitionTime 4 time! | When the status last changed.
      reason 5 string! | A word in CamelCase, for programs, for the last change.
      message 6 string! | A sentence for people about the last change.`,
    CreateOptions: `[kind]
      dryRun 1 []string atomic
      fieldManager 3 string
      fieldValidation 4 string`,
    DeleteOptions: `[kind]
      gracePeriodSeconds 1 *int64
      preconditions 2 *Preconditions
      orphanDependents 3 *bool
      propagationPolicy 4 *string
      dryRun 5 []string atomic
      ignoreStoreReadErrorWithClusterBreakingPotential 6 *bool`,
    FieldSelectorRequirement: `
      key 1 string!
      operator 2 string!
      values 3 []string atomic`,
    GetOptions: `[kind]
      resourceVersion 1 string`,
    GroupResource: `
      group 1 string!
      resource 2 string!`,
    GroupVersionForDiscovery: `
      groupVersion 1 string!
      version 2 string!`,
    GroupVersionResource: `
      group 1 string!
      version 2 string!
      resource 3 string!`,
    GroupVersionKind: `
      group 1 string!
      version 2 string!
      kind 3 string!`,
    LabelSelector: `[atomic]
      matchLabels 1 map[string]
      matchExpressions 2 []LabelSelectorRequirement atomic`,
    LabelSelectorRequirement: `
      key 1 string!
      operator 2 string!
      values 3 []string atomic`,
    List: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []raw always`,
    ListMeta: `
      selfLink 1 string
      resourceVersion 2 string
      continue 3 string
      remainingItemCount 4 *int64
      shardInfo 5 *ShardInfo`,
    ListOptions: `[kind]
      labelSelector 1 string
      fieldSelector 2 string
      watch 3 bool
      allowWatchBookmarks 9 bool
      resourceVersion 4 string
      resourceVersionMatch 10 string
      timeoutSeconds 5 *int64
      limit 7 int64
      continue 8 string
      sendInitialEvents 11 *bool
      shardSelector 15 string`,
    ManagedFieldsEntry: `
      manager 1 string
      operation 2 string
      apiVersion 3 string
      time 4 *time
      fieldsType 6 string
      fieldsV1 7 *raw
      subresource 8 string`,
    ObjectMeta: `
      name 1 string
      generateName 2 string
      namespace 3 string
      selfLink 4 string
      uid 5 string
      resourceVersion 6 string
      generation 7 int64
      creationTimestamp 8 time omitzero
      deletionTimestamp 9 *time
      deletionGracePeriodSeconds 10 *int64
      labels 11 map[string]
      annotations 12 map[string]
      ownerReferences 13 []OwnerReference map(uid) patch=merge(uid)
      finalizers 14 []string set patch=merge
      managedFields 17 []ManagedFieldsEntry atomic`,
    OwnerReference: `[atomic]
      apiVersion 5 string!
      kind 1 string!
      name 3 string!
      uid 4 string!
      controller 6 *bool
      blockOwnerDeletion 7 *bool`,
    PartialObjectMetadata: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.`,
    PartialObjectMetadataList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []PartialObjectMetadata always`,
    PatchOptions: `[kind]
      dryRun 1 []string atomic
      force 2 *bool
      fieldManager 3 string
      fieldValidation 4 string`,
    Preconditions: `
      uid 1 *string
      resourceVersion 2 *string`,
    RootPaths: `
      paths 1 []string atomic always`,
    ServerAddressByClientCIDR: `
      clientCIDR 1 string!
      serverAddress 2 string!`,
    ShardInfo: `
      selector 1 string!`,
    Status: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      status 2 string | What was last observed; written by the system.
      message 3 string
      reason 4 string
      details 5 *StatusDetails
      code 6 int32`,
    StatusCause: `
      reason 1 string
      message 2 string
      field 3 string`,
    StatusDetails: `
      name 1 string
      group 2 string
      kind 3 string
      uid 6 string
      causes 4 []StatusCause atomic
      retryAfterSeconds 5 int32`,
    TableOptions: `[kind]
      includeObject 1 string`,
    UpdateOptions: `[kind]
      dryRun 1 []string atomic
      fieldManager 2 string
      fieldValidation 3 string`,
    Verbs: `[items]
      items 1 []string`,
    WatchEvent: `
      type 1 string!
      object 2 raw!`,
  },
}
