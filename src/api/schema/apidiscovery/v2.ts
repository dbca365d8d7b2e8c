/** apidiscovery.k8s.io v2: all groups, versions and resources in one document. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const apidiscoveryV2Schema: GroupVersionSchema = {
  key: 'apidiscovery/v2',
  group: 'apidiscovery.k8s.io',
  version: 'v2',
  protoPackage: 'k8s.io.api.apidiscovery.v2',
  served: false,
  types: {
    APIGroupDiscovery: `[kind] A group, with its versions in order of preference.
      metadata 1 ObjectMeta | Its name is the group's name.
      versions 2 []APIVersionDiscovery map(version) | The most preferred comes first.`,
    APIVersionDiscovery: `A version of a group.
      version 1 string! | Such as v1.
      resources 2 []APIResourceDiscovery map(resource) | What is served in this version.
      freshness 3 string | Current, or Stale when an aggregated server has not answered lately.`,
    APIResourceDiscovery: `A resource and what can be done with it.
      resource 1 string! | The plural name.
      responseKind 2 *GroupVersionKind | The kind of its objects.
      scope 3 string! | Cluster or Namespaced.
      singularResource 4 string! | The singular name, for command lines.
      verbs 5 []string! set | Such as get, list and watch.
      shortNames 6 []string set | Abbreviations for command lines.
      categories 7 []string set | Groups of resources that are listed together, such as all.
      subresources 8 []APISubresourceDiscovery map(subresource) | Such as status and scale.`,
    APISubresourceDiscovery: `A subresource and what can be done with it.
      subresource 1 string! | Its name below the resource.
      responseKind 2 *GroupVersionKind | The kind of its answers.
      acceptedTypes 3 []GroupVersionKind map(group,version,kind) | Kinds that it takes, where they differ from its answers.
      verbs 4 []string! set | Such as get and update.`,
  },
}
