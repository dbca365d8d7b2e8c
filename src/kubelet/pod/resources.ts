/**
 * Kubernetes' amounts as Linux knows them: cpu shares and quota, memory limits, OOM scores.
 * Source: https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/ and the formulas of the
 * container manager: 1 CPU is 1,024 shares; the quota's period is 100 ms.
 */

import { qosClassOf } from '../../api/pod-qos.ts'
import { podLimits, podRequests } from '../../api/pod-requests.ts'
import { milliValue, wholeValue } from '../../api/quantity.ts'
import { systemCriticalPriority } from '../../api/system-priorities.ts'
import type { Container, Pod } from '../../api/types/core/v1.ts'
import { containerAmounts } from '../allocation/pod-resources.ts'
import type { LinuxContainerResources } from '../cri/message.ts'

const sharesMin = 2
const sharesMax = 262_144
const quotaMin = 1000
export const quotaPeriodUs = 100_000

const guaranteedScore = -997
const bestEffortScore = 1000

export function cpuShares(milliCpu: number): number {
  if (milliCpu === 0) return sharesMin
  return Math.min(Math.max(Math.floor((milliCpu * 1024) / 1000), sharesMin), sharesMax)
}

/** Microseconds in each period; 0: unlimited. */
export function cpuQuotaUs(milliCpu: number): number {
  if (milliCpu === 0) return 0
  return Math.max(Math.floor((milliCpu * quotaPeriodUs) / 1000), quotaMin)
}

/** Millicores that shares stand for, rounded up as the kubelet tells them. */
export function milliCpuOfShares(shares: number): number {
  return shares < sharesMin ? 0 : Math.ceil((shares * 1000) / 1024)
}

/** 0: unlimited. */
export function milliCpuOfQuota(quotaUs: number, periodUs: number): number {
  return quotaUs <= 0 ? 0 : Math.floor((quotaUs * 1000) / periodUs)
}

export interface NodeFacts {
  memoryCapacityBytes: number
  cgroupVersion: 1 | 2
}

export function containerResources(pod: Pod, container: Container, node: NodeFacts): LinuxContainerResources {
  const { limits = {} } = container.resources ?? {}
  const { cpu, memory } = containerAmounts(pod, container)
  const cpuLimit = milliValue(cpu.limit ?? '0')
  const cpuRequest = cpu.request === undefined ? cpuLimit : milliValue(cpu.request)
  const memoryLimit = wholeValue(memory.limit ?? '0')
  const resources: LinuxContainerResources = {
    cpuShares: cpuShares(cpuRequest),
    oomScoreAdj: oomScore(pod, container, node.memoryCapacityBytes),
    cpuPeriod: quotaPeriodUs,
    cpuQuota: cpuQuotaUs(cpuLimit),
  }
  if (memoryLimit > 0) resources.memoryLimitInBytes = memoryLimit
  const pages = Object.entries(limits).filter(([name]) => name.startsWith('hugepages-'))
  if (pages.length > 0) {
    resources.hugepageLimits = pages.map(([name, limit]) => ({
      pageSize: pageSizeName(name.slice('hugepages-'.length)),
      limit: wholeValue(limit),
    }))
  }
  if (node.cgroupVersion === 2) resources.unified = { 'memory.oom.group': '1' }
  return resources
}

/** The limits of the pod as a whole, for its own cgroup; absent where some container has none. */
export interface PodLimits {
  cpuShares: number
  cpuQuotaUs?: number
  memoryBytes?: number
}

export function podLimitsOf(pod: Pod): PodLimits {
  const requests = podRequests(pod)
  const limits = podLimits(pod)
  const result: PodLimits = { cpuShares: cpuShares(requests.get('cpu') ?? 0) }
  const containers = [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]
  const allHave = (name: string): boolean =>
    Boolean(pod.spec?.resources?.limits?.[name]) || containers.every(({ resources }) => resources?.limits?.[name])
  if (allHave('cpu')) result.cpuQuotaUs = cpuQuotaUs(limits.get('cpu') ?? 0)
  if (allHave('memory')) result.memoryBytes = limits.get('memory') ?? 0
  return result
}

/** How readily the kernel kills the container when memory runs out: -997 least, 1000 most. */
export function oomScore(pod: Pod, container: Container, memoryCapacityBytes: number): number {
  if ((pod.spec?.priority ?? 0) >= systemCriticalPriority) return guaranteedScore
  const qos = qosClassOf(pod)
  if (qos === 'Guaranteed') return guaranteedScore
  if (qos === 'BestEffort') return bestEffortScore
  const request = wholeValue(container.resources?.requests?.memory ?? '0')
  const score = 1000 - Math.floor((1000 * request) / Math.max(memoryCapacityBytes, 1))
  if (score < 1000 + guaranteedScore) return 1000 + guaranteedScore
  return score === bestEffortScore ? score - 1 : score
}

/** `2Mi` as the runtime spells it: `2MB`. */
function pageSizeName(quantity: string): string {
  const bytes = wholeValue(quantity)
  if (bytes >= 2 ** 30) return `${bytes / 2 ** 30}GB`
  return bytes >= 2 ** 20 ? `${bytes / 2 ** 20}MB` : `${bytes / 1024}KB`
}
