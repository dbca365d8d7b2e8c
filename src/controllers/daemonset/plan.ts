/**
 * Which nodes a DaemonSet's pods belong on, and the next step of bringing them there.
 * https://kubernetes.io/docs/concepts/workloads/controllers/daemonset/
 */
import { scaledValue } from '../../api/int-or-string.ts'
import { matchesNode } from '../../api/node-selection.ts'
import { tolerates } from '../../api/tolerations.ts'
import type { DaemonSet, DaemonSetStatus } from '../../api/types/apps/v1.ts'
import type { Node, Pod, PodSpec, PodTemplateSpec, Toleration } from '../../api/types/core/v1.ts'
import { availableInMs, isAvailable, isFinished, isReady } from '../pods.ts'

export const hashLabel = 'controller-revision-hash'

/** Daemons stay on nodes in trouble. */
const builtInTolerations: readonly Toleration[] = [
  { key: 'node.kubernetes.io/not-ready', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/unreachable', operator: 'Exists', effect: 'NoExecute' },
  { key: 'node.kubernetes.io/disk-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/memory-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/pid-pressure', operator: 'Exists', effect: 'NoSchedule' },
  { key: 'node.kubernetes.io/unschedulable', operator: 'Exists', effect: 'NoSchedule' },
]
const networkToleration: Toleration = {
  key: 'node.kubernetes.io/network-unavailable',
  operator: 'Exists',
  effect: 'NoSchedule',
}

export interface DaemonPlan {
  /** Names of nodes that get a pod. */
  createOn: string[]
  delete: Pod[]
  /** Failed and succeeded pods among `delete`: they are reported, and made anew once they are gone. */
  failed: Pod[]
  succeeded: Pod[]
  /** Until a failed pod that was left alone for now may go; undefined when there is none. */
  waitMs: number | undefined
}

export interface DaemonInput {
  set: DaemonSet
  nodes: readonly Node[]
  pods: readonly Pod[]
  /** The hash of the present template's revision. */
  hash: string
  nowMs: number
  /** How long failed pods of a node are left alone, since others failed there before. */
  backOffMs(nodeName: string): number
}

type Fitness = { shouldRun: boolean; shouldContinue: boolean }

export function planDaemons(input: DaemonInput): DaemonPlan {
  const plan: DaemonPlan = { createOn: [], delete: [], failed: [], succeeded: [], waitMs: undefined }
  const byNode = podsByNode(input.pods)
  for (const node of input.nodes) manageNode(plan, input, node, byNode.get(node.metadata.name ?? '') ?? [])
  const nodeNames = new Set(input.nodes.map(({ metadata }) => metadata.name ?? ''))
  for (const [name, pods] of byNode) {
    // Those that were bound are the pod garbage collector's.
    if (!nodeNames.has(name)) plan.delete.push(...pods.filter((pod) => isPresent(pod) && !pod.spec?.nodeName))
  }
  rollUpdate(plan, input, byNode)
  return plan
}

function manageNode(plan: DaemonPlan, input: DaemonInput, node: Node, pods: readonly Pod[]): void {
  const { shouldRun, shouldContinue } = fitnessOf(input.set, node)
  const present = pods.filter(isPresent)
  if (!shouldContinue) {
    plan.delete.push(...present)
    return
  }
  const running = present.filter((pod) => !clearAway(plan, pod, input.backOffMs(node.metadata.name ?? '')))
  const surges = maxSurge(input) > 0
  if (running.length === 0) {
    // A pod that surges does not wait for the one before it to be gone, but for one that failed a moment ago.
    const free = surges ? present.every((pod) => plan.delete.includes(pod)) : pods.length === 0
    if (shouldRun && free) plan.createOn.push(node.metadata.name ?? '')
    return
  }
  plan.delete.push(...(surges ? surplusWithSurge(running, input) : oldestKept(running)))
}

/** Whether the pod has ended; then it goes, at once or after its node's back-off. */
function clearAway(plan: DaemonPlan, pod: Pod, backOffMs: number): boolean {
  const phase = pod.status?.phase
  if (phase !== 'Failed' && phase !== 'Succeeded') return false
  if (phase === 'Failed' && backOffMs > 0) {
    plan.waitMs = Math.min(plan.waitMs ?? Number.POSITIVE_INFINITY, backOffMs)
    return true
  }
  plan[phase === 'Failed' ? 'failed' : 'succeeded'].push(pod)
  plan.delete.push(pod)
  return true
}

/** Without surge one pod a node is right; the oldest stays. */
function oldestKept(pods: readonly Pod[]): Pod[] {
  return [...pods].sort((one, other) => (created(one) < created(other) ? -1 : 1)).slice(1)
}

/** With surge an old pod that is ready may stand beside its replacement until that is available. */
function surplusWithSurge(pods: readonly Pod[], { hash, set, nowMs }: DaemonInput): Pod[] {
  const current = pods.filter((pod) => pod.metadata.labels?.[hashLabel] === hash)
  const old = pods.filter((pod) => !current.includes(pod))
  const replaced = current.some((pod) => isAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs))
  const surplus = oldestKept(old)
  const useless = current.length > 0 && !old.some((pod) => !surplus.includes(pod) && isReady(pod))
  return [...oldestKept(current), ...(replaced || useless ? old : surplus)]
}

function rollUpdate(plan: DaemonPlan, input: DaemonInput, byNode: ReadonlyMap<string, readonly Pod[]>): void {
  if ((input.set.spec?.updateStrategy?.type ?? 'RollingUpdate') !== 'RollingUpdate') return
  const { set, hash, nowMs } = input
  const wanted = input.nodes.filter((node) => fitnessOf(set, node).shouldRun).map(({ metadata }) => metadata.name ?? '')
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const surge = maxSurge(input)
  const unavailableMax = surge > 0 ? 0 : maxUnavailable(input, wanted.length)
  let unavailable = 0
  let surging = 0
  const candidates: { pod: Pod; node: string; available: boolean }[] = []
  for (const name of wanted) {
    const pods = (byNode.get(name) ?? []).filter(
      (pod) => isPresent(pod) && !isFinished(pod) && !plan.delete.includes(pod),
    )
    const old = pods.find((pod) => pod.metadata.labels?.[hashLabel] !== hash)
    const current = pods.find((pod) => pod.metadata.labels?.[hashLabel] === hash)
    const available = pods.some((pod) => isAvailable(pod, minReadySeconds, nowMs))
    if (!available) unavailable++
    if (old && current) surging++
    if (old && !current) candidates.push({ pod: old, node: name, available })
  }
  for (const { pod, node, available } of candidates) {
    if (surge > 0) {
      if (!available) plan.delete.push(pod)
      else if (surging++ < surge) plan.createOn.push(node)
    } else if (!available) plan.delete.push(pod)
    else if (unavailable++ < unavailableMax) plan.delete.push(pod)
  }
}

function maxUnavailable({ set }: DaemonInput, nodes: number): number {
  return scaledValue(set.spec?.updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, nodes, 'up')
}

function maxSurge({ set, nodes }: DaemonInput): number {
  const { maxSurge: surge = 0 } = set.spec?.updateStrategy?.rollingUpdate ?? {}
  if (surge === 0) return 0
  return scaledValue(surge, nodes.filter((node) => fitnessOf(set, node).shouldRun).length, 'up')
}

/** Whether a pod may start on the node, and whether a running one may stay. */
export function fitnessOf(set: DaemonSet, node: Node): Fitness {
  const spec = daemonSpec(set.spec?.template?.spec)
  const pod: Pod = { metadata: {}, spec }
  const names = !spec.nodeName || spec.nodeName === node.metadata.name
  if (!names || !matchesNode(pod, node)) return { shouldRun: false, shouldContinue: false }
  const refused = (effects: readonly string[]) =>
    (node.spec?.taints ?? []).some(({ effect }) => effects.includes(effect)) &&
    (node.spec?.taints ?? []).some((taint) => effects.includes(taint.effect) && !tolerates(spec.tolerations, taint))
  return { shouldRun: !refused(['NoSchedule', 'NoExecute']), shouldContinue: !refused(['NoExecute']) }
}

/** Whether a change of a node asks for another look at a set that has, or lacks, a pod there. */
export function concernsSet(set: DaemonSet, node: Node, hasPod: boolean): boolean {
  const { shouldRun, shouldContinue } = fitnessOf(set, node)
  if (!hasPod) return shouldRun
  return !shouldContinue || (set.status?.numberMisscheduled ?? 0) > 0
}

function daemonSpec(template: PodSpec | undefined): PodSpec {
  const tolerations = [...(template?.tolerations ?? []), ...builtInTolerations]
  if (template?.hostNetwork) tolerations.push(networkToleration)
  return { ...template, containers: template?.containers ?? [], tolerations }
}

/** The template of a pod for one node: bound to it by affinity, the scheduler does the rest. */
export function templateFor(set: DaemonSet, { nodeName, hash }: { nodeName: string; hash: string }): PodTemplateSpec {
  const template = set.spec?.template ?? {}
  const spec = daemonSpec(template.spec)
  const nodeAffinity = spec.affinity?.nodeAffinity
  const generation = set.metadata.annotations?.['deprecated.daemonset.template.generation']
  const labels = {
    ...template.metadata?.labels,
    [hashLabel]: hash,
    ...(generation === undefined ? {} : { 'pod-template-generation': generation }),
  }
  const toNode = { key: 'metadata.name', operator: 'In', values: [nodeName] }
  return {
    ...template,
    metadata: { ...template.metadata, labels },
    spec: {
      ...spec,
      affinity: {
        ...spec.affinity,
        nodeAffinity: {
          ...nodeAffinity,
          requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchFields: [toNode] }] },
        },
      },
    },
  }
}

export function planStatus({ set, nodes, pods, hash, nowMs }: DaemonInput): DaemonSetStatus {
  const byNode = podsByNode(pods)
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const status = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 }
  for (const node of nodes) {
    const own = (byNode.get(node.metadata.name ?? '') ?? []).filter(isPresent)
    const newestFirst = [...own].sort((one, other) => (created(one) > created(other) ? -1 : 1))
    if (!fitnessOf(set, node).shouldRun) {
      if (own.length > 0) status.misscheduled++
      continue
    }
    status.desired++
    if (own.length > 0) status.current++
    const shown = newestFirst.find((pod) => isReady(pod)) ?? newestFirst[0]
    if (shown && isReady(shown)) status.ready++
    if (shown && isAvailable(shown, minReadySeconds, nowMs)) status.available++
    if (newestFirst[0]?.metadata.labels?.[hashLabel] === hash) status.updated++
  }
  const unavailable = status.desired - status.available
  return {
    currentNumberScheduled: status.current,
    numberMisscheduled: status.misscheduled,
    desiredNumberScheduled: status.desired,
    numberReady: status.ready,
    observedGeneration: set.metadata.generation ?? 0,
    ...(status.updated > 0 ? { updatedNumberScheduled: status.updated } : {}),
    ...(status.available > 0 ? { numberAvailable: status.available } : {}),
    ...(unavailable > 0 ? { numberUnavailable: unavailable } : {}),
    ...(set.status?.collisionCount === undefined ? {} : { collisionCount: set.status.collisionCount }),
  }
}

/** Milliseconds until some ready pod becomes available; undefined when none waits. */
export function nextAvailabilityMs({ set, pods, nowMs }: DaemonInput): number | undefined {
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const waits = pods
    .filter(isReady)
    .map((pod) => availableInMs(pod, minReadySeconds, nowMs))
    .filter((wait) => wait > 0 && Number.isFinite(wait))
  return waits.length === 0 ? undefined : Math.min(...waits)
}

function podsByNode(pods: readonly Pod[]): Map<string, Pod[]> {
  const byNode = new Map<string, Pod[]>()
  for (const pod of pods) {
    const name = targetNodeName(pod)
    if (name === undefined) continue
    const list = byNode.get(name)
    if (list) list.push(pod)
    else byNode.set(name, [pod])
  }
  return byNode
}

function isPresent(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === undefined
}

function created(pod: Pod): string {
  return `${pod.metadata.creationTimestamp} ${pod.metadata.name}`
}

/** The node a pod is on, or, while it waits for the scheduler, the one its affinity names. */
export function targetNodeName(pod: Pod): string | undefined {
  if (pod.spec?.nodeName) return pod.spec.nodeName
  const required = pod.spec?.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution
  for (const { matchFields } of required?.nodeSelectorTerms ?? []) {
    const named = (matchFields ?? []).find(({ key, operator }) => key === 'metadata.name' && operator === 'In')
    if (named?.values?.length === 1) return named.values[0]
  }
  return undefined
}
