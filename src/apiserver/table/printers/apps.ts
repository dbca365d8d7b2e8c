/** Rows of apps. */
import type { ControllerRevision, DaemonSet, Deployment, ReplicaSet, StatefulSet } from '../../../api/types/apps/v1.ts'
import type { ReplicationController } from '../../../api/types/core/v1.ts'
import { age, containerImages, containerNames, labelsText, none, selectorText } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const appsPrinters: Printers = {
  controllerrevisions: printer(printControllerRevision),
  daemonsets: printer(printDaemonSet),
  deployments: printer(printDeployment),
  replicasets: printer(printReplicaSet),
  statefulsets: printer(printStatefulSet),
}

function printControllerRevision(revision: ControllerRevision, nowMs: number): unknown[] {
  const owner = revision.metadata.ownerReferences?.find(({ controller }) => controller)
  const group = owner?.apiVersion.includes('/') ? `.${owner.apiVersion.split('/')[0]}` : ''
  const controller = owner ? `${`${owner.kind}${group}`.toLowerCase()}/${owner.name}` : none
  return [revision.metadata.name, controller, revision.revision, age(revision, nowMs)]
}

function printDaemonSet(set: DaemonSet, nowMs: number): unknown[] {
  const { metadata, spec, status } = set
  const pod = spec?.template.spec
  return [
    metadata.name,
    status?.desiredNumberScheduled ?? 0,
    status?.currentNumberScheduled ?? 0,
    status?.numberReady ?? 0,
    status?.updatedNumberScheduled ?? 0,
    status?.numberAvailable ?? 0,
    labelsText(pod?.nodeSelector),
    age(set, nowMs),
    containerNames(pod?.containers),
    containerImages(pod?.containers),
    selectorText(spec?.selector),
  ]
}

function printDeployment(deployment: Deployment, nowMs: number): unknown[] {
  const { metadata, spec, status } = deployment
  const containers = spec?.template.spec?.containers
  return [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    status?.updatedReplicas ?? 0,
    status?.availableReplicas ?? 0,
    age(deployment, nowMs),
    containerNames(containers),
    containerImages(containers),
    selectorText(spec?.selector, ''),
  ]
}

function printReplicaSet(set: ReplicaSet, nowMs: number): unknown[] {
  return replicaCells(set, selectorText(set.spec?.selector), nowMs)
}

/** A ReplicaSet and its forerunner, the ReplicationController, differ in their selector. */
export function replicaCells(set: ReplicaSet | ReplicationController, selector: string, nowMs: number): unknown[] {
  const { metadata, spec, status } = set
  const containers = spec?.template?.spec?.containers
  return [
    metadata.name,
    spec?.replicas ?? 0,
    status?.replicas ?? 0,
    status?.readyReplicas ?? 0,
    age(set, nowMs),
    containerNames(containers),
    containerImages(containers),
    selector,
  ]
}

function printStatefulSet(set: StatefulSet, nowMs: number): unknown[] {
  const { metadata, spec, status } = set
  const containers = spec?.template.spec?.containers
  return [
    metadata.name,
    `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`,
    age(set, nowMs),
    containerNames(containers),
    containerImages(containers),
  ]
}
