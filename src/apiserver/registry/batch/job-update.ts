/**
 * What an update of a job may not change. A suspended job that has not begun may still change where its pods run; an
 * indexed one may grow or shrink with its parallelism. Source: KEP-2926, KEP-3715 (elastic indexed jobs).
 */
import type { FieldError } from '../../../api/errors.ts'
import type { Job, JobSpec } from '../../../api/types/batch/v1.ts'
import type { PodTemplateSpec } from '../../../api/types/core/v1.ts'
import type { PodAllowances } from '../core/pod-validation/allowances.ts'
import { goPodSpec } from '../core/pod-validation/spec-diff.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, messages } from '../validation/field.ts'
import { goStruct, goTemplate } from '../validation/go-struct.ts'
import { validateJobSpec } from './job-validation.ts'

export function validateJobChange(path: string, job: Job, old: Job, allowed: PodAllowances): FieldError[] {
  const spec = job.spec ?? ({} as JobSpec)
  const before = old.spec ?? ({} as JobSpec)
  const fixed = (field: keyof JobSpec, shown: (value: JobSpec) => unknown): FieldError[] =>
    semanticEqual(spec[field], before[field])
      ? []
      : [invalid(`${path}.${field}`, shown(spec) ?? null, messages.immutable)]
  return [
    ...validateJobSpec(path, spec, allowed),
    ...validateCompletions(`${path}.completions`, spec, before),
    ...fixed('selector', (value) => value.selector),
    ...validateTemplate(`${path}.template`, job, old),
    ...fixed('completionMode', (value) => value.completionMode),
    ...fixed('podFailurePolicy', (value) => goStruct('PodFailurePolicy', value.podFailurePolicy)),
    ...fixed('backoffLimitPerIndex', (value) => value.backoffLimitPerIndex),
    ...fixed('managedBy', (value) => value.managedBy),
    ...fixed('successPolicy', (value) => goStruct('SuccessPolicy', value.successPolicy)),
  ]
}

function validateCompletions(path: string, spec: JobSpec, before: JobSpec): FieldError[] {
  if (spec.completions === before.completions) return []
  const immutable = [invalid(path, spec.completions ?? null, messages.immutable)]
  if (spec.completionMode !== 'Indexed' || before.completionMode !== 'Indexed') return immutable
  if (spec.completions === undefined || before.completions === undefined) return immutable
  if (spec.completions === spec.parallelism) return []
  return [invalid(path, spec.completions, 'can only be modified in tandem with spec.parallelism')]
}

/** Where pods run may change while the job is suspended and was never started. */
function validateTemplate(path: string, job: Job, old: Job): FieldError[] {
  const template = job.spec?.template ?? {}
  const before = old.spec?.template ?? {}
  const movable = old.spec?.suspend === true && old.status?.startTime === undefined
  const compared = movable ? withScheduling(before, template) : before
  if (semanticEqual(template, compared)) return []
  const shown = goPodSpec(template.spec ?? { containers: [] })
  if (movable && semanticEqual(template.metadata, compared.metadata)) {
    return [invalid(`${path}.spec`, shown, messages.immutable)]
  }
  return [invalid(path, goTemplate(template, { Spec: shown }), messages.immutable)]
}

function withScheduling(before: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const spec = { ...(before.spec ?? { containers: [] }) }
  const wanted = template.spec ?? { containers: [] }
  for (const field of ['nodeSelector', 'tolerations', 'schedulingGates'] as const) {
    if (wanted[field] === undefined) delete spec[field]
    else Object.assign(spec, { [field]: wanted[field] })
  }
  const { nodeAffinity: _old, ...others } = spec.affinity ?? {}
  const nodeAffinity = wanted.affinity?.nodeAffinity
  const affinity = { ...others, ...(nodeAffinity ? { nodeAffinity } : {}) }
  if (Object.keys(affinity).length > 0) spec.affinity = affinity
  else if (wanted.affinity) spec.affinity = {}
  else delete spec.affinity
  const { labels, annotations, ...rest } = before.metadata ?? {}
  const metadata = {
    ...rest,
    ...(template.metadata?.labels ? { labels: template.metadata.labels } : {}),
    ...(template.metadata?.annotations ? { annotations: template.metadata.annotations } : {}),
  }
  return { ...before, metadata, spec }
}
