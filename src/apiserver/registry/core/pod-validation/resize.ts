/**
 * Rules for the `ephemeralcontainers` and `resize` sub-resources of pods. Their preparation keeps everything else.
 * Source: KEP-277 (ephemeral containers), KEP-1287 (in-place resize).
 */
import type { FieldError } from '../../../../api/errors.ts'
import { podQosClass } from '../../../../api/pod-qos.ts'
import type { Container, Pod, ResourceRequirements } from '../../../../api/types/core/v1.ts'
import { defaultGates } from '../../../scheme/feature-gates.ts'
import type { ValidationContext } from '../../strategy.ts'
import { semanticEqual } from '../../validation/equal.ts'
import { forbidden, invalid } from '../../validation/field.ts'
import { podAllowances } from './allowances.ts'
import { mirrorAnnotation } from './annotations.ts'
import { validateObject } from './pod.ts'

type Amounts = Record<string, string> | undefined

const onlyCpuAndMemory = 'only cpu and memory resources are mutable'

export function validateEphemeralContainersUpdate(pod: Pod, old: Pod, context?: ValidationContext): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined) {
    return [forbidden('', 'static pods do not support ephemeral containers')]
  }
  const path = 'spec.ephemeralContainers'
  const wanted = new Map((pod.spec?.ephemeralContainers ?? []).map((container) => [container.name, container]))
  const errors = validateObject(pod, podAllowances(context, old.spec))
  for (const before of old.spec?.ephemeralContainers ?? []) {
    const now = wanted.get(before.name)
    const which = `existing ephemeral containers ${JSON.stringify(before.name)}`
    if (!now) errors.push(forbidden(path, `${which} may not be removed\n`))
    else if (!semanticEqual(now, before)) errors.push(forbidden(path, `${which} may not be changed\n`))
  }
  return errors
}

export function validateResize(pod: Pod, old: Pod, context: ValidationContext = {}): FieldError[] {
  const { gates = defaultGates } = context
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbidden('', 'static pods cannot be resized')]
  if (old.spec?.os?.name === 'windows') return [forbidden('', 'windows pods cannot be resized')]
  const errors = validateObject(pod, podAllowances(context, old.spec))
  if ((old.status?.qosClass || podQosClass(old)) !== podQosClass(pod)) {
    errors.push(invalid('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'))
  }
  const running = (old.status?.containerStatuses ?? []).find(({ state }) => state?.running)
  if (running && !running.resources) errors.push(forbidden('spec', 'Pod running on node without support for resize'))
  if (hasPodLevel(pod) || hasPodLevel(old)) {
    if (!gates.get('InPlacePodLevelResourcesVerticalScaling')) return [...errors, forbidden('', podLevelClosed)]
    errors.push(...validatePodLevelResize(pod.spec?.resources, old.spec?.resources))
  }
  if (old.status?.nodeAllocatableResourceClaimStatuses?.length)
    errors.push(forbidden('spec', 'pods with node allocatable resource claims cannot be resized'))
  const misplaced = listNames.flatMap((list) => validateOrder(list, pod.spec?.[list], old.spec?.[list]))
  if (misplaced.length > 0) return [...errors, ...misplaced]
  const anyInit = gates.get('InPlacePodVerticalScalingInitContainers') === true
  for (const list of listNames.toReversed()) {
    for (const [index, before] of (old.spec?.[list] ?? []).entries()) {
      const now = pod.spec?.[list]?.[index]
      if (now && (list === 'containers' || anyInit || isSidecar(before)))
        errors.push(...validateNothingRemoved(`spec.${list}[${index}].resources`, now, before))
    }
  }
  for (const list of listNames) {
    for (const [index, before] of (old.spec?.[list] ?? []).entries()) {
      const now = pod.spec?.[list]?.[index]
      if (now) errors.push(...validateContainerResize({ list, index, anyInit }, now, before))
    }
  }
  return errors
}

const listNames = ['containers', 'initContainers'] as const
type ListName = (typeof listNames)[number]

const podLevelClosed =
  'resize of pods with pod-level resources is forbidden when InPlacePodLevelResourcesVerticalScalingEnabled feature gate is disabled'

function hasPodLevel({ spec }: Pod): boolean {
  const { requests = {}, limits = {} } = spec?.resources ?? {}
  return Object.keys(requests).length + Object.keys(limits).length > 0
}

function isSidecar(container: Container): boolean {
  return container.restartPolicy === 'Always'
}

function validatePodLevelResize(now: ResourceRequirements | undefined, before: ResourceRequirements | undefined) {
  const path = 'spec.resources'
  if (before && !now) return [forbidden(path, 'pod-level resources cannot be removed')]
  const errors: FieldError[] = []
  for (const kind of ['requests', 'limits'] as const) {
    if (isRemoved(now?.[kind], before?.[kind]))
      errors.push(forbidden(`${path}.${kind}`, `pod-level resource ${kind} cannot be removed`))
  }
  const changed = (['requests', 'limits'] as const).some(
    (kind) => !semanticEqual(others(now?.[kind]), others(before?.[kind])),
  )
  if (changed) errors.push(forbidden('spec', `${onlyCpuAndMemory} at pod-level`))
  return errors
}

/** Containers keep their number, names and order. */
function validateOrder(list: ListName, now: readonly Container[] = [], before: readonly Container[] = []) {
  const path = `spec.${list}`
  if (now.length !== before.length) return [forbidden(path, `${list} may not be added or removed on resize`)]
  return before.flatMap(({ name }, index) =>
    now[index]?.name === name
      ? []
      : [forbidden(`${path}[${index}].name`, `${list} may not be renamed or reordered on resize`)],
  )
}

function validateNothingRemoved(path: string, now: Container, before: Container): FieldError[] {
  return (['requests', 'limits'] as const).flatMap((kind) =>
    isRemoved(now.resources?.[kind], before.resources?.[kind])
      ? [forbidden(`${path}.${kind}`, `resource ${kind} cannot be removed`)]
      : [],
  )
}

function isRemoved(now: Amounts, before: Amounts): boolean {
  return Object.keys(before ?? {}).some((name) => now?.[name] === undefined)
}

function validateContainerResize(
  { list, index, anyInit }: { list: ListName; index: number; anyInit: boolean },
  now: Container,
  before: Container,
): FieldError[] {
  const plainInit = list === 'initContainers' && !isSidecar(before)
  const modified = !semanticEqual(now, before)
  if (plainInit && !anyInit)
    return modified ? [forbidden('spec', 'resources for non-sidecar init containers are immutable')] : []
  const errors: FieldError[] = []
  const path = list === 'containers' ? 'spec' : `spec.${list}[${index}]`
  if (!semanticEqual(withoutAmounts(now), withoutAmounts(before))) {
    const whose = 'only cpu and memory resources for init or sidecar containers are mutable'
    errors.push(forbidden(path, list === 'containers' ? onlyCpuAndMemory : whose))
  }
  const restarts = (now.resizePolicy ?? []).filter(({ restartPolicy }) => restartPolicy === 'RestartContainer')
  if (plainInit && modified) {
    const why = 'non-sidecar init containers with a resize policy of RestartContainer cannot be resized'
    errors.push(...restarts.map(() => forbidden(path, why)))
  }
  return errors
}

/** What a resize has to leave as it is. */
function withoutAmounts({ resources, ...rest }: Container): object {
  return { ...rest, resources: { requests: others(resources?.requests), limits: others(resources?.limits) } }
}

function others(list: Amounts): Record<string, string> {
  return Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory'))
}
