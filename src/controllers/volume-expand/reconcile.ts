/**
 * Tells of claims that are to grow: whoever made the volume also makes it larger, a CSI driver's resizer or our own
 * provisioner. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#expanding-persistent-volumes-claims
 */

import { localPath } from '../../api/local-path.ts'
import { keyOf } from '../../api/meta.ts'
import { compareQuantities } from '../../api/quantity.ts'
import { coreV1 } from '../../api/resources.ts'
import type { PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import { capacityOf, requestOf, volumeAnnotations } from '../../api/volume-binding.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'

export function volumeExpandController(parts: ControllerParts): Controller {
  const { client, informers } = parts
  const claims = informers.of(coreV1.persistentVolumeClaims)
  const volumes = informers.of(coreV1.persistentVolumes)
  const events = parts.events.as('volume_expand')
  /** What each claim asked for when that was told. */
  const told = new Map<string, string>()

  /** A directory has no size of its own: only what is said of it changes. */
  async function growDirectory(claim: PersistentVolumeClaim, volumeName: string): Promise<void> {
    const storage = requestOf(claim)
    const volume = volumes.get(volumeName)
    if (volume && compareQuantities(storage, capacityOf(volume)) > 0) {
      const { uid, resourceVersion } = volume.metadata
      const patch = { metadata: { uid, resourceVersion }, spec: { capacity: { storage } } }
      await ifThere(client.of(coreV1.persistentVolumes).patch(volumeName, { type: 'merge', patch }))
    }
    const { name = '', namespace, uid } = claim.metadata
    const patch = { metadata: { uid }, status: { capacity: { storage } } }
    await ifThere(client.of(coreV1.persistentVolumeClaims, namespace).patchStatus(name, { type: 'merge', patch }))
    const message = `The volume has ${storage} now`
    events.event(
      { resource: coreV1.persistentVolumeClaims, object: claim },
      'Normal',
      'VolumeResizeSuccessful',
      message,
    )
  }

  return {
    name: 'persistentvolume-expander-controller',
    sources: [source(claims, ({ object }) => [keyOf(object)])],
    async reconcile(key) {
      const claim = claims.get(key)
      if (!claim || !isToGrow(claim)) {
        told.delete(key)
        return done
      }
      const volumeName = claim.spec?.volumeName ?? ''
      const maker = volumes.get(volumeName)?.metadata.annotations?.[volumeAnnotations.provisionedBy]
      if (maker === localPath.provisioner) await growDirectory(claim, volumeName)
      else if (told.get(key) !== requestOf(claim)) {
        told.set(key, requestOf(claim))
        const message = 'waiting for an external controller to expand this PVC'
        const about = { resource: coreV1.persistentVolumeClaims, object: claim }
        events.event(about, 'Normal', 'ExternalExpanding', message)
      }
      return done
    },
  }
}

function isToGrow(claim: PersistentVolumeClaim): boolean {
  const has = claim.status?.capacity?.storage
  return claim.status?.phase === 'Bound' && has !== undefined && compareQuantities(requestOf(claim), has) > 0
}
