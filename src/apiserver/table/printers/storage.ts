/** Rows of storage.k8s.io and resource.k8s.io. */
import type { ResourceClaim, ResourceSlice } from '../../../api/types/resource/v1.ts'
import type {
  CSIDriver,
  CSINode,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../../../api/types/storage/v1.ts'
import { age, createdAt, none, unset } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const storagePrinters: Printers = {
  csidrivers: printer(printCSIDriver),
  csinodes: printer<CSINode>((node, nowMs) => [node.metadata.name, node.spec?.drivers.length ?? 0, age(node, nowMs)]),
  csistoragecapacities: (capacity) => [capacity.metadata.name, createdAt(capacity)],
  storageclasses: printer(printStorageClass),
  volumeattachments: printer<VolumeAttachment>((attachment, nowMs) => [
    attachment.metadata.name,
    attachment.spec?.attacher ?? '',
    attachment.spec?.source.persistentVolumeName ?? '',
    attachment.spec?.nodeName ?? '',
    attachment.status?.attached ?? false,
    age(attachment, nowMs),
  ]),
  volumeattributesclasses: printer<VolumeAttributesClass>((attributes, nowMs) => [
    attributes.metadata.name,
    attributes.driverName,
    age(attributes, nowMs),
  ]),
}

export const resourcePrinters: Printers = {
  deviceclasses: (deviceClass, nowMs) => [deviceClass.metadata.name, age(deviceClass, nowMs)],
  resourceclaims: printer<ResourceClaim>((claim, nowMs) => [claim.metadata.name, claimState(claim), age(claim, nowMs)]),
  resourceclaimtemplates: (template, nowMs) => [template.metadata.name, age(template, nowMs)],
  resourceslices: printer<ResourceSlice>((slice, nowMs) => [
    slice.metadata.name,
    slice.spec?.nodeName ?? '',
    slice.spec?.driver ?? '',
    slice.spec?.pool.name ?? '',
    age(slice, nowMs),
  ]),
}

function printCSIDriver(driver: CSIDriver, nowMs: number): unknown[] {
  const { metadata, spec } = driver
  return [
    metadata.name,
    spec?.attachRequired ?? true,
    spec?.podInfoOnMount ?? false,
    spec?.storageCapacity ?? false,
    spec?.tokenRequests?.map(({ audience }) => audience).join(',') ?? unset,
    spec?.requiresRepublish ?? false,
    spec?.volumeLifecycleModes?.join(',') || none,
    age(driver, nowMs),
  ]
}

const defaultClassAnnotations = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]

function printStorageClass(storage: StorageClass, nowMs: number): unknown[] {
  const { name, annotations } = storage.metadata
  const isDefault = defaultClassAnnotations.some((key) => annotations?.[key] === 'true')
  return [
    isDefault ? `${name} (default)` : name,
    storage.provisioner,
    storage.reclaimPolicy ?? 'Delete',
    storage.volumeBindingMode ?? 'Immediate',
    storage.allowVolumeExpansion ?? false,
    age(storage, nowMs),
  ]
}

function claimState({ metadata, status }: ResourceClaim): string {
  const words: string[] = []
  if (metadata.deletionTimestamp) words.push('deleted')
  if (status?.allocation) words.push('allocated')
  else if (!metadata.deletionTimestamp) words.push('pending')
  if (status?.allocation && status.reservedFor?.length) words.push('reserved')
  return words.join(',')
}
