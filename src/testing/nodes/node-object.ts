/** What simulated nodes are: their objects, addresses and pod ranges. */
import type { Node, NodeCondition, NodeStatus } from '../../api/types/core/v1.ts'
import { managedAttachAnnotation } from '../../api/volume-binding.ts'
import { versionInfo } from '../../apiserver/nonresource/version.ts'
import { declaredFeatures } from '../../kubelet/node/node-status.ts'

export interface NodeSpec {
  /** Default `node-1`, `node-2` … */
  name?: string
  /** Default 4 CPUs, 16 GiB, 110 pods, 100 GiB of disk. */
  capacity?: Readonly<Record<string, string>>
  labels?: Readonly<Record<string, string>>
  /** By how much its clock is ahead; negative: behind. */
  clockSkewMs?: number
  annotations?: Readonly<Record<string, string>>
  taints?: readonly { key: string; value?: string; effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute' }[]
}

const capacityOfNode = { cpu: '4', memory: '16Gi', pods: '110', 'ephemeral-storage': '100Gi' }

/** Marks nodes that only exist here. */
export const simulatedLabel = 'k8ts.dev/simulated'

/** `172.16.0.0/12`, from its second address on. */
export function nodeAddress(index: number): string {
  return dotted(172 * 2 ** 24 + 16 * 2 ** 16 + 2 + index)
}

/** A /24 each: the usual `10.244.0.0/16` first, then what `10.96.0.0/12` (Services) leaves free above `10.128`. */
export function podRange(index: number): { cidr: string; address(number: number): string } {
  const block = index < 256 ? 244 * 256 + index : 128 * 256 + (index - 256)
  const base = 10 * 2 ** 24 + block * 256
  return { cidr: `${dotted(base)}/24`, address: (number) => dotted(base + number) }
}

function dotted(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

export function nodeObject(spec: NodeSpec & { name: string }, index: number, now: string): Node {
  const { name, labels, annotations, taints } = spec
  const standard = {
    'kubernetes.io/hostname': name,
    'kubernetes.io/os': 'linux',
    'kubernetes.io/arch': 'amd64',
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': 'amd64',
    [simulatedLabel]: 'true',
  }
  const { cidr } = podRange(index)
  return {
    metadata: {
      name,
      labels: { ...standard, ...labels },
      annotations: { [managedAttachAnnotation]: 'true', ...annotations },
    },
    spec: { podCIDR: cidr, podCIDRs: [cidr], ...(taints ? { taints: [...taints] } : {}) },
    status: nodeStatus(spec, index, now),
  }
}

export function capacityOf({ capacity }: NodeSpec): Record<string, string> {
  return { ...capacityOfNode, ...capacity }
}

function nodeStatus(spec: NodeSpec & { name: string }, index: number, now: string): NodeStatus {
  const capacity = capacityOf(spec)
  const { gitVersion } = versionInfo()
  return {
    capacity,
    allocatable: capacity,
    conditions: healthyConditions(undefined, now),
    addresses: [
      { type: 'InternalIP', address: nodeAddress(index) },
      { type: 'Hostname', address: spec.name },
    ],
    daemonEndpoints: { kubeletEndpoint: { Port: 10250 } },
    declaredFeatures: [...declaredFeatures],
    nodeInfo: {
      machineID: '',
      systemUUID: '',
      bootID: '',
      kernelVersion: 'simulated',
      osImage: 'simulated',
      containerRuntimeVersion: 'simulated://1',
      kubeletVersion: gitVersion,
      kubeProxyVersion: '',
      operatingSystem: 'linux',
      architecture: 'amd64',
    },
  }
}

const healthy: readonly [type: string, status: 'True' | 'False', reason: string, message: string][] = [
  ['MemoryPressure', 'False', 'KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
  ['DiskPressure', 'False', 'KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
  ['PIDPressure', 'False', 'KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
  ['Ready', 'True', 'KubeletReady', 'kubelet is posting ready status'],
]

/** As a kubelet posts them; a transition time stays while the status does. */
export function healthyConditions(present: readonly NodeCondition[] | undefined, now: string): NodeCondition[] {
  return healthy.map(([type, status, reason, message]) => {
    const known = present?.find((condition) => condition.type === type)
    const lastTransitionTime = known?.status === status ? (known.lastTransitionTime ?? now) : now
    return { type, status, reason, message, lastHeartbeatTime: now, lastTransitionTime }
  })
}
