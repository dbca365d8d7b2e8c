/** What makes a StatefulSet's pod that one pod: its name, labels, host name and claims, all from its ordinal. */
import { appsV1 } from '../../api/resources.ts'
import type { StatefulSet } from '../../api/types/apps/v1.ts'
import type { PersistentVolumeClaim, Pod, PodTemplateSpec, Volume } from '../../api/types/core/v1.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'
import { controllerReference } from '../ownership.ts'
import { podFromTemplate } from '../pods.ts'
import { revisionLabel } from './plan.ts'

export function podFor(
  set: StatefulSet,
  { ordinal, revision, template }: { ordinal: number; revision: string; template: PodTemplateSpec },
): Pod {
  const name = `${set.metadata.name}-${ordinal}`
  const pod = podFromTemplate(template, {
    owner: controllerReference(appsV1.statefulSets, set),
    namespace: set.metadata.namespace ?? '',
    generateName: `${set.metadata.name}-`,
    name,
  })
  pod.metadata.labels = {
    ...pod.metadata.labels,
    'statefulset.kubernetes.io/pod-name': name,
    'apps.kubernetes.io/pod-index': String(ordinal),
    [revisionLabel]: revision,
  }
  if (!pod.spec) return pod
  pod.spec.hostname = name
  if (set.spec?.serviceName) pod.spec.subdomain = set.spec.serviceName
  const claims = claimsFor(set, ordinal)
  const claimed: Volume[] = claims.map(({ template: volume, claim }) => ({
    name: volume,
    persistentVolumeClaim: { claimName: claim.metadata.name ?? '' },
  }))
  const names = new Set(claimed.map((volume) => volume.name))
  const others = (pod.spec.volumes ?? []).filter((volume) => !names.has(volume.name))
  if (claimed.length > 0) pod.spec.volumes = [...others, ...claimed]
  return pod
}

export function claimsFor(set: StatefulSet, ordinal: number): { template: string; claim: PersistentVolumeClaim }[] {
  return (set.spec?.volumeClaimTemplates ?? []).map((template) => {
    const { status: _, ...rest } = structuredClone(template)
    const claim: PersistentVolumeClaim = {
      ...rest,
      apiVersion: 'v1',
      kind: 'PersistentVolumeClaim',
      metadata: {
        ...rest.metadata,
        name: `${template.metadata.name}-${set.metadata.name}-${ordinal}`,
        namespace: set.metadata.namespace ?? '',
        labels: { ...rest.metadata.labels, ...set.spec?.selector?.matchLabels },
      },
    }
    return { template: template.metadata.name ?? '', claim }
  })
}

/**
 * Owner references that the retention policy asks a claim to carry: the set for `whenDeleted: Delete`, the pod for
 * `whenScaled: Delete` once its ordinal is condemned.
 */
export function claimOwners(set: StatefulSet, { condemnedPod }: { condemnedPod: Pod | undefined }): OwnerReference[] {
  const policy = set.spec?.persistentVolumeClaimRetentionPolicy
  if (policy?.whenScaled === 'Delete' && condemnedPod) {
    const { name = '', uid = '' } = condemnedPod.metadata
    return [{ apiVersion: 'v1', kind: 'Pod', name, uid }]
  }
  if (policy?.whenDeleted !== 'Delete') return []
  const { controller: _, blockOwnerDeletion: __, ...reference } = controllerReference(appsV1.statefulSets, set)
  return [reference]
}
