/** Defaults of workloads. Source: https://kubernetes.io/docs/concepts/workloads/controllers/. */
import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../types/apps/v1.ts'
import type { PodTemplateSpec } from '../types/core/v1.ts'
import { defaultPodTemplate } from './pod.ts'
import { defaultClaim } from './storage.ts'

const revisionHistoryLimit = 10

function emptyTemplate(): PodTemplateSpec {
  return { metadata: {}, spec: { containers: [] } }
}

/** A missing selector stays missing: that is an error to report. */
function emptySpec<Spec extends { template?: PodTemplateSpec }>(): Spec {
  return { template: emptyTemplate() } as Spec
}

export function defaultDeployment(deployment: Deployment): void {
  deployment.spec ??= emptySpec()
  const spec = deployment.spec
  spec.template ??= emptyTemplate()
  defaultPodTemplate(spec.template)
  spec.replicas ??= 1
  spec.strategy ??= {}
  spec.strategy.type ||= 'RollingUpdate'
  if (spec.strategy.type === 'RollingUpdate') {
    spec.strategy.rollingUpdate ??= {}
    spec.strategy.rollingUpdate.maxUnavailable ??= '25%'
    spec.strategy.rollingUpdate.maxSurge ??= '25%'
  }
  spec.revisionHistoryLimit ??= revisionHistoryLimit
  spec.progressDeadlineSeconds ??= 600
}

export function defaultReplicaSet(set: ReplicaSet): void {
  set.spec ??= emptySpec()
  set.spec.replicas ??= 1
  set.spec.template ??= emptyTemplate()
  defaultPodTemplate(set.spec.template)
}

export function defaultDaemonSet(set: DaemonSet): void {
  set.spec ??= emptySpec()
  const spec = set.spec
  spec.template ??= emptyTemplate()
  defaultPodTemplate(spec.template)
  spec.updateStrategy ??= {}
  spec.updateStrategy.type ||= 'RollingUpdate'
  if (spec.updateStrategy.type === 'RollingUpdate') {
    spec.updateStrategy.rollingUpdate ??= {}
    spec.updateStrategy.rollingUpdate.maxUnavailable ??= 1
    spec.updateStrategy.rollingUpdate.maxSurge ??= 0
  }
  spec.revisionHistoryLimit ??= revisionHistoryLimit
}

export function defaultStatefulSet(set: StatefulSet): void {
  set.spec ??= emptySpec()
  const spec = set.spec
  spec.template ??= emptyTemplate()
  defaultPodTemplate(spec.template)
  spec.podManagementPolicy ||= 'OrderedReady'
  spec.updateStrategy ??= {}
  if (!spec.updateStrategy.type) {
    spec.updateStrategy.type = 'RollingUpdate'
    if (spec.updateStrategy.rollingUpdate) spec.updateStrategy.rollingUpdate.partition ??= 0
    else spec.updateStrategy.rollingUpdate = { partition: 0 }
  }
  if (spec.updateStrategy.type === 'RollingUpdate' && spec.updateStrategy.rollingUpdate) {
    spec.updateStrategy.rollingUpdate.partition ??= 0
  }
  spec.persistentVolumeClaimRetentionPolicy ??= {}
  spec.persistentVolumeClaimRetentionPolicy.whenDeleted ||= 'Retain'
  spec.persistentVolumeClaimRetentionPolicy.whenScaled ||= 'Retain'
  spec.replicas ??= 1
  spec.revisionHistoryLimit ??= revisionHistoryLimit
  for (const claim of spec.volumeClaimTemplates ?? []) {
    // Nothing else can stand here, whatever the client says.
    claim.apiVersion = 'v1'
    claim.kind = 'PersistentVolumeClaim'
    claim.metadata ??= {}
    defaultClaim(claim)
  }
}
