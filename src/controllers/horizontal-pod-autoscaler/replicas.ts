/**
 * How many replicas a metric asks for. Pods without a sample and pods that are not ready yet are counted so that they
 * never speed scaling up, and never turn its direction.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#algorithm-details
 */
import { podRequests } from '../../api/pod-requests.ts'
import { milliValue } from '../../api/quantity.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { isReady } from '../pods.ts'

/** One pod's sample, in thousandths. */
export interface PodSample {
  value: number
  timestampMs: number
  windowMs: number
}

export type PodSamples = ReadonlyMap<string, PodSample>

export interface Tolerances {
  scaleUp: number
  scaleDown: number
}

export interface Timing {
  nowMs: number
  /** So long after its start a pod's CPU counts only once it is ready. */
  cpuInitializationMs: number
  /** A pod whose readiness last changed within this time of its start has never been ready. */
  initialReadinessDelayMs: number
}

export interface Current {
  replicas: number
  pods: readonly Pod[]
  tolerances: Tolerances
  timing: Timing
}

export interface Proposal {
  replicas: number
  /** Average for each pod in thousandths, or the whole value. */
  value: number
  /** Percent of the requests. */
  utilization?: number
}

const noPods = 'no pods returned by selector while calculating replica count'
const noSamples = 'did not receive metrics for targeted pods (pods might be unready)'

/** By the share of what pods request. `container` absent: all containers. Throws when it cannot be told. */
export function byUtilization(
  current: Current,
  samples: PodSamples,
  target: { percent: number; resource: string; container?: string | undefined },
): Proposal {
  const requests = new Map<string, number>()
  const ratioOf = (of: ReadonlyMap<string, number>) => {
    // Only once there are samples: what pods lack in requests is said after what they lack in metrics.
    if (requests.size === 0)
      for (const pod of current.pods) requests.set(pod.metadata.name ?? '', requestOf(pod, target))
    let [used, requested, known] = [0, 0, 0]
    for (const [name, value] of of) {
      const request = requests.get(name)
      if (request === undefined) continue
      used += value
      requested += request
      known++
    }
    if (requested === 0) throw new Error('no metrics returned matched known pods')
    const utilization = Math.trunc((used * 100) / requested)
    return { ratio: utilization / target.percent, utilization, value: Math.trunc(used / known) }
  }
  const missingWhenScalingDown = (name: string) =>
    Math.trunc(((requests.get(name) ?? 0) * Math.max(100, target.percent)) / 100)
  const { replicas, first } = rebalanced(current, samples, {
    resource: target.resource,
    ratioOf,
    missingWhenScalingDown,
  })
  return { replicas, value: first.value, utilization: first.utilization }
}

/** By an average for each pod, in thousandths. `resource` is `cpu` where young pods must be left out. */
export function byAverage(
  current: Current,
  samples: PodSamples,
  target: { value: number; resource?: string },
): Proposal {
  const ratioOf = (of: ReadonlyMap<string, number>) => {
    const value = Math.trunc([...of.values()].reduce((sum, each) => sum + each, 0) / of.size)
    return { ratio: value / target.value, value }
  }
  const missingWhenScalingDown = () => target.value
  const { replicas, first } = rebalanced(current, samples, {
    resource: target.resource ?? '',
    ratioOf,
    missingWhenScalingDown,
  })
  return { replicas, value: first.value }
}

/** By one value for all replicas together, in thousandths. */
export function byTotal(current: Current, value: number, target: number): Proposal {
  const ratio = value / target
  if (current.replicas === 0) return { replicas: Math.ceil(ratio), value }
  if (isWithin(ratio, current.tolerances)) return { replicas: current.replicas, value }
  if (current.pods.length === 0) throw new Error(`unable to calculate ready pods: ${noPods}`)
  const ready = current.pods.filter((pod) => pod.status?.phase === 'Running' && isReady(pod)).length
  return { replicas: Math.ceil(ratio * ready), value }
}

/** By a value that is shared out among the replicas there are, in thousandths. */
export function byShare(
  { statusReplicas, tolerances }: { statusReplicas: number; tolerances: Tolerances },
  value: number,
  target: number,
): Proposal {
  const within = statusReplicas > 0 && isWithin(value / (target * statusReplicas), tolerances)
  return {
    replicas: within ? statusReplicas : Math.ceil(value / target),
    value: statusReplicas > 0 ? Math.ceil(value / statusReplicas) : value,
  }
}

function isWithin(ratio: number, { scaleUp, scaleDown }: Tolerances): boolean {
  return 1 - scaleDown <= ratio && ratio <= 1 + scaleUp
}

interface Ratio {
  ratio: number
  value: number
  utilization?: number
}

interface Measure<R extends Ratio> {
  resource: string
  ratioOf(values: ReadonlyMap<string, number>): R
  /** What a pod without a sample is taken to use, so that it doesn't hasten scaling down. */
  missingWhenScalingDown(name: string): number
}

function rebalanced<R extends Ratio>(
  current: Current,
  samples: PodSamples,
  { resource, ratioOf, missingWhenScalingDown }: Measure<R>,
): { replicas: number; first: R } {
  if (current.pods.length === 0) throw new Error(noPods)
  const { ready, unready, missing, ignored } = grouped(current, samples, resource)
  const values = new Map<string, number>()
  for (const [name, { value }] of samples) if (!unready.has(name) && !ignored.has(name)) values.set(name, value)
  if (values.size === 0) throw new Error(noSamples)
  const first = ratioOf(values)
  const stay = { replicas: current.replicas, first }
  const countUnready = unready.size > 0 && first.ratio > 1
  if (!countUnready && missing.size === 0) {
    return isWithin(first.ratio, current.tolerances) ? stay : { replicas: Math.ceil(first.ratio * ready), first }
  }
  if (first.ratio !== 1) {
    for (const name of missing) values.set(name, first.ratio < 1 ? missingWhenScalingDown(name) : 0)
  }
  if (countUnready) for (const name of unready) values.set(name, 0)
  const { ratio } = ratioOf(values)
  const turns = (first.ratio < 1 && ratio > 1) || (first.ratio > 1 && ratio < 1)
  if (isWithin(ratio, current.tolerances) || turns) return stay
  const replicas = Math.ceil(ratio * values.size)
  const against = (ratio < 1 && replicas > current.replicas) || (ratio > 1 && replicas < current.replicas)
  return against ? stay : { replicas, first }
}

function grouped({ pods, timing }: Current, samples: PodSamples, resource: string) {
  const [unready, missing, ignored] = [new Set<string>(), new Set<string>(), new Set<string>()]
  let ready = 0
  for (const pod of pods) {
    const { name = '', deletionTimestamp } = pod.metadata
    const sample = samples.get(name)
    if (deletionTimestamp || pod.status?.phase === 'Failed') ignored.add(name)
    else if (pod.status?.phase === 'Pending') unready.add(name)
    else if (!sample) missing.add(name)
    else if (resource === 'cpu' && isTooYoung(pod, sample, timing)) unready.add(name)
    else ready++
  }
  return { ready, unready, missing, ignored }
}

/** What a pod uses while it starts says nothing about its load. */
function isTooYoung({ status }: Pod, sample: PodSample, timing: Timing): boolean {
  const condition = status?.conditions?.find(({ type }) => type === 'Ready')
  if (!condition || !status?.startTime) return true
  const startMs = Date.parse(status.startTime)
  const changedMs = Date.parse(condition.lastTransitionTime ?? '') || 0
  const isUnready = condition.status === 'False'
  if (startMs + timing.cpuInitializationMs > timing.nowMs) {
    return isUnready || sample.timestampMs < changedMs + sample.windowMs
  }
  return isUnready && startMs + timing.initialReadinessDelayMs > changedMs
}

/** In thousandths. A container's own request, or what the pod asks for as a whole, or the sum of all containers'. */
function requestOf(pod: Pod, { resource, container }: { resource: string; container?: string | undefined }): number {
  const { containers = [], initContainers = [], resources } = pod.spec ?? {}
  const { name: podName } = pod.metadata
  if (container === undefined && Object.keys(resources?.requests ?? {}).some(isPodLevel)) {
    const amount = podRequests(pod).get(resource)
    if (amount === undefined) throw new Error(`missing pod-level request for ${resource} in Pod ${podName}`)
    return resource === 'cpu' ? amount : amount * 1000
  }
  const sidecars = initContainers.filter(({ restartPolicy }) => restartPolicy === 'Always')
  const counted = [...containers, ...sidecars].filter(({ name }) => container === undefined || name === container)
  if (container !== undefined && counted.length === 0)
    throw new Error(`container ${container} not found in Pod ${podName}`)
  let sum = 0
  for (const { name, resources: own } of counted) {
    const request = own?.requests?.[resource]
    if (request === undefined) throw new Error(`missing request for ${resource} in container ${name} of Pod ${podName}`)
    sum += milliValue(request)
  }
  return sum
}

/** What a pod may ask for as a whole. Source: KEP-2837. */
function isPodLevel(resource: string): boolean {
  return resource === 'cpu' || resource === 'memory' || resource.startsWith('hugepages-')
}
