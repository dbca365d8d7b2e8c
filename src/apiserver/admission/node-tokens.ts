/**
 * A kubelet asks for service account tokens of pods that are bound to its node, and for audiences that the pod's volumes
 * name; for others it needs the verb `request-serviceaccounts-token-audience` on the audience.
 * Source: https://kep.k8s.io/4412
 */
import { notFound } from '../../api/errors.ts'
import { coreV1, storageV1 } from '../../api/resources.ts'
import type { TokenRequest } from '../../api/types/authentication/v1.ts'
import type { PersistentVolumeSpec, Pod, Volume } from '../../api/types/core/v1.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { DecidingAuthorizer } from '../authorization/decision.ts'
import type { Objects } from '../objects.ts'
import { forbid } from './plugin.ts'

export interface NodeTokenParts {
  objects: Objects
  authorizer: DecidingAuthorizer
}

/** What NodeRestriction reads comes from its cache, which names kinds in the singular. */
export const podName = { group: '', plural: 'pod' }

/** Throws 403, or 404 when the pod is gone. */
export async function checkNodeToken(
  parts: NodeTokenParts,
  attributes: AdmissionAttributes,
  node: string,
): Promise<void> {
  if (attributes.operation !== 'CREATE' || attributes.subresource !== 'token') return
  const { boundObjectRef: reference, audiences = [] } = (attributes.object as TokenRequest).spec ?? {}
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name) {
    throw forbid(attributes, 'node requested token not bound to a pod')
  }
  if (!reference.uid) throw forbid(attributes, 'node requested token with a pod binding without a uid')
  const pod = await parts.objects.get(coreV1.pods, `${attributes.namespace}/${reference.name}`)
  if (!pod) throw notFound(podName, reference.name)
  if (pod.metadata.uid !== reference.uid) {
    throw forbid(
      attributes,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  }
  if (pod.spec?.nodeName !== node)
    throw forbid(attributes, 'node requested token bound to a pod scheduled on a different node')
  if (audiences.length > 1) throw forbid(attributes, 'node may only request 0 or 1 audiences')
  await checkAudience(parts, attributes, pod, audiences[0] ?? '')
}

async function checkAudience(
  { objects, authorizer }: NodeTokenParts,
  attributes: AdmissionAttributes,
  pod: Pod,
  audience: string,
): Promise<void> {
  const faults: string[] = []
  for (const volume of pod.spec?.volumes ?? []) {
    const named = await audiencesOf(objects, pod, volume)
    if (typeof named === 'string') faults.push(named)
    else if (named.includes(audience)) return
  }
  const quoted = JSON.stringify(audience)
  if (faults.length > 0) {
    const shown = faults.length === 1 ? faults[0] : `[${[...new Set(faults)].join(', ')}]`
    throw forbid(attributes, `error validating audience ${quoted}: ${shown}`)
  }
  const { user, namespace, name } = attributes
  const decision = await authorizer.decide({
    ...{ user, verb: 'request-serviceaccounts-token-audience', isResourceRequest: true },
    ...{ apiGroup: '', apiVersion: 'v1', resource: audience, subresource: '', namespace, name, path: '' },
  })
  if (decision.kind === 'allow') return
  throw forbid(
    attributes,
    `audience ${quoted} not found in pod spec volume, ${user.name} is not authorized to request tokens for this audience`,
  )
}

/** Those of the volume's projected tokens, or of its driver. A text says what is missing to know. */
async function audiencesOf(objects: Objects, pod: Pod, volume: Volume): Promise<readonly string[] | string> {
  if (volume.projected) {
    const tokens = (volume.projected.sources ?? []).flatMap(({ serviceAccountToken }) => serviceAccountToken ?? [])
    return tokens.map(({ audience = '' }) => audience)
  }
  const driver = await driverOf(objects, pod, volume)
  if (driver === undefined) return []
  if (typeof driver === 'object') return driver.missing
  const stored = await objects.get(storageV1.csiDrivers, driver)
  if (!stored) return missing('csidriver.storage.k8s.io', driver).missing
  return (stored.spec.tokenRequests ?? []).map(({ audience }) => audience)
}

async function driverOf(
  objects: Objects,
  { metadata }: Pod,
  volume: Volume,
): Promise<string | undefined | { missing: string }> {
  const { ephemeral, persistentVolumeClaim, csi } = volume
  const claimName = ephemeral ? `${metadata.name}-${volume.name}` : persistentVolumeClaim?.claimName
  if (claimName === undefined) return csi?.driver ?? movedDriver(volume)
  const claim = await objects.get(coreV1.persistentVolumeClaims, `${metadata.namespace}/${claimName}`)
  if (!claim) return missing('persistentvolumeclaim', claimName)
  const volumeName = claim.spec?.volumeName ?? ''
  const bound = volumeName === '' ? undefined : await objects.get(coreV1.persistentVolumes, volumeName)
  if (!bound) return missing('persistentvolume', volumeName)
  return bound.spec?.csi?.driver ?? movedDriver(bound.spec ?? {})
}

function missing(kind: string, name: string): { missing: string } {
  return { missing: `${kind} "${name}" not found` }
}

/** Drivers that took over what was once part of Kubernetes. */
const movedDrivers: readonly [keyof Volume & keyof PersistentVolumeSpec, string][] = [
  ['awsElasticBlockStore', 'ebs.csi.aws.com'],
  ['azureDisk', 'disk.csi.azure.com'],
  ['azureFile', 'file.csi.azure.com'],
  ['cinder', 'cinder.csi.openstack.org'],
  ['gcePersistentDisk', 'pd.csi.storage.gke.io'],
  ['portworxVolume', 'pxd.portworx.com'],
  ['vsphereVolume', 'csi.vsphere.vmware.com'],
]

function movedDriver(source: Partial<Volume> | Partial<PersistentVolumeSpec>): string | undefined {
  return movedDrivers.find(([field]) => source[field] !== undefined)?.[1]
}
