/**
 * When pods must go because a device of theirs has a NoExecute taint, and what a DeviceTaintRule is told about it.
 * Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/#device-taints-and-tolerations
 */
import { selects, toleratesDeviceTaint } from '../../api/devices.ts'
import type { Condition } from '../../api/types/meta/v1.ts'
import type { Device, DeviceRequestAllocationResult, DeviceTaint, ResourceClaim } from '../../api/types/resource/v1.ts'
import type { DeviceTaintRule } from '../../api/types/resource/v1beta2.ts'

export interface Eviction {
  /** Epoch time. */
  atMs: number
  /** Names of the rules that are a reason for it. */
  rules: ReadonlySet<string>
}

export type FindDevice = (result: DeviceRequestAllocationResult) => Device | undefined

/** The earliest of what the taints of a pod's claims ask for; undefined when it may stay. Pure. */
export function evictionOf(
  claims: readonly ResourceClaim[],
  find: FindDevice,
  rules: readonly DeviceTaintRule[],
  nowMs: number,
): Eviction | undefined {
  let atMs: number | undefined
  const reasons = new Set<string>()
  for (const result of claims.flatMap(({ status }) => status?.allocation?.devices?.results ?? [])) {
    const matching = rules.filter(({ spec }) => selects(spec.deviceSelector, result))
    const taints: [DeviceTaint, string | undefined][] = [
      ...(find(result)?.taints ?? []).map((taint) => [taint, undefined] as [DeviceTaint, undefined]),
      ...matching.map(({ metadata, spec }) => [spec.taint, metadata.name] as [DeviceTaint, string | undefined]),
    ]
    for (const [taint, rule] of taints) {
      const dueMs = taint.effect === 'NoExecute' ? dueOf(taint, result, nowMs) : undefined
      if (dueMs === undefined) continue
      atMs = Math.min(atMs ?? dueMs, dueMs)
      if (rule !== undefined) reasons.add(rule)
    }
  }
  return atMs === undefined ? undefined : { atMs, rules: reasons }
}

/** Undefined: the taint is borne for ever. */
function dueOf(
  taint: DeviceTaint,
  { tolerations = [] }: DeviceRequestAllocationResult,
  nowMs: number,
): number | undefined {
  const addedMs = taint.timeAdded ? Date.parse(taint.timeAdded) : nowMs
  const matching = tolerations.filter((one) => one.effect === 'NoExecute' && toleratesDeviceTaint(one, taint))
  if (matching.length === 0) return addedMs
  if (matching.some(({ tolerationSeconds }) => tolerationSeconds === undefined)) return undefined
  const seconds = Math.min(...matching.map(({ tolerationSeconds = 0 }) => tolerationSeconds))
  return addedMs + Math.max(0, seconds) * 1_000
}

/** What a rule does, or would do, in numbers. */
export interface RuleCounts {
  pendingPods: number
  pendingNamespaces: number
  evictedPods: number
  /** Devices that it selects: published ones, and such that are in use. */
  publishedDevices: number
  allocatedDevices: number
}

const counted = (count: number, one: string, many: string): string => (count === 1 ? `1 ${one}` : `${count} ${many}`)

/** Without its time. Words as upstream has them. */
export function ruleCondition(
  { spec, metadata }: DeviceTaintRule,
  counts: RuleCounts,
): Omit<Condition, 'lastTransitionTime'> {
  const { pendingPods, evictedPods } = counts
  const said = stateOf(spec.taint.effect, counts)
  const evicted =
    evictedPods === 0 ? '' : `${counted(evictedPods, 'pod', 'pods')} evicted since starting the controller.`
  return {
    type: 'EvictionInProgress',
    status: spec.taint.effect === 'NoExecute' && pendingPods > 0 ? 'True' : 'False',
    reason: said.reason,
    message: [said.message, evicted].filter((text) => text !== '').join(' '),
    ...(metadata.generation === undefined ? {} : { observedGeneration: metadata.generation }),
  }
}

function stateOf(effect: string, counts: RuleCounts): { reason: string; message: string } {
  const { pendingPods, pendingNamespaces, evictedPods, publishedDevices, allocatedDevices } = counts
  const namespaces = counted(pendingNamespaces, 'namespace', 'different namespaces')
  if (effect === 'NoExecute') {
    if (pendingPods > 0) {
      const pods = counted(pendingPods, 'pod needs', 'pods need')
      return { reason: 'PodsPendingEviction', message: `${pods} to be evicted in ${namespaces}.` }
    }
    return { reason: evictedPods > 0 ? 'Completed' : 'NotStarted', message: '' }
  }
  if (effect !== 'None') {
    return { reason: 'OtherEffect', message: 'Eviction only happens for the NoExecute effect.' }
  }
  const devices = (count: number, what: string) => `${counted(count, `${what} device`, `${what} devices`)} selected. `
  const message = [
    devices(publishedDevices, 'published'),
    devices(allocatedDevices, 'allocated'),
    `${counted(pendingPods, 'pod', 'pods')} would be evicted in ${namespaces} if the effect was NoExecute. `,
    'This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.',
  ]
  return { reason: 'NoEffect', message: message.join('') }
}
