/** Rows of autoscaling: v2 metrics, and v1's single one shown the same way. */
import type { Scale, HorizontalPodAutoscaler as V1 } from '../../../api/types/autoscaling/v1.ts'
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../../../api/types/autoscaling/v2.ts'
import { age, listText, none, unknown, unset } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const autoscalingPrinters: Printers = {
  horizontalpodautoscalers: (object, nowMs) =>
    object.apiVersion === 'autoscaling/v1'
      ? printV1(object as V1, nowMs)
      : print(object as HorizontalPodAutoscaler, nowMs),
  scales: printer<Scale>((scale, nowMs) => {
    const { metadata, spec, status } = scale
    return [metadata.name, spec?.replicas ?? 0, status?.replicas ?? 0, age(scale, nowMs)]
  }),
}

function print(scaler: HorizontalPodAutoscaler, nowMs: number): unknown[] {
  return row(scaler, metricsText(scaler.spec?.metrics ?? [], scaler.status?.currentMetrics ?? []), nowMs)
}

function printV1(scaler: V1, nowMs: number): unknown[] {
  const target = scaler.spec?.targetCPUUtilizationPercentage
  const current = scaler.status?.currentCPUUtilizationPercentage
  const text = target === undefined ? none : `cpu: ${percent(current, unknown)}/${target}%`
  return row(scaler, text, nowMs)
}

function row({ metadata, spec, status }: V1 | HorizontalPodAutoscaler, targets: string, nowMs: number): unknown[] {
  const reference = spec?.scaleTargetRef
  return [
    metadata.name,
    `${reference?.kind}/${reference?.name}`,
    targets,
    spec?.minReplicas === undefined ? unset : `${spec.minReplicas}`,
    spec?.maxReplicas ?? 0,
    status?.currentReplicas ?? 0,
    age({ metadata }, nowMs),
  ]
}

function metricsText(specs: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (specs.length === 0) return none
  return listText(
    specs.map((spec, index) => metricText(spec, statuses[index])),
    2,
    ', ',
  )
}

function metricText(spec: MetricSpec, status: MetricStatus | undefined): string {
  switch (spec.type) {
    case 'External':
      return valueText(spec.external?.target, status?.external?.current)
    case 'Object':
      return valueText(spec.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? unknown}/${spec.pods?.target.averageValue}`
    case 'Resource':
      return `${spec.resource?.name}: ${resourceText(spec.resource?.target, status?.resource?.current)}`
    case 'ContainerResource': {
      const { name, target } = spec.containerResource ?? {}
      return `${name}: ${resourceText(target, status?.containerResource?.current)}`
    }
    default:
      return '<unknown type>'
  }
}

function valueText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue} (avg)`
  return `${current?.value ?? unknown}/${target?.value}`
}

function resourceText(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  if (target?.averageValue !== undefined) return `${current?.averageValue ?? unknown}/${target.averageValue}`
  return `${percent(current?.averageUtilization, unknown)}/${percent(target?.averageUtilization, '<auto>')}`
}

function percent(value: number | undefined, otherwise: string): string {
  return value === undefined ? otherwise : `${value}%`
}
