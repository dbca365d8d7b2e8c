/**
 * Horizontal pod autoscalers are stored as v2. A v1 object has a CPU percentage only: what else a v2 object says stands
 * in annotations of the v1 form, so that a v1 client that writes back loses nothing.
 * Source: https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#api-object.
 */
import type { KubeObject } from '../meta.ts'
import type { HorizontalPodAutoscaler as V1 } from '../types/autoscaling/v1.ts'
import type {
  HorizontalPodAutoscalerBehavior,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscaler as V2,
} from '../types/autoscaling/v2.ts'
import { metricFromV1, metricStatusFromV1, metricStatusToV1, metricToV1 } from './autoscaling-metrics.ts'

const annotations = {
  metrics: 'autoscaling.alpha.kubernetes.io/metrics',
  behavior: 'autoscaling.alpha.kubernetes.io/behavior',
  conditions: 'autoscaling.alpha.kubernetes.io/conditions',
  currentMetrics: 'autoscaling.alpha.kubernetes.io/current-metrics',
}

/** A new object that shares parts of the given one. Annotations that can't be read are dropped. */
export function autoscalerToV2(object: KubeObject): V2 {
  const { spec, status, ...rest } = object as V1
  const held = rest.metadata.annotations ?? {}
  const { targetCPUUtilizationPercentage: percent, ...common } = spec ?? {
    maxReplicas: 0,
    scaleTargetRef: { kind: '', name: '' },
  }
  const metrics = (parsed<Record<string, unknown>[]>(held[annotations.metrics]) ?? []).map(metricFromV1)
  if (percent !== undefined) {
    const target = { type: 'Utilization', averageUtilization: percent }
    metrics.unshift({ type: 'Resource', resource: { name: 'cpu', target } })
  }
  const behavior = behaviorFromV1(parsed(held[annotations.behavior]))
  const result: V2 = {
    ...rest,
    apiVersion: 'autoscaling/v2',
    metadata: withAnnotations(rest.metadata, {}),
    spec: { ...common, ...(metrics.length > 0 ? { metrics } : {}), ...(behavior ? { behavior } : {}) },
  }
  if (status) result.status = statusToV2(status, held)
  return result
}

function statusToV2(status: NonNullable<V1['status']>, held: Record<string, string>): NonNullable<V2['status']> {
  const { currentCPUUtilizationPercentage: percent, ...common } = status
  const metrics = (parsed<Record<string, unknown>[]>(held[annotations.currentMetrics]) ?? []).map(metricStatusFromV1)
  if (percent !== undefined && !metrics.some(({ resource }) => resource?.name === 'cpu')) {
    metrics.unshift({ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: percent } } })
  }
  const conditions = parsed<HorizontalPodAutoscalerCondition[]>(held[annotations.conditions])
  return {
    ...common,
    ...(metrics.length > 0 ? { currentMetrics: metrics } : {}),
    ...(conditions ? { conditions } : {}),
  }
}

export function autoscalerToV1(object: KubeObject): V1 {
  const { spec, status, ...rest } = object as V2
  const { metrics = [], behavior, ...common } = spec ?? { maxReplicas: 0, scaleTargetRef: { kind: '', name: '' } }
  const isPercent = (metric: (typeof metrics)[number]) =>
    metric.type === 'Resource' &&
    metric.resource?.name === 'cpu' &&
    metric.resource.target?.averageUtilization !== undefined
  const percent = metrics.filter(isPercent).at(-1)?.resource?.target.averageUtilization
  const others = metrics.filter((metric) => !isPercent(metric))
  const extra: Record<string, string> = {}
  if (others.length > 0) extra[annotations.metrics] = JSON.stringify(others.map(metricToV1))
  if (behavior) extra[annotations.behavior] = JSON.stringify(behaviorToV1(behavior))
  if (status?.conditions?.length) extra[annotations.conditions] = JSON.stringify(status.conditions)
  if (status?.currentMetrics?.length) {
    extra[annotations.currentMetrics] = JSON.stringify(status.currentMetrics.map(metricStatusToV1))
  }
  const result: V1 = {
    ...rest,
    apiVersion: 'autoscaling/v1',
    metadata: withAnnotations(rest.metadata, extra),
    spec: { ...common, ...(percent === undefined ? {} : { targetCPUUtilizationPercentage: percent }) },
  }
  if (status) result.status = statusToV1(status)
  return result
}

/** Upstream writes its internal form there: names with a capital letter, and null for what is absent. */
function behaviorToV1({ scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior): object {
  return { ScaleUp: rulesToV1(scaleUp), ScaleDown: rulesToV1(scaleDown) }
}

function rulesToV1(rules: HorizontalPodAutoscalerBehavior['scaleUp']): object | null {
  if (!rules) return null
  const { stabilizationWindowSeconds = null, selectPolicy = null, policies, tolerance = null } = rules
  return {
    StabilizationWindowSeconds: stabilizationWindowSeconds,
    SelectPolicy: selectPolicy,
    Policies:
      policies?.map(({ type, value, periodSeconds }) => ({ Type: type, Value: value, PeriodSeconds: periodSeconds })) ??
      null,
    Tolerance: tolerance,
  }
}

/** Takes names with a small letter too, as Go's decoder does. */
function behaviorFromV1(value: unknown): HorizontalPodAutoscalerBehavior | undefined {
  const own = (each: unknown): unknown => {
    if (Array.isArray(each)) return each.map(own)
    if (typeof each !== 'object' || each === null) return each
    const present = Object.entries(each).filter(([, inner]) => inner !== null)
    return Object.fromEntries(
      present.map(([name, inner]) => [name.charAt(0).toLowerCase() + name.slice(1), own(inner)]),
    )
  }
  return own(value) as HorizontalPodAutoscalerBehavior | undefined
}

function statusToV1(status: NonNullable<V2['status']>): NonNullable<V1['status']> {
  const { currentMetrics = [], conditions: _conditions, currentReplicas = 0, ...common } = status
  const cpu = (currentMetrics ?? []).find(({ type, resource }) => type === 'Resource' && resource?.name === 'cpu')
  const percent = cpu?.resource?.current.averageUtilization
  return { ...common, currentReplicas, ...(percent === undefined ? {} : { currentCPUUtilizationPercentage: percent }) }
}

function withAnnotations(metadata: V1['metadata'], extra: Record<string, string>): V1['metadata'] {
  const own = new Set(Object.values(annotations))
  const kept = Object.entries(metadata.annotations ?? {}).filter(([key]) => !own.has(key))
  const all = { ...Object.fromEntries(kept), ...extra }
  const { annotations: _old, ...rest } = metadata
  return Object.keys(all).length > 0 ? { ...rest, annotations: all } : rest
}

function parsed<T>(text: string | undefined): T | undefined {
  if (text === undefined) return undefined
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as T) : undefined
  } catch {
    return undefined
  }
}

export const autoscalerConversion = { toStored: autoscalerToV2, fromStored: autoscalerToV1 }
