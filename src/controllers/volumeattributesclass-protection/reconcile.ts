/** Keeps a VolumeAttributesClass that is being deleted for as long as a claim or a volume has it. */
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../client/controller.ts'
import { protect } from '../protection.ts'

const byClass = 'attributes-class'

export function volumeAttributesClassProtectionController({ client, informers }: ControllerParts): Controller {
  const classes = informers.of(storageV1.volumeAttributesClasses)
  const claims = informers.of(coreV1.persistentVolumeClaims)
  const volumes = informers.of(coreV1.persistentVolumes)
  claims.addIndex(byClass, classesOfClaim)
  volumes.addIndex(byClass, classesOfVolume)
  return {
    name: 'volumeattributesclass-protection-controller',
    sources: [
      source(classes, ({ object }) => [object.metadata.name ?? '']),
      source(claims, (change) => {
        return change.type === 'updated' ? classesOfClaim(change.previous) : classesOfClaim(change.object)
      }),
      source(volumes, (change) => {
        return change.type === 'updated' ? classesOfVolume(change.previous) : classesOfVolume(change.object)
      }),
    ],
    async reconcile(name) {
      const attributes = classes.get(name)
      if (!attributes) return done
      return protect(attributes, {
        client,
        resource: storageV1.volumeAttributesClasses,
        finalizer: 'kubernetes.io/vac-protection',
        inUse: () => claims.byIndex(byClass, name).length > 0 || volumes.byIndex(byClass, name).length > 0,
      })
    },
  }
}

function classesOfClaim({ spec, status }: PersistentVolumeClaim): string[] {
  const names = [
    spec?.volumeAttributesClassName,
    status?.currentVolumeAttributesClassName,
    status?.modifyVolumeStatus?.targetVolumeAttributesClassName,
  ]
  return [...new Set(names.filter((name) => name !== undefined && name !== ''))] as string[]
}

function classesOfVolume({ spec }: PersistentVolume): string[] {
  return spec?.volumeAttributesClassName ? [spec.volumeAttributesClassName] : []
}
