/** Keeps a PersistentVolumeClaim that is being deleted for as long as a pod on some node names it. */
import { keyOf } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { byClaim, claimKeys, indexByClaim } from '../pod-volumes.ts'
import { protect } from '../protection.ts'

export function persistentVolumeClaimProtectionController(parts: ControllerParts): Controller {
  const claims = parts.informers.of(coreV1.persistentVolumeClaims)
  const pods = parts.informers.of(coreV1.pods)
  indexByClaim(pods)
  return {
    name: 'persistentvolumeclaim-protection',
    sources: [
      source(claims, ({ object }) => [keyOf(object)]),
      // Only pods that go, or lose what they used, can free a claim.
      source(pods, (change) => {
        if (change.type === 'deleted') return claimKeys(change.object)
        if (change.type === 'updated' && change.object.metadata.uid !== change.previous.metadata.uid) {
          return claimKeys(change.previous)
        }
        return []
      }),
    ],
    async reconcile(key) {
      const claim = claims.get(key)
      if (!claim) return done
      return protect(claim, {
        client: parts.client,
        resource: coreV1.persistentVolumeClaims,
        finalizer: 'kubernetes.io/pvc-protection',
        inUse: async () => {
          if (pods.byIndex(byClaim, key).some(isPlaced)) return true
          // The cache may not show a pod that was bound a moment ago.
          const { items } = await parts.client.of(coreV1.pods, claim.metadata.namespace).list()
          return items.some((pod) => isPlaced(pod) && claimKeys(pod).includes(key))
        },
      })
    },
  }
}

/** A pod that no node has can't be started once its claim is going away. */
function isPlaced(pod: Pod): boolean {
  return (pod.spec?.nodeName ?? '') !== ''
}
