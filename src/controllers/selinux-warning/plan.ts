/**
 * Which pods would keep each other from a volume once volumes are mounted with SELinux labels instead of being relabelled.
 * Source: KEP-1710 and kube-controller-manager's selinux-warning-controller.
 */
import type { Container, PersistentVolume, Pod, SELinuxOptions } from '../../api/types/core/v1.ts'

export interface Usage {
  pod: { namespace: string; name: string }
  /** `user:role:type:level`, parts may be empty; empty: as the runtime likes. */
  label: string
  changePolicy: string
}

export interface Conflict {
  property: 'SELinuxLabel' | 'SELinuxChangePolicy'
  pod: Usage['pod']
  value: string
  other: Usage['pod']
  otherValue: string
}

export type VolumeUse = { kind: 'use'; usage: Usage } | { kind: 'multiple' }

/** How a pod uses one of its volumes; undefined when none of its containers mounts it. */
export function usageOf(pod: Pod, volumeName: string, mountsWithLabel: boolean): VolumeUse | undefined {
  const { namespace = '', name = '' } = pod.metadata
  const containers: Container[] = [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])]
  const users = containers.filter(({ volumeMounts }) => volumeMounts?.some((mount) => mount.name === volumeName))
  if (users.length === 0) return undefined
  const { seLinuxChangePolicy = 'MountOption', seLinuxOptions } = pod.spec?.securityContext ?? {}
  const options = users.map(({ securityContext }) => securityContext?.seLinuxOptions ?? seLinuxOptions)
  const labels = new Set(options.flatMap((one) => (one ? [labelOf(one)] : [])))
  if (labels.size > 1) return { kind: 'multiple' }
  const [known = ''] = labels
  const label = mountsWithLabel && seLinuxChangePolicy !== 'Recursive' ? known : ''
  const changePolicy = label === '' ? 'Recursive' : seLinuxChangePolicy
  return { kind: 'use', usage: { pod: { namespace, name }, label, changePolicy } }
}

/** Of the volume's other users, those that one of them would shut out; each conflict from both sides. */
export function conflictsOf(usage: Usage, others: Iterable<Usage>): Conflict[] {
  const found: Conflict[] = []
  for (const other of others) {
    const both = (property: Conflict['property'], value: string, otherValue: string): void => {
      found.push({ property, pod: usage.pod, value, other: other.pod, otherValue })
      found.push({ property, pod: other.pod, value: otherValue, other: usage.pod, otherValue: value })
    }
    if (other.changePolicy !== usage.changePolicy) both('SELinuxChangePolicy', usage.changePolicy, other.changePolicy)
    if (labelsConflict(other.label, usage.label)) both('SELinuxLabel', usage.label, other.label)
  }
  return found
}

/** Names of pods of other namespaces are not told. */
export function messageOf({ property, pod, value, other, otherValue }: Conflict): string {
  const end = 'If both pods land on the same node, only one of them may access the volume.'
  if (pod.namespace === other.namespace)
    return `${property} "${value}" conflicts with pod ${other.name} that uses the same volume as this pod with ${property} "${otherValue}". ${end}`
  return `${property}"${value}" conflicts with another pod that uses the same volume as this pod with a different ${property}. ${end}`
}

/** Whether a volume may be mounted with a label: those that one pod has to itself, or all with the gate SELinuxMount. */
export function mayMountWithLabel({ spec }: PersistentVolume, driverSupports: boolean, allModes: boolean): boolean {
  if (!driverSupports) return false
  const modes = spec?.accessModes ?? []
  return allModes || (modes.length === 1 && modes[0] === 'ReadWriteOncePod')
}

function labelOf({ user = '', role = '', type = '', level = '' }: SELinuxOptions): string {
  const label = [user, role, type, level].join(':')
  return label === ':::' ? '' : label
}

/** An empty part fits any, but for the level: an empty one is given out by the runtime, and no two pods get the same. */
function labelsConflict(one: string, other: string): boolean {
  const [parts, otherParts] = [partsOf(one), partsOf(other)]
  return parts.some((part, index) => {
    const otherPart = otherParts[index] ?? ''
    if (part === otherPart) return false
    return index === 3 || (part !== '' && otherPart !== '')
  })
}

function partsOf(label: string): string[] {
  const [user = '', role = '', type = '', ...level] = label.split(':')
  return [user, role, type, level.join(':')]
}
