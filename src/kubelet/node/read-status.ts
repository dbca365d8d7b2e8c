/** Reads what the node's status is made of. */
import type { Node, NodeStatus } from '../../api/types/core/v1.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import { defaults, type KubeletConfig } from '../config.ts'
import type { ContainerRuntime } from '../cri/runtime.ts'
import { type Pressure, shortages } from '../eviction/pressure.ts'
import { architectureName, availableMemoryBytes, type Machine } from './machine.ts'
import { nodeStatus } from './node-status.ts'

export interface NodeStatusParts {
  clock: Clock
  disk: Disk
  runtime: ContainerRuntime
  config: KubeletConfig
  machine: Machine
  health: RuntimeHealth
  pressure: Pressure
}

export interface RuntimeHealth {
  runtime: boolean
  /** On the monotonic clock: when the runtime was last known to answer. */
  answeredMs: number
}

/** A runtime that restarts does not make its node unready. Source: the kubelet's threshold for runtime syncs. */
const runtimeSilenceMsMax = 30_000

export async function readNodeStatus(parts: NodeStatusParts, previous: Node | undefined): Promise<NodeStatus> {
  const { clock, disk, config, machine } = parts
  await disk.makeDirectory(config.rootDirectory, 0o750)
  const [usage, available, runtime, version, images] = await Promise.all([
    disk.usage(config.rootDirectory),
    availableMemoryBytes(disk).catch(() => machine.memoryBytes),
    parts.runtime.runtime.status().catch(() => undefined),
    parts.runtime.runtime.version().catch(() => undefined),
    parts.runtime.images.listImages().catch(() => undefined),
  ])
  parts.pressure.observe(shortages({ memoryAvailableBytes: available, disk: usage }))
  const pressed = parts.pressure.conditions()
  const known = previous?.status
  return nodeStatus(previous, {
    machine,
    storageCapacityBytes: usage.capacityBytes,
    podsMax: config.podsMax ?? defaults.podsMax,
    addresses: config.nodeAddresses,
    hostname: config.nodeName,
    kubeletPort: config.server?.port || defaults.kubeletPort,
    kubeletVersion: config.kubeletVersion ?? defaults.kubeletVersion,
    runtimeVersion: version
      ? `${version.runtimeName}://${version.runtimeVersion}`
      : (known?.nodeInfo?.containerRuntimeVersion ?? ''),
    images: images ?? [],
    pressure: { memory: pressed.includes('MemoryPressure'), disk: pressed.includes('DiskPressure') },
    runtime: runtime ?? (isSilenceTolerated(parts, known) ? [] : undefined),
    now: rfc3339(clock.nowMs()),
  })
}

function isSilenceTolerated({ clock, health }: NodeStatusParts, known: NodeStatus | undefined): boolean {
  const wasReady = known?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false
  return wasReady && clock.monotonicMs() - health.answeredMs < runtimeSilenceMsMax
}

export function nodeLabels(config: KubeletConfig, machine: Machine): Record<string, string> {
  const arch = architectureName(config.architecture)
  return {
    'beta.kubernetes.io/arch': arch,
    'beta.kubernetes.io/os': 'linux',
    'kubernetes.io/arch': machine.info.architecture || arch,
    'kubernetes.io/hostname': config.nodeName,
    'kubernetes.io/os': 'linux',
    ...config.labels,
  }
}
