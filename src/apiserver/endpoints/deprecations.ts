/**
 * What is said to who uses a resource that still works but goes away: the release since when, the one without it, and
 * what takes its place. Those that a later release deprecates are not here yet.
 * Source: https://kubernetes.io/docs/reference/using-api/deprecation-guide/ and the types' own lifecycle.
 */
import { apiVersionOf, type Resource } from '../../api/meta.ts'

type Named = Pick<Resource, 'group' | 'version' | 'kind'>

/** The release, `1.36`, that will be without it; empty where none is named, undefined for what is not deprecated. */
export function removedIn(resource: Named): string | undefined {
  const lifecycle = lifecycleOf(resource)
  return lifecycle && (lifecycle[1] ?? '')
}

function lifecycleOf(resource: Named): Lifecycle | undefined {
  return lifecycles.get(shown(resource))
}

function shown(resource: Named): string {
  return `${apiVersionOf(resource)} ${resource.kind}`
}

/** The text for a `Warning` header; undefined for what is not deprecated. */
export function deprecationOf(resource: Named): string | undefined {
  const lifecycle = lifecycleOf(resource)
  if (!lifecycle) return undefined
  const [since, until, replacement] = lifecycle
  const gone = until ? `, unavailable in v${until}+` : ''
  return `${shown(resource)} is deprecated in v${since}+${gone}${replacement ? `; use ${replacement}` : ''}`
}

type Lifecycle = readonly [since: string, until?: string | undefined, replacement?: string]

const lifecycles: ReadonlyMap<string, Lifecycle> = new Map<string, Lifecycle>([
  ['v1 ComponentStatus', ['1.19']],
  ['v1 Endpoints', ['1.33', undefined, 'discovery.k8s.io/v1 EndpointSlice']],
  ...each('admissionregistration.k8s.io/v1alpha1', ['MutatingAdmissionPolicy', 'MutatingAdmissionPolicyBinding'], 35),
  ...each('certificates.k8s.io/v1alpha1', ['ClusterTrustBundle'], 34),
  ...each('coordination.k8s.io/v1alpha2', ['LeaseCandidate'], 35),
  ...each('coordination.k8s.io/v1beta1', ['LeaseCandidate'], 36),
  ...each('networking.k8s.io/v1beta1', ['IPAddress', 'ServiceCIDR'], 34),
  ...each('resource.k8s.io/v1alpha3', ['DeviceTaintRule'], 36),
  ...each('resource.k8s.io/v1beta1', ['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice'], 35),
  ...each('resource.k8s.io/v1beta2', ['DeviceClass', 'ResourceClaim', 'ResourceClaimTemplate', 'ResourceSlice'], 36),
  ['storage.k8s.io/v1beta1 VolumeAttributesClass', ['1.34', '1.37', 'storage.k8s.io/v1 VolumeAttributesClass']],
])

/** Betas live for three releases after they were deprecated. */
function each(groupVersion: string, kinds: readonly string[], since: number): [string, Lifecycle][] {
  return kinds.map((kind) => [`${groupVersion} ${kind}`, [`1.${since}`, `1.${since + 3}`]])
}
