/** What each metric of an autoscaler asks for, with what its status and events say. Words as upstream's. */
import { milliValue, quantityOfMilli } from '../../api/quantity.ts'
import type { MetricSpec, MetricStatus, MetricTarget, MetricValueStatus } from '../../api/types/autoscaling/v2.ts'
import { messageOf } from '../../platform/log.ts'
import { labelSelectorText } from '../label-selector-text.ts'
import type { Readings } from './readings.ts'
import { byAverage, byShare, byTotal, byUtilization, type Current } from './replicas.ts'

export interface Target extends Current {
  namespace: string
  statusReplicas: number
  /** Of its pods. */
  selector: string
}

export type MetricOutcome =
  | { replicas: number; name: string; status: MetricStatus }
  /** `event` is what is told of the metric itself, `error` what the whole computation says. */
  | { reason: string; event: string; error: string }

type Found = Extract<MetricOutcome, { replicas: number }>

interface Kind {
  reason: string
  /** What stands before the error of the whole computation. */
  prefix: string
  /** And after that. */
  further?: string
  read(): Promise<Found>
}

export async function proposalOf(spec: MetricSpec, target: Target, readings: Readings): Promise<MetricOutcome> {
  const kind = kindOf(spec, target, readings)
  if (!kind) {
    const error = `unknown metric source type ${JSON.stringify(spec.type)}`
    return { reason: 'InvalidMetricSourceType', event: error, error }
  }
  try {
    return await kind.read()
  } catch (error) {
    const event = messageOf(error)
    return { reason: kind.reason, event, error: `${kind.prefix}: ${kind.further ?? ''}${event}` }
  }
}

function kindOf(spec: MetricSpec, target: Target, readings: Readings): Kind | undefined {
  const { resource, containerResource, pods, object, external } = spec
  if (spec.type === 'Resource' && resource) {
    const read = () => ofResource(resource, target, readings)
    return { reason: 'FailedGetResourceMetric', prefix: `failed to get ${resource.name} resource metric value`, read }
  }
  if (spec.type === 'ContainerResource' && containerResource) {
    const prefix = `failed to get ${containerResource.container} container metric value`
    return {
      reason: 'FailedGetContainerResourceMetric',
      prefix,
      read: () => ofResource(containerResource, target, readings),
    }
  }
  if (spec.type === 'Pods' && pods) {
    return {
      reason: 'FailedGetPodsMetric',
      prefix: 'failed to get pods metric value',
      read: () => ofPods(pods, target, readings),
    }
  }
  if (spec.type === 'Object' && object) {
    const isAverage = object.target.type === 'AverageValue'
    return {
      reason: 'FailedGetObjectMetric',
      prefix: 'failed to get object metric value',
      ...(isAverage ? { further: `failed to get ${object.metric.name} object metric: ` } : {}),
      read: () => ofObject(object, target, readings),
    }
  }
  if (spec.type === 'External' && external) {
    const { name } = external.metric
    const prefix = `failed to get ${name} external metric value`
    const isAverage = external.target.averageValue !== undefined
    const further = isAverage ? `failed to get ${name} external metric: ` : `failed to get external metric ${name}: `
    return { reason: 'FailedGetExternalMetric', prefix, further, read: () => ofExternal(external, target, readings) }
  }
  return undefined
}

async function ofResource(
  spec: { name: string; container?: string; target: MetricTarget },
  target: Target,
  readings: Readings,
): Promise<Found> {
  const { name: resource, container } = spec
  const { averageValue, averageUtilization } = spec.target
  if (averageValue === undefined && averageUtilization === undefined) {
    throw new Error(
      'invalid resource metric source: neither an average utilization target nor an average value (usage) target was set',
    )
  }
  const samples = () =>
    wrapped(`unable to get metrics for resource ${resource}`, () =>
      readings.resource(resource, { ...target, container }),
    )
  if (averageValue !== undefined) {
    const { replicas, value } = await wrapped(`failed to get ${resource} usage`, async () =>
      byAverage(target, await samples(), { value: milliValue(averageValue), resource }),
    )
    return { replicas, name: `${resource} resource`, status: status({ averageValue: usage(value) }) }
  }
  const found = await wrapped(`failed to get ${resource} utilization`, async () =>
    byUtilization(target, await samples(), { percent: averageUtilization ?? 0, resource, container }),
  )
  const { utilization = 0 } = found
  return {
    replicas: found.replicas,
    name: `${resource} ${container === undefined ? '' : 'container '}resource utilization (percentage of request)`,
    status: status({ averageUtilization: utilization, averageValue: usage(found.value) }),
  }

  /** Memory is written as metrics.k8s.io writes it. */
  function usage(milli: number): string {
    return quantityOfMilli(milli, resource === 'memory' ? 'BinarySI' : 'DecimalSI')
  }

  function status(current: MetricValueStatus): MetricStatus {
    if (container === undefined) return { type: 'Resource', resource: { name: resource, current } }
    return { type: 'ContainerResource', containerResource: { name: resource, container, current } }
  }
}

async function ofPods(
  { metric, target: wanted }: NonNullable<MetricSpec['pods']>,
  target: Target,
  readings: Readings,
): Promise<Found> {
  const { namespace, selector: podSelector } = target
  const samples = await wrapped(`unable to get metric ${metric.name}`, () =>
    readings.pods(metric, { namespace, podSelector }),
  )
  const { replicas, value } = byAverage(target, samples, { value: milliValue(wanted.averageValue ?? '0') })
  const current = { averageValue: quantityOfMilli(value) }
  return { replicas, name: `pods metric ${metric.name}`, status: { type: 'Pods', pods: { metric, current } } }
}

async function ofObject(
  { metric, describedObject, target: wanted }: NonNullable<MetricSpec['object']>,
  target: Target,
  readings: Readings,
): Promise<Found> {
  const { namespace } = target
  const { kind, name } = describedObject
  const read = () =>
    wrapped(
      `unable to get metric ${metric.name}: ${kind} on ${namespace} ${name}`,
      () => readings.object(metric, describedObject, namespace),
      '/',
    )
  if (wanted.type === 'Value' && wanted.value !== undefined) {
    const { replicas, value } = byTotal(target, await read(), milliValue(wanted.value))
    const current = { value: quantityOfMilli(value) }
    return {
      replicas,
      name: `${kind} metric ${metric.name}`,
      status: { type: 'Object', object: { metric, current, describedObject } },
    }
  }
  if (wanted.type === 'AverageValue' && wanted.averageValue !== undefined) {
    const averageValue = milliValue(wanted.averageValue)
    const { replicas, value } = byShare(target, await read(), averageValue)
    const current = { averageValue: quantityOfMilli(value) }
    return {
      replicas,
      name: externalName(metric),
      status: { type: 'Object', object: { metric, current, describedObject } },
    }
  }
  throw new Error('invalid object metric source: neither a value target nor an average value target was set')
}

async function ofExternal(
  { metric, target: wanted }: NonNullable<MetricSpec['external']>,
  target: Target,
  readings: Readings,
): Promise<Found> {
  const { namespace } = target
  const about = `unable to get external metric ${namespace}/${metric.name}/${labelSelectorText(metric.selector)}`
  const read = () => wrapped(about, () => readings.external(metric, namespace))
  if (wanted.averageValue !== undefined) {
    const averageValue = milliValue(wanted.averageValue)
    const { replicas, value } = byShare(target, await read(), averageValue)
    const current = { averageValue: quantityOfMilli(value) }
    return { replicas, name: externalName(metric), status: { type: 'External', external: { metric, current } } }
  }
  if (wanted.value !== undefined) {
    const total = milliValue(wanted.value)
    const { replicas, value } = byTotal(target, await read(), total)
    const current = { value: quantityOfMilli(value) }
    return { replicas, name: externalName(metric), status: { type: 'External', external: { metric, current } } }
  }
  throw new Error('invalid external metric source: neither a value target nor an average value target was set')
}

function externalName({
  name,
  selector,
}: {
  name: string
  selector?: Parameters<typeof labelSelectorText>[0]
}): string {
  return `external metric ${name}(${labelSelectorText(selector)})`
}

async function wrapped<T>(about: string, work: () => Promise<T>, joint = ': '): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new Error(`${about}${joint}${messageOf(error)}`)
  }
}
