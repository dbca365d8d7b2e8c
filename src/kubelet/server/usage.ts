/**
 * Resource use as the node's server tells it, from plain numbers: the Summary of stats/v1alpha1 and the metrics of
 * `/metrics/resource`, both of which metrics-server reads.
 * Source: https://kubernetes.io/docs/reference/instrumentation/node-metrics/
 */
import { rfc3339 } from '../../platform/clock.ts'
import { counter, gauge, metricsText } from './metrics-text.ts'

/** Of one running container. */
export interface Usage {
  id: string
  name: string
  pod: string
  namespace: string
  uid: string
  startedMs: number
  cpuNanoSeconds: number
  /** Since the container started, on average, where the runtime does not tell the present rate. */
  cpuNanoCores: number
  workingSetBytes: number
  rssBytes: number
  usageBytes: number
  rootFsBytes: number
}

type Amount = 'cpuNanoSeconds' | 'cpuNanoCores' | 'workingSetBytes' | 'rssBytes' | 'usageBytes' | 'rootFsBytes'

export interface NodeUsage {
  cpuNanoSeconds: number
  availableBytes: number
  workingSetBytes: number
  bootedMs: number
}

export interface UsageFacts {
  nodeName: string
  nowMs: number
  usages: readonly Usage[]
  node: NodeUsage
  /** Of a pod, by its uid. Default: its first container's start. */
  startTimeOf?(uid: string): string | undefined
}

export function summaryOf({ nodeName, nowMs, usages, node, startTimeOf }: UsageFacts): object {
  const time = rfc3339(nowMs)
  const pods = [...Map.groupBy(usages, ({ uid }) => uid).values()].map((containers) => {
    const [first] = containers as [Usage]
    return {
      podRef: { name: first.pod, namespace: first.namespace, uid: first.uid },
      startTime: startTimeOf?.(first.uid) ?? rfc3339(first.startedMs),
      containers: containers.map((usage) => ({
        name: usage.name,
        startTime: rfc3339(usage.startedMs),
        ...usageStats(usage, time),
        rootfs: { time, usedBytes: usage.rootFsBytes },
      })),
      ...usageStats(sumOf(containers), time),
    }
  })
  const { cpuNanoSeconds, availableBytes, workingSetBytes, bootedMs } = node
  const usageNanoCores = rate(cpuNanoSeconds, nowMs - bootedMs)
  return {
    node: {
      nodeName,
      startTime: rfc3339(bootedMs),
      cpu: { time, usageNanoCores, usageCoreNanoSeconds: cpuNanoSeconds },
      memory: { time, availableBytes, usageBytes: workingSetBytes, workingSetBytes },
    },
    pods,
  }
}

export function resourceMetricsText({ usages, node }: Pick<UsageFacts, 'usages' | 'node'>): string {
  const pods = [...Map.groupBy(usages, ({ uid }) => uid).values()].map((containers) => sumOf(containers))
  const container = ({ name, namespace, pod }: Usage) => ({ container: name, namespace, pod })
  const ofPod = ({ namespace, pod }: Usage) => ({ namespace, pod })
  const core = 'in core-seconds'
  return metricsText([
    counter('node_cpu_usage_seconds_total', `Cumulative cpu time consumed by the node ${core}`, [
      [{}, node.cpuNanoSeconds / 1e9],
    ]),
    gauge('node_memory_working_set_bytes', 'Current working set of the node in bytes', [[{}, node.workingSetBytes]]),
    counter(
      'container_cpu_usage_seconds_total',
      `Cumulative cpu time consumed by the container ${core}`,
      usages.map((usage) => [container(usage), usage.cpuNanoSeconds / 1e9]),
    ),
    gauge(
      'container_memory_working_set_bytes',
      'Current working set of the container in bytes',
      usages.map((usage) => [container(usage), usage.workingSetBytes]),
    ),
    gauge(
      'container_start_time_seconds',
      'Start time of the container since unix epoch in seconds',
      usages.map((usage) => [container(usage), usage.startedMs / 1000]),
    ),
    counter(
      'pod_cpu_usage_seconds_total',
      `Cumulative cpu time consumed by the pod ${core}`,
      pods.map((usage) => [ofPod(usage), usage.cpuNanoSeconds / 1e9]),
    ),
    gauge(
      'pod_memory_working_set_bytes',
      'Current working set of the pod in bytes',
      pods.map((usage) => [ofPod(usage), usage.workingSetBytes]),
    ),
    gauge('resource_scrape_error', '1 if there was an error while getting container metrics, 0 otherwise', [[{}, 0]]),
  ])
}

/** The mean since the start. */
export function rate(nanoSeconds: number, milliseconds: number): number {
  return Math.round(nanoSeconds / Math.max(milliseconds / 1000, 1))
}

function usageStats(usage: Usage, time: string): object {
  const { usageBytes, workingSetBytes, rssBytes } = usage
  return {
    cpu: { time, usageNanoCores: usage.cpuNanoCores, usageCoreNanoSeconds: usage.cpuNanoSeconds },
    memory: { time, usageBytes, workingSetBytes, rssBytes },
  }
}

function sumOf(usages: readonly Usage[]): Usage {
  const total = (key: Amount): number => usages.reduce((sum, usage) => sum + usage[key], 0)
  return {
    ...(usages[0] as Usage),
    cpuNanoSeconds: total('cpuNanoSeconds'),
    cpuNanoCores: total('cpuNanoCores'),
    workingSetBytes: total('workingSetBytes'),
    rssBytes: total('rssBytes'),
    usageBytes: total('usageBytes'),
    rootFsBytes: total('rootFsBytes'),
  }
}
