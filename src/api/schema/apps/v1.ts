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
    ControllerRevision: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      data 2 raw
      revision 3 int64!`,
    DaemonSet: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DaemonSetSpec | What is wanted.
      status 3 DaemonSetStatus | What was last observed; written by the system.`,
    DaemonSetCondition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    DaemonSetSpec: `
      selector 1 *LabelSelector!
      template 2 core/v1.PodTemplateSpec!
      updateStrategy 3 DaemonSetUpdateStrategy
      minReadySeconds 4 int32
      revisionHistoryLimit 6 *int32`,
    DaemonSetStatus: `
      currentNumberScheduled 1 int32!
      numberMisscheduled 2 int32!
      desiredNumberScheduled 3 int32!
      numberReady 4 int32!
      observedGeneration 5 int64
      updatedNumberScheduled 6 int32
      numberAvailable 7 int32
      numberUnavailable 8 int32
      collisionCount 9 *int32
      conditions 10 []DaemonSetCondition map(type) patch=merge(type)`,
    DaemonSetUpdateStrategy: `
      type 1 string
      rollingUpdate 2 *RollingUpdateDaemonSet`,
    Deployment: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 DeploymentSpec | What is wanted.
      status 3 DeploymentStatus | What was last observed; written by the system.`,
    DeploymentCondition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastUpdateTime 6 time | When the condition was last written.
      lastTransitionTime 7 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    DeploymentSpec: `
      replicas 1 *int32
      selector 2 *LabelSelector!
      template 3 core/v1.PodTemplateSpec!
      strategy 4 DeploymentStrategy patch=retainKeys
      minReadySeconds 5 int32
      revisionHistoryLimit 6 *int32
      paused 7 bool
      progressDeadlineSeconds 9 *int32`,
    DeploymentStatus: `
      observedGeneration 1 int64
      replicas 2 int32
      updatedReplicas 3 int32
      readyReplicas 7 int32
      availableReplicas 4 int32
      unavailableReplicas 5 int32
      terminatingReplicas 9 *int32
      conditions 6 []DeploymentCondition map(type) patch=merge(type)
      collisionCount 8 *int32`,
    DeploymentStrategy: `
      type 1 string
      rollingUpdate 2 *RollingUpdateDeployment`,
    ReplicaSet: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ReplicaSetSpec | What is wanted.
      status 3 ReplicaSetStatus | What was last observed; written by the system.`,
    ReplicaSetCondition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    ReplicaSetSpec: `
      replicas 1 *int32
      minReadySeconds 4 int32
      selector 2 *LabelSelector!
      template 3 core/v1.PodTemplateSpec`,
    ReplicaSetStatus: `
      replicas 1 int32!
      fullyLabeledReplicas 2 int32
      readyReplicas 4 int32
      availableReplicas 5 int32
      terminatingReplicas 7 *int32
      observedGeneration 3 int64
      conditions 6 []ReplicaSetCondition map(type) patch=merge(type)`,
    RollingUpdateDaemonSet: `
      maxUnavailable 1 *intOrString
      maxSurge 2 *intOrString`,
    RollingUpdateDeployment: `
      maxUnavailable 1 *intOrString
      maxSurge 2 *intOrString`,
    RollingUpdateStatefulSetStrategy: `
      partition 1 *int32
      maxUnavailable 2 *intOrString`,
    StatefulSet: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 StatefulSetSpec | What is wanted.
      status 3 StatefulSetStatus | What was last observed; written by the system.`,
    StatefulSetCondition: `
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    StatefulSetOrdinals: `
      start 1 int32 always`,
    StatefulSetPersistentVolumeClaimRetentionPolicy: `
      whenDeleted 1 string
      whenScaled 2 string`,
    StatefulSetSpec: `
      replicas 1 *int32
      selector 2 *LabelSelector!
      template 3 core/v1.PodTemplateSpec!
      volumeClaimTemplates 4 []core/v1.PersistentVolumeClaim atomic
      serviceName 5 string always
      podManagementPolicy 6 string
      updateStrategy 7 StatefulSetUpdateStrategy
      revisionHistoryLimit 8 *int32
      minReadySeconds 9 int32
      persistentVolumeClaimRetentionPolicy 10 *StatefulSetPersistentVolumeClaimRetentionPolicy
      ordinals 11 *StatefulSetOrdinals`,
    StatefulSetStatus: `
      observedGeneration 1 int64
      replicas 2 int32!
      readyReplicas 3 int32
      currentReplicas 4 int32
      updatedReplicas 5 int32
      currentRevision 6 string
      updateRevision 7 string
      collisionCount 9 *int32
      conditions 10 []StatefulSetCondition map(type) patch=merge(type)
      availableReplicas 11 int32 always`,
    StatefulSetUpdateStrategy: `
      type 1 string
      rollingUpdate 2 *RollingUpdateStatefulSetStrategy`,
  },
}
