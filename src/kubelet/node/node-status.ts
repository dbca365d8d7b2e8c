/**
 * The status of the node, as a plan: the same facts give the same status, with upstream's reasons and messages.
 * Source: https://kubernetes.io/docs/reference/node/node-status/
 */
import { wholeValue } from '../../api/quantity.ts'
import type { ContainerImage, Node, NodeCondition, NodeStatus } from '../../api/types/core/v1.ts'
import { fixed } from '../config.ts'
import type { CriImage } from '../cri/message.ts'
import type { RuntimeCondition } from '../cri/runtime.ts'
import type { Machine } from './machine.ts'

/** Below these, pods are no longer welcome. Source: the kubelet's default hard eviction thresholds. */
export const evictionThresholds = {
  memoryAvailableBytes: 100 * 1024 * 1024,
  nodeFsAvailableShare: 0.1,
  nodeFsInodesFreeShare: 0.05,
} as const

const namesPerImageMax = 5

export interface NodeFactsInput {
  machine: Machine
  storageCapacityBytes: number
  podsMax: number
  addresses: readonly string[]
  hostname: string
  kubeletPort: number
  kubeletVersion: string
  runtimeVersion: string
  images: readonly CriImage[]
  pressure: { memory: boolean; disk: boolean }
  /** Undefined: the runtime does not answer. */
  runtime: readonly RuntimeCondition[] | undefined
  /** RFC 3339. */
  now: string
}

export function nodeStatus(previous: Node | undefined, facts: NodeFactsInput): NodeStatus {
  const capacity = capacityOf(facts)
  return {
    capacity,
    allocatable: allocatableOf(facts, capacity),
    conditions: nodeConditions(previous, facts),
    addresses: [
      ...facts.addresses.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: facts.hostname },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: facts.kubeletPort } },
    nodeInfo: {
      ...facts.machine.info,
      containerRuntimeVersion: facts.runtimeVersion,
      kubeletVersion: facts.kubeletVersion,
      kubeProxyVersion: '',
    },
    images: imagesOf(facts.images),
    declaredFeatures: [...declaredFeatures],
  }
}

/** What admission asks of a node before it lets a pod there change. In the order of their names. Source: KEP-5328. */
export const declaredFeatures = [
  'InPlacePodLevelResourcesVerticalScaling',
  'InPlacePodVerticalScalingInitContainers',
] as const

function capacityOf({ machine, storageCapacityBytes, podsMax }: NodeFactsInput): Record<string, string> {
  const capacity: Record<string, string> = {
    cpu: String(machine.cpus),
    'ephemeral-storage': kibibytes(storageCapacityBytes),
    memory: kibibytes(machine.memoryBytes),
    pods: String(podsMax),
  }
  for (const [size, bytes] of machine.hugePagesBytes)
    capacity[`hugepages-${size}`] = bytes === 0 ? '0' : kibibytes(bytes)
  return capacity
}

function allocatableOf(
  { machine, storageCapacityBytes }: NodeFactsInput,
  capacity: Record<string, string>,
): Record<string, string> {
  const pages = [...machine.hugePagesBytes.values()].reduce((sum, bytes) => sum + bytes, 0)
  const memory = machine.memoryBytes - pages - evictionThresholds.memoryAvailableBytes
  const storage = Math.ceil(storageCapacityBytes * (1 - evictionThresholds.nodeFsAvailableShare))
  return { ...capacity, 'ephemeral-storage': String(storage), memory: kibibytes(Math.max(0, memory)) }
}

function kibibytes(bytes: number): string {
  return bytes % 1024 === 0 ? `${bytes / 1024}Ki` : String(bytes)
}

interface Verdict {
  type: string
  status: 'True' | 'False'
  reason: string
  message: string
}

function nodeConditions(previous: Node | undefined, facts: NodeFactsInput): NodeCondition[] {
  const { pressure, now } = facts
  const verdicts: Verdict[] = [
    pressure.memory
      ? verdict('MemoryPressure', 'True', 'KubeletHasInsufficientMemory', 'kubelet has insufficient memory available')
      : verdict('MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'),
    pressure.disk
      ? verdict('DiskPressure', 'True', 'KubeletHasDiskPressure', 'kubelet has disk pressure')
      : verdict('DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'),
    verdict('PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'),
    readiness(facts),
  ]
  const old = previous?.status?.conditions ?? []
  return verdicts.map((current) => {
    const before = old.find(({ type }) => type === current.type)
    const lastTransitionTime = before?.status === current.status ? (before.lastTransitionTime ?? now) : now
    return { ...current, lastHeartbeatTime: now, lastTransitionTime }
  })
}

function verdict(type: string, status: 'True' | 'False', reason: string, message: string): Verdict {
  return { type, status, reason, message }
}

function readiness({ runtime }: NodeFactsInput): Verdict {
  const notReady = (message: string): Verdict => verdict('Ready', 'False', 'KubeletNotReady', message)
  if (!runtime) return notReady('container runtime is down')
  const messages = runtime
    .filter(({ status }) => !status)
    .map(({ type, reason, message }) => {
      const what = type === 'NetworkReady' ? 'container runtime network not ready' : 'container runtime not ready'
      return `${what}: ${type}=false reason:${reason} message:${message}`
    })
  if (messages.length === 0) return verdict('Ready', 'True', 'KubeletReady', 'kubelet is posting ready status')
  return notReady(messages.length === 1 ? (messages[0] ?? '') : `[${messages.join(', ')}]`)
}

function imagesOf(images: readonly CriImage[]): ContainerImage[] {
  return images
    .map(({ repoTags = [], repoDigests = [], size = 0 }) => ({
      names: [...repoDigests, ...repoTags].slice(0, namesPerImageMax),
      sizeBytes: size,
    }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, fixed.imagesMax)
}

/** Whether two statuses differ in more than heartbeats. */
export function differs(before: NodeStatus | undefined, after: NodeStatus): boolean {
  const plain = (status: NodeStatus | undefined): string =>
    JSON.stringify([
      status?.capacity && sorted(status.capacity),
      status?.allocatable && sorted(status.allocatable),
      status?.conditions
        ?.filter(({ type }) => ownConditions.has(type))
        .map(({ type, status: value, reason, message }) => [type, value, reason, message])
        .sort(),
      status?.addresses,
      status?.images,
      status?.nodeInfo && sorted(status.nodeInfo as unknown as Record<string, unknown>),
      status?.daemonEndpoints,
    ])
  return plain(before) !== plain(after)
}

const ownConditions = new Set(['MemoryPressure', 'DiskPressure', 'PIDPressure', 'Ready'])

function sorted(map: Record<string, unknown>): [string, unknown][] {
  return Object.entries(map)
    .filter(([, value]) => value !== '' && value !== undefined)
    .map(([name, value]): [string, unknown] => [
      name,
      typeof value === 'string' && quantities.has(name) ? wholeValue(value) : value,
    ])
    .sort(([a], [b]) => (a < b ? -1 : 1))
}

const quantities = new Set(['cpu', 'memory', 'pods', 'ephemeral-storage'])
