/**
 * Rules for the containers of a pod: what all kinds share, then what is particular to regular, init and ephemeral ones.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/, KEP-753 (sidecars), KEP-277 (ephemeral containers).
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Label, isPortName, isPortNumber } from '../../../../api/names.ts'
import type { Container, ContainerPort, EphemeralContainer, PodSpec, Volume } from '../../../../api/types/core/v1.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notFound,
  notSupported,
  required,
  requiredOneOf,
} from '../../validation/field.ts'
import { validateContainerResources } from '../../validation/resources.ts'
import type { PodAllowances } from './allowances.ts'
import { validateEnv, validateEnvFrom } from './env.ts'
import { validateVolumeDevices, validateVolumeMounts } from './mounts.ts'
import { type ProbeKind, validateLifecycle, validateProbe } from './probes.ts'
import { validateResizePolicy, validateRestartRules } from './restart.ts'
import { validateContainerSecurityContext } from './security-context.ts'
import type { AnyContainer } from './visit.ts'

/** What the rules of one container need to know of its pod. */
export interface PodContext {
  spec: PodSpec
  volumes: ReadonlyMap<string, Volume>
  claimNames: ReadonlySet<string>
  allowed: PodAllowances
}

export const protocols = ['SCTP', 'TCP', 'UDP']
const terminationPolicies = ['File', 'FallbackToLogsOnError']
const pullPolicies = ['Always', 'IfNotPresent', 'Never']
const probeKinds: readonly ProbeKind[] = ['livenessProbe', 'readinessProbe', 'startupProbe']

export function validateContainers(path: string, pod: PodContext): FieldError[] {
  const containers = pod.spec.containers ?? []
  if (containers.length === 0) return [required(path)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, container] of containers.entries()) {
    const at = `${path}[${index}]`
    errors.push(...validateCommon(at, container, pod))
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    names.add(container.name)
    errors.push(...validateHooksAndProbes(at, container, pod))
    errors.push(...validateRestartRules(at, container, false))
  }
  return [...errors, ...validateHostPorts(path, containers)]
}

export function validateInitContainers(path: string, pod: PodContext): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set((pod.spec.containers ?? []).map(({ name }) => name))
  for (const [index, container] of (pod.spec.initContainers ?? []).entries()) {
    const at = `${path}[${index}]`
    errors.push(...validateCommon(at, container, pod), ...validateRestartRules(at, container, true))
    if (names.has(container.name)) errors.push(duplicate(`${at}.name`, container.name))
    else if (container.name) names.add(container.name)
    errors.push(...validateHostPorts(path, [container]))
    if (container.restartPolicy === 'Always') errors.push(...validateHooksAndProbes(at, container, pod))
    else {
      for (const field of ['lifecycle', ...probeKinds] as const) {
        const why = 'may not be set for init containers without restartPolicy=Always'
        if (container[field]) errors.push(forbidden(`${at}.${field}`, why))
      }
      if (!pod.allowed.restartsOfInit) errors.push(...validateResizeWithoutRestart(at, container))
    }
  }
  return errors
}

/** What runs once is not run again for other resources. */
function validateResizeWithoutRestart(path: string, { resizePolicy = [] }: Container): FieldError[] {
  const why = "must not be set to 'RestartContainer' for non-sidecar initContainers"
  return resizePolicy.flatMap(({ restartPolicy }, index) =>
    restartPolicy === 'RestartContainer'
      ? [invalid(`${path}.resizePolicy[${index}].restartPolicy`, restartPolicy, why)]
      : [],
  )
}

export function validateEphemeralContainers(path: string, pod: PodContext): FieldError[] {
  const { containers = [], initContainers = [], ephemeralContainers = [] } = pod.spec
  const targets = new Set([...containers, ...initContainers].map(({ name }) => name))
  const names = new Set(targets)
  const errors: FieldError[] = []
  for (const [index, container] of ephemeralContainers.entries()) {
    const at = `${path}[${index}]`
    errors.push(...validateCommon(at, container, pod), ...validateImagePadding(at, container))
    const name = container.name ?? ''
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    names.add(name)
    const target = container.targetContainerName
    if (target && !targets.has(target)) errors.push(notFound(`${at}.targetContainerName`, target))
    errors.push(...validateEphemeralFields(at, container))
  }
  return errors
}

function validateEphemeralFields(path: string, container: EphemeralContainer): FieldError[] {
  const why = 'cannot be set for an Ephemeral Container'
  const errors: FieldError[] = []
  for (const field of [
    'ports',
    'resources',
    'resizePolicy',
    'restartPolicy',
    'restartPolicyRules',
    ...probeKinds,
    'lifecycle',
  ] as const) {
    const value = container[field]
    const empty = value === undefined || (field === 'resources' && Object.keys(value).length === 0)
    if (!empty) errors.push(forbidden(`${path}.${field}`, why))
  }
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    if (mount.subPath) errors.push(forbidden(`${path}.volumeMounts[${index}].subPath`, why))
    if (mount.subPathExpr) errors.push(forbidden(`${path}.volumeMounts[${index}].subPathExpr`, why))
  }
  return errors
}

function validateCommon(
  path: string,
  container: AnyContainer,
  { spec, volumes, claimNames }: PodContext,
): FieldError[] {
  const { name = '', image = '', volumeMounts = [], volumeDevices = [] } = container
  const errors = name === '' ? [required(`${path}.name`)] : invalidEach(`${path}.name`, name, isDns1123Label(name))
  if (image === '') errors.push(required(`${path}.image`))
  return [
    ...errors,
    ...requiredOneOf(`${path}.terminationMessagePolicy`, container.terminationMessagePolicy, terminationPolicies),
    ...validatePorts(`${path}.ports`, container.ports ?? []),
    ...validateEnv(`${path}.env`, container.env ?? [], volumes),
    ...validateEnvFrom(`${path}.envFrom`, container.envFrom ?? []),
    ...validateVolumeMounts(`${path}.volumeMounts`, container, volumes),
    ...validateVolumeDevices(`${path}.volumeDevices`, volumeDevices, volumeMounts, volumes),
    ...requiredOneOf(`${path}.imagePullPolicy`, container.imagePullPolicy, pullPolicies),
    ...validateContainerResources(`${path}.resources`, container.resources, claimNames),
    ...validateResizePolicy(`${path}.resizePolicy`, container.resizePolicy ?? [], spec.restartPolicy),
    ...validateContainerSecurityContext(`${path}.securityContext`, container.securityContext, spec.hostUsers ?? true),
  ]
}

function validateHooksAndProbes(path: string, container: Container, { spec }: PodContext): FieldError[] {
  const errors = container.lifecycle
    ? validateLifecycle(`${path}.lifecycle`, container.lifecycle, spec.terminationGracePeriodSeconds)
    : []
  for (const kind of probeKinds) errors.push(...validateProbe(`${path}.${kind}`, container[kind], kind))
  return errors
}

function validatePorts(path: string, ports: readonly ContainerPort[]): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, port] of ports.entries()) {
    const at = `${path}[${index}]`
    if (port.name) {
      const wrong = isPortName(port.name)
      if (wrong.length > 0) errors.push(...invalidEach(`${at}.name`, port.name, wrong))
      else if (names.has(port.name)) errors.push(duplicate(`${at}.name`, port.name))
      names.add(port.name)
    }
    if (!port.containerPort) errors.push(required(`${at}.containerPort`))
    else errors.push(...invalidEach(`${at}.containerPort`, port.containerPort, isPortNumber(port.containerPort)))
    if (port.hostPort) errors.push(...invalidEach(`${at}.hostPort`, port.hostPort, isPortNumber(port.hostPort)))
    if (!port.protocol) errors.push(required(`${at}.protocol`))
    else if (!protocols.includes(port.protocol)) errors.push(notSupported(`${at}.protocol`, port.protocol, protocols))
  }
  return errors
}

/** Two containers that run together can't take the same port of their host. */
function validateHostPorts(path: string, containers: readonly Container[]): FieldError[] {
  const errors: FieldError[] = []
  const taken = new Set<string>()
  for (const [index, container] of containers.entries()) {
    for (const [portIndex, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue
      const key = `${port.protocol ?? ''}/${port.hostIP ?? ''}/${port.hostPort}`
      if (taken.has(key)) errors.push(duplicate(`${path}[${index}].ports[${portIndex}].hostPort`, key))
      taken.add(key)
    }
  }
  return errors
}

/** Templates may hold a padded image for old users' sake; pods may not. */
export function validateImagePadding(path: string, container: AnyContainer): FieldError[] {
  const image = container.image ?? ''
  return image.trim() === image ? [] : [invalid(`${path}.image`, image, 'must not have leading or trailing whitespace')]
}
