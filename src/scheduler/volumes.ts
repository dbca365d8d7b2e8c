/** Whether a pod's claims let it be placed: they must exist, not be going away, and be bound unless they wait for a node. */
import { coreV1 } from '../api/resources.ts'
import type { Pod } from '../api/types/core/v1.ts'
import type { Informers } from '../client/informer.ts'

/** The reason, in the words of a FailedScheduling event; undefined when nothing is in the way. */
export function claimsNotReady(pod: Pod, informers: Informers): string | undefined {
  const claims = informers.of(coreV1.persistentVolumeClaims)
  for (const volume of pod.spec?.volumes ?? []) {
    const name = volume.ephemeral ? `${pod.metadata.name}-${volume.name}` : volume.persistentVolumeClaim?.claimName
    if (name === undefined) continue
    const claim = claims.get(`${pod.metadata.namespace}/${name}`)
    if (!claim) {
      return volume.ephemeral
        ? `waiting for ephemeral volume controller to create the persistentvolumeclaim "${name}"`
        : `persistentvolumeclaim "${name}" not found`
    }
    if (claim.metadata.deletionTimestamp) return `persistentvolumeclaim "${name}" is being deleted`
    if (!claim.spec?.volumeName) return 'pod has unbound immediate PersistentVolumeClaims'
  }
  return undefined
}
