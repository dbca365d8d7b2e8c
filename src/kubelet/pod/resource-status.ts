/**
 * The resources in a pod's status: what is in force, told by the runtime where it can, and else what it accepted last.
 * Pure. Source: KEP-1287 (`status.containerStatuses[].resources`), KEP-5419 (`status.resources`).
 */
import { milliValue, quantityOfMilli, quantityOfWhole } from '../../api/quantity.ts'
import { sumAmounts, sumPod } from '../../api/quota/amounts.ts'
import type { Container, ContainerStatus, Pod, PodStatus, ResourceRequirements } from '../../api/types/core/v1.ts'
import { compareAmounts, withResources } from '../allocation/pod-resources.ts'
import type { Given } from './plan-resize.ts'
import { milliCpuOfQuota, milliCpuOfShares } from './resources.ts'
import type { ContainerRecord } from './runtime-state.ts'

/** The kernel knows no smaller ones: below, what was asked for is told. */
const leastMilliCpu = { requests: 2, limits: 10 } as const

type List = Record<string, string>

/** A container that does not run shows what it will be given. */
export function resourcesInForce(container: Container, record: ContainerRecord, given?: Given): ResourceRequirements {
  const resources = structuredClone(container.resources ?? {})
  if (record.state !== 'running') return resources
  const known = given?.container(record)
  if (!known) return resources
  const told = toldBy(record)
  put(resources.limits, 'cpu', told.cpuLimit ?? known.cpu.limit, leastMilliCpu.limits)
  put(resources.limits, 'memory', told.memoryLimit ?? known.memory.limit)
  put(resources.requests, 'cpu', told.cpuRequest ?? known.cpu.request, leastMilliCpu.requests)
  put(resources.requests, 'memory', known.memory.request)
  return resources
}

interface Told {
  cpuRequest?: string
  cpuLimit?: string
  memoryLimit?: string
}

function toldBy({ resources }: ContainerRecord): Told {
  const { cpuShares = 0, cpuQuota = 0, cpuPeriod = 0, memoryLimitInBytes = 0 } = resources ?? {}
  const told: Told = {}
  const request = milliCpuOfShares(cpuShares)
  const limit = cpuPeriod > 0 ? milliCpuOfQuota(cpuQuota, cpuPeriod) : 0
  if (request > 0) told.cpuRequest = quantityOfMilli(request)
  if (limit > 0) told.cpuLimit = quantityOfMilli(limit)
  if (memoryLimitInBytes > 0) told.memoryLimit = quantityOfWhole(memoryLimitInBytes, 'BinarySI')
  return told
}

/** The text that was asked for stays where it means the same. */
function put(list: List | undefined, name: string, actual: string | undefined, leastMilli = 0): void {
  if (!list || compareAmounts(list[name], actual) === 0) return
  if (actual === undefined) {
    delete list[name]
    return
  }
  if (leastMilli > 0 && milliValue(actual) <= leastMilli && milliValue(list[name] ?? '0') <= leastMilli) return
  list[name] = actual
}

/** Of the pod as a whole: in force, and set aside. */
export function podResources(
  pod: Pod,
  statuses: readonly ContainerStatus[],
  given?: Given,
): Pick<PodStatus, 'resources' | 'allocatedResources'> {
  const containers = new Map(
    statuses.flatMap(({ name, resources }): [string, ResourceRequirements][] => (resources ? [[name, resources]] : [])),
  )
  const whole = pod.spec?.resources && (given?.pod ?? pod.spec.resources)
  const actual = withResources(pod, whole ? { containers, pod: whole } : { containers })
  const allocated = requestsOf(pod)
  const resources: ResourceRequirements = {}
  const [requests, limits] = [requestsOf(actual), limitsOf(actual)]
  if (Object.keys(limits).length > 0) resources.limits = limits
  if (Object.keys(requests).length > 0) resources.requests = requests
  return { resources, ...(Object.keys(allocated).length > 0 ? { allocatedResources: allocated } : {}) }
}

function requestsOf(pod: Pod): List {
  return sumAmounts([sumPod(pod, 'requests'), pod.spec?.overhead ?? {}])
}

/** A container without a limit leaves its pod without one. */
function limitsOf(pod: Pod): List {
  const { containers = [], initContainers = [], resources, overhead = {} } = pod.spec ?? {}
  const all = [...containers, ...initContainers]
  return Object.fromEntries(
    Object.entries(sumPod(pod, 'limits')).flatMap(([name, limit]) => {
      if (!resources?.limits?.[name] && !all.every((container) => container.resources?.limits?.[name])) return []
      return [
        [
          name,
          overhead[name] === undefined
            ? limit
            : (sumAmounts([{ [name]: limit }, { [name]: overhead[name] }])[name] ?? limit),
        ],
      ]
    }),
  )
}
