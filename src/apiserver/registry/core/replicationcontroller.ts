/** Replication controllers, the older ReplicaSets. Source: https://kubernetes.io/docs/concepts/workloads/controllers/replicationcontroller/. */
import { defaultReplicationController } from '../../../api/defaults/core.ts'
import type { FieldError } from '../../../api/errors.ts'
import { coreV1 } from '../../../api/resources.ts'
import { matchesLabelMap } from '../../../api/selectors/label.ts'
import type { ReplicationController } from '../../../api/types/core/v1.ts'
import { validateReplicaStatus } from '../apps/replica-status.ts'
import { keepSpec, keepStatus } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { forbidden, invalid, messages, nonNegative, notSupported, required } from '../validation/field.ts'
import { sortedMaps } from '../validation/go-struct.ts'
import { nameWarning, templateWarnings } from '../warnings/pod-warnings.ts'
import { podAllowances } from './pod-validation/allowances.ts'
import { validatePodTemplate } from './pod-validation/spec.ts'

export const replicationControllers: Strategy<ReplicationController> = {
  resource: coreV1.replicationControllers,
  default: defaultReplicationController,
  prepareForCreate(controller) {
    controller.metadata.generation = 1
    controller.status = { replicas: 0 }
  },
  prepareForUpdate: keepStatus,
  validateCreate: validateController,
  warnings: (object, old) => [
    ...(old ? [] : nameWarning(object.metadata.name ?? '', 'Pod names and hostnames')),
    ...(old ? [] : templateWarnings('spec.template', object.spec?.template, { object, old })),
  ],
  validateUpdate: (controller, old, context) => validateController(controller, context, old),
  status: {
    prepareForUpdate: keepSpec,
    validateUpdate: (controller) => validateReplicaStatus('status', controller.status),
  },
  selectableFields: { 'status.replicas': (controller) => String(controller.status?.replicas ?? 0) },
  defaultPropagation: 'Orphan',
}

function validateController(
  controller: ReplicationController,
  context?: ValidationContext,
  old?: ReplicationController,
): FieldError[] {
  const { selector = {}, template, replicas, minReadySeconds } = controller.spec ?? {}
  const hasSelector = Object.keys(selector).length > 0
  const errors = [
    ...nonNegative('spec.minReadySeconds', minReadySeconds),
    ...(hasSelector ? [] : [required('spec.selector')]),
    ...nonNegative('spec.replicas', replicas),
  ]
  if (!template) return [...errors, required('spec.template')]
  const labels = template.metadata?.labels
  if (hasSelector && !matchesLabelMap(selector, labels)) {
    errors.push(invalid('spec.template.metadata.labels', sortedMaps(labels ?? null), messages.selectorMismatch))
  }
  errors.push(...validatePodTemplate('spec.template', template, podAllowances(context, old?.spec?.template?.spec)))
  const policy = template.spec?.restartPolicy
  if (policy !== 'Always') errors.push(notSupported('spec.template.spec.restartPolicy', policy, ['Always']))
  if (template.spec?.activeDeadlineSeconds !== undefined) {
    const why = 'activeDeadlineSeconds in ReplicationController is not Supported'
    errors.push(forbidden('spec.template.spec.activeDeadlineSeconds', why))
  }
  return errors
}
