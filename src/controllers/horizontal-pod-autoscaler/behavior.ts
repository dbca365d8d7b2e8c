/**
 * From what metrics ask for to what may be done now: stabilization windows, policies of so many pods or percent in a
 * period, and the bounds. https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/#configurable-scaling-behavior
 */
import type { HPAScalingRules } from '../../api/types/autoscaling/v2.ts'

/** What one autoscaler remembers; lost when the controller starts anew, as upstream. */
export interface History {
  recommendations: readonly { replicas: number; atMs: number }[]
  scaleUps: readonly ScaleEvent[]
  scaleDowns: readonly ScaleEvent[]
}

export interface ScaleEvent {
  change: number
  atMs: number
}

export const noHistory: History = { recommendations: [], scaleUps: [], scaleDowns: [] }

export interface Wish {
  current: number
  desired: number
  min: number
  max: number
  nowMs: number
  /** How long the highest recommendation holds where nothing else is said. */
  downscaleStabilizationMs: number
}

export interface Verdict {
  replicas: number
  able: { reason: string; message: string }
  limited: { status: 'True' | 'False'; reason: string; message: string }
  recommendations: History['recommendations']
}

const ready = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const heldDown = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const heldUp = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}
const inRange = { reason: 'DesiredWithinRange', message: 'the desired count is within the acceptable range' }
const tooMany = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const tooFew = { reason: 'TooFewReplicas', message: 'the desired replica count is less than the minimum replica count' }
const tooFast = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const tooFastDown = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}

/** Without a behaviour: downwards by the highest recommendation of the window, upwards to the double or to 4 at once. */
export function normalized(wish: Wish, history: History): Verdict {
  const { current, desired, min, max, nowMs, downscaleStabilizationMs } = wish
  const since = nowMs - downscaleStabilizationMs
  const kept = history.recommendations.filter(({ atMs }) => atMs >= since)
  const stable = Math.max(desired, ...kept.map(({ replicas }) => replicas))
  const able = stable === desired ? ready : heldDown
  const fastest = Math.max(2 * current, 4)
  const [most, limit] = max > fastest ? [fastest, tooFast] : [max, tooMany]
  const [replicas, why] = stable < min ? [min, tooFew] : stable > most ? [most, limit] : [stable, inRange]
  const limited = { status: replicas === stable ? ('False' as const) : ('True' as const), ...why }
  return { replicas, able, limited, recommendations: [...kept, { replicas: desired, atMs: nowMs }] }
}

export interface Behavior {
  scaleUp: HPAScalingRules
  scaleDown: HPAScalingRules
}

export function normalizedBy(behavior: Behavior, wish: Wish, history: History): Verdict {
  const { current, desired, nowMs } = wish
  const upMs = (behavior.scaleUp.stabilizationWindowSeconds ?? 0) * 1000
  const { stabilizationWindowSeconds } = behavior.scaleDown
  const downMs =
    stabilizationWindowSeconds === undefined ? wish.downscaleStabilizationMs : stabilizationWindowSeconds * 1000
  const recent = (windowMs: number): number[] =>
    history.recommendations.filter(({ atMs }) => atMs > nowMs - windowMs).map(({ replicas }) => replicas)
  // The size stays between the lowest wish of the one window and the highest of the other: no window turns the direction.
  const [lowest, highest] = [Math.min(desired, ...recent(upMs)), Math.max(desired, ...recent(downMs))]
  const stable = Math.min(highest, Math.max(current, lowest))
  const able = stable === desired ? ready : desired >= current ? heldUp : heldDown
  const { replicas, why } = paced(behavior, { ...wish, desired: stable }, history)
  const limited = { status: replicas === stable ? ('False' as const) : ('True' as const), ...why }
  const kept = history.recommendations.filter(({ atMs }) => atMs >= nowMs - Math.max(upMs, downMs))
  return { replicas, able, limited, recommendations: [...kept, { replicas: desired, atMs: nowMs }] }
}

/**
 * The history with a change of size, in place of one that no policy of its direction asks for any more. Others as old
 * stay: policies of the other direction may have longer periods.
 */
export function withScaleEvent(
  behavior: Behavior,
  history: History,
  { from, to, nowMs }: { from: number; to: number; nowMs: number },
): History {
  const [name, rules] =
    to > from ? (['scaleUps', behavior.scaleUp] as const) : (['scaleDowns', behavior.scaleDown] as const)
  const longestMs = Math.max(0, ...(rules.policies ?? []).map(({ periodSeconds }) => periodSeconds)) * 1000
  const outdated = history[name].findLast(({ atMs }) => atMs < nowMs - longestMs)
  const kept = history[name].filter((event) => event !== outdated)
  return { ...history, [name]: [...kept, { change: Math.abs(to - from), atMs: nowMs }] }
}

function paced({ scaleUp, scaleDown }: Behavior, { current, desired, min, max, nowMs }: Wish, history: History) {
  if (desired > current) {
    const fastest = Math.max(current, upLimit(scaleUp, current, history, nowMs))
    const [most, why] = max > fastest ? [fastest, tooFast] : [max, tooMany]
    if (desired > most) return { replicas: most, why }
  }
  if (desired < current) {
    const lowest = Math.min(current, downLimit(scaleDown, current, history, nowMs))
    const [least, why] = min < lowest ? [lowest, tooFastDown] : [min, tooFew]
    if (desired < least) return { replicas: least, why }
  }
  return { replicas: desired, why: inRange }
}

function upLimit({ selectPolicy, policies = [] }: HPAScalingRules, current: number, history: History, nowMs: number) {
  if (selectPolicy === 'Disabled') return current
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const atStart = sizeBefore(current, history, periodSeconds, nowMs)
    return type === 'Pods' ? atStart + value : Math.ceil(atStart * (1 + value / 100))
  })
  return selectPolicy === 'Min' ? Math.min(...limits) : Math.max(0, ...limits)
}

function downLimit({ selectPolicy, policies = [] }: HPAScalingRules, current: number, history: History, nowMs: number) {
  if (selectPolicy === 'Disabled') return current
  const limits = policies.map(({ type, value, periodSeconds }) => {
    const atStart = sizeBefore(current, history, periodSeconds, nowMs)
    return type === 'Pods' ? atStart - value : Math.trunc(atStart * (1 - value / 100))
  })
  return selectPolicy === 'Min' ? Math.max(...limits) : Math.min(...limits)
}

/** How many there were when the period began, as far as this autoscaler changed that. */
function sizeBefore(current: number, { scaleUps, scaleDowns }: History, periodSeconds: number, nowMs: number): number {
  const since = nowMs - periodSeconds * 1000
  const changed = (events: readonly ScaleEvent[]): number =>
    events.filter(({ atMs }) => atMs > since).reduce((sum, { change }) => sum + change, 0)
  return current - changed(scaleUps) + changed(scaleDowns)
}
