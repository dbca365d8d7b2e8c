/** apps v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const appsV1Schema: GroupVersionSchema = {
  key: 'apps/v1',
  group: 'apps',
  version: 'v1',
  protoPackage: 'k8s.io.api.apps.v1',
  served: true,
  resources: `
    controllerrevisions controllerrevision ControllerRevision namespaced: all
    daemonsets daemonset DaemonSet namespaced: all; short ds; categories all
      /status DaemonSet: get patch update
    deployments deployment Deployment namespaced: all; short deploy; categories all
      /scale autoscaling/v1.Scale: get patch update
      /status Deployment: get patch update
    replicasets replicaset ReplicaSet namespaced: all; short rs; categories all
      /scale autoscaling/v1.Scale: get patch update
      /status ReplicaSet: get patch update
    statefulsets statefulset StatefulSet namespaced: all; short sts; categories all
      /scale autoscaling/v1.Scale: get patch update
      /status StatefulSet: get patch update`,
  columns: `
    controllerrevisions: Name/name, Controller, Revision, Age
    daemonsets: Name/name, Desired:integer, Current:integer, Ready:integer, Up-to-date:integer, Available:integer, Node Selector, Age, Containers*, Images*, Selector*
    deployments: Name/name, Ready, Up-to-date, Available, Age, Containers*, Images*, Selector*
    replicasets: Name/name, Desired:integer, Current:integer, Ready:integer, Age, Containers*, Images*, Selector*
    statefulsets: Name/name, Ready, Age, Containers*, Images*`,
  types: {
    ControllerRevision: `[kind] A former state of a DaemonSet or StatefulSet.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      data 2 raw | The state.
      revision 3 int64! | Its number in the history.`,
    DaemonSet: `[kind] Runs a pod on every node, or on every node of a kind.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DaemonSetSpec | What is wanted.
      status 3 DaemonSetStatus | What was last observed; written by the system.`,
    DaemonSetCondition: `One aspect of a daemon set's state.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    DaemonSetSpec: `Which pods, and how they are replaced.
      selector 1 *LabelSelector! | Labels of its pods; cannot change.
      template 2 core/v1.PodTemplateSpec! | The pods.
      updateStrategy 3 DaemonSetUpdateStrategy | How pods are replaced when the template changes.
      minReadySeconds 4 int32 | A new pod counts as available after being ready for this long.
      revisionHistoryLimit 6 *int32 | Former states to keep; 10 when absent.`,
    DaemonSetStatus: `What is known of a daemon set's pods.
      currentNumberScheduled 1 int32! | Nodes that run the pod and should.
      numberMisscheduled 2 int32! | Nodes that run the pod and should not.
      desiredNumberScheduled 3 int32! | Nodes that should run the pod.
      numberReady 4 int32! | Nodes where it is ready.
      observedGeneration 5 int64 | The generation that the controller has seen.
      updatedNumberScheduled 6 int32 | Nodes that run the newest pod.
      numberAvailable 7 int32 | Nodes where it has been ready for minReadySeconds.
      numberUnavailable 8 int32 | Nodes that should run it and where it is not available.
      collisionCount 9 *int32 | How often a hash for a revision's name was taken.
      conditions 10 []DaemonSetCondition map(type) patch=merge(type) | Aspects of the state.`,
    DaemonSetUpdateStrategy: `How pods are replaced.
      type 1 string enum(OnDelete,RollingUpdate) | RollingUpdate (the default) or OnDelete.
      rollingUpdate 2 *RollingUpdateDaemonSet | Settings of RollingUpdate.`,
    Deployment: `[kind] Runs a number of equal pods and replaces them step by step.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DeploymentSpec | What is wanted.
      status 3 DeploymentStatus | What was last observed; written by the system.`,
    DeploymentCondition: `One aspect of a deployment's state, such as Progressing.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastUpdateTime 6 time | When the condition was last written.
      lastTransitionTime 7 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    DeploymentSpec: `How many pods, of what form, and how they are replaced.
      replicas 1 *int32 | Pods wanted; 1 when absent.
      selector 2 *LabelSelector! | Labels of its pods; cannot change.
      template 3 core/v1.PodTemplateSpec! | The pods.
      strategy 4 DeploymentStrategy patch=retainKeys | How pods are replaced when the template changes.
      minReadySeconds 5 int32 | A new pod counts as available after being ready for this long.
      revisionHistoryLimit 6 *int32 | Former replica sets to keep; 10 when absent.
      paused 7 bool | Changes of the template are not rolled out.
      progressDeadlineSeconds 9 *int32 | A rollout without progress for this long has failed; 600 when absent.`,
    DeploymentStatus: `What is known of a deployment's pods.
      observedGeneration 1 int64 | The generation that the controller has seen.
      replicas 2 int32 | Pods that there are.
      updatedReplicas 3 int32 | Pods of the newest template.
      readyReplicas 7 int32 | Pods that are ready.
      availableReplicas 4 int32 | Pods that have been ready for minReadySeconds.
      unavailableReplicas 5 int32 | Pods that are missing for the wanted number to be available.
      terminatingReplicas 9 *int32 gate=DeploymentReplicaSetTerminatingReplicas | Pods that are ending.
      conditions 6 []DeploymentCondition map(type) patch=merge(type) | Aspects of the state.
      collisionCount 8 *int32 | How often a hash for a replica set's name was taken.`,
    DeploymentStrategy: `How pods are replaced.
      type 1 string enum(Recreate,RollingUpdate) | RollingUpdate (the default) or Recreate.
      rollingUpdate 2 *RollingUpdateDeployment | Settings of RollingUpdate.`,
    ReplicaSet: `[kind] Keeps a number of equal pods running; Deployments make them.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ReplicaSetSpec | What is wanted.
      status 3 ReplicaSetStatus | What was last observed; written by the system.`,
    ReplicaSetCondition: `One aspect of a replica set's state.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    ReplicaSetSpec: `How many pods, and of what form.
      replicas 1 *int32 | Pods wanted; 1 when absent.
      minReadySeconds 4 int32 | A new pod counts as available after being ready for this long.
      selector 2 *LabelSelector! | Labels of its pods; cannot change.
      template 3 core/v1.PodTemplateSpec | The pods.`,
    ReplicaSetStatus: `What is known of a replica set's pods.
      replicas 1 int32! | Pods that there are.
      fullyLabeledReplicas 2 int32 | Pods with all labels of the template.
      readyReplicas 4 int32 | Pods that are ready.
      availableReplicas 5 int32 | Pods that have been ready for minReadySeconds.
      terminatingReplicas 7 *int32 gate=DeploymentReplicaSetTerminatingReplicas | Pods that are ending.
      observedGeneration 3 int64 | The generation that the controller has seen.
      conditions 6 []ReplicaSetCondition map(type) patch=merge(type) | Aspects of the state.`,
    RollingUpdateDaemonSet: `How many nodes at a time.
      maxUnavailable 1 *intOrString | Nodes, or a percentage, that may be without an available pod; 1 when absent.
      maxSurge 2 *intOrString | Nodes, or a percentage, that may run an old and a new pod; 0 when absent.`,
    RollingUpdateDeployment: `How many pods at a time.
      maxUnavailable 1 *intOrString | Pods, or a percentage rounded down, that may be missing; 25% when absent.
      maxSurge 2 *intOrString | Pods, or a percentage rounded up, that may be too many; 25% when absent.`,
    RollingUpdateStatefulSetStrategy: `Which pods, and how many at a time.
      partition 1 *int32 | Pods with a lower ordinal stay as they are; 0 when absent.
      maxUnavailable 2 *intOrString gate=MaxUnavailableStatefulSet | Pods, or a percentage, that may be missing; 1 when absent.`,
    StatefulSet: `[kind] Runs pods with lasting names and storage, one after the other.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 StatefulSetSpec | What is wanted.
      status 3 StatefulSetStatus | What was last observed; written by the system.`,
    StatefulSetCondition: `One aspect of a stateful set's state.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    StatefulSetOrdinals: `Numbers in the pods' names.
      start 1 int32 always | The first number; 0 when absent.`,
    StatefulSetPersistentVolumeClaimRetentionPolicy: `What happens to the pods' claims.
      whenDeleted 1 string | Retain (the default) or Delete, when the set is deleted.
      whenScaled 2 string | Retain (the default) or Delete, when the pod goes for good.`,
    StatefulSetSpec: `How many pods, of what form, and how they are replaced.
      replicas 1 *int32 | Pods wanted; 1 when absent.
      selector 2 *LabelSelector! | Labels of its pods; cannot change.
      template 3 core/v1.PodTemplateSpec! | The pods.
      volumeClaimTemplates 4 []core/v1.PersistentVolumeClaim atomic | Claims that are made for every pod.
      serviceName 5 string always | The headless Service that gives the pods their DNS names.
      podManagementPolicy 6 string enum(OrderedReady,Parallel) | OrderedReady (the default) or Parallel.
      updateStrategy 7 StatefulSetUpdateStrategy | How pods are replaced when the template changes.
      revisionHistoryLimit 8 *int32 | Former states to keep; 10 when absent.
      minReadySeconds 9 int32 | A new pod counts as available after being ready for this long.
      persistentVolumeClaimRetentionPolicy 10 *StatefulSetPersistentVolumeClaimRetentionPolicy | What happens to claims that are no longer used.
      ordinals 11 *StatefulSetOrdinals | Numbers in the pods' names.`,
    StatefulSetStatus: `What is known of a stateful set's pods.
      observedGeneration 1 int64 | The generation that the controller has seen.
      replicas 2 int32! | Pods that there are.
      readyReplicas 3 int32 | Pods that are ready.
      currentReplicas 4 int32 | Pods of currentRevision.
      updatedReplicas 5 int32 | Pods of updateRevision.
      currentRevision 6 string | The state that pods are being moved from.
      updateRevision 7 string | The state that pods are being moved to.
      collisionCount 9 *int32 | How often a hash for a revision's name was taken.
      conditions 10 []StatefulSetCondition map(type) patch=merge(type) | Aspects of the state.
      availableReplicas 11 int32 always | Pods that have been ready for minReadySeconds.`,
    StatefulSetUpdateStrategy: `How pods are replaced.
      type 1 string enum(OnDelete,RollingUpdate) | RollingUpdate (the default) or OnDelete.
      rollingUpdate 2 *RollingUpdateStatefulSetStrategy | Settings of RollingUpdate.`,
  },
}
