/** What a write to a pod's status may say. Source: core/v1 PodStatus and the recorded messages. */
import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Subdomain, isQualifiedName } from '../../../../api/names.ts'
import type { ContainerStatus, Pod } from '../../../../api/types/core/v1.ts'
import { ipFamily, isIp } from '../../validation/addresses.ts'
import { duplicate, forbidden, invalid, invalidEach, messages } from '../../validation/field.ts'
import { validateAnnotationChanges, validatePodAnnotations } from './annotations.ts'
import { validateContainerUsers } from './container-users.ts'
import { validateDeviceStatus } from './device-status.ts'

const systemConditions = new Set(['PodScheduled', 'Ready', 'Initialized'])

export function validatePodStatusUpdate(pod: Pod, old: Pod): FieldError[] {
  const annotations = pod.metadata.annotations
  const spec = pod.spec ?? { containers: [] }
  const errors = [
    ...validateAnnotationChanges('metadata.annotations', annotations, old.metadata.annotations),
    ...validatePodAnnotations('metadata.annotations', annotations, spec),
  ]
  errors.push(...validateGeneration('status', pod.status?.observedGeneration))
  for (const [index, { type = '', observedGeneration }] of (pod.status?.conditions ?? []).entries()) {
    errors.push(...validateGeneration(`status.conditions[${index}]`, observedGeneration))
    if (systemConditions.has(type)) continue
    errors.push(...invalidEach(`status.conditions[${index}].Type`, type, isQualifiedName(type)))
  }
  const nominated = pod.status?.nominatedNodeName ?? ''
  if (nominated && nominated !== old.status?.nominatedNodeName) {
    errors.push(...invalidEach('status.nominatedNodeName', nominated, isDns1123Subdomain(nominated)))
  }
  if ((pod.status?.qosClass ?? '') !== (old.status?.qosClass ?? '')) {
    errors.push(invalid('status.qosClass', pod.status?.qosClass ?? '', messages.immutable))
  }
  errors.push(...validateTransitions(pod, old), ...validateClaimStatuses(pod), ...validateDeviceStatus(pod))
  errors.push(...validateContainerUsers(pod.status ?? {}))
  errors.push(...validateAddresses('status.podIPs', pod.status?.podIPs ?? [], old.status?.podIPs))
  return [...errors, ...validateHostIps(pod, old)]
}

function validateGeneration(path: string, generation = 0): FieldError[] {
  return generation < 0 ? [invalid(`${path}.observedGeneration`, generation, 'must be a non-negative integer')] : []
}

/** A container that is over and may not restart stays over. */
function validateTransitions(pod: Pod, old: Pod): FieldError[] {
  const spec = old.spec ?? { containers: [] }
  const restarts = new Map([...(spec.containers ?? []), ...(spec.initContainers ?? [])].map((one) => [one.name, one]))
  const errors: FieldError[] = []
  for (const field of ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const) {
    const policy = field === 'ephemeralContainerStatuses' ? 'Never' : (spec.restartPolicy ?? 'Always')
    for (const [index, before] of (old.status?.[field] ?? []).entries()) {
      const container = restarts.get(before.name)
      const ownPolicy = container?.restartPolicy ?? policy
      if ((container?.restartPolicyRules ?? []).length > 0 || !isOver(before, ownPolicy)) continue
      const now = (pod.status?.[field] ?? []).find(({ name }) => name === before.name)
      if (!now || now.state?.terminated) continue
      errors.push(forbidden(`status.${field}[${index}].state`, 'may not be transitioned to non-terminated state'))
    }
  }
  return errors
}

function isOver(status: ContainerStatus, restartPolicy: string): boolean {
  const terminated = status.state?.terminated
  if (!terminated || restartPolicy === 'Always') return false
  return !(terminated.exitCode !== 0 && restartPolicy === 'OnFailure')
}

function validateClaimStatuses(pod: Pod): FieldError[] {
  const names = new Set((pod.spec?.resourceClaims ?? []).map(({ name }) => name))
  const seen = new Set<string>()
  const errors: FieldError[] = []
  for (const [index, { name = '', resourceClaimName }] of (pod.status?.resourceClaimStatuses ?? []).entries()) {
    const at = `status.resourceClaimStatuses[${index}].name`
    if (!names.has(name)) errors.push(invalid(at, name, 'must match the name of an entry in `spec.resourceClaims`'))
    if (seen.has(name)) errors.push(duplicate(at, name))
    seen.add(name)
    if (resourceClaimName !== undefined) {
      const claim = `status.resourceClaimStatuses[${index}].resourceClaimName`
      errors.push(...invalidEach(claim, resourceClaimName, isDns1123Subdomain(resourceClaimName)))
    }
  }
  return errors
}

type Address = { ip?: string }

function validateAddresses(path: string, entries: readonly Address[], old: readonly Address[] = []): FieldError[] {
  const held = new Set(old.flatMap(({ ip }) => ip ?? []))
  const errors = entries.flatMap(({ ip = '' }, index) => invalidEach(`${path}[${index}]`, ip, isIp(ip, held)))
  if (entries.length < 2) return errors
  if (entries.length > 2 || new Set(entries.map(({ ip }) => ipFamily(ip ?? ''))).size < 2) {
    errors.push(invalid(path, entries, 'may specify no more than one IP for each IP family'))
  }
  for (const [index, { ip }] of entries.entries()) {
    if (entries.findIndex((other) => other.ip === ip) < index) errors.push(duplicate(`${path}[${index}]`, { IP: ip }))
  }
  return errors
}

function validateHostIps(pod: Pod, old: Pod): FieldError[] {
  const entries = pod.status?.hostIPs ?? []
  const first = entries[0] && (entries[0].ip ?? '')
  const errors = validateAddresses('status.hostIPs', entries, old.status?.hostIPs)
  if (first === undefined || first === (pod.status?.hostIP ?? '')) return errors
  return [invalid('status.hostIPs[0].ip', first, 'must be equal to `hostIP`'), ...errors]
}
