/** autoscaling v2: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const autoscalingV2Schema: GroupVersionSchema = {
  key: 'autoscaling/v2',
  group: 'autoscaling',
  version: 'v2',
  protoPackage: 'k8s.io.api.autoscaling.v2',
  served: true,
  resources: `
    horizontalpodautoscalers horizontalpodautoscaler HorizontalPodAutoscaler namespaced: all; short hpa; categories all
      /status HorizontalPodAutoscaler: get patch update`,
  columns: `
    horizontalpodautoscalers: Name/name, Reference, Targets, MinPods, MaxPods, Replicas, Age`,
  types: {
    ContainerResourceMetricSource: `Use of a resource by one container of each pod.
      name 1 string! | Name of the resource.
      target 2 MetricTarget! | What is wanted.
      container 3 string! | Name of the container.`,
    ContainerResourceMetricStatus: `Use of a resource by one container of each pod.
      name 1 string! | Name of the resource.
      current 2 MetricValueStatus! | What it is.
      container 3 string! | Name of the container.`,
    CrossVersionObjectReference: `Names an object in the same namespace.
      kind 1 string! | Its kind.
      name 2 string! | Its name.
      apiVersion 3 string | Its API version.`,
    ExternalMetricSource: `A metric from outside the cluster.
      metric 1 MetricIdentifier! | The metric.
      target 2 MetricTarget! | What is wanted.`,
    ExternalMetricStatus: `A metric from outside the cluster.
      metric 1 MetricIdentifier! | The metric.
      current 2 MetricValueStatus! | What it is.`,
    HPAScalingPolicy: `The most that may change in a period.
      type 1 string! | Pods or Percent.
      value 2 int32! | How many.
      periodSeconds 3 int32! | Length of the period, at most 1800.`,
    HPAScalingRules: `How fast the number changes in one direction.
      stabilizationWindowSeconds 3 *int32 | The safest wish of this time is taken; when absent 0 upwards, 300 downwards.
      selectPolicy 1 *string | Max (the default), Min, or Disabled to change nothing.
      policies 2 []HPAScalingPolicy atomic | The most that may change.
      tolerance 4 *quantity gate=HPAConfigurableTolerance | Deviation from the target that changes nothing.`,
    HorizontalPodAutoscaler: `[kind] Changes the number of pods by metrics.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 HorizontalPodAutoscalerSpec required | What is wanted.
      status 3 HorizontalPodAutoscalerStatus | What was last observed; written by the system.`,
    HorizontalPodAutoscalerBehavior: `How fast the number changes.
      scaleUp 1 *HPAScalingRules | Upwards; when absent the larger of 4 pods and 100% in 15 seconds.
      scaleDown 2 *HPAScalingRules | Downwards; when absent 100% in 15 seconds.`,
    HorizontalPodAutoscalerCondition: `One aspect of an autoscaler's state.
      type 1 string! | What the condition is about.
      status 2 string! | True, False or Unknown.
      lastTransitionTime 3 time | When the status last changed.
      reason 4 string | A word in CamelCase, for programs, for the last change.
      message 5 string | A sentence for people about the last change.`,
    HorizontalPodAutoscalerSpec: `What is scaled, by which metrics, within which bounds.
      scaleTargetRef 1 CrossVersionObjectReference! | What is scaled.
      minReplicas 2 *int32 | Fewest pods; 1 when absent.
      maxReplicas 3 int32! | Most pods.
      metrics 4 []MetricSpec atomic | The largest wish counts; processor use of 80% when absent.
      behavior 5 *HorizontalPodAutoscalerBehavior | How fast the number changes.`,
    HorizontalPodAutoscalerStatus: `What is known of the scaling.
      observedGeneration 1 *int64 | The generation that the controller has seen.
      lastScaleTime 2 *time | When the number last changed.
      currentReplicas 3 int32 | Pods that there are.
      desiredReplicas 4 int32! | Pods that the autoscaler wants.
      currentMetrics 5 []MetricStatus always atomic | What the metrics are.
      conditions 6 []HorizontalPodAutoscalerCondition map(type) patch=merge(type) | Aspects of the state.`,
    MetricIdentifier: `Names a metric.
      name 1 string! | Its name.
      selector 2 *LabelSelector | Its labels.`,
    MetricSpec: `A metric and its target; one of these.
      type 1 string! | Object, Pods, Resource, ContainerResource or External.
      object 2 *ObjectMetricSource | A metric of another object.
      pods 3 *PodsMetricSource | A metric of each pod.
      resource 4 *ResourceMetricSource | Use of a resource by each pod.
      containerResource 7 *ContainerResourceMetricSource | Use of a resource by one container of each pod.
      external 5 *ExternalMetricSource | A metric from outside the cluster.`,
    MetricStatus: `A metric and its value; one of these.
      type 1 string! | Object, Pods, Resource, ContainerResource or External.
      object 2 *ObjectMetricStatus | A metric of another object.
      pods 3 *PodsMetricStatus | A metric of each pod.
      resource 4 *ResourceMetricStatus | Use of a resource by each pod.
      containerResource 7 *ContainerResourceMetricStatus | Use of a resource by one container of each pod.
      external 5 *ExternalMetricStatus | A metric from outside the cluster.`,
    MetricTarget: `What is wanted of a metric.
      type 1 string! | Utilization, Value or AverageValue.
      value 2 *quantity | Value wanted.
      averageValue 3 *quantity | Value wanted per pod.
      averageUtilization 4 *int32 | Average use wanted, in percent of the requests.`,
    MetricValueStatus: `What a metric is.
      value 1 *quantity | The value.
      averageValue 2 *quantity | The value per pod.
      averageUtilization 3 *int32 | Average use, in percent of the requests.`,
    ObjectMetricSource: `A metric of another object.
      describedObject 1 CrossVersionObjectReference! | The object.
      target 2 MetricTarget! | What is wanted.
      metric 3 MetricIdentifier! | The metric.`,
    ObjectMetricStatus: `A metric of another object.
      metric 1 MetricIdentifier! | The metric.
      current 2 MetricValueStatus! | What it is.
      describedObject 3 CrossVersionObjectReference! | The object.`,
    PodsMetricSource: `A metric of each pod.
      metric 1 MetricIdentifier! | The metric.
      target 2 MetricTarget! | What is wanted.`,
    PodsMetricStatus: `A metric of each pod.
      metric 1 MetricIdentifier! | The metric.
      current 2 MetricValueStatus! | What it is.`,
    ResourceMetricSource: `Use of a resource by each pod.
      name 1 string! | Name of the resource.
      target 2 MetricTarget! | What is wanted.`,
    ResourceMetricStatus: `Use of a resource by each pod.
      name 1 string! | Name of the resource.
      current 2 MetricValueStatus! | What it is.`,
  },
}
