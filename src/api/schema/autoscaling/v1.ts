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
    ContainerResourceMetricSource: `Use of a resource by one container of each pod.
      name 1 string always | Name of the resource.
      targetAverageUtilization 2 *int32 | Average wanted, in percent of the requests.
      targetAverageValue 3 *quantity | Average wanted, as an amount.
      container 5 string always | Name of the container.`,
    ContainerResourceMetricStatus: `Use of a resource by one container of each pod.
      name 1 string always | Name of the resource.
      currentAverageUtilization 2 *int32 | Average, in percent of the requests.
      currentAverageValue 3 quantity always | Average, as an amount.
      container 4 string always | Name of the container.`,
    CrossVersionObjectReference: `[atomic] Names an object in the same namespace.
      kind 1 string! | Its kind.
      name 2 string! | Its name.
      apiVersion 3 string | Its API version.`,
    ExternalMetricSource: `A metric from outside the cluster.
      metricName 1 string always | Name of the metric.
      metricSelector 2 *LabelSelector | Labels of the metric.
      targetValue 3 *quantity | Value wanted.
      targetAverageValue 4 *quantity | Value wanted per pod.`,
    ExternalMetricStatus: `A metric from outside the cluster.
      metricName 1 string always | Name of the metric.
      metricSelector 2 *LabelSelector | Labels of the metric.
      currentValue 3 quantity always | The value.
      currentAverageValue 4 *quantity | The value per pod.`,
    HorizontalPodAutoscaler: `[kind] Changes the number of pods by their use of the processor.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 HorizontalPodAutoscalerSpec required | What is wanted.
      status 3 HorizontalPodAutoscalerStatus | What was last observed; written by the system.`,
    HorizontalPodAutoscalerCondition: `One aspect of an autoscaler's state.
      type 1 string always | What the condition is about.
      status 2 string always | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    HorizontalPodAutoscalerSpec: `What is scaled, within which bounds.
      scaleTargetRef 1 CrossVersionObjectReference! | What is scaled.
      minReplicas 2 *int32 | Fewest pods; 1 when absent.
      maxReplicas 3 int32! | Most pods.
      targetCPUUtilizationPercentage 4 *int32 | Average use wanted, in percent of the requests.`,
    HorizontalPodAutoscalerStatus: `What is known of the scaling.
      observedGeneration 1 *int64 | The generation that the controller has seen.
      lastScaleTime 2 *time | When the number last changed.
      currentReplicas 3 int32! | Pods that there are.
      desiredReplicas 4 int32! | Pods that the autoscaler wants.
      currentCPUUtilizationPercentage 5 *int32 | Average use, in percent of the requests.`,
    MetricSpec: `A metric and its target; one of these.
      type 1 string always enum(ContainerResource,External,Object,Pods,Resource) | Object, Pods, Resource, ContainerResource or External.
      object 2 *ObjectMetricSource | A metric of another object.
      pods 3 *PodsMetricSource | A metric of each pod.
      resource 4 *ResourceMetricSource | Use of a resource by each pod.
      containerResource 7 *ContainerResourceMetricSource | Use of a resource by one container of each pod.
      external 5 *ExternalMetricSource | A metric from outside the cluster.`,
    MetricStatus: `A metric and its value; one of these.
      type 1 string always enum(ContainerResource,External,Object,Pods,Resource) | Object, Pods, Resource, ContainerResource or External.
      object 2 *ObjectMetricStatus | A metric of another object.
      pods 3 *PodsMetricStatus | A metric of each pod.
      resource 4 *ResourceMetricStatus | Use of a resource by each pod.
      containerResource 7 *ContainerResourceMetricStatus | Use of a resource by one container of each pod.
      external 5 *ExternalMetricStatus | A metric from outside the cluster.`,
    ObjectMetricSource: `A metric of another object.
      target 1 CrossVersionObjectReference always | The object.
      metricName 2 string always | Name of the metric.
      targetValue 3 quantity always | Value wanted.
      selector 4 *LabelSelector | Labels of the metric.
      averageValue 5 *quantity | Value wanted per pod.`,
    ObjectMetricStatus: `A metric of another object.
      target 1 CrossVersionObjectReference always | The object.
      metricName 2 string always | Name of the metric.
      currentValue 3 quantity always | The value.
      selector 4 *LabelSelector | Labels of the metric.
      averageValue 5 *quantity | The value per pod.`,
    PodsMetricSource: `A metric of each pod.
      metricName 1 string always | Name of the metric.
      targetAverageValue 2 quantity always | Average wanted.
      selector 3 *LabelSelector | Labels of the metric.`,
    PodsMetricStatus: `A metric of each pod.
      metricName 1 string always | Name of the metric.
      currentAverageValue 2 quantity always | Average.
      selector 3 *LabelSelector | Labels of the metric.`,
    ResourceMetricSource: `Use of a resource by each pod.
      name 1 string always | Name of the resource.
      targetAverageUtilization 2 *int32 | Average wanted, in percent of the requests.
      targetAverageValue 3 *quantity | Average wanted, as an amount.`,
    ResourceMetricStatus: `Use of a resource by each pod.
      name 1 string always | Name of the resource.
      currentAverageUtilization 2 *int32 | Average, in percent of the requests.
      currentAverageValue 3 quantity always | Average, as an amount.`,
    Scale: `[kind] The number of pods of something that can be scaled.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ScaleSpec | What is wanted.
      status 3 ScaleStatus | What was last observed; written by the system.`,
    ScaleSpec: `The number wanted.
      replicas 1 int32 | Pods wanted.`,
    ScaleStatus: `The number that there is.
      replicas 1 int32! | Pods that there are.
      selector 2 string | Labels of the pods, as text.`,
  },
}
