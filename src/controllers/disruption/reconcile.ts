/** Keeps the status of PodDisruptionBudgets, which the eviction endpoint and the scheduler's preemption go by. */

import { ApiError } from '../../api/errors.ts'
import { keyOf, splitKey } from '../../api/meta.ts'
import { coreV1, policyV1 } from '../../api/resources.ts'
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { PodDisruptionBudget } from '../../api/types/policy/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import { labelSelectorText } from '../label-selector-text.ts'
import { isFinished } from '../pods.ts'
import { sameStatus } from '../status.ts'
import { failedStatus, needsScale, planBudget } from './plan.ts'
import { ScaleFinder, scaledResources } from './scale.ts'

/** A pod that was to be evicted and still runs after this long is no target any more. Source: upstream's two minutes. */
const staleTargetMs = 120_000

export function disruptionController(parts: ControllerParts): Controller {
  const budgets = parts.informers.of(policyV1.podDisruptionBudgets)
  const pods = parts.informers.of(coreV1.pods)
  const reconciler = new BudgetReconciler(parts)
  const budgetsOf = (pod: Pod) =>
    budgets
      .list(pod.metadata.namespace)
      .filter(({ spec }) => matchesLabelSelector(spec?.selector, pod.metadata.labels))
      .map(keyOf)
  const concerned = (pod: Pod): string[] => {
    const keys = budgetsOf(pod)
    if (keys.length > 1) reconciler.tellOfSeveral(pod, keys)
    return keys
  }
  return {
    name: 'disruption',
    workers: 1,
    sources: [
      source(budgets, ({ object }) => [keyOf(object)]),
      source(pods, (change) =>
        change.type === 'updated'
          ? [...new Set([...budgetsOf(change.previous), ...concerned(change.object)])]
          : concerned(change.object),
      ),
      // Read for their sizes; what follows from a change shows in the pods.
      ...scaledResources.map((resource) => source(parts.informers.of(resource), () => [])),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

/** Takes the mark off pods that were to be disrupted and were not. */
export function staleDisruptionController(parts: ControllerParts): Controller {
  const pods = parts.informers.of(coreV1.pods)
  return {
    name: 'stale-pod-disruption',
    workers: 1,
    sources: [source(pods, ({ object }) => (isMarked(object) ? [keyOf(object)] : []))],
    async reconcile(key) {
      const pod = pods.get(key)
      const mark = pod && isMarked(pod)
      if (!pod || !mark) return done
      const nowMs = parts.clock.nowMs()
      const leftMs = Date.parse(mark.lastTransitionTime ?? '') + staleTargetMs - nowMs
      if (leftMs > 0) return { kind: 'requeueAfter', delayMs: leftMs }
      const { uid, resourceVersion, name = '', namespace } = pod.metadata
      const condition = {
        type: mark.type,
        status: 'False',
        lastTransitionTime: rfc3339(nowMs),
        observedGeneration: pod.metadata.generation,
        reason: null,
        message: null,
      }
      const patch = { metadata: { uid, resourceVersion }, status: { conditions: [condition] } }
      await ifThere(parts.client.of(coreV1.pods, namespace).patchStatus(name, { type: 'strategic', patch }))
      return done
    },
  }
}

function isMarked(pod: Pod) {
  if (pod.metadata.deletionTimestamp || isFinished(pod)) return undefined
  return pod.status?.conditions?.find(
    ({ type, status, reason }) => type === 'DisruptionTarget' && status === 'True' && reason !== 'TerminationByKubelet',
  )
}

class BudgetReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #budgets
  readonly #pods
  readonly #scales: ScaleFinder

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('controllermanager')
    this.#budgets = parts.informers.of(policyV1.podDisruptionBudgets)
    this.#pods = parts.informers.of(coreV1.pods)
    this.#scales = new ScaleFinder(parts)
  }

  /** Such a pod can't be evicted. All its budgets are kept up to date all the same, whichever is named here. */
  tellOfSeveral(pod: Pod, keys: readonly string[]): void {
    const { name, namespace } = pod.metadata
    const chosen = splitKey([...keys].sort()[0] ?? '').name
    const message = `Pod "${namespace}"/"${name}" matches multiple PodDisruptionBudgets.  Chose "${chosen}" arbitrarily.`
    const about = { resource: coreV1.pods, object: pod }
    this.#events.event(about, 'Warning', 'MultiplePodDisruptionBudgets', message)
  }

  async reconcile(key: string): Promise<Outcome> {
    const budget = this.#budgets.get(key)
    if (!budget) return done
    try {
      return await this.#sync(budget)
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'Conflict') throw error
      await this.#write(
        budget,
        failedStatus(budget, { message: messageOf(error), nowText: rfc3339(this.#parts.clock.nowMs()) }),
      )
      // Found by the next change of the budget or its pods; a failure of the server itself is tried again.
      return error instanceof ApiError ? { kind: 'retry', error } : done
    }
  }

  async #sync(budget: PodDisruptionBudget): Promise<Outcome> {
    const pods = this.#pods
      .list(budget.metadata.namespace)
      .filter((pod) => matchesLabelSelector(budget.spec?.selector, pod.metadata.labels))
    if (pods.length === 0) this.#report(budget, 'Normal', 'NoPods', 'No matching pods found')
    const scale = needsScale(budget) ? await this.#expectedScale(budget, pods) : 0
    const nowMs = this.#parts.clock.nowMs()
    const plan = planBudget(budget, pods, { scale, nowMs, nowText: rfc3339(nowMs) })
    for (const pod of plan.notDeleted) {
      const { namespace } = budget.metadata
      const message = `Pod was expected by PDB ${namespace}/${namespace} to be deleted but it wasn't`
      this.#events.event({ resource: coreV1.pods, object: pod }, 'Warning', 'NotDeleted', message)
    }
    await this.#write(budget, plan.status)
    return plan.lookAgainMs === undefined ? done : { kind: 'requeueAfter', delayMs: plan.lookAgainMs + 1 }
  }

  async #expectedScale(budget: PodDisruptionBudget, pods: readonly Pod[]): Promise<number> {
    try {
      const { scale, unmanaged } = await this.#scales.expected(pods)
      if (unmanaged.length > 0) {
        const message = `Pods selected by this PodDisruptionBudget (selector: ${labelSelectorText(budget.spec?.selector ?? {})}) were found to be unmanaged. As a result, the status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set ".spec.minAvailable" field of the PDB to an integer value.`
        this.#report(budget, 'Warning', 'UnmanagedPods', message)
      }
      return scale
    } catch (error) {
      const message = `Failed to calculate the number of expected pods: ${messageOf(error)}`
      this.#report(budget, 'Warning', 'CalculateExpectedPodCountFailed', message)
      throw error
    }
  }

  async #write(budget: PodDisruptionBudget, status: PodDisruptionBudget['status']): Promise<void> {
    if (!status || (budget.status && sameStatus(status, budget.status))) return
    const api = this.#parts.client.of(policyV1.podDisruptionBudgets, budget.metadata.namespace)
    await ifThere(api.updateStatus({ ...budget, status }))
  }

  #report(budget: PodDisruptionBudget, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#events.event({ resource: policyV1.podDisruptionBudgets, object: budget }, type, reason, message)
  }
}
