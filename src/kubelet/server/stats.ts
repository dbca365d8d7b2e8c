/**
 * Resource use of the node, its pods and containers, as metrics-server reads it.
 * Source: https://kubernetes.io/docs/reference/instrumentation/node-metrics/ (stats/v1alpha1 Summary, metrics/resource)
 */
import type { ContainerStats } from '../cri/message.ts'
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from '../pod/names.ts'
import { counter, gauge, metricsText, type Samples } from './metrics-text.ts'
import type { RouteParts } from './routes.ts'
import { type NodeUsage, rate, resourceMetricsText, summaryOf, type Usage } from './usage.ts'

export async function statsSummary(parts: RouteParts, nodeName: string): Promise<object> {
  const [usages, node] = await Promise.all([readUsages(parts), readNode(parts)])
  const startTimeOf = (uid: string) => parts.manager.worker(uid)?.publishedStatus()?.startTime
  return summaryOf({ nodeName, nowMs: parts.clock.nowMs(), usages, node, startTimeOf })
}

export async function resourceMetrics(parts: RouteParts): Promise<string> {
  const [usages, node] = await Promise.all([readUsages(parts), readNode(parts)])
  return resourceMetricsText({ usages, node })
}

/** What cAdvisor tells of containers and the machine, as far as the runtime knows it. */
export async function containerMetrics(parts: RouteParts): Promise<string> {
  const [usages, memory] = await Promise.all([readUsages(parts), parts.disk.readText('/proc/meminfo').catch(() => '')])
  const of = (read: (usage: Usage) => number): Samples =>
    usages.map((usage) => {
      const { id, name, namespace, pod } = usage
      return [{ container: name, id, namespace, pod }, read(usage)]
    })
  return metricsText([
    counter(
      'container_cpu_usage_seconds_total',
      'Cumulative cpu time consumed in seconds.',
      of(({ cpuNanoSeconds }) => cpuNanoSeconds / 1e9),
    ),
    gauge(
      'container_memory_usage_bytes',
      'Current memory usage in bytes, including all memory regardless of when it was accessed',
      of(({ usageBytes }) => usageBytes),
    ),
    gauge(
      'container_memory_working_set_bytes',
      'Current working set in bytes.',
      of(({ workingSetBytes }) => workingSetBytes),
    ),
    gauge(
      'container_memory_rss',
      'Size of RSS in bytes.',
      of(({ rssBytes }) => rssBytes),
    ),
    gauge(
      'container_fs_usage_bytes',
      'Number of bytes that are consumed by the container on this filesystem.',
      of(({ rootFsBytes }) => rootFsBytes),
    ),
    gauge(
      'container_start_time_seconds',
      'Start time of the container since unix epoch in seconds.',
      of(({ startedMs }) => startedMs / 1000),
    ),
    gauge('machine_memory_bytes', 'Amount of memory installed on the machine.', [[{}, memoryLine(memory, 'MemTotal')]]),
  ])
}

/** The agent's own. */
export function agentMetrics({ manager, resizeMetrics }: RouteParts, nodeName: string): string {
  const workers = [...manager.workers()]
  const states = new Map([
    ['created', 0],
    ['running', 0],
    ['exited', 0],
    ['unknown', 0],
  ])
  for (const { containers } of workers)
    for (const { state } of containers.containers) states.set(state, (states.get(state) ?? 0) + 1)
  const running = workers.filter(({ containers }) => containers.sandboxes.some(({ ready }) => ready)).length
  return metricsText([
    gauge('kubelet_node_name', "The node's name. The count is always 1.", [[{ node: nodeName }, 1]]),
    gauge('kubelet_running_pods', 'Number of pods that have a running pod sandbox', [[{}, running]]),
    gauge(
      'kubelet_running_containers',
      'Number of containers by their state',
      [...states].map(([state, count]) => [{ container_state: state }, count]),
    ),
    ...resizeMetrics.metrics(),
  ])
}

/** Containers that run now. */
async function readUsages({ runtime, manager, clock }: RouteParts): Promise<Usage[]> {
  const nowMs = clock.nowMs()
  return (await runtime.listContainerStats()).flatMap((stats) => {
    const { id = '', labels = {} } = stats.attributes ?? {}
    const name = labels[containerNameLabel]
    const worker = manager.worker(labels[podUidLabel] ?? '')
    const record = worker?.containers.containers.find((candidate) => candidate.id === id)
    if (name === undefined || record?.state !== 'running') return []
    return [usageOf(stats, { id, name, labels, startedMs: record.startedMs, nowMs })]
  })
}

interface ContainerFacts {
  id: string
  name: string
  labels: Record<string, string>
  startedMs: number
  nowMs: number
}

function usageOf(stats: ContainerStats, { id, name, labels, startedMs, nowMs }: ContainerFacts): Usage {
  const cpuNanoSeconds = stats.cpu?.usageCoreNanoSeconds?.value ?? 0
  return {
    id,
    name,
    pod: labels[podNameLabel] ?? '',
    namespace: labels[podNamespaceLabel] ?? '',
    uid: labels[podUidLabel] ?? '',
    startedMs,
    cpuNanoSeconds,
    cpuNanoCores: stats.cpu?.usageNanoCores?.value ?? rate(cpuNanoSeconds, nowMs - startedMs),
    workingSetBytes: stats.memory?.workingSetBytes?.value ?? 0,
    rssBytes: stats.memory?.rssBytes?.value ?? 0,
    usageBytes: stats.memory?.usageBytes?.value ?? 0,
    rootFsBytes: stats.writableLayer?.usedBytes?.value ?? 0,
  }
}

async function readNode({ disk }: RouteParts): Promise<NodeUsage> {
  const [stat, memory] = await Promise.all([
    disk.readText('/proc/stat').catch(() => ''),
    disk.readText('/proc/meminfo').catch(() => ''),
  ])
  const [user = 0, nice = 0, system = 0] = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? '').split(/\s+/).map(Number)
  const availableBytes = memoryLine(memory, 'MemAvailable')
  return {
    // The kernel counts in hundredths of a second.
    cpuNanoSeconds: (user + nice + system) * 1e7,
    availableBytes,
    workingSetBytes: memoryLine(memory, 'MemTotal') - availableBytes,
    bootedMs: Number(/^btime (\d+)$/m.exec(stat)?.[1] ?? 0) * 1000,
  }
}

function memoryLine(meminfo: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(meminfo)?.[1] ?? 0) * 1024
}
