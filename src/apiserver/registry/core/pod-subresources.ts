/** What a write to one of a pod's sub-resources may carry over; everything else stays as stored. Source: KEP-277, KEP-1287. */
import type { Container, Pod } from '../../../api/types/core/v1.ts'
import { bumpGeneration } from '../generation.ts'

export function keepAllButEphemeral(pod: Pod, old: Pod): void {
  const wanted = pod.spec?.ephemeralContainers
  const kept = structuredClone(old)
  pod.metadata = { ...kept.metadata, ...versionOf(pod) }
  pod.spec = kept.spec ?? { containers: [] }
  pod.status = kept.status ?? {}
  if (wanted) pod.spec.ephemeralContainers = wanted
  else delete pod.spec.ephemeralContainers
  bumpGeneration(pod, old)
}

/** Other containers than before are left to be refused. */
export function keepAllButResources(pod: Pod, old: Pod): void {
  const wanted = pod.spec
  const names = ({ spec }: Pod, list: 'containers' | 'initContainers') =>
    JSON.stringify((spec?.[list] ?? []).map(({ name }) => name))
  if (names(pod, 'containers') !== names(old, 'containers')) return
  if (names(pod, 'initContainers') !== names(old, 'initContainers')) return
  const kept = structuredClone(old)
  pod.metadata = { ...kept.metadata, ...versionOf(pod) }
  pod.spec = kept.spec ?? { containers: [] }
  pod.status = kept.status ?? {}
  copyResources(pod.spec.containers, wanted?.containers ?? [])
  copyResources(pod.spec.initContainers ?? [], wanted?.initContainers ?? [])
  if (wanted?.resources) pod.spec.resources = wanted.resources
  else delete pod.spec.resources
  bumpGeneration(pod, old)
}

/** The client's precondition counts. */
function versionOf(pod: Pod): {
  resourceVersion?: string
  managedFields?: NonNullable<Pod['metadata']['managedFields']>
} {
  const { resourceVersion, managedFields } = pod.metadata
  return { ...(resourceVersion ? { resourceVersion } : {}), ...(managedFields ? { managedFields } : {}) }
}

function copyResources(containers: Container[], wanted: readonly Container[]): void {
  for (const [index, container] of containers.entries()) {
    const source = wanted[index]
    if (!source || source.name !== container.name) continue
    if (source.resources) container.resources = source.resources
    if (source.resizePolicy) container.resizePolicy = source.resizePolicy
    else delete container.resizePolicy
  }
}
