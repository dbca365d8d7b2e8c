/** What makes a StatefulSet's pod that one pod: its name, labels, host name and claims, all from its ordinal. */
import { appsV1, coreV1 } from '../../api/resources.ts'
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
  pod.metadata.labels = { ...pod.metadata.labels, ...identityLabels(name, ordinal), [revisionLabel]: revision }
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

function identityLabels(name: string, ordinal: number): Record<string, string> {
  return { 'statefulset.kubernetes.io/pod-name': name, 'apps.kubernetes.io/pod-index': String(ordinal) }
}

/** The labels of an adopted pod that was made without those of its number; undefined when it has them. */
export function missingIdentity({ metadata }: Pod, ordinal: number): Record<string, string> | undefined {
  const labels = identityLabels(metadata.name ?? '', ordinal)
  const isWhole = Object.entries(labels).every(([key, value]) => metadata.labels?.[key] === value)
  return isWhole ? undefined : { ...metadata.labels, ...labels }
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

/** Whether the set, as it is now, has a pod of this number. */
export function isInRange(set: StatefulSet, ordinal: number): boolean {
  const start = set.spec?.ordinals?.start ?? 0
  return ordinal >= start && ordinal < start + (set.spec?.replicas ?? 1)
}

/**
 * The owner references that the retention policy gives a claim: the pod once its number is scaled away
 * (`whenScaled: Delete`), else the set (`whenDeleted: Delete`). Other owners stay; a claim that somebody else controls
 * gets none of ours. https://kubernetes.io/docs/concepts/workloads/controllers/statefulset/#persistentvolumeclaim-retention
 */
export function claimOwners(
  set: StatefulSet,
  { ordinal, pod, present }: { ordinal: number; pod: Pod | undefined; present: readonly OwnerReference[] },
): OwnerReference[] {
  const ours = new Set([set.metadata.uid, pod?.metadata.uid])
  const others = present.filter(({ uid }) => !ours.has(uid))
  if (others.some(({ controller }) => controller)) return others
  const { whenDeleted, whenScaled } = set.spec?.persistentVolumeClaimRetentionPolicy ?? {}
  const scaledAway = whenScaled === 'Delete' && !isInRange(set, ordinal)
  if (scaledAway) return pod ? [...others, controllerReference(coreV1.pods, pod)] : others
  return whenDeleted === 'Delete' ? [...others, controllerReference(appsV1.statefulSets, set)] : others
}

/** Whether the claim still belongs to an earlier pod of this name and goes with it: a new pod has to wait for that. */
export function isStaleClaim(claim: PersistentVolumeClaim, podName: string): boolean {
  return (claim.metadata.ownerReferences ?? []).some(({ kind, name }) => kind === 'Pod' && name === podName)
}
