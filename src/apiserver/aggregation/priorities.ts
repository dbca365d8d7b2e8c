/**
 * Which group a client tries first for a short name, and which of its versions it prefers: what the APIServices that
 * every server has say. Source: kube-apiserver's API service priorities.
 */
export interface Priority {
  groupPriorityMinimum: number
  versionPriority: number
}

/** Group, its priority, its versions with theirs. The core group has no name. */
const table = `
  - 18000 v1=1
  apps 17800 v1=15
  events.k8s.io 17750 v1=15 v1beta1=5
  authentication.k8s.io 17700 v1=15 v1beta1=9 v1alpha1=1
  authorization.k8s.io 17600 v1=15
  autoscaling 17500 v2=30 v1=15
  batch 17400 v1=15 v1beta1=9
  certificates.k8s.io 17300 v1=15 v1beta1=9 v1alpha1=1
  networking.k8s.io 17200 v1=15 v1beta1=9
  policy 17100 v1=15 v1beta1=9
  rbac.authorization.k8s.io 17000 v1=15
  storage.k8s.io 16800 v1=15 v1beta1=9 v1alpha1=1
  admissionregistration.k8s.io 16700 v1=15 v1beta1=12 v1alpha1=9
  apiextensions.k8s.io 16700 v1=15
  scheduling.k8s.io 16600 v1=15 v1alpha2=2
  coordination.k8s.io 16500 v1=15 v1beta1=13 v1alpha2=12
  node.k8s.io 16300 v1=15
  discovery.k8s.io 16200 v1=15 v1beta1=12
  resource.k8s.io 16200 v1=21 v1beta2=15 v1beta1=9 v1alpha3=1
  flowcontrol.apiserver.k8s.io 16100 v1=21
  internal.apiserver.k8s.io 16000 v1alpha1=9
  storagemigration.k8s.io 15800 v1beta1=9
  metrics.k8s.io 100 v1beta1=100
`

/** Custom resources have these; so does a version that the table leaves out, in its group. */
export const customPriority: Priority = { groupPriorityMinimum: 1000, versionPriority: 100 }

const priorities = new Map(
  table
    .trim()
    .split('\n')
    .flatMap((line) => {
      const [group = '', minimum, ...versions] = line.trim().split(' ')
      return versions.map((text): [string, Priority] => {
        const [version = '', priority] = text.split('=')
        const name = serviceName(group === '-' ? '' : group, version)
        return [name, { groupPriorityMinimum: Number(minimum), versionPriority: Number(priority) }]
      })
    }),
)

/** On APIServices that the server makes itself: `onstart` or `true`. */
export const managedLabel = 'kube-aggregator.kubernetes.io/automanaged'

/** `v1.apps`; `v1.` of the core group. */
export function serviceName(group: string, version: string): string {
  return `${version}.${group}`
}

export function defaultPriority(group: string, version: string): Priority {
  return priorities.get(serviceName(group, version)) ?? customPriority
}
