/** Deployments. Source: https://kubernetes.io/docs/concepts/workloads/controllers/deployment/. */
import { defaultDeployment } from '../../../api/defaults/apps.ts'
import type { FieldError } from '../../../api/errors.ts'
import { appsV1 } from '../../../api/resources.ts'
import type { Deployment, DeploymentSpec, DeploymentStrategy } from '../../../api/types/apps/v1.ts'
import { podAllowances } from '../core/pod-validation/allowances.ts'
import { keepSpec, keepStatus, startWithoutStatus } from '../generation.ts'
import type { Strategy, ValidationContext } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, messages, nonNegative, notSupported, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { shownSelector } from '../validation/labels.ts'
import { nameWarning, templateWarnings } from '../warnings/pod-warnings.ts'
import { validateCollisions, validateReplicaStatus } from './replica-status.ts'
import {
  notAboveHundredPercent,
  plainCount,
  type TemplateOwner,
  validateCountOrPercent,
  validateSelectorAndTemplate,
} from './selector-template.ts'

const owner: TemplateOwner = { noun: 'deployment', kind: 'ReplicaSet', unreadable: 'invalid label selector' }

export const deployments: Strategy<Deployment> = {
  resource: appsV1.deployments,
  default: defaultDeployment,
  prepareForCreate: startWithoutStatus,
  prepareForUpdate(deployment, old) {
    keepStatus(deployment, old)
    // The controller copies annotations to ReplicaSets: their change is a change of what is wanted.
    if (!semanticEqual(deployment.metadata.annotations ?? {}, old.metadata.annotations ?? {})) {
      deployment.metadata.generation = (old.metadata.generation ?? 0) + 1
    }
  },
  validateCreate: validateDeployment,
  warnings: (object, old) => [
    ...(old ? [] : nameWarning(object.metadata.name ?? '', 'Pod names and hostnames')),
    ...templateWarnings('spec.template', object.spec?.template, { object, old }),
  ],
  validateUpdate(deployment, old, context) {
    const errors = validateDeployment(deployment, context, old)
    if (semanticEqual(deployment.spec?.selector, old.spec?.selector)) return errors
    return [...errors, invalid('spec.selector', shownSelector(deployment.spec?.selector), messages.immutable)]
  },
  status: {
    prepareForUpdate(deployment, old) {
      keepSpec(deployment, old)
      if (old.metadata.labels) deployment.metadata.labels = old.metadata.labels
      else delete deployment.metadata.labels
    },
    validateUpdate: ({ status }, old) => [
      ...validateReplicaStatus('status', status, 'updatedReplicas'),
      ...validateCollisions('status', status?.collisionCount, old.status?.collisionCount),
    ],
  },
}

function validateDeployment(deployment: Deployment, context?: ValidationContext, old?: Deployment): FieldError[] {
  const allowed = podAllowances(context, old?.spec?.template?.spec)
  const spec: Partial<DeploymentSpec> = deployment.spec ?? {}
  const errors = [
    ...nonNegative('spec.replicas', spec.replicas),
    ...validateSelectorAndTemplate('spec', spec, owner, allowed),
    ...validateStrategy('spec.strategy', spec.strategy),
    ...nonNegative('spec.minReadySeconds', spec.minReadySeconds),
    ...nonNegative('spec.revisionHistoryLimit', spec.revisionHistoryLimit),
  ]
  const deadline = spec.progressDeadlineSeconds
  if (deadline === undefined) return errors
  errors.push(...nonNegative('spec.progressDeadlineSeconds', deadline))
  if (deadline <= (spec.minReadySeconds ?? 0)) {
    errors.push(invalid('spec.progressDeadlineSeconds', deadline, 'must be greater than minReadySeconds'))
  }
  return errors
}

function validateStrategy(path: string, strategy: DeploymentStrategy | undefined): FieldError[] {
  const rolling = strategy?.rollingUpdate
  const at = `${path}.rollingUpdate`
  if (strategy?.type === 'Recreate') {
    return rolling ? [forbidden(at, "may not be specified when strategy `type` is 'Recreate'")] : []
  }
  if (strategy?.type !== 'RollingUpdate') {
    return [notSupported(path, goStruct('DeploymentStrategy', strategy), ['Recreate', 'RollingUpdate'])]
  }
  if (!rolling) return [required(at, 'this should be defaulted and never be nil')]
  const errors = [
    ...validateCountOrPercent(`${at}.maxUnavailable`, rolling.maxUnavailable),
    ...validateCountOrPercent(`${at}.maxSurge`, rolling.maxSurge),
  ]
  if (plainCount(rolling.maxUnavailable) === 0 && plainCount(rolling.maxSurge) === 0) {
    errors.push(invalid(`${at}.maxUnavailable`, rolling.maxUnavailable, 'may not be 0 when `maxSurge` is 0'))
  }
  return [...errors, ...notAboveHundredPercent(`${at}.maxUnavailable`, rolling.maxUnavailable)]
}
