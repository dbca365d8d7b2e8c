/** What must hold of claims, volumes, attachments and load balancers at the end, judged from the API alone. */
import type { KubeObject } from '../../../src/api/meta.ts'
import { coreV1, storageV1 } from '../../../src/api/resources.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, Service } from '../../../src/api/types/core/v1.ts'
import type { VolumeAttachment } from '../../../src/api/types/storage/v1.ts'
import type { Client } from '../../../src/client/client.ts'

export interface StorageWorld {
  claims: PersistentVolumeClaim[]
  volumes: PersistentVolume[]
  pods: Pod[]
  nodes: Node[]
  attachments: VolumeAttachment[]
  services: Service[]
}

export async function storageWorldOf(client: Client): Promise<StorageWorld> {
  const of = async <T extends KubeObject>(resource: Parameters<typeof client.of<T>>[0]) =>
    (await client.of(resource).list()).items
  return {
    claims: await of(coreV1.persistentVolumeClaims),
    volumes: await of(coreV1.persistentVolumes),
    pods: await of(coreV1.pods),
    nodes: await of(coreV1.nodes),
    attachments: await of(storageV1.volumeAttachments),
    services: await of(coreV1.services),
  }
}

export function wrongInStorage(world: StorageWorld): string[] {
  return [
    ...world.claims.flatMap((claim) => wrongClaim(claim, world)),
    ...world.volumes.flatMap((volume) => wrongVolume(volume, world)),
    ...world.pods.flatMap((pod) => wrongPod(pod, world)),
    ...world.attachments.flatMap((one) => wrongAttachment(one, world)),
    ...wrongServices(world),
    ...world.nodes.flatMap(({ metadata, spec }) =>
      (spec?.taints ?? []).map(({ key }) => `node ${metadata.name} still has the taint ${key}`),
    ),
  ]
}

const usersOf = (claim: PersistentVolumeClaim, pods: readonly Pod[]) =>
  pods.filter((pod) => claimName(pod) === claim.metadata.name)

function claimName({ spec }: Pod): string | undefined {
  return spec?.volumes?.find(({ persistentVolumeClaim }) => persistentVolumeClaim)?.persistentVolumeClaim?.claimName
}

function wrongClaim(claim: PersistentVolumeClaim, { claims, volumes, pods }: StorageWorld): string[] {
  const { name, uid, deletionTimestamp } = claim.metadata
  const { volumeName, storageClassName = '' } = claim.spec ?? {}
  const phase = claim.status?.phase
  const used = usersOf(claim, pods).length > 0
  const wrong = (condition: boolean, text: string) => (condition ? [`claim ${name} ${text}`] : [])
  const volume = volumes.find(({ metadata }) => metadata.name === volumeName)
  const twins = claims.filter(({ spec }) => volumeName && spec?.volumeName === volumeName)
  // A directory is one node's.
  const impossible = storageClassName === 'local-path' && claim.spec?.accessModes?.includes('ReadWriteMany')
  const mustBind = storageClassName === 'csi' || (used && storageClassName !== '' && !deletionTimestamp && !impossible)
  return [
    ...wrong(deletionTimestamp !== undefined && !used, 'is used by nobody and is not gone'),
    ...wrong(twins.length > 1, `shares ${volumeName} with another`),
    ...wrong(mustBind && phase !== 'Bound' && phase !== 'Lost', `of class ${storageClassName} is ${phase}`),
    ...wrong(
      phase === 'Bound' && volume?.spec?.claimRef?.uid !== uid,
      `is bound to ${volumeName}, which is not its own`,
    ),
    ...wrong(phase === 'Lost' && volume !== undefined, 'is lost though its volume is there'),
    ...wrong(phase === 'Bound' && smaller(claim.status?.capacity?.storage, '1Gi'), 'is smaller than it asked for'),
  ]
}

function smaller(has: string | undefined, wanted: string): boolean {
  return Number.parseInt(has ?? '0', 10) < Number.parseInt(wanted, 10)
}

function wrongVolume(volume: PersistentVolume, { claims }: StorageWorld): string[] {
  const { name, deletionTimestamp, annotations = {} } = volume.metadata
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec ?? {}
  const phase = volume.status?.phase
  const claim = claims.find(({ metadata }) => claimRef?.uid !== undefined && metadata.uid === claimRef.uid)
  const made = annotations['pv.kubernetes.io/provisioned-by'] !== undefined
  const wrong = (condition: boolean, text: string) => (condition ? [`volume ${name} ${text}`] : [])
  const wanted = claim ? ['Bound'] : claimRef?.uid ? ['Released', 'Failed'] : ['Available']
  return [
    ...wrong(!wanted.includes(phase ?? ''), `is ${phase}, not ${wanted.join(' or ')}`),
    ...wrong(
      claim !== undefined && claim.spec?.volumeName !== name,
      `is kept for ${claim?.metadata.name}, which has another`,
    ),
    ...wrong(made && policy === 'Delete' && !claim, 'was made for a claim and outlived it'),
    ...wrong(deletionTimestamp !== undefined && !claim, 'is of no use and is not gone'),
  ]
}

function wrongPod(pod: Pod, { claims, volumes, attachments }: StorageWorld): string[] {
  const { name, deletionTimestamp } = pod.metadata
  const claim = claims.find(({ metadata }) => metadata.name === claimName(pod))
  const ready = pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True')
  if (deletionTimestamp) return [`pod ${name} is still being deleted`]
  // Whoever comes while a claim goes has to wait for another.
  if (claim?.status?.phase !== 'Bound' || claim.metadata.deletionTimestamp || pod.status?.phase === 'Failed') return []
  const volume = volumes.find(({ metadata }) => metadata.name === claim.spec?.volumeName)
  const there = attachments.some(
    ({ spec }) => spec.nodeName === pod.spec?.nodeName && spec.source.persistentVolumeName === volume?.metadata.name,
  )
  // The nodes of tests start pods without waiting for their volumes.
  const blocked = attachments.some(({ spec }) => spec.source.persistentVolumeName === volume?.metadata.name)
  return [
    ...(ready ? [] : [`pod ${name} is not ready, though ${claim.metadata.name} is bound`]),
    ...(volume?.spec?.csi && !there && !blocked ? [`the volume of pod ${name} is nowhere attached`] : []),
  ]
}

function wrongAttachment({ metadata, spec, status }: VolumeAttachment, world: StorageWorld): string[] {
  const volumeName = spec.source.persistentVolumeName
  const claim = world.claims.find((one) => one.spec?.volumeName === volumeName)
  const used = claim && usersOf(claim, world.pods).some((pod) => pod.spec?.nodeName === spec.nodeName)
  const text = `attachment of ${volumeName} to ${spec.nodeName}`
  if (metadata.deletionTimestamp) return [`${text} is still being deleted`]
  return [...(used ? [] : [`${text} is used by nobody`]), ...(status?.attached ? [] : [`${text} is not done`])]
}

function wrongServices({ services }: StorageWorld): string[] {
  const given = new Map<string, string>()
  return services.flatMap(({ metadata, spec, status }) => {
    const { name = '', deletionTimestamp, finalizers = [] } = metadata
    const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip = '' }) => ip)
    const wanted = spec?.type === 'LoadBalancer' ? 1 : 0
    const wrong: string[] = []
    if (deletionTimestamp) wrong.push(`Service ${name} is still being deleted`)
    if (addresses.length !== wanted) wrong.push(`Service ${name} has ${addresses.length} addresses of ${wanted}`)
    if (finalizers.length !== wanted) wrong.push(`Service ${name} has the finalizers ${finalizers.join()}`)
    for (const address of addresses) {
      if (given.has(address)) wrong.push(`Services ${name} and ${given.get(address)} are both ${address}`)
      if (!address.startsWith('192.0.2.')) wrong.push(`Service ${name} has ${address}, which is not of the pool`)
      given.set(address, name)
    }
    return wrong
  })
}
