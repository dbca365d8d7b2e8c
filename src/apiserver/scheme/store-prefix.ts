/** Where each built-in resource lives in the store: upstream's own places, so that tools that read etcd find them. */

/** Source: kube-apiserver's `SpecialDefaultResourcePrefixes` and the resources' own overrides. */
const special: Readonly<Record<string, string>> = {
  nodes: 'minions',
  services: 'services/specs',
  endpoints: 'services/endpoints',
  replicationcontrollers: 'controllers',
  'ingresses.networking.k8s.io': 'ingress',
  'podsecuritypolicies.policy': 'podsecuritypolicy',
  'events.events.k8s.io': 'events',
}

/** Groups whose resources stand below the group's name. */
const withGroup: ReadonlySet<string> = new Set(['apiextensions.k8s.io', 'apiregistration.k8s.io'])

export function builtInStorePrefix({ group, plural }: { group: string; plural: string }): string {
  const key = group === '' ? plural : `${plural}.${group}`
  const place = special[key] ?? (withGroup.has(group) ? `${group}/${plural}` : plural)
  return `/registry/${place}/`
}

/** Custom resources stand below their group. */
export function customStorePrefix({ group, plural }: { group: string; plural: string }): string {
  return `/registry/${group}/${plural}/`
}
