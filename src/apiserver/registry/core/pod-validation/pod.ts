/** The rules of a pod as it is created. Source: core/v1 Pod and the recorded messages. */
import type { FieldError } from '../../../../api/errors.ts'
import type { Pod } from '../../../../api/types/core/v1.ts'
import type { ValidationContext } from '../../strategy.ts'
import { forbidden } from '../../validation/field.ts'
import { type PodAllowances, podAllowances } from './allowances.ts'
import { validatePodAnnotations, validateProfileAnnotations } from './annotations.ts'
import { validateImagePadding } from './containers.ts'
import { validatePodSpec } from './spec.ts'

export function validatePod(pod: Pod, context?: ValidationContext): FieldError[] {
  const spec = pod.spec ?? { containers: [] }
  const errors = validateObject(pod, podAllowances(context))
  if ((spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'))
  if (spec.nodeName && (spec.schedulingGates ?? []).length > 0) {
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  }
  return [...errors, ...validateProfileAnnotations('spec', pod.metadata.annotations, spec)]
}

/** What holds for a pod at every time. */
export function validateObject(pod: Pod, allowed: PodAllowances): FieldError[] {
  const spec = pod.spec ?? { containers: [] }
  const errors = [
    ...validatePodAnnotations('metadata.annotations', pod.metadata.annotations, spec),
    ...validatePodSpec('spec', spec, allowed, pod.metadata.name ?? ''),
  ]
  if (!spec.serviceAccountName) {
    for (const [index, volume] of (spec.volumes ?? []).entries()) {
      for (const [sourceIndex, source] of (volume.projected?.sources ?? []).entries()) {
        if (!source.serviceAccountToken) continue
        const at = `spec.volumes[${index}].projected.sources[${sourceIndex}].serviceAccountToken`
        errors.push(forbidden(at, 'must not be specified when serviceAccountName is not set'))
      }
    }
  }
  for (const list of ['containers', 'initContainers'] as const) {
    for (const [index, container] of (spec[list] ?? []).entries()) {
      errors.push(...validateImagePadding(`spec.${list}[${index}]`, container))
    }
  }
  return errors
}
