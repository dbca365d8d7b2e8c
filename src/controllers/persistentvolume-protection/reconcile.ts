/** Keeps a PersistentVolume that is being deleted for as long as a claim is bound to it. */
import { coreV1 } from '../../api/resources.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { protect } from '../protection.ts'

export function persistentVolumeProtectionController(parts: ControllerParts): Controller {
  const volumes = parts.informers.of(coreV1.persistentVolumes)
  return {
    name: 'persistentvolume-protection',
    sources: [source(volumes, ({ object }) => [object.metadata.name ?? ''])],
    async reconcile(name) {
      const volume = volumes.get(name)
      if (!volume) return done
      return protect(volume, {
        client: parts.client,
        resource: coreV1.persistentVolumes,
        finalizer: 'kubernetes.io/pv-protection',
        inUse: () => volume.status?.phase === 'Bound',
      })
    },
  }
}
