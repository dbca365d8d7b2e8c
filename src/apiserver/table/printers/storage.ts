/** Rows of storage.k8s.io, resource.k8s.io and storagemigration.k8s.io. */
import type { ResourceClaim, ResourceSlice } from '../../../api/types/resource/v1.ts'
import type { DeviceTaintRule, ResourcePoolStatusRequest } from '../../../api/types/resource/v1alpha3.ts'
import type {
  CSIDriver,
  CSINode,
  StorageClass,
  VolumeAttachment,
  VolumeAttributesClass,
} from '../../../api/types/storage/v1.ts'
import type { StorageVersionMigration } from '../../../api/types/storagemigration/v1beta1.ts'
import { age, createdAt, none, since, unset } from '../cells.ts'
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
  devicetaintrules: printer<DeviceTaintRule>((rule, nowMs) => {
    const { key = '', value = '', effect = '', timeAdded } = rule.spec?.taint ?? {}
    return [rule.metadata.name, key, value, effect, timeAdded ? since(timeAdded, nowMs) : '', age(rule, nowMs)]
  }),
  resourcepoolstatusrequests: printer(printPoolStatusRequest),
  resourceclaimtemplates: (template, nowMs) => [template.metadata.name, age(template, nowMs)],
  resourceslices: printer<ResourceSlice>((slice, nowMs) => [
    slice.metadata.name,
    slice.spec?.nodeName ?? '',
    slice.spec?.driver ?? '',
    slice.spec?.pool.name ?? '',
    age(slice, nowMs),
  ]),
}

/** Of several steps that are true the last one counts. */
export const storagemigrationPrinters: Printers = {
  storageversionmigrations: printer<StorageVersionMigration>(({ metadata, spec, status }) => {
    const { group, resource = '' } = spec?.resource ?? {}
    const steps = ['Running', 'Failed', 'Succeeded']
    const reached = status?.conditions?.filter((each) => each.status === 'True' && steps.includes(each.type))
    return [metadata.name, group ? `${resource}.${group}` : resource, reached?.at(-1)?.type ?? 'Unknown']
  }),
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

function printPoolStatusRequest({ metadata, spec, status }: ResourcePoolStatusRequest, nowMs: number): unknown[] {
  const ended = status?.conditions?.find(
    (each) => each.status === 'True' && (each.type === 'Complete' || each.type === 'Failed'),
  )
  const pools = status?.pools ?? []
  const countable = status && ended?.type !== 'Failed'
  const sum = (counts: (number | undefined)[]): string =>
    countable ? String(counts.reduce<number>((total, each) => total + (each ?? 0), 0)) : '-'
  const poolCount = status?.poolCount ?? 0
  const isCut = ended?.type === 'Complete' && poolCount > pools.length
  return [
    metadata.name,
    spec?.driver ?? '',
    sum(pools.map(({ totalDevices }) => totalDevices)),
    sum(pools.map(({ availableDevices }) => availableDevices)),
    sum(pools.map(({ allocatedDevices }) => allocatedDevices)),
    sum(pools.map(({ unavailableDevices }) => unavailableDevices)),
    sum(pools.map(({ validationError }) => (validationError === undefined ? 0 : 1))),
    poolCount,
    isCut ? `Complete (${pools.length}/${poolCount} pools)` : (ended?.type ?? 'Pending'),
    ended?.type === 'Complete' ? since(ended.lastTransitionTime, nowMs) : none,
  ]
}
