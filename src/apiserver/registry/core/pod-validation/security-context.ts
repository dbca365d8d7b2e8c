/**
 * Rules for security contexts of pods and containers.
 * Source: https://kubernetes.io/docs/tasks/configure-pod-container/security-context/.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isUserId } from '../../../../api/names.ts'
import type {
  AppArmorProfile,
  PodSecurityContext,
  PodSpec,
  SeccompProfile,
  SecurityContext,
  Sysctl,
} from '../../../../api/types/core/v1.ts'
import {
  duplicate,
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
  tooLong,
} from '../../validation/field.ts'
import { goStruct } from '../../validation/go-struct.ts'
import { localDescendingPath } from '../../validation/paths.ts'
import type { PodAllowances } from './allowances.ts'
import { validateWindowsOptions } from './windows.ts'

const profileTypes = ['Localhost', 'RuntimeDefault', 'Unconfined']
const sysctlSegment = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?'
const sysctlFormat = `^(${sysctlSegment}[\\./])*${sysctlSegment}$`
const sysctlName = new RegExp(sysctlFormat)
const seLinuxPolicies = ['MountOption', 'Recursive']
const profileBytesMax = 4095

export function validatePodSecurityContext(path: string, spec: PodSpec, allowed: PodAllowances): FieldError[] {
  const context = spec.securityContext
  if (!context) return []
  const errors: FieldError[] = []
  for (const field of ['fsGroup', 'runAsUser', 'runAsGroup'] as const) {
    errors.push(...validateId(`${path}.${field}`, context[field]))
  }
  for (const [index, group] of (context.supplementalGroups ?? []).entries()) {
    errors.push(...validateId(`${path}.supplementalGroups[${index}]`, group))
  }
  if (spec.shareProcessNamespace && spec.hostPID) {
    const why = 'ShareProcessNamespace and HostPID cannot both be enabled'
    errors.push(invalid(`${path}.shareProcessNamespace`, true, why))
  }
  errors.push(...validateSysctls(`${path}.sysctls`, context.sysctls ?? [], spec))
  return [...errors, ...validatePodPolicies(path, context, allowed)]
}

function validatePodPolicies(
  path: string,
  context: PodSecurityContext,
  { everySeLinuxPolicy }: PodAllowances,
): FieldError[] {
  const labelling = everySeLinuxPolicy ? seLinuxPolicies : ['Recursive']
  return [
    ...optionalOneOf(`${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']),
    ...validateSeccompProfile(`${path}.seccompProfile`, context.seccompProfile),
    ...validateWindowsOptions(`${path}.windowsOptions`, context.windowsOptions),
    ...validateAppArmorProfile(`${path}.appArmorProfile`, context.appArmorProfile),
    ...optionalOneOf(`${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']),
    ...optionalOneOf(`${path}.seLinuxChangePolicy`, context.seLinuxChangePolicy, labelling),
  ]
}

export function validateContainerSecurityContext(
  path: string,
  context: SecurityContext | undefined,
  hostUsers: boolean,
): FieldError[] {
  if (!context) return []
  const errors = [
    ...validateId(`${path}.runAsUser`, context.runAsUser),
    ...validateId(`${path}.runAsGroup`, context.runAsGroup),
    ...optionalInOrder(`${path}.procMount`, context.procMount, ['Default', 'Unmasked']),
  ]
  if (hostUsers && context.procMount === 'Unmasked') {
    errors.push(invalid(`${path}.procMount`, context.procMount, '`hostUsers` must be false to use `Unmasked`'))
  }
  errors.push(...validateSeccompProfile(`${path}.seccompProfile`, context.seccompProfile))
  errors.push(...validateEscalation(path, context))
  errors.push(...validateWindowsOptions(`${path}.windowsOptions`, context.windowsOptions))
  return [...errors, ...validateAppArmorProfile(`${path}.appArmorProfile`, context.appArmorProfile)]
}

function optionalInOrder(path: string, value: string | undefined, supported: readonly string[]): FieldError[] {
  return value === undefined || supported.includes(value) ? [] : [notSupported(path, value, supported)]
}

function validateEscalation(path: string, context: SecurityContext): FieldError[] {
  const errors: FieldError[] = []
  if (context.allowPrivilegeEscalation !== false) return errors
  if (context.privileged) {
    errors.push(
      invalid(
        path,
        goStruct('SecurityContext', context),
        'cannot set `allowPrivilegeEscalation` to false and `privileged` to true',
      ),
    )
  }
  for (const capability of context.capabilities?.add ?? []) {
    if (capability !== 'CAP_SYS_ADMIN') continue
    const why = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN'
    errors.push(invalid(path, goStruct('SecurityContext', context), why))
  }
  return errors
}

function validateId(path: string, id: number | undefined): FieldError[] {
  return id === undefined ? [] : invalidEach(path, id, isUserId(id))
}

export function validateSeccompProfile(path: string, profile: SeccompProfile | undefined): FieldError[] {
  if (!profile) return []
  const { type = '', localhostProfile } = profile
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${path}.type`, 'type is required when seccompProfile is set'))
  else if (!profileTypes.includes(type)) errors.push(notSupported(`${path}.type`, type, profileTypes))
  if (type !== 'Localhost') {
    if (localhostProfile === undefined) return errors
    const why = 'can only be set when seccomp type is Localhost'
    return [...errors, invalid(`${path}.localhostProfile`, goStruct('SeccompProfile', profile), why)]
  }
  if (localhostProfile === undefined) {
    return [...errors, required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost')]
  }
  return [...errors, ...localDescendingPath(`${path}.localhostProfile`, localhostProfile)]
}

export function validateAppArmorProfile(path: string, profile: AppArmorProfile | undefined): FieldError[] {
  if (!profile) return []
  const { type = '', localhostProfile } = profile
  if (type === '') return [required(`${path}.type`, 'type is required when appArmorProfile is set')]
  if (!profileTypes.includes(type)) return [notSupported(`${path}.type`, type, profileTypes)]
  const at = `${path}.localhostProfile`
  if (type !== 'Localhost') {
    if (localhostProfile === undefined) return []
    return [invalid(at, localhostProfile, 'can only be set when AppArmor type is Localhost')]
  }
  if (!localhostProfile) return [required(at, 'must be set when AppArmor type is Localhost')]
  const errors: FieldError[] = []
  if (localhostProfile.trim() !== localhostProfile) {
    errors.push(invalid(at, localhostProfile, 'must not be padded with whitespace'))
  }
  return localhostProfile.length > profileBytesMax ? [...errors, tooLong(at, profileBytesMax)] : errors
}

function validateSysctls(path: string, sysctls: readonly Sysctl[], spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const seen = new Set<string>()
  for (const [index, { name = '' }] of sysctls.entries()) {
    const at = `${path}[${index}].name`
    if (name === '') errors.push(required(at))
    else if (name.length > 253 || !sysctlName.test(name)) {
      errors.push(invalid(at, name, `must have at most 253 characters and match regex ${sysctlFormat}`))
    } else if (seen.has(name)) errors.push(duplicate(at, name))
    errors.push(...hostSysctl(at, name, spec))
    seen.add(name)
  }
  return errors
}

/** A pod that shares a namespace with its host may not tune it. */
function hostSysctl(path: string, name: string, spec: PodSpec): FieldError[] {
  const dotted = name.replaceAll('/', '.')
  if (spec.hostNetwork && dotted.startsWith('net.')) {
    return [invalid(path, name, "may not be specified when 'hostNetwork' is true")]
  }
  const ipc = /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(dotted)
  return spec.hostIPC && ipc ? [invalid(path, name, "may not be specified when 'hostIPC' is true")] : []
}
