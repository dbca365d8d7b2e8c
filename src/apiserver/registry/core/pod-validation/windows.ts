/**
 * Rules for Windows options and for which fields the two operating systems exclude.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/#pod-os, https://kubernetes.io/docs/tasks/configure-pod-container/configure-runasusername/.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../../api/names.ts'
import type { PodSpec, WindowsSecurityContextOptions } from '../../../../api/types/core/v1.ts'
import { forbidden, invalid, invalidEach, notSupported, required } from '../../validation/field.ts'
import { containersWithPath } from './visit.ts'

const credentialKibMax = 64
const podFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'fsGroup',
  'fsGroupChangePolicy',
  'sysctls',
  'runAsUser',
  'runAsGroup',
  'supplementalGroups',
  'supplementalGroupsPolicy',
  'seLinuxChangePolicy',
] as const
const containerFields = [
  'appArmorProfile',
  'seLinuxOptions',
  'seccompProfile',
  'capabilities',
  'readOnlyRootFilesystem',
  'privileged',
  'allowPrivilegeEscalation',
  'procMount',
  'runAsUser',
  'runAsGroup',
] as const

export function validateOs(path: string, spec: PodSpec): FieldError[] {
  const name = spec.os?.name ?? ''
  if (!spec.os) return []
  if (name === '') return [required(`${path}.os.name`)]
  if (name === 'linux') return validateLinux(path, spec)
  return name === 'windows' ? validateWindows(path, spec) : [notSupported(`${path}.os`, name, ['linux', 'windows'])]
}

function validateLinux(path: string, spec: PodSpec): FieldError[] {
  const why = 'windows options cannot be set for a linux pod'
  const errors: FieldError[] = []
  if (spec.securityContext?.windowsOptions) errors.push(forbidden(`${path}.securityContext.windowsOptions`, why))
  for (const [at, container] of containersWithPath(path, spec)) {
    if (container.securityContext?.windowsOptions) errors.push(forbidden(`${at}.securityContext.windowsOptions`, why))
  }
  return errors
}

function validateWindows(path: string, spec: PodSpec): FieldError[] {
  const why = 'cannot be set for a windows pod'
  const errors: FieldError[] = []
  if (spec.hostUsers !== undefined) errors.push(forbidden(`${path}.hostUsers`, why))
  if (spec.hostPID) errors.push(forbidden(`${path}.hostPID`, why))
  if (spec.hostIPC) errors.push(forbidden(`${path}.hostIPC`, why))
  for (const field of podFields) {
    if (spec.securityContext?.[field] !== undefined) errors.push(forbidden(`${path}.securityContext.${field}`, why))
  }
  if (spec.shareProcessNamespace !== undefined) errors.push(forbidden(`${path}.shareProcessNamespace`, why))
  for (const [at, container] of containersWithPath(path, spec)) {
    for (const field of containerFields) {
      if (container.securityContext?.[field] !== undefined)
        errors.push(forbidden(`${at}.securityContext.${field}`, why))
    }
  }
  return errors
}

/** Containers that run as processes of a Windows host: all of them or none, and on the host's network. */
export function validateHostProcess(path: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  const ofPod = spec.securityContext?.windowsOptions?.hostProcess
  const containers = containersWithPath(path, spec)
  let found = 0
  for (const [at, { securityContext }] of containers) {
    const own = securityContext?.windowsOptions?.hostProcess
    if (ofPod !== undefined && own !== undefined && own !== ofPod) {
      const why = `pod hostProcess value must be identical if both are specified, was ${ofPod}`
      errors.push(invalid(`${at}.securityContext.windowsOptions.hostProcess`, own, why))
    }
    if (own ?? ofPod) found += 1
  }
  if (found === 0) return errors
  if (found < containers.length) {
    const why = 'If pod contains any hostProcess containers then all containers must be HostProcess containers'
    errors.push(invalid(path, '', why))
  }
  if (!spec.hostNetwork) {
    const why = 'hostNetwork must be true if pod contains any hostProcess containers'
    errors.push(invalid(`${path}.hostNetwork`, false, why))
  }
  return errors
}

export function validateWindowsOptions(path: string, options: WindowsSecurityContextOptions | undefined): FieldError[] {
  if (!options) return []
  const { gmsaCredentialSpecName: specName, gmsaCredentialSpec: spec, runAsUserName } = options
  const errors: FieldError[] = []
  if (specName !== undefined)
    errors.push(...invalidEach(`${path}.gmsaCredentialSpecName`, specName, isDns1123Subdomain(specName)))
  if (spec === '')
    errors.push(invalid(`${path}.gmsaCredentialSpec`, spec, 'gmsaCredentialSpec cannot be an empty string'))
  else if (spec !== undefined && Buffer.byteLength(spec) > credentialKibMax * 1024) {
    errors.push(
      invalid(`${path}.gmsaCredentialSpec`, spec, `gmsaCredentialSpec size must be under ${credentialKibMax} KiB`),
    )
  }
  if (runAsUserName !== undefined) {
    errors.push(...invalidEach(`${path}.runAsUserName`, runAsUserName, userNameErrors(runAsUserName)))
  }
  return errors
}

function userNameErrors(name: string): string[] {
  if (name === '') return ['runAsUserName cannot be an empty string']
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what the rule is about
  if (/[\u0000-\u001f\u007f]/.test(name)) return ['runAsUserName cannot contain control characters']
  const parts = name.split('\\')
  if (parts.length > 2) return ['runAsUserName cannot contain more than one backslash']
  const user = parts.at(-1) ?? ''
  const domain = parts.length === 2 ? (parts[0] ?? '') : undefined
  const errors: string[] = []
  if (domain !== undefined && domain.length >= 256)
    errors.push("runAsUserName's Domain length must be under 256 characters")
  if (domain !== undefined && !isWindowsDomain(domain)) {
    errors.push("runAsUserName's Domain doesn't match the NetBios nor the DNS format")
  }
  if (user === '') errors.push("runAsUserName's User cannot be empty")
  else if (user.length > 104) errors.push("runAsUserName's User length must not be longer than 104 characters")
  if (/^[. ]+$/.test(user)) errors.push("runAsUserName's User cannot contain only periods or spaces")
  if (/["/\\:;|=,+*?<>@[\]]/.test(user)) {
    errors.push('runAsUserName\'s User cannot contain the following characters: "/\\:;|=,+*?<>@[]')
  }
  return errors
}

function isWindowsDomain(domain: string): boolean {
  const netBios = /^[^\\/:*?"<>|.][^\\/:*?"<>|]{0,14}$/
  const dns = /^[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?)*$/
  return netBios.test(domain) || dns.test(domain)
}
