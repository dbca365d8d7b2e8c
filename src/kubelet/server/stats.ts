/**
 * Resource use of the node, its pods and containers, as metrics-server reads it.
 * Source: https://kubernetes.io/docs/reference/instrumentation/node-metrics/ (stats/v1alpha1 Summary, metrics/resource)
 */
import { rfc3339 } from '../../platform/clock.ts'
import type { ContainerStats } from '../cri/message.ts'
import { containerNameLabel, podNameLabel, podNamespaceLabel, podUidLabel } from '../pod/names.ts'
import type { RouteParts } from './routes.ts'

interface Usage {
  name: string
  pod: string
  namespace: string
  uid: string
  cpuNanoSeconds: number
  cpuNanoCores: number
  workingSetBytes: number
  rssBytes: number
  usageBytes: number
  rootFsBytes: number
}

export async function statsSummary(parts: RouteParts, nodeName: string): Promise<object> {
  const [usages, node] = await Promise.all([readUsages(parts), readNode(parts)])
  const time = rfc3339(parts.clock.nowMs())
  const byPod = Map.groupBy(usages, ({ uid }) => uid)
  const pods = [...byPod.values()].map((containers) => {
    const [first] = containers
    return {
      podRef: { name: first?.pod, namespace: first?.namespace, uid: first?.uid },
      startTime: startTime(parts, first?.uid ?? '') ?? time,
      containers: containers.map((usage) => ({ name: usage.name, startTime: time, ...usageStats(usage, time) })),
      ...usageStats(sumOf(containers), time),
    }
  })
  return {
    node: {
      nodeName,
      startTime: time,
      cpu: { time, usageNanoCores: 0, usageCoreNanoSeconds: node.cpuNanoSeconds },
      memory: { time, availableBytes: node.availableBytes, workingSetBytes: node.workingSetBytes },
    },
    pods,
  }
}

export async function resourceMetrics(parts: RouteParts, _nodeName: string): Promise<string> {
  const [usages, node] = await Promise.all([readUsages(parts), readNode(parts)])
  const lines: string[] = []
  const metric = (name: string, type: string, help: string, samples: string[]): void => {
    lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples)
  }
  const labels = ({ name, namespace, pod }: Usage): string =>
    `{container="${name}",namespace="${namespace}",pod="${pod}"}`
  metric('node_cpu_usage_seconds_total', 'counter', 'Cumulative cpu time consumed by the node in core-seconds', [
    `node_cpu_usage_seconds_total ${node.cpuNanoSeconds / 1e9}`,
  ])
  metric('node_memory_working_set_bytes', 'gauge', 'Current working set of the node in bytes', [
    `node_memory_working_set_bytes ${node.workingSetBytes}`,
  ])
  metric(
    'container_cpu_usage_seconds_total',
    'counter',
    'Cumulative cpu time consumed by the container in core-seconds',
    usages.map((usage) => `container_cpu_usage_seconds_total${labels(usage)} ${usage.cpuNanoSeconds / 1e9}`),
  )
  metric(
    'container_memory_working_set_bytes',
    'gauge',
    'Current working set of the container in bytes',
    usages.map((usage) => `container_memory_working_set_bytes${labels(usage)} ${usage.workingSetBytes}`),
  )
  metric('scrape_error', 'gauge', '1 if there was an error while getting container metrics, 0 otherwise', [
    'scrape_error 0',
  ])
  return `${lines.join('\n')}\n`
}

async function readUsages({ runtime }: RouteParts): Promise<Usage[]> {
  return (await runtime.listContainerStats()).flatMap((stats) => {
    const labels = stats.attributes?.labels ?? {}
    const name = labels[containerNameLabel]
    return name === undefined ? [] : [usageOf(stats, name, labels)]
  })
}

function usageOf(stats: ContainerStats, name: string, labels: Record<string, string>): Usage {
  return {
    name,
    pod: labels[podNameLabel] ?? '',
    namespace: labels[podNamespaceLabel] ?? '',
    uid: labels[podUidLabel] ?? '',
    cpuNanoSeconds: stats.cpu?.usageCoreNanoSeconds?.value ?? 0,
    cpuNanoCores: stats.cpu?.usageNanoCores?.value ?? 0,
    workingSetBytes: stats.memory?.workingSetBytes?.value ?? 0,
    rssBytes: stats.memory?.rssBytes?.value ?? 0,
    usageBytes: stats.memory?.usageBytes?.value ?? 0,
    rootFsBytes: stats.writableLayer?.usedBytes?.value ?? 0,
  }
}

function usageStats(usage: Usage, time: string): object {
  return {
    cpu: { time, usageNanoCores: usage.cpuNanoCores, usageCoreNanoSeconds: usage.cpuNanoSeconds },
    memory: {
      time,
      usageBytes: usage.usageBytes,
      workingSetBytes: usage.workingSetBytes,
      rssBytes: usage.rssBytes,
    },
    rootfs: { time, usedBytes: usage.rootFsBytes },
  }
}

function sumOf(usages: readonly Usage[]): Usage {
  const total = (
    key: 'cpuNanoSeconds' | 'cpuNanoCores' | 'workingSetBytes' | 'rssBytes' | 'usageBytes' | 'rootFsBytes',
  ) => usages.reduce((sum, usage) => sum + usage[key], 0)
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

function startTime({ manager }: RouteParts, uid: string): string | undefined {
  return manager.worker(uid)?.publishedStatus()?.startTime
}

async function readNode({ disk }: RouteParts): Promise<{
  cpuNanoSeconds: number
  availableBytes: number
  workingSetBytes: number
}> {
  const [stat, memory] = await Promise.all([
    disk.readText('/proc/stat').catch(() => ''),
    disk.readText('/proc/meminfo').catch(() => ''),
  ])
  const [user = 0, nice = 0, system = 0] = (/^cpu\s+(.*)$/m.exec(stat)?.[1] ?? '').split(/\s+/).map(Number)
  const line = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(memory)?.[1] ?? 0) * 1024
  const availableBytes = line('MemAvailable')
  // The kernel counts in hundredths of a second.
  return {
    cpuNanoSeconds: (user + nice + system) * 1e7,
    availableBytes,
    workingSetBytes: line('MemTotal') - availableBytes,
  }
}
