/**
 * Rules for the `ephemeralcontainers` and `resize` sub-resources of pods. Their preparation keeps everything else.
 * Source: KEP-277 (ephemeral containers), KEP-1287 (in-place resize).
 */
import type { FieldError } from '../../../../api/errors.ts'
import { podQosClass } from '../../../../api/pod-qos.ts'
import type { Container, Pod } from '../../../../api/types/core/v1.ts'
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

export function validateResize(pod: Pod, old: Pod, context?: ValidationContext): FieldError[] {
  if (old.metadata.annotations?.[mirrorAnnotation] !== undefined)
    return [forbidden('', 'static pods cannot be resized')]
  if (old.spec?.os?.name === 'windows') return [forbidden('', 'windows pods cannot be resized')]
  const errors = validateObject(pod, podAllowances(context, old.spec))
  if ((old.status?.qosClass || podQosClass(old)) !== podQosClass(pod)) {
    errors.push(invalid('spec', pod.status?.qosClass ?? '', 'Pod QOS Class may not change as a result of resizing'))
  }
  const running = (old.status?.containerStatuses ?? []).find(({ state }) => state?.running)
  if (running && !running.resources) errors.push(forbidden('spec', 'Pod running on node without support for resize'))
  for (const list of ['initContainers', 'containers'] as const) {
    for (const [index, before] of (old.spec?.[list] ?? []).entries()) {
      const now = pod.spec?.[list]?.[index]
      if (now) errors.push(...validateContainerResize(`spec.${list}[${index}].resources`, now, before, list))
    }
  }
  return errors
}

function validateContainerResize(path: string, now: Container, before: Container, list: string): FieldError[] {
  if (list === 'initContainers' && before.restartPolicy !== 'Always') {
    return semanticEqual(now.resources, before.resources)
      ? []
      : [forbidden('spec', 'resources for non-sidecar init containers are immutable')]
  }
  const errors: FieldError[] = []
  for (const kind of ['requests', 'limits'] as const) {
    const held = before.resources?.[kind]
    const wanted = now.resources?.[kind]
    if (Object.keys(held ?? {}).some((name) => wanted?.[name] === undefined)) {
      errors.push(forbidden(`${path}.${kind}`, `resource ${kind} cannot be removed`))
    }
    if (!semanticEqual(others(wanted), others(held))) {
      const whose =
        list === 'containers' ? onlyCpuAndMemory : 'only cpu and memory resources for sidecar containers are mutable'
      errors.push(forbidden('spec', whose))
    }
  }
  return errors
}

function others(list: Amounts): Record<string, string> {
  return Object.fromEntries(Object.entries(list ?? {}).filter(([name]) => name !== 'cpu' && name !== 'memory'))
}
