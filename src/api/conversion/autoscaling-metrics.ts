/**
 * Metrics as they stand in annotations of v1 autoscalers: flat fields where v2 has identifiers and targets.
 * Source: autoscaling/v1's MetricSpec.
 */
import type {
  MetricIdentifier,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '../types/autoscaling/v2.ts'

type Flat = Record<string, unknown>
type Side = 'target' | 'current'

export function metricToV1(metric: MetricSpec): Flat {
  return toFlat(metric, 'target')
}

export function metricFromV1(flat: Flat): MetricSpec {
  return fromFlat(flat, 'target') as unknown as MetricSpec
}

export function metricStatusToV1(metric: MetricStatus): Flat {
  return toFlat(metric, 'current')
}

export function metricStatusFromV1(flat: Flat): MetricStatus {
  return fromFlat(flat, 'current') as unknown as MetricStatus
}

interface Source {
  name?: string
  container?: string
  describedObject?: object
  metric?: MetricIdentifier
  target?: MetricTarget
  current?: MetricValueStatus
}

const kinds = ['object', 'pods', 'resource', 'containerResource', 'external'] as const

/** `averageValue` is `targetAverageValue` or `currentAverageValue`. */
function flatName(side: Side, field: string): string {
  return `${side}${field[0]?.toUpperCase()}${field.slice(1)}`
}

function toFlat(metric: object, side: Side): Flat {
  const flat: Flat = { type: (metric as { type?: string }).type }
  for (const kind of kinds) {
    const source = (metric as Record<string, Source | undefined>)[kind]
    if (source) flat[kind] = flatSource(kind, source, side)
  }
  return flat
}

function flatSource(kind: string, source: Source, side: Side): Flat {
  const amounts = source[side] as MetricTarget | undefined
  const flat: Flat = {}
  if (source.name !== undefined) flat.name = source.name
  if (source.container !== undefined) flat.container = source.container
  if (source.describedObject) flat.target = source.describedObject
  if (source.metric) {
    flat.metricName = source.metric.name
    if (source.metric.selector) flat[kind === 'external' ? 'metricSelector' : 'selector'] = source.metric.selector
  }
  for (const field of ['value', 'averageValue', 'averageUtilization'] as const) {
    if (amounts?.[field] === undefined) continue
    flat[kind === 'object' && field === 'averageValue' ? 'averageValue' : flatName(side, field)] = amounts[field]
  }
  return flat
}

function fromFlat(flat: Flat, side: Side): Flat {
  const metric: Flat = { type: flat.type }
  for (const kind of kinds) {
    const source = flat[kind] as Flat | undefined
    if (source) metric[kind] = sourceFromFlat(kind, source, side)
  }
  return metric
}

function sourceFromFlat(kind: string, flat: Flat, side: Side): Flat {
  const source: Flat = {}
  const amounts: Flat = {}
  if (flat.name !== undefined) source.name = flat.name
  if (flat.container !== undefined) source.container = flat.container
  if (kind === 'object' && flat.target !== undefined) source.describedObject = flat.target
  if (flat.metricName !== undefined) {
    const selector = flat[kind === 'external' ? 'metricSelector' : 'selector']
    source.metric = { name: flat.metricName, ...(selector ? { selector } : {}) }
  }
  for (const field of ['value', 'averageValue', 'averageUtilization']) {
    const amount = flat[kind === 'object' && field === 'averageValue' ? 'averageValue' : flatName(side, field)]
    if (amount !== undefined) amounts[field] = amount
  }
  if (side === 'target') amounts.type = targetType(amounts)
  source[side] = amounts
  return source
}

function targetType(amounts: Flat): string {
  if (amounts.averageUtilization !== undefined) return 'Utilization'
  return amounts.averageValue === undefined ? 'Value' : 'AverageValue'
}
