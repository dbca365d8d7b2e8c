/** autoscaling v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const autoscalingV1Schema: GroupVersionSchema = {
  key: 'autoscaling/v1',
  group: 'autoscaling',
  version: 'v1',
  protoPackage: 'k8s.io.api.autoscaling.v1',
  served: true,
  resources: `
    horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced: all; short hpa; categories all
      /status HorizontalPodAutoscaler: get patch update`,
  columns: `
    horizontalpodautoscalers: Name/name, Reference, Targets, MinPods, MaxPods, Replicas, Age`,
  types: {
    ContainerResourceMetricSource: `
      name 1 string always
      targetAverageUtilization 2 *int32
      targetAverageValue 3 *quantity
      container 5 string always`,
    ContainerResourceMetricStatus: `
      name 1 string always
      currentAverageUtilization 2 *int32
      currentAverageValue 3 quantity always
      container 4 string always`,
    CrossVersionObjectReference: `[atomic]
      kind 1 string!
      name 2 string!
      apiVersion 3 string`,
    ExternalMetricSource: `
      metricName 1 string always
      metricSelector 2 *LabelSelector
      targetValue 3 *quantity
      targetAverageValue 4 *quantity`,
    ExternalMetricStatus: `
      metricName 1 string always
      metricSelector 2 *LabelSelector
      currentValue 3 quantity always
      currentAverageValue 4 *quantity`,
    HorizontalPodAutoscaler: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 HorizontalPodAutoscalerSpec required | What is wanted.
      status 3 HorizontalPodAutoscalerStatus | What was last observed; written by the system.`,
    HorizontalPodAutoscalerCondition: `
      type 1 string always | What the condition is about.
      status 2 string always | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    HorizontalPodAutoscalerSpec: `
      scaleTargetRef 1 CrossVersionObjectReference!
      minReplicas 2 *int32
      maxReplicas 3 int32!
      targetCPUUtilizationPercentage 4 *int32`,
    HorizontalPodAutoscalerStatus: `
      observedGeneration 1 *int64
      lastScaleTime 2 *time
      currentReplicas 3 int32!
      desiredReplicas 4 int32!
      currentCPUUtilizationPercentage 5 *int32`,
    MetricSpec: `
      type 1 string always
      object 2 *ObjectMetricSource
      pods 3 *PodsMetricSource
      resource 4 *ResourceMetricSource
      containerResource 7 *ContainerResourceMetricSource
      external 5 *ExternalMetricSource`,
    MetricStatus: `
      type 1 string always
      object 2 *ObjectMetricStatus
      pods 3 *PodsMetricStatus
      resource 4 *ResourceMetricStatus
      containerResource 7 *ContainerResourceMetricStatus
      external 5 *ExternalMetricStatus`,
    ObjectMetricSource: `
      target 1 CrossVersionObjectReference always
      metricName 2 string always
      targetValue 3 quantity always
      selector 4 *LabelSelector
      averageValue 5 *quantity`,
    ObjectMetricStatus: `
      target 1 CrossVersionObjectReference always
      metricName 2 string always
      currentValue 3 quantity always
      selector 4 *LabelSelector
      averageValue 5 *quantity`,
    PodsMetricSource: `
      metricName 1 string always
      targetAverageValue 2 quantity always
      selector 3 *LabelSelector`,
    PodsMetricStatus: `
      metricName 1 string always
      currentAverageValue 2 quantity always
      selector 3 *LabelSelector`,
    ResourceMetricSource: `
      name 1 string always
      targetAverageUtilization 2 *int32
      targetAverageValue 3 *quantity`,
    ResourceMetricStatus: `
      name 1 string always
      currentAverageUtilization 2 *int32
      currentAverageValue 3 quantity always`,
    Scale: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ScaleSpec | What is wanted.
      status 3 ScaleStatus | What was last observed; written by the system.`,
    ScaleSpec: `
      replicas 1 int32`,
    ScaleStatus: `
      replicas 1 int32!
      selector 2 string`,
  },
}
