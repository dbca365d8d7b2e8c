/** Volumes that are directories of a node: what one looks like, and which claims can't have one. */

import { localPath } from '../../api/local-path.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import type { StorageClass } from '../../api/types/storage/v1.ts'
import { requestOf, volumeAnnotations } from '../../api/volume-binding.ts'

export type Provision =
  | { kind: 'volume'; volume: PersistentVolume }
  /** Nothing changes until the claim does. */
  | { kind: 'refuse'; message: string }

const allowedModes = new Set(['ReadWriteOnce', 'ReadWriteOncePod'])

/** Where directories lie on nodes whose agent does not say (simulated ones, and kubelets of others). */
const defaultDirectory = '/var/lib/k8ts/local-volumes'

export function planProvision(claim: PersistentVolumeClaim, storageClass: StorageClass, node: Node): Provision {
  const { accessModes = [], volumeMode = 'Filesystem', selector } = claim.spec ?? {}
  const wrong = accessModes.find((mode) => !allowedModes.has(mode))
  if (wrong) return refuse(`a directory of one node can't be ${wrong}: only ReadWriteOnce and ReadWriteOncePod`)
  if (volumeMode !== 'Filesystem') return refuse(`volumeMode ${volumeMode} is not supported: only Filesystem`)
  if (selector) return refuse('claim.spec.selector is not supported')
  if (claim.spec?.dataSource || claim.spec?.dataSourceRef) return refuse('claim.spec.dataSource is not supported')
  return { kind: 'volume', volume: volumeFor(claim, storageClass, node) }
}

function refuse(message: string): Provision {
  return { kind: 'refuse', message }
}

function volumeFor(claim: PersistentVolumeClaim, { metadata, ...storageClass }: StorageClass, node: Node) {
  const { uid, namespace, name, resourceVersion } = claim.metadata
  const volumeName = `pvc-${uid}`
  const own = node.metadata.annotations?.[localPath.directoryAnnotation]
  const path = `${own ?? defaultDirectory}/${volumeName}`
  const hostname = node.metadata.labels?.['kubernetes.io/hostname'] ?? node.metadata.name ?? ''
  const reachable = [{ key: 'kubernetes.io/hostname', operator: 'In', values: [hostname] }]
  const volume: PersistentVolume = {
    metadata: {
      name: volumeName,
      annotations: {
        [volumeAnnotations.provisionedBy]: localPath.provisioner,
        [localPath.nodeAnnotation]: node.metadata.name ?? '',
      },
      finalizers: [localPath.finalizer],
    },
    spec: {
      ...(own ? { local: { path } } : { hostPath: { path, type: 'DirectoryOrCreate' } }),
      capacity: { storage: requestOf(claim) },
      accessModes: claim.spec?.accessModes ?? [],
      volumeMode: 'Filesystem',
      claimRef: { apiVersion: 'v1', kind: 'PersistentVolumeClaim', namespace, name, uid, resourceVersion },
      persistentVolumeReclaimPolicy: storageClass.reclaimPolicy ?? 'Delete',
      storageClassName: metadata.name ?? '',
      nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: reachable }] } },
    } as NonNullable<PersistentVolume['spec']>,
  }
  return volume
}

/** Whether the directory of this volume is to be removed now: nobody has it, and its policy does not keep it. */
export function isToBeRemoved({ metadata, spec, status }: PersistentVolume): boolean {
  if (spec?.persistentVolumeReclaimPolicy !== 'Delete') return false
  return status?.phase === 'Released' || (metadata.deletionTimestamp !== undefined && status?.phase !== 'Bound')
}
