/**
 * What must hold at every moment, judged by what is durable and by what really runs: a pod is bound once, budgets are
 * asked before a pod is evicted and keep what they promise, one pod runs per name, only the leader writes.
 */
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { Lease } from '../../api/types/coordination/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts'
import type { Transport } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Findings } from './findings.ts'
import type { SimulatedKubelet } from './kubelet.ts'
import { namespace } from './manifests.ts'
import { infoOf } from './request-info.ts'
import { type Change, decoded, type Truth } from './truth.ts'

const leaderLease = '/registry/leases/kube-system/kube-controller-manager'
/** Pods that were lost without asking count for this long, until the budget's controller can have seen it. */
const lossNoticedMs = 60_000

export class Invariants {
  readonly #truth: Truth
  readonly #findings: Findings
  readonly #clock: Clock
  /** `budget/pod` that a budget was asked for. */
  readonly #asked = new Set<string>()
  /** Pods whose end was begun: when, and whether they were healthy until then. */
  readonly #ended = new Map<string, { atMs: number; healthy: boolean }>()
  /** When pods stopped being ready other than by an eviction, by their `app`. */
  readonly #lostMs = new Map<string, number>()

  constructor({ truth, findings, clock }: { truth: Truth; findings: Findings; clock: Clock }) {
    this.#truth = truth
    this.#findings = findings
    this.#clock = clock
    truth.onChange('/registry/pods/', (change) => this.#onPod(change))
    truth.onChange('/registry/poddisruptionbudgets/', (change) => this.#onBudget(change))
  }

  /** A component that only works while it leads. */
  leaderTransport(inner: Transport, identity: string, isAlive: () => boolean): Transport {
    return {
      ...inner,
      send: (request) => {
        if (request.method !== 'GET' && isAlive()) this.#checkLeads(identity, request)
        return inner.send(request)
      },
    }
  }

  /** A container of the pod starts on `kubelet`, or goes on. */
  onRunning(pod: Pod, kubelets: readonly SimulatedKubelet[]): void {
    const { name, namespace: space, uid } = pod.metadata
    for (const kubelet of kubelets) {
      const other = kubelet
        .running()
        .find(({ metadata }) => metadata.name === name && metadata.namespace === space && metadata.uid !== uid)
      if (!other) continue
      const text = `${name} (${uid}) starts while ${name} (${other.metadata.uid}) runs on ${kubelet.name}`
      this.#findings.report('one pod runs per ordinal', text)
    }
  }

  /** The server answered that it evicted the pod, asked to at `sinceMs`. */
  onEvicted(pod: Pod, sinceMs: number): void {
    const ended = this.#ended.get(pod.metadata.uid ?? '')
    if (!ended?.healthy || ended.atMs < sinceMs) return
    for (const budget of this.#budgetsOf(pod)) {
      if (this.#asked.has(`${budget.metadata.name}/${pod.metadata.name}`)) continue
      const text = `${pod.metadata.name} was evicted, and budget ${budget.metadata.name} was not asked`
      this.#findings.report('disruption budgets hold', text)
    }
  }

  #checkLeads(identity: string, { method, path }: { method: string; path: string }): void {
    const { resource } = infoOf({ method: method as 'GET', path })
    if (resource === 'leases' || resource === 'events') return
    const holder = this.#truth.object<Lease>(leaderLease)?.spec?.holderIdentity ?? ''
    if (holder === identity) return
    const text = `${identity} sends ${method} ${path.split('?')[0]} while ${holder === '' ? 'nobody' : holder} leads`
    this.#findings.report('one leader acts at a time', text)
  }

  #onPod({ value, previous }: Change): void {
    const before = previous && decoded<Pod>(previous)
    const now = value && decoded<Pod>(value)
    const boundTo = before?.spec?.nodeName
    if (boundTo && now?.spec?.nodeName && now.spec.nodeName !== boundTo) {
      const text = `${now.metadata.name} was bound to ${boundTo} and is bound to ${now.spec.nodeName}`
      this.#findings.report('a pod is bound once', text)
    }
    if (before && !before.metadata.deletionTimestamp && (!now || now.metadata.deletionTimestamp)) {
      const ended = { atMs: this.#clock.monotonicMs(), healthy: isReady(before) }
      this.#ended.set(before.metadata.uid ?? '', ended)
    }
    if (before && isHealthy(before) && !(now && isHealthy(now)) && !isEvicted(now ?? before)) {
      this.#lostMs.set(before.metadata.labels?.app ?? '', this.#clock.monotonicMs())
    }
  }

  #onBudget({ value, previous }: Change): void {
    if (!value) return
    const budget = decoded<PodDisruptionBudget>(value)
    const known = previous && decoded<PodDisruptionBudget>(previous)
    for (const pod of Object.keys(budget.status?.disruptedPods ?? {})) {
      if (known?.status?.disruptedPods?.[pod] === undefined) this.#onAsked(budget, pod)
    }
  }

  /** The budget lets one more pod go: those that stay must be enough. */
  #onAsked(budget: PodDisruptionBudget, podName: string): void {
    const { name } = budget.metadata
    this.#asked.add(`${name}/${podName}`)
    const wanted = budget.spec?.minAvailable
    const app = budget.spec?.selector?.matchLabels?.app ?? ''
    const lostMs = this.#lostMs.get(app) ?? Number.NEGATIVE_INFINITY
    if (typeof wanted !== 'number' || this.#clock.monotonicMs() - lostMs < lossNoticedMs) return
    const going = budget.status?.disruptedPods ?? {}
    const staying = this.#pods().filter(
      (pod) => isHealthy(pod) && going[pod.metadata.name ?? ''] === undefined && selects(budget, pod),
    )
    if (staying.length >= wanted) return
    const text = `budget ${name} lets ${podName} go: ${staying.length} healthy pods stay, it promises ${wanted}`
    this.#findings.report('disruption budgets hold', text)
  }

  #budgetsOf(pod: Pod): PodDisruptionBudget[] {
    const all = this.#truth.objects<PodDisruptionBudget>(`/registry/poddisruptionbudgets/${namespace}/`)
    return all.filter((budget) => selects(budget, pod))
  }

  #pods(): Pod[] {
    return this.#truth.objects<Pod>(`/registry/pods/${namespace}/`)
  }
}

function selects(budget: PodDisruptionBudget, pod: Pod): boolean {
  return matchesLabelSelector(budget.spec?.selector, pod.metadata.labels)
}

export function isReady({ status }: Pod): boolean {
  return (status?.conditions ?? []).some((each) => each.type === 'Ready' && each.status === 'True')
}

function isHealthy(pod: Pod): boolean {
  return isReady(pod) && pod.metadata.deletionTimestamp === undefined
}

function isEvicted({ status }: Pod): boolean {
  return (status?.conditions ?? []).some(({ reason }) => reason === 'EvictionByEvictionAPI')
}
