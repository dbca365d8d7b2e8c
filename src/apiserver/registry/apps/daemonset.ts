/** Daemon sets. Source: https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/. */
import { defaultDaemonSet } from '../../../api/defaults/apps.ts'
import type { FieldError } from '../../../api/errors.ts'
import { appsV1 } from '../../../api/resources.ts'
import type { DaemonSet, DaemonSetSpec, DaemonSetUpdateStrategy } from '../../../api/types/apps/v1.ts'
import { podAllowances } from '../core/pod-validation/allowances.ts'
import { validatePodTemplate } from '../core/pod-validation/spec.ts'
import { keepSpec, keepStatus } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, messages, nonNegative, notSupported, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { isEmptySelector, shownSelector, validateLabelSelector } from '../validation/labels.ts'
import { templateWarnings } from '../warnings/pod-warnings.ts'
import { validateCollisions } from './replica-status.ts'
import {
  notAboveHundredPercent,
  plainCount,
  validateAlwaysRunning,
  validateCountOrPercent,
  validateMatch,
} from './selector-template.ts'

const templateGeneration = 'deprecated.daemonset.template.generation'

const emptyStatus = { currentNumberScheduled: 0, numberMisscheduled: 0, desiredNumberScheduled: 0, numberReady: 0 }

export const daemonSets: Strategy<DaemonSet> = {
  resource: appsV1.daemonSets,
  default(set) {
    defaultDaemonSet(set)
    if (set.metadata.annotations?.[templateGeneration] === undefined) setTemplateGeneration(set, 0)
  },
  prepareForCreate(set) {
    set.metadata.generation = 1
    set.status = { ...emptyStatus }
    setTemplateGeneration(set, 1)
  },
  prepareForUpdate(set, old) {
    keepStatus(set, old)
    const before = templateGenerationOf(old)
    setTemplateGeneration(set, semanticEqual(set.spec?.template, old.spec?.template) ? before : before + 1)
  },
  // Upstream keeps it in a field of its own and makes the annotation with the whole object only.
  partialMetadata({ annotations = {}, ...metadata }) {
    const { [templateGeneration]: _, ...others } = annotations
    return Object.keys(others).length > 0 ? { ...metadata, annotations: others } : metadata
  },
  validateCreate: validateDaemonSet,
  warnings(object, old) {
    if (old && semanticEqual(object.spec?.template, old.spec?.template)) return []
    return templateWarnings('spec.template', object.spec?.template, { object, old })
  },
  validateUpdate(set, old, context) {
    const errors = validateDaemonSet(set, context, old)
    if (semanticEqual(set.spec?.selector, old.spec?.selector)) return errors
    return [invalid('spec.selector', shownSelector(set.spec?.selector), messages.immutable), ...errors]
  },
  status: {
    prepareForUpdate(set, old) {
      keepSpec(set, old)
      setTemplateGeneration(set, templateGenerationOf(old))
    },
    validateUpdate: validateStatus,
  },
}

function templateGenerationOf({ metadata }: DaemonSet): number {
  return Number(metadata.annotations?.[templateGeneration] ?? 0)
}

/** Kept by the server for old controllers' sake. */
function setTemplateGeneration(set: DaemonSet, generation: number): void {
  set.metadata.annotations = { ...set.metadata.annotations, [templateGeneration]: String(generation) }
}

function validateDaemonSet(set: DaemonSet, context?: ValidationContext, old?: DaemonSet): FieldError[] {
  const allowed = podAllowances(context, old?.spec?.template?.spec)
  const spec: Partial<DaemonSetSpec> = set.spec ?? {}
  const { selector, template } = spec
  const errors = validateLabelSelector('spec.selector', selector)
  if (errors.length === 0) errors.push(...validateMatch('spec.template', selector, template))
  if (selector && isEmptySelector(selector)) {
    errors.push(invalid('spec.selector', shownSelector(selector), 'empty selector is invalid for daemonset'))
  }
  return [
    ...errors,
    ...validatePodTemplate('spec.template', template, allowed),
    ...validateAlwaysRunning('spec.template.spec', template, 'DaemonSet'),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...validateUpdateStrategy('spec.updateStrategy', spec.updateStrategy),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ]
}

function validateUpdateStrategy(path: string, strategy: DaemonSetUpdateStrategy | undefined): FieldError[] {
  if (strategy?.type === 'OnDelete') return []
  if (strategy?.type !== 'RollingUpdate') {
    return [notSupported(path, goStruct('DaemonSetUpdateStrategy', strategy), ['RollingUpdate', 'OnDelete'])]
  }
  const rolling = strategy.rollingUpdate
  const at = `${path}.rollingUpdate`
  if (!rolling) return [required(at)]
  const errors = [
    ...validateCountOrPercent(`${at}.maxUnavailable`, rolling.maxUnavailable),
    ...validateCountOrPercent(`${at}.maxSurge`, rolling.maxSurge),
    ...notAboveHundredPercent(`${at}.maxUnavailable`, rolling.maxUnavailable),
    ...notAboveHundredPercent(`${at}.maxSurge`, rolling.maxSurge),
  ]
  const missing = plainCount(rolling.maxUnavailable) !== 0
  const surging = plainCount(rolling.maxSurge) !== 0
  if (missing && surging) {
    errors.push(invalid(`${at}.maxSurge`, rolling.maxSurge, 'may not be set when maxUnavailable is non-zero'))
  }
  if (!missing && !surging) errors.push(required(`${at}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'))
  return errors
}

const statusCounts = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const

function validateStatus(set: DaemonSet, old: DaemonSet): FieldError[] {
  return [
    ...statusCounts.flatMap((field) => nonNegative(`status.${field}`, set.status?.[field])),
    ...validateCollisions('status', set.status?.collisionCount, old.status?.collisionCount),
  ]
}
