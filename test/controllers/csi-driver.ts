/** A CSI driver's provisioner and attacher, simulated: they follow the objects as the real sidecars do. */
import { coreV1, storageV1 } from '../../src/api/resources.ts'
import type { PersistentVolumeClaim } from '../../src/api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, source } from '../../src/client/controller.ts'
import { ifNew, ifThere } from '../../src/client/writes.ts'

export const driver = 'csi.example.com'

/** Makes volumes for claims that ask for the driver, where their pod's node is, and deletes what is released. */
export function provisioner(
  { client, informers }: ControllerParts,
  refuses: ReadonlySet<string> = new Set(),
): Controller {
  const claims = informers.of(coreV1.persistentVolumeClaims)
  const volumes = informers.of(coreV1.persistentVolumes)
  const classes = informers.of(storageV1.storageClasses)
  async function provide({ metadata, spec }: PersistentVolumeClaim): Promise<void> {
    const node = metadata.annotations?.['volume.kubernetes.io/selected-node']
    if (metadata.annotations?.['volume.kubernetes.io/storage-provisioner'] !== driver || spec?.volumeName) return
    if (!node && classes.get(spec?.storageClassName ?? '')?.volumeBindingMode !== 'Immediate') return
    if (node && refuses.has(node)) {
      // The scheduler is to choose anew.
      const patch = { metadata: { annotations: { 'volume.kubernetes.io/selected-node': null } } }
      const api = client.of(coreV1.persistentVolumeClaims, metadata.namespace)
      await ifThere(api.patch(metadata.name ?? '', { type: 'merge', patch }))
      return
    }
    const name = `pvc-${metadata.uid}`
    if (volumes.get(name)) return
    const { namespace: of = '', name: claimName = '', uid = '' } = metadata
    const volume = {
      metadata: { name, annotations: { 'pv.kubernetes.io/provisioned-by': driver } },
      spec: {
        capacity: { storage: spec?.resources?.requests?.storage ?? '1Gi' },
        accessModes: spec?.accessModes ?? [],
        storageClassName: spec?.storageClassName ?? '',
        persistentVolumeReclaimPolicy: 'Delete',
        claimRef: { kind: 'PersistentVolumeClaim', apiVersion: 'v1', namespace: of, name: claimName, uid },
        csi: { driver, volumeHandle: name },
      },
    }
    await ifNew(client.of(coreV1.persistentVolumes).create(volume))
  }
  return {
    name: 'csi-provisioner',
    sources: [
      source(classes, () => []),
      source(claims, ({ object }) => [`claim ${object.metadata.namespace}/${object.metadata.name}`]),
      source(volumes, ({ object }) => [`volume ${object.metadata.name}`]),
    ],
    async reconcile(key) {
      const [kind, name = ''] = key.split(' ')
      const claim = kind === 'claim' ? claims.get(name) : undefined
      if (claim) await provide(claim)
      const volume = kind === 'volume' ? volumes.get(name) : undefined
      if (volume?.status?.phase === 'Released' && !volume.metadata.deletionTimestamp) {
        await ifThere(client.of(coreV1.persistentVolumes).delete(name))
      }
      return done
    },
  }
}

/** Attaches at once, and detaches what is to go. */
export function attacher({ client, informers }: ControllerParts): Controller {
  const attachments = informers.of(storageV1.volumeAttachments)
  return {
    name: 'csi-attacher',
    sources: [source(attachments, ({ object }) => [object.metadata.name ?? ''])],
    async reconcile(name) {
      const api = client.of(storageV1.volumeAttachments)
      const { metadata, status } = attachments.get(name) ?? {}
      if (!metadata) return done
      const finalizers = [`external-attacher/${driver}`]
      const change = (patch: object) => ifThere(api.patch(name, { type: 'merge', patch }))
      if (metadata.deletionTimestamp) await change({ metadata: { finalizers: [] } })
      else if (!metadata.finalizers) await change({ metadata: { finalizers } })
      else if (!status?.attached)
        await ifThere(api.patchStatus(name, { type: 'merge', patch: { status: { attached: true } } }))
      return done
    },
  }
}
