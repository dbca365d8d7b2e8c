/** Runs a Job's pods to completion. */

import { keyOf } from '../../api/meta.ts'
import { batchV1, coreV1 } from '../../api/resources.ts'
import { matchesLabelSelector } from '../../api/selectors/label.ts'
import type { Job } from '../../api/types/batch/v1.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { stopwatch } from '../../client/meters.ts'
import { ifThere, isNamespaceTerminating } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import { slowStart } from '../burst.ts'
import { Expectations, notSeenYet } from '../expectations.ts'
import {
  applyClaim,
  controllerKey,
  controllerOf,
  controllerReference,
  indexByController,
  ownerKeys,
  planClaim,
} from '../ownership.ts'
import { podFromTemplate } from '../pods.ts'
import { sameStatus } from '../status.ts'
import type { BackOff } from './back-off.ts'
import { countJob, countStatus, countSync, countTracked, externalManager } from './metrics.ts'
import { type JobPlan, planJob } from './plan.ts'
import { indexAnnotation, isIndexed, isTracked, trackingFinalizer } from './tally.ts'

export function jobController(parts: ControllerParts): Controller {
  const jobs = parts.informers.of(batchV1.jobs)
  const pods = parts.informers.of(coreV1.pods)
  indexByController(pods)
  pods.addIndex(byTrackedKey, (pod) => (isTracked(pod) ? trackedKeys(pod) : []))
  const reconciler = new JobReconciler(parts)
  return {
    name: 'job',
    sources: [
      source(jobs, (change) => {
        countJob(parts.meters, change)
        return [keyOf(change.object)]
      }),
      source(pods, (change) => {
        countTracked(parts.meters, change)
        const { object } = change
        return [
          ...ownerKeys(object, batchV1.jobs, jobs, (job) => job.spec?.selector),
          ...(isTracked(object) && !controllerOf(object) ? trackedKeys(object) : []),
        ]
      }),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

const byTrackedKey = 'trackedJob'

/** The key of the Job that the pod says it is of, which may be gone; one without a name when it is of none. */
function trackedKeys(pod: Pod): string[] {
  const key = controllerKey(batchV1.jobs, pod)
  if (key !== undefined) return [key]
  return controllerOf(pod) ? [] : [`${pod.metadata.namespace}/`]
}

class JobReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #jobs
  readonly #pods
  readonly #expectations: Expectations<Pod>
  /** By the Job's key; of a Job with the same uid only. */
  readonly #backOffs = new Map<string, { uid: string | undefined; backOff: BackOff }>()

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('job-controller')
    this.#jobs = parts.informers.of(batchV1.jobs)
    this.#pods = parts.informers.of(coreV1.pods)
    this.#expectations = new Expectations(parts.clock, this.#pods)
  }

  async reconcile(key: string): Promise<Outcome> {
    const job = this.#jobs.get(key)
    await this.#releaseAbandoned(key, job)
    if (!job) {
      this.#expectations.forget(key)
      this.#backOffs.delete(key)
      return done
    }
    if (externalManager(job)) return done
    if (!this.#expectations.satisfied(key)) return notSeenYet
    const { client } = this.#parts
    const claim = planClaim(job, job.spec?.selector, this.#pods)
    const kinds = { resource: coreV1.pods, ownerResource: batchV1.jobs, finalizer: trackingFinalizer }
    const pods = await applyClaim({ client, ...kinds }, job, claim)
    const nowMs = this.#parts.clock.nowMs()
    const plan = planJob(job, pods, { nowMs, nowText: rfc3339(nowMs), backOff: this.#backOffOf(key, job) })
    return this.#apply(key, job, plan)
  }

  /** Status first: a finalizer goes only after the status names its pod. */
  async #apply(key: string, job: Job, plan: JobPlan): Promise<Outcome> {
    const { meters, clock } = this.#parts
    const seconds = stopwatch(clock)
    const report = { failed: true, created: 0 }
    try {
      const outcome = await this.#carryOut(key, job, plan, report)
      report.failed = outcome.kind === 'retry'
      return outcome
    } finally {
      countSync(meters, job, plan, { ...report, seconds: seconds() })
    }
  }

  async #carryOut(key: string, job: Job, plan: JobPlan, report: { created: number }): Promise<Outcome> {
    if (!sameStatus(plan.status, job.status)) {
      await this.#parts.client.of(batchV1.jobs, job.metadata.namespace).updateStatus({ ...job, status: plan.status })
      countStatus(this.#parts.meters, job, plan)
    }
    this.#backOffs.set(key, { uid: job.metadata.uid, backOff: plan.backOff })
    if (plan.event) this.#events.event(this.#about(job), plan.event.type, plan.event.reason, plan.event.message)
    await this.#release(plan.release)
    await this.#deletePods(key, job, plan.delete)
    const created = await slowStart(plan.create.length, async (index) => {
      await this.#createPod(key, newPod(job, plan.create[index]), job)
      report.created += 1
    })
    if (created.error !== undefined && !isNamespaceTerminating(created.error))
      return { kind: 'retry', error: created.error }
    return plan.lookAgainMs === undefined ? done : { kind: 'requeueAfter', delayMs: Math.max(plan.lookAgainMs, 0) + 1 }
  }

  #backOffOf(key: string, job: Job): BackOff | undefined {
    const known = this.#backOffs.get(key)
    return known?.uid === job.metadata.uid ? known?.backOff : undefined
  }

  async #createPod(key: string, pod: Pod, job: Job): Promise<void> {
    try {
      const created = await this.#parts.client.of(coreV1.pods, job.metadata.namespace).create(pod)
      this.#expectations.created(key, created)
      this.#events.event(this.#about(job), 'Normal', 'SuccessfulCreate', `Created pod: ${created.metadata.name}`)
    } catch (error) {
      if (!isNamespaceTerminating(error)) {
        this.#events.event(this.#about(job), 'Warning', 'FailedCreate', `Error creating: ${messageOf(error)}`)
      }
      throw error
    }
  }

  async #deletePods(key: string, job: Job, pods: readonly Pod[]): Promise<void> {
    const api = this.#parts.client.of(coreV1.pods, job.metadata.namespace)
    await Promise.all(
      pods.map(async (pod) => {
        const name = pod.metadata.name ?? ''
        const deleted = await ifThere(
          api.delete(name, pod.metadata.uid ? { preconditions: { uid: pod.metadata.uid } } : {}),
        )
        if (!deleted) return
        this.#expectations.deleted(key, pod)
        this.#events.event(this.#about(job), 'Normal', 'SuccessfulDelete', `Deleted pod: ${name}`)
      }),
    )
  }

  /** Nobody counts the pods of a Job that is gone: they must not wait to be counted. */
  async #releaseAbandoned(key: string, job: Job | undefined): Promise<void> {
    const pods = this.#pods.byIndex(byTrackedKey, key)
    const isAbandoned = (pod: Pod): boolean => {
      const controller = controllerOf(pod)
      return controller ? controller.uid !== job?.metadata.uid : !this.#isWanted(pod)
    }
    await this.#release(pods.filter(isAbandoned))
  }

  /** Whether some Job will adopt the pod. */
  #isWanted({ metadata }: Pod): boolean {
    return this.#jobs.list().some((job) => {
      const { namespace, deletionTimestamp } = job.metadata
      if (namespace !== metadata.namespace || deletionTimestamp || !job.spec?.selector) return false
      return matchesLabelSelector(job.spec.selector, metadata.labels)
    })
  }

  async #release(pods: readonly Pod[]): Promise<void> {
    await Promise.all(
      pods.filter(isTracked).map((pod) => {
        const { uid, namespace, name = '' } = pod.metadata
        const finalizers = (pod.metadata.finalizers ?? []).filter((one) => one !== trackingFinalizer)
        const patch = { metadata: { uid, finalizers: finalizers.length > 0 ? finalizers : null } }
        return ifThere(this.#parts.client.of(coreV1.pods, namespace).patch(name, { type: 'merge', patch }))
      }),
    )
  }

  #about(job: Job) {
    return { resource: batchV1.jobs, object: job }
  }
}

function newPod(
  job: Job,
  { index, annotations }: JobPlan['create'][number] = { index: undefined, annotations: {} },
): Pod {
  const generateName = index === undefined ? `${job.metadata.name}-` : `${job.metadata.name}-${index}-`
  const pod = podFromTemplate(job.spec?.template ?? {}, {
    owner: controllerReference(batchV1.jobs, job),
    namespace: job.metadata.namespace ?? '',
    generateName,
  })
  pod.metadata.finalizers = [...(pod.metadata.finalizers ?? []), trackingFinalizer]
  if (index === undefined || !isIndexed(job)) return pod
  pod.metadata.annotations = { ...pod.metadata.annotations, [indexAnnotation]: String(index), ...annotations }
  pod.metadata.labels = { ...pod.metadata.labels, [indexAnnotation]: String(index) }
  if (pod.spec) {
    pod.spec.hostname ||= `${job.metadata.name}-${index}`
    const fieldPath = `metadata.labels['${indexAnnotation}']`
    for (const container of [...(pod.spec.initContainers ?? []), ...pod.spec.containers]) {
      if (container.env?.some(({ name }) => name === 'JOB_COMPLETION_INDEX')) continue
      container.env = [
        ...(container.env ?? []),
        { name: 'JOB_COMPLETION_INDEX', valueFrom: { fieldRef: { fieldPath } } },
      ]
    }
  }
  return pod
}
