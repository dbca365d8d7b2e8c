/** meta.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const metaV1Schema: GroupVersionSchema = {
  key: 'meta/v1',
  group: 'meta.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.apimachinery.pkg.apis.meta.v1',
  served: true,
  types: {
    APIGroup: `[kind] An API group and its versions.
      name 1 string! | Name of the group.
      versions 2 []GroupVersionForDiscovery! atomic | Versions that are served.
      preferredVersion 3 GroupVersionForDiscovery | The version that clients should use.
      serverAddressByClientCIDRs 4 []ServerAddressByClientCIDR atomic | Where clients in certain networks find the server.`,
    APIGroupList: `[kind] The API groups that are served.
      groups 1 []APIGroup! atomic | The groups.`,
    APIResource: `A resource or subresource of a group version.
      name 1 string! | Plural name, with /subresource for a subresource.
      singularName 6 string! | Singular name, for command lines.
      namespaced 2 bool! | Its objects are in namespaces.
      group 8 string | Group of the kind, where it is another.
      version 9 string | Version of the kind, where it is another.
      kind 3 string! | Kind of its objects.
      verbs 4 Verbs! | What can be done with it.
      shortNames 5 []string atomic | Abbreviations for command lines.
      categories 7 []string atomic | Groups of resources that are listed together, such as all.
      storageVersionHash 10 string | Changes when the version in the store changes.`,
    APIResourceList: `[kind] The resources of a group version.
      groupVersion 1 string! | The group version.
      resources 2 []APIResource! atomic | The resources.`,
    APIVersions: `[kind] The versions of the core group.
      versions 1 []string! atomic | The versions.
      serverAddressByClientCIDRs 2 []ServerAddressByClientCIDR! atomic | Where clients in certain networks find the server.`,
    Condition: `One aspect of an object's state.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      observedGeneration 3 int64 | The generation of the object that the condition was made from.
      lastTransitionTime 4 time! | When the status last changed.
      reason 5 string! | A word in CamelCase, for programs, for the last change.
      message 6 string! | A sentence for people about the last change.`,
    CreateOptions: `[kind] Query parameters of a create.
      dryRun 1 []string atomic | All: check and answer, but store nothing.
      fieldManager 3 string | Who sets the fields.
      fieldValidation 4 string | Ignore, Warn or Strict: what happens to unknown and duplicate fields.`,
    DeleteOptions: `[kind] How an object is deleted.
      gracePeriodSeconds 1 *int64 | Time to end; 0 is at once, absent the kind's default.
      preconditions 2 *Preconditions | What must hold of the object.
      orphanDependents 3 *bool | Older form of propagationPolicy.
      propagationPolicy 4 *string | Orphan, Background or Foreground: what happens to the objects that it owns.
      dryRun 5 []string atomic | All: check and answer, but store nothing.
      ignoreStoreReadErrorWithClusterBreakingPotential 6 *bool | Delete even what cannot be read from the store, without finalizers or checks.`,
    FieldSelectorRequirement: `A rule about a field.
      key 1 string! | The field.
      operator 2 string! | In, NotIn, Exists or DoesNotExist.
      values 3 []string atomic | Compared with the field's value.`,
    GetOptions: `[kind] Query parameters of a get.
      resourceVersion 1 string | At least as new as this; 0 is whatever is at hand.`,
    GroupResource: `A resource by group and plural name.
      group 1 string! | The group.
      resource 2 string! | The plural name.`,
    GroupVersionForDiscovery: `A version of a group.
      groupVersion 1 string! | Group and version, as group/version.
      version 2 string! | The version alone.`,
    GroupVersionResource: `A resource by group and version.
      group 1 string! | The group; empty for the core group.
      version 2 string! | The version.
      resource 3 string! | The plural name.`,
    GroupVersionKind: `A kind by group and version.
      group 1 string! | The group; empty for the core group.
      version 2 string! | The version.
      kind 3 string! | The kind.`,
    LabelSelector: `[atomic] Selects objects by their labels; all rules must hold, and no rule is everything.
      matchLabels 1 map[string] | Labels and their values.
      matchExpressions 2 []LabelSelectorRequirement atomic | Rules about labels.`,
    LabelSelectorRequirement: `A rule about a label.
      key 1 string! | The label.
      operator 2 string! | In, NotIn, Exists or DoesNotExist.
      values 3 []string atomic | Compared with the label's value; none for Exists and DoesNotExist.`,
    List: `[kind] A list of objects of any kind.
      metadata 1 ListMeta | Where the list stands in the store's history.
      items 2 []raw always | The objects.`,
    ListMeta: `What every list says about itself.
      selfLink 1 string | Not filled in any more.
      resourceVersion 2 string | Where the list stands in the store's history; watches start here.
      continue 3 string | Token for the next page; empty on the last.
      remainingItemCount 4 *int64 | How many objects come after this page, where known.
      shardInfo 5 *ShardInfo | Which part of the collection this is.`,
    ListOptions: `[kind] Query parameters of a list or watch.
      labelSelector 1 string | Only objects with these labels.
      fieldSelector 2 string | Only objects with these field values.
      watch 3 bool | Send changes as they happen.
      allowWatchBookmarks 9 bool | The server may send the position of the watch now and then.
      resourceVersion 4 string | Where to start, together with resourceVersionMatch.
      resourceVersionMatch 10 string | Exact or NotOlderThan.
      timeoutSeconds 5 *int64 | The watch ends after this time.
      limit 7 int64 | Largest size of a page.
      continue 8 string | Token of the page before.
      sendInitialEvents 11 *bool | Begin a watch with what exists, ended by a bookmark.
      shardSelector 15 string | Only a part of the collection.`,
    ManagedFieldsEntry: `The fields that one manager has set.
      manager 1 string | Name of the manager.
      operation 2 string | Apply or Update.
      apiVersion 3 string | The version that the fields are named in.
      time 4 *time | When it last set one.
      fieldsType 6 string | Always FieldsV1.
      fieldsV1 7 *raw | The fields, as a tree.
      subresource 8 string | The subresource that it wrote through.`,
    ObjectMeta: `What every object says about itself.
      name 1 string | Unique in its namespace among objects of the kind.
      generateName 2 string | The server adds random characters to this to make a name.
      namespace 3 string | The scope of the name.
      selfLink 4 string | Not filled in any more.
      uid 5 string | Unique among all objects, past and present.
      resourceVersion 6 string | Changes with every write; an update that states it fails if another came first.
      generation 7 int64 | Grows with every change of the spec.
      creationTimestamp 8 time omitzero | CreationTimestamp is a timestamp of when the server made it.
      deletionTimestamp 9 *time | Set while it is being deleted: when its grace period ends.
      deletionGracePeriodSeconds 10 *int64 | Its grace period.
      labels 11 map[string] | Keys and values by which it can be selected.
      annotations 12 map[string] | Keys and values for programs, not for selecting.
      ownerReferences 13 []OwnerReference map(uid) patch=merge(uid) | Objects that it belongs to; it is deleted when all are gone.
      finalizers 14 []string set patch=merge | It is removed only when this is empty.
      managedFields 17 []ManagedFieldsEntry atomic | Who has set which fields.`,
    OwnerReference: `[atomic] An object that another belongs to, in the same namespace or cluster-scoped.
      apiVersion 5 string! | Its API version.
      kind 1 string! | Its kind.
      name 3 string! | Its name.
      uid 4 string! | Its uid.
      controller 6 *bool | It is the controller that manages the other.
      blockOwnerDeletion 7 *bool | A foreground deletion of it waits for the other.`,
    PartialObjectMetadata: `[kind] The metadata of an object of any kind.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.`,
    PartialObjectMetadataList: `[kind] The metadata of many objects.
      metadata 1 ListMeta | Where the list stands in the store's history.
      items 2 []PartialObjectMetadata always | The objects.`,
    PatchOptions: `[kind] Query parameters of a patch.
      dryRun 1 []string atomic | All: check and answer, but store nothing.
      force 2 *bool | An apply takes fields over from other managers.
      fieldManager 3 string | Who sets the fields; needed for an apply.
      fieldValidation 4 string | Ignore, Warn or Strict: what happens to unknown and duplicate fields.`,
    Preconditions: `What must hold before an object is deleted or changed.
      uid 1 *string | Uid that it must have.
      resourceVersion 2 *string | Version that it must have.`,
    RootPaths: `The paths that a server knows.
      paths 1 []string atomic always | The paths.`,
    ServerAddressByClientCIDR: `An address of the server for clients in a network.
      clientCIDR 1 string! | The network.
      serverAddress 2 string! | The address.`,
    ShardInfo: `A part of a collection.
      selector 1 string! | What selects the part.`,
    Status: `[kind] The outcome of a request that returns no object.
      metadata 1 ListMeta | Empty.
      status 2 string | Success or Failure.
      message 3 string | A sentence for people.
      reason 4 string | A word in CamelCase, for programs.
      details 5 *StatusDetails | More about the reason.
      code 6 int32 | The HTTP status code.`,
    StatusCause: `One of the reasons of a failure.
      reason 1 string | A word in CamelCase, for programs.
      message 2 string | A sentence for people.
      field 3 string | The field, such as spec.ports[0].port.`,
    StatusDetails: `What a failure is about.
      name 1 string | Name of the object.
      group 2 string | Its group.
      kind 3 string | Its kind or resource.
      uid 6 string | Its uid.
      causes 4 []StatusCause atomic | What is wrong, one by one.
      retryAfterSeconds 5 int32 | How long to wait before trying again.`,
    TableOptions: `[kind] Query parameters of a table.
      includeObject 1 string | None, Metadata or Object: what of each object comes with its row.`,
    UpdateOptions: `[kind] Query parameters of an update.
      dryRun 1 []string atomic | All: check and answer, but store nothing.
      fieldManager 2 string | Who sets the fields.
      fieldValidation 3 string | Ignore, Warn or Strict: what happens to unknown and duplicate fields.`,
    Verbs: `[items] Verbs of a resource.
      items 1 []string | The verbs.`,
    WatchEvent: `A change that a watch tells of.
      type 1 string! | ADDED, MODIFIED, DELETED, BOOKMARK or ERROR.
      object 2 raw! | The object after the change, or before it for DELETED; a Status for ERROR.`,
  },
}
