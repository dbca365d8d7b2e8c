/**
 * The rules of a pod spec and of a pod template, in upstream's order.
 * Source: core/v1 PodSpec and the recorded messages; the parts stand in the files beside this one.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../../api/names.ts'
import type { HostAlias, PodResourceClaim, PodSpec, PodTemplateSpec } from '../../../../api/types/core/v1.ts'
import { isIp } from '../../validation/addresses.ts'
import {
  byteLength,
  duplicate,
  forbidden,
  inclusiveRange,
  invalid,
  invalidEach,
  notSupported,
  required,
  tooLong,
} from '../../validation/field.ts'
import { goStruct } from '../../validation/go-struct.ts'
import { validateAnnotations, validateLabels } from '../../validation/labels.ts'
import { validateContainerResources, validatePodResources } from '../../validation/resources.ts'
import { validateAffinity } from './affinity.ts'
import type { PodAllowances } from './allowances.ts'
import { validatePodAnnotations, validateProfileAnnotations } from './annotations.ts'
import { validateContainers, validateEphemeralContainers, validateInitContainers } from './containers.ts'
import { validatePodResourceConsistency } from './pod-resources.ts'
import { validateDns, validateGates, validateSpread, validateTolerations } from './scheduling.ts'
import { validatePodSecurityContext } from './security-context.ts'
import { containersWithPath } from './visit.ts'
import { validateVolumes } from './volumes.ts'
import { validateHostProcess, validateOs } from './windows.ts'

const restartPolicies = ['Always', 'OnFailure', 'Never']
const dnsPolicies = ['ClusterFirstWithHostNet', 'ClusterFirst', 'Default', 'None']
export const preemptionPolicies = ['PreemptLowerPriority', 'Never']
/** What the kernel takes. */
const hostnameBytesMax = 64
const maxInt32 = 2147483647

/** `podName` is set for real pods only; a template has none. */
export function validatePodSpec(path: string, spec: PodSpec, allowed: PodAllowances, podName?: string): FieldError[] {
  const { valid, errors: volumeErrors } = validateVolumes(`${path}.volumes`, spec.volumes ?? [], podName)
  const claims = spec.resourceClaims ?? []
  const claimNames = new Set(claims.map(({ name }) => name).filter(Boolean))
  const pod = { spec, volumes: valid, claimNames, allowed }
  return [
    ...(spec.terminationGracePeriodSeconds === undefined ? [required(`${path}.terminationGracePeriodSeconds`)] : []),
    ...volumeErrors,
    ...validateResourceClaims(`${path}.resourceClaims`, claims),
    ...validateContainers(`${path}.containers`, pod),
    ...validateInitContainers(`${path}.initContainers`, pod),
    ...validateEphemeralContainers(`${path}.ephemeralContainers`, pod),
    ...(spec.resources ? validatePodResources(`${path}.resources`, spec.resources, claimNames) : []),
    ...(spec.resources ? validatePodResourceConsistency(`${path}.resources`, spec) : []),
    ...validateHostNetworkPorts(path, spec, podName !== undefined),
    ...requiredInOrder(`${path}.restartPolicy`, spec.restartPolicy, restartPolicies),
    ...requiredInOrder(`${path}.dnsPolicy`, spec.dnsPolicy, dnsPolicies),
    ...validateLabels(`${path}.nodeSelector`, spec.nodeSelector),
    ...validatePodSecurityContext(`${path}.securityContext`, spec, allowed),
    ...validateAffinity(`${path}.affinity`, spec.affinity),
    ...validateDns(`${path}.dnsConfig`, spec),
    ...validateGates(path, spec),
    ...validateSpread(`${path}.topologySpreadConstraints`, spec.topologySpreadConstraints ?? []),
    ...validateHostUsers(path, spec, allowed),
    ...validateReferences(path, spec, allowed),
    ...validateHostProcess(path, spec),
    ...validateOs(path, spec),
    ...validateSchedulingGroup(`${path}.schedulingGroup`, spec),
  ]
}

function validateSchedulingGroup(path: string, { schedulingGroup }: PodSpec): FieldError[] {
  if (!schedulingGroup) return []
  const at = `${path}.podGroupName`
  const { podGroupName } = schedulingGroup
  if (podGroupName === undefined) return [invalid(at, null, 'must specify one of: `podGroupName`')]
  return invalidEach(at, podGroupName, isDns1123Subdomain(podGroupName))
}

/** The rest: names of other objects, host names, numbers. */
function validateReferences(path: string, spec: PodSpec, allowed: PodAllowances): FieldError[] {
  const errors = [
    ...optionalName(`${path}.serviceAccountName`, spec.serviceAccountName, isDns1123Subdomain),
    ...optionalName(`${path}.nodeName`, spec.nodeName, isDns1123Subdomain),
  ]
  const deadline = spec.activeDeadlineSeconds
  if (deadline !== undefined && (deadline < 1 || deadline > maxInt32)) {
    errors.push(invalid(`${path}.activeDeadlineSeconds`, deadline, inclusiveRange(1, maxInt32)))
  }
  errors.push(...optionalName(`${path}.hostname`, spec.hostname, isDns1123Label))
  errors.push(...optionalName(`${path}.subdomain`, spec.subdomain, isDns1123Label))
  errors.push(...validateHostnameOverride(`${path}.hostnameOverride`, spec))
  errors.push(...validateTolerations(`${path}.tolerations`, spec.tolerations ?? [], allowed))
  errors.push(...validateHostAliases(`${path}.hostAliases`, spec.hostAliases ?? []))
  errors.push(...optionalName(`${path}.priorityClassName`, spec.priorityClassName, isDns1123Subdomain))
  if (spec.runtimeClassName !== undefined) {
    errors.push(
      ...invalidEach(`${path}.runtimeClassName`, spec.runtimeClassName, isDns1123Subdomain(spec.runtimeClassName)),
    )
  }
  if (spec.preemptionPolicy !== undefined) {
    errors.push(...requiredInOrder(`${path}.preemptionPolicy`, spec.preemptionPolicy, preemptionPolicies))
  }
  if (spec.overhead) errors.push(...validateContainerResources(`${path}.overhead`, { limits: spec.overhead }))
  return errors
}

function validateHostnameOverride(path: string, spec: PodSpec): FieldError[] {
  const name = spec.hostnameOverride
  if (name === undefined) return []
  const errors = (['setHostnameAsFQDN', 'hostNetwork'] as const)
    .filter((field) => spec[field])
    .map((field) => forbidden(path, `may not be specified when ${field} is true`))
  if (byteLength(name) > hostnameBytesMax) errors.push(tooLong(path, hostnameBytesMax))
  return [...errors, ...invalidEach(path, name, isDns1123Subdomain(name))]
}

function optionalName(path: string, name: string | undefined, rule: (name: string) => string[]): FieldError[] {
  return name ? invalidEach(path, name, rule(name)) : []
}

export function requiredInOrder(path: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  if (!value) return [required(path)]
  return supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function validateResourceClaims(path: string, claims: readonly PodResourceClaim[]): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, claim] of claims.entries()) {
    const at = `${path}[${index}]`
    const { name = '', resourceClaimName, resourceClaimTemplateName } = claim
    if (name === '') errors.push(required(`${at}.name`))
    else if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    else errors.push(...invalidEach(`${at}.name`, name, isDns1123Label(name)))
    names.add(name)
    const shown = goStruct('PodResourceClaim', claim)
    if (resourceClaimName !== undefined && resourceClaimTemplateName !== undefined) {
      const why = 'at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified'
      errors.push(invalid(at, shown, why))
    }
    if (resourceClaimName === undefined && resourceClaimTemplateName === undefined) {
      errors.push(invalid(at, shown, 'must specify one of: `resourceClaimName`, `resourceClaimTemplateName`'))
    }
    for (const field of ['resourceClaimName', 'resourceClaimTemplateName'] as const) {
      const value = claim[field]
      if (value !== undefined) errors.push(...invalidEach(`${at}.${field}`, value, isDns1123Subdomain(value)))
    }
  }
  return errors
}

/** A pod on the host's network listens where it says: host and container port are the same. */
function validateHostNetworkPorts(path: string, spec: PodSpec, isPod: boolean): FieldError[] {
  if (!spec.hostNetwork) return []
  const errors: FieldError[] = []
  for (const [index, container] of (spec.containers ?? []).entries()) {
    for (const [portIndex, port] of (container.ports ?? []).entries()) {
      const host = port.hostPort ?? 0
      if ((!isPod && host === 0) || host === port.containerPort) continue
      const at = `${path}.containers[${index}].ports[${portIndex}].hostPort`
      errors.push(invalid(at, host, 'must match `containerPort` when `hostNetwork` is true'))
    }
  }
  return errors
}

function validateHostUsers(path: string, spec: PodSpec, allowed: PodAllowances): FieldError[] {
  if (spec.hostUsers !== false) return []
  const why = 'when `hostUsers` is false'
  const errors: FieldError[] = []
  if (spec.hostNetwork && !allowed.hostNetworkWithOwnUsers) errors.push(forbidden(`${path}.hostNetwork`, why))
  if (spec.hostPID) errors.push(forbidden(`${path}.HostPID`, why))
  if (spec.hostIPC) errors.push(forbidden(`${path}.HostIPC`, why))
  if (allowed.devicesWithOwnUsers) return errors
  for (const [at, { volumeDevices = [] }] of containersWithPath(path, spec)) {
    if (volumeDevices.length > 0) errors.push(forbidden(`${at}.volumeDevices`, why))
  }
  return errors
}

function validateHostAliases(path: string, aliases: readonly HostAlias[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { ip = '', hostnames = [] }] of aliases.entries()) {
    errors.push(...invalidEach(`${path}[${index}].ip`, ip, isIp(ip)))
    for (const [nameIndex, name] of hostnames.entries()) {
      errors.push(...invalidEach(`${path}[${index}].hostnames[${nameIndex}]`, name, isDns1123Subdomain(name)))
    }
  }
  return errors
}

/** Upstream names the template's labels and annotations without `metadata`. */
export function validatePodTemplate(
  path: string,
  template: PodTemplateSpec | undefined,
  allowed: PodAllowances,
): FieldError[] {
  const spec = template?.spec ?? { containers: [] }
  const annotations = template?.metadata?.annotations
  const errors = [
    ...validateLabels(`${path}.labels`, template?.metadata?.labels),
    ...validateAnnotations(`${path}.annotations`, annotations),
    ...validatePodAnnotations(`${path}.annotations`, annotations, spec),
    ...validatePodSpec(`${path}.spec`, spec, allowed),
    ...validateProfileAnnotations(`${path}.spec`, annotations, spec),
  ]
  if ((spec.ephemeralContainers ?? []).length > 0) {
    errors.push(forbidden(`${path}.spec.ephemeralContainers`, 'ephemeral containers not allowed in pod template'))
  }
  return errors
}
