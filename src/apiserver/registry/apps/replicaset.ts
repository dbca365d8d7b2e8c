/** Replica sets. Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicaset/. */
import { defaultReplicaSet } from '../../../api/defaults/apps.ts'
import type { FieldError } from '../../../api/errors.ts'
import { appsV1 } from '../../../api/resources.ts'
import type { ReplicaSet } from '../../../api/types/apps/v1.ts'
import { podAllowances } from '../core/pod-validation/allowances.ts'
import { keepSpec, keepStatus } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid, messages, nonNegative } from '../validation/field.ts'
import { shownSelector } from '../validation/labels.ts'
import { nameWarning, templateWarnings } from '../warnings/pod-warnings.ts'
import { validateReplicaStatus } from './replica-status.ts'
import { type TemplateOwner, validateSelectorAndTemplate } from './selector-template.ts'

const owner: TemplateOwner = { noun: 'deployment', kind: 'ReplicaSet', unreadable: 'invalid label selector' }

export const replicaSets: Strategy<ReplicaSet> = {
  resource: appsV1.replicaSets,
  default: defaultReplicaSet,
  prepareForCreate(set) {
    set.metadata.generation = 1
    set.status = { replicas: 0 }
  },
  prepareForUpdate: keepStatus,
  validateCreate: validateReplicaSet,
  warnings: (object, old) => [
    ...(old ? [] : nameWarning(object.metadata.name ?? '', 'Pod names and hostnames')),
    ...templateWarnings('spec.template', object.spec?.template, { object, old }),
  ],
  validateUpdate(set, old, context) {
    const errors = validateReplicaSet(set, context, old)
    if (semanticEqual(set.spec?.selector, old.spec?.selector)) return errors
    return [...errors, invalid('spec.selector', shownSelector(set.spec?.selector), messages.immutable)]
  },
  status: { prepareForUpdate: keepSpec, validateUpdate: (set) => validateReplicaStatus('status', set.status) },
}

function validateReplicaSet(set: ReplicaSet, context?: ValidationContext, old?: ReplicaSet): FieldError[] {
  const allowed = podAllowances(context, old?.spec?.template?.spec)
  return [
    ...nonNegative('spec.replicas', set.spec?.replicas),
    ...nonNegative('spec.minReadySeconds', set.spec?.minReadySeconds),
    ...validateSelectorAndTemplate('spec', set.spec ?? {}, owner, allowed),
  ]
}
