/** Rules of the metrics that an autoscaler follows: one source each, with a target. Source: autoscaling/v2 MetricSpec. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isPathSegmentName } from '../../../api/names.ts'
import { compareQuantities } from '../../../api/quantity.ts'
import type { MetricIdentifier, MetricSpec, MetricTarget } from '../../../api/types/autoscaling/v2.ts'
import { forbidden, invalid, invalidEach, notSupported, required } from '../validation/field.ts'
import { validateLabelSelector } from '../validation/labels.ts'
import { validateTarget } from './horizontalpodautoscaler.ts'

/** The type, and the field that must be filled for it. */
const sources: Readonly<Record<string, 'containerResource' | 'external' | 'object' | 'pods' | 'resource'>> = {
  ContainerResource: 'containerResource',
  External: 'external',
  Object: 'object',
  Pods: 'pods',
  Resource: 'resource',
}
/** Of several sources only the first of these is looked into. */
const lookedAt = ['object', 'external', 'pods', 'resource', 'containerResource'] as const
const targetTypes = ['Utilization', 'Value', 'AverageValue']

export function validateMetrics(path: string, metrics: readonly MetricSpec[]): FieldError[] {
  return metrics.flatMap((metric, index) => validateMetric(`${path}[${index}]`, metric))
}

/** Upstream says an unknown type twice. */
function validateMetric(path: string, metric: MetricSpec): FieldError[] {
  const type = metric.type ?? ''
  const expected = sources[type]
  const errors: FieldError[] = []
  const unsupported = notSupported(`${path}.type`, type, Object.keys(sources))
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric source type'))
  if (!expected) errors.push(unsupported)
  const filled = lookedAt.filter((field) => metric[field] !== undefined)
  const [first] = filled
  if (first) errors.push(...validateSource(`${path}.${first}`, metric, first))
  if (!expected) return [...errors, unsupported]
  if (metric[expected] === undefined) {
    errors.push(required(`${path}.${expected}`, 'must populate information for the given metric source'))
  }
  const why = 'must populate the given metric source only'
  return [...errors, ...filled.filter((field) => field !== expected).map((field) => forbidden(`${path}.${field}`, why))]
}

function validateSource(path: string, metric: MetricSpec, field: (typeof sources)[string]): FieldError[] {
  switch (field) {
    case 'resource':
      return validateResource(path, metric.resource ?? { name: '' })
    case 'containerResource':
      return validateContainerResource(path, metric.containerResource ?? { name: '', container: '' })
    case 'pods':
      return validatePods(path, metric.pods ?? {})
    case 'object':
      return validateObject(path, metric.object ?? {})
    default:
      return validateExternal(path, metric.external ?? {})
  }
}

type Source = { name?: string; metric?: MetricIdentifier; target?: MetricTarget }

function validateResource(path: string, { name = '', target }: Source): FieldError[] {
  const errors = name === '' ? [required(`${path}.name`, 'must specify a resource name')] : []
  return [...errors, ...validateMetricTarget(`${path}.target`, target), ...validateUtilization(path, target)]
}

function validateContainerResource(path: string, source: Source & { container?: string }): FieldError[] {
  const { name = '', container = '', target } = source
  const errors: FieldError[] = []
  if (name === '') errors.push(required(`${path}.name`, 'must specify a resource name'))
  else errors.push(...invalidEach(`${path}.name`, name, isPathSegmentName(name)))
  if (container === '') errors.push(required(`${path}.container`, 'must specify a container'))
  else errors.push(...invalidEach(`${path}.container`, container, isDns1123Label(container)))
  return [...errors, ...validateMetricTarget(`${path}.target`, target), ...validateUtilization(path, target)]
}

function validateUtilization(path: string, target: MetricTarget | undefined): FieldError[] {
  const at = `${path}.target.averageUtilization`
  const utilization = target?.averageUtilization
  if (utilization === undefined && target?.averageValue === undefined) {
    return [required(at, 'must set either a target raw value or a target utilization')]
  }
  if (utilization !== undefined && target?.averageValue !== undefined) {
    return [forbidden(`${path}.target.averageValue`, 'may not set both a target raw value and a target utilization')]
  }
  return []
}

function validatePods(path: string, { metric, target }: Source): FieldError[] {
  const errors = [...validateIdentifier(`${path}.metric`, metric), ...validateMetricTarget(`${path}.target`, target)]
  if (isPositive(target?.averageValue)) return errors
  return [...errors, required(`${path}.target.averageValue`, 'must specify a positive target averageValue')]
}

function validateObject(
  path: string,
  source: Source & { describedObject?: { kind: string; name: string } },
): FieldError[] {
  const { describedObject, metric, target } = source
  const errors = validateTarget(`${path}.describedObject`, describedObject ?? { kind: '', name: '' }).filter(
    (error) => !error.path.endsWith('.apiVersion'),
  )
  errors.push(...validateIdentifier(`${path}.metric`, metric), ...validateMetricTarget(`${path}.target`, target))
  if (target?.value !== undefined || target?.averageValue !== undefined) return errors
  return [...errors, required(`${path}.target.averageValue`, 'must set either a target value or averageValue')]
}

function validateExternal(path: string, { metric, target }: Source): FieldError[] {
  const errors = [...validateIdentifier(`${path}.metric`, metric), ...validateMetricTarget(`${path}.target`, target)]
  if (target?.value === undefined && target?.averageValue === undefined) {
    const why = 'must set either a target value for metric or a per-pod target'
    return [...errors, required(`${path}.target.averageValue`, why)]
  }
  if (target.value === undefined || target.averageValue === undefined) return errors
  const why = 'may not set both a target value for metric and a per-pod target'
  return [...errors, forbidden(`${path}.target.value`, why)]
}

function validateIdentifier(path: string, metric: MetricIdentifier | undefined): FieldError[] {
  const name = metric?.name ?? ''
  const errors =
    name === ''
      ? [required(`${path}.name`, 'must specify a metric name')]
      : invalidEach(`${path}.name`, name, isPathSegmentName(name))
  return [...errors, ...validateLabelSelector(`${path}.selector`, metric?.selector)]
}

function validateMetricTarget(path: string, target: MetricTarget | undefined): FieldError[] {
  const { type = '', value, averageValue, averageUtilization } = target ?? {}
  const errors: FieldError[] = []
  if (type === '') errors.push(required(`${path}.type`, 'must specify a metric target type'))
  if (!targetTypes.includes(type)) {
    errors.push(invalid(`${path}.type`, type, 'must be either Utilization, Value, or AverageValue'))
  }
  if (value !== undefined && !isPositive(value)) errors.push(invalid(`${path}.value`, value, 'must be positive'))
  if (averageValue !== undefined && !isPositive(averageValue)) {
    errors.push(invalid(`${path}.averageValue`, averageValue, 'must be positive'))
  }
  if (averageUtilization !== undefined && averageUtilization < 1) {
    errors.push(invalid(`${path}.averageUtilization`, averageUtilization, 'must be greater than 0'))
  }
  return errors
}

function isPositive(quantity: string | undefined): boolean {
  return quantity !== undefined && compareQuantities(quantity, '0') > 0
}
