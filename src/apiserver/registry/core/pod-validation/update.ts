/**
 * What an update of a pod may change: images, deadlines that shorten, added tolerations, removed gates; and, while a
 * gate holds the pod back, added node selection. Source: https://kubernetes.io/docs/concepts/workloads/pods/#pod-update-and-replacement.
 */
import type { FieldError } from '../../../../api/errors.ts'
import type {
  Container,
  NodeAffinity,
  NodeSelectorTerm,
  Pod,
  PodSpec,
  Toleration,
} from '../../../../api/types/core/v1.ts'
import type { ValidationContext } from '../../strategy.ts'
import { semanticEqual } from '../../validation/equal.ts'
import { forbidden, inclusiveRange, invalid, required } from '../../validation/field.ts'
import { type PodAllowances, podAllowances } from './allowances.ts'
import { validateAnnotationChanges, validatePodAnnotations } from './annotations.ts'
import { validateObject } from './pod.ts'
import { validateTolerations } from './scheduling.ts'
import { podSpecDiff } from './spec-diff.ts'

const maxInt32 = 2147483647
const mayChange = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

export function validatePodUpdate(pod: Pod, old: Pod, context?: ValidationContext): FieldError[] {
  const allowed = podAllowances(context, old.spec)
  const spec = pod.spec ?? { containers: [] }
  const before = old.spec ?? { containers: [] }
  const annotations = pod.metadata.annotations
  const errors = [
    ...validateObject(pod, allowed),
    ...validateAnnotationChanges('metadata.annotations', annotations, old.metadata.annotations),
    ...validatePodAnnotations('metadata.annotations', annotations, spec),
  ]
  for (const list of ['containers', 'initContainers'] as const) {
    const wanted = spec[list] ?? []
    if (wanted.length !== (before[list] ?? []).length) {
      return [...errors, forbidden(`spec.${list}`, 'pod updates may not add or remove containers')]
    }
    errors.push(...validateImages(`spec.${list}`, wanted))
  }
  const deadline = validateDeadline(spec.activeDeadlineSeconds, before.activeDeadlineSeconds)
  errors.push(...deadline.errors)
  if (deadline.stop) return errors
  errors.push(...onlyAddedTolerations('spec.tolerations', spec.tolerations ?? [], before.tolerations ?? [], allowed))
  errors.push(...onlyRemovedGates(spec, before))
  return semanticEqual(spec, before) ? errors : [...errors, ...validateRest(spec, before)]
}

function validateImages(path: string, containers: readonly Container[]): FieldError[] {
  const errors: FieldError[] = []
  for (const [index, { image = '' }] of containers.entries()) {
    if (image === '') errors.push(required(`${path}[${index}].image`))
    if (image.trim() !== image) {
      errors.push(invalid(`${path}[${index}].image`, image, 'must not have leading or trailing whitespace'))
    }
  }
  return errors
}

function validateDeadline(
  wanted: number | undefined,
  before: number | undefined,
): { errors: FieldError[]; stop: boolean } {
  const path = 'spec.activeDeadlineSeconds'
  if (wanted === undefined) {
    const why = 'must not update from a positive integer to nil value'
    return { errors: before === undefined ? [] : [invalid(path, null, why)], stop: false }
  }
  if (wanted < 0 || wanted > maxInt32) {
    return { errors: [invalid(path, wanted, inclusiveRange(0, maxInt32))], stop: true }
  }
  if (before === undefined || before >= wanted) return { errors: [], stop: false }
  return { errors: [invalid(path, wanted, 'must be less than or equal to previous value')], stop: true }
}

function onlyAddedTolerations(
  path: string,
  wanted: readonly Toleration[],
  before: readonly Toleration[],
  allowed: PodAllowances,
): FieldError[] {
  const same = (one: Toleration, other: Toleration) =>
    semanticEqual({ ...one, tolerationSeconds: 0 }, { ...other, tolerationSeconds: 0 })
  if (!before.every((held) => wanted.some((toleration) => same(held, toleration)))) {
    return [forbidden(path, 'existing toleration can not be modified except its tolerationSeconds')]
  }
  return validateTolerations(path, wanted, allowed)
}

function onlyRemovedGates(spec: PodSpec, before: PodSpec): FieldError[] {
  const held = new Set((before.schedulingGates ?? []).map(({ name }) => name))
  return (spec.schedulingGates ?? []).flatMap(({ name }, index) => {
    const why = `only deletion is allowed, but found new scheduling gate '${name}'`
    return held.has(name) ? [] : [forbidden(`spec.schedulingGates[${index}].name`, why)]
  })
}

/** Puts back what was checked one by one; what still differs may not change. */
function validateRest(spec: PodSpec, before: PodSpec): FieldError[] {
  const munged: PodSpec = { ...spec, containers: withImages(spec.containers ?? [], before.containers ?? []) }
  if (spec.initContainers) munged.initContainers = withImages(spec.initContainers, before.initContainers ?? [])
  restore(munged, before, 'activeDeadlineSeconds')
  restore(munged, before, 'schedulingGates')
  restore(munged, before, 'tolerations')
  if ((before.terminationGracePeriodSeconds ?? 0) < 0 && munged.terminationGracePeriodSeconds === 1) {
    restore(munged, before, 'terminationGracePeriodSeconds')
  }
  const errors = (before.schedulingGates ?? []).length > 0 ? validateGated(munged, before) : []
  if (semanticEqual(munged, before)) return errors
  return [
    ...errors,
    forbidden('spec', `pod updates may not change fields other than ${mayChange}\n${podSpecDiff(before, munged)}`),
  ]
}

function withImages(containers: readonly Container[], before: readonly Container[]): Container[] {
  return containers.map((container, index) => {
    const image = before[index]?.image
    return image === undefined ? container : { ...container, image }
  })
}

function restore<K extends keyof PodSpec>(spec: PodSpec, before: PodSpec, field: K): void {
  if (before[field] === undefined) delete spec[field]
  else spec[field] = before[field]
}

function validateGated(munged: PodSpec, before: PodSpec): FieldError[] {
  const errors: FieldError[] = []
  if (!semanticEqual(munged.nodeSelector, before.nodeSelector)) {
    const wanted = munged.nodeSelector ?? {}
    if (!Object.entries(before.nodeSelector ?? {}).every(([key, value]) => wanted[key] === value)) {
      const why = 'only additions to spec.nodeSelector are allowed (no mutations or deletions)'
      errors.push(invalid('spec.nodeSelector', munged.nodeSelector ?? null, why))
    }
    restore(munged, before, 'nodeSelector')
  }
  const wanted = munged.affinity?.nodeAffinity
  const held = before.affinity?.nodeAffinity
  if (semanticEqual(wanted, held)) return errors
  errors.push(...validateNodeAffinityChange('spec.affinity.nodeAffinity', wanted, held))
  const { nodeAffinity: _wanted, ...others } = munged.affinity ?? {}
  if (held) munged.affinity = { ...others, nodeAffinity: held }
  else if (before.affinity || Object.keys(others).length > 0) munged.affinity = others
  else delete munged.affinity
  return errors
}

function validateNodeAffinityChange(
  path: string,
  wanted: NodeAffinity | undefined,
  held: NodeAffinity | undefined,
): FieldError[] {
  const terms = held?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const next = wanted?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? []
  const at = `${path}.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms`
  if (terms.length > 0 && terms.length !== next.length) {
    return [invalid(at, next, 'no additions/deletions to non-empty NodeSelectorTerms list are allowed')]
  }
  return terms.flatMap((term, index) =>
    onlyAdds(next[index], term)
      ? []
      : [invalid(`${at}[${index}]`, next[index], 'only additions are allowed (no mutations or deletions)')],
  )
}

function onlyAdds(wanted: NodeSelectorTerm | undefined, held: NodeSelectorTerm): boolean {
  const lists = ['matchExpressions', 'matchFields'] as const
  if (lists.every((list) => (held[list] ?? []).length === 0)) {
    return lists.every((list) => (wanted?.[list] ?? []).length === 0)
  }
  return lists.every((list) => {
    const before = held[list] ?? []
    return semanticEqual((wanted?.[list] ?? []).slice(0, before.length), before)
  })
}
