/** Starts Jobs by the clock and keeps the history of those it started. */

import { ApiError } from '../../api/errors.ts'
import { keyOf } from '../../api/meta.ts'
import { batchV1 } from '../../api/resources.ts'
import type { CronJob, CronJobStatus, Job } from '../../api/types/batch/v1.ts'
import type { ObjectReference } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import { byControllerUid, controllerKey, controllerOf, controllerReference, indexByController } from '../ownership.ts'
import { sameStatus } from '../status.ts'
import { beyondHistory, type CronEvent, jobName, outcomeOf, planStart } from './plan.ts'
import { rfc3339In } from './schedule.ts'

const scheduledAnnotation = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

export function cronJobController(parts: ControllerParts): Controller {
  const crons = parts.informers.of(batchV1.cronJobs)
  const jobs = parts.informers.of(batchV1.jobs)
  indexByController(jobs)
  const reconciler = new CronJobReconciler(parts)
  return {
    name: 'cronjob',
    sources: [
      source(crons, ({ object }) => [keyOf(object)]),
      source(jobs, ({ object }) => {
        const key = controllerKey(batchV1.cronJobs, object)
        return key === undefined ? [] : [key]
      }),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

class CronJobReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #crons
  readonly #jobs

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('cronjob-controller')
    this.#crons = parts.informers.of(batchV1.cronJobs)
    this.#jobs = parts.informers.of(batchV1.jobs)
  }

  async reconcile(key: string): Promise<Outcome> {
    const cron = this.#crons.get(key)
    if (!cron) return done
    const jobs = this.#jobs.byIndex(byControllerUid, cron.metadata.uid ?? '')
    const status = await this.#observe(cron, jobs)
    for (const { metadata } of beyondHistory(cron, jobs)) await this.#delete(cron, metadata.name ?? '')
    if (cron.metadata.deletionTimestamp) {
      await this.#write(cron, status)
      return done
    }
    const { active = [] } = status
    const plan = planStart({ ...cron, status }, { active, nowMs: this.#parts.clock.nowMs() })
    for (const event of plan.events) this.#report(cron, event)
    for (const { name = '' } of plan.replace) await this.#delete(cron, name)
    status.active = active.filter((reference) => !plan.replace.includes(reference))
    if (plan.startForMs !== undefined) await this.#start(cron, status, plan.startForMs)
    await this.#write(cron, status)
    return plan.lookAgainMs === undefined ? done : { kind: 'requeueAfter', delayMs: plan.lookAgainMs + 100 }
  }

  /** Drops finished and missing Jobs from the active list and notes the last success. */
  async #observe(cron: CronJob, jobs: readonly Job[]): Promise<CronJobStatus> {
    const status: CronJobStatus = { ...(await this.#latestStatus(cron, jobs)) }
    const active = new Map((status.active ?? []).map((reference) => [reference.uid, reference]))
    for (const job of jobs) {
      const outcome = outcomeOf(job)
      const listed = active.has(job.metadata.uid)
      if (outcome === undefined) {
        if (listed) continue
        const message = `Saw a job that the controller did not create or forgot: ${job.metadata.name}`
        this.#report(cron, { type: 'Warning', reason: 'UnexpectedJob', message })
        continue
      }
      if (listed) {
        active.delete(job.metadata.uid)
        const message = `Saw completed job: ${job.metadata.name}, condition: ${outcome}`
        this.#report(cron, { type: 'Normal', reason: 'SawCompletedJob', message })
      }
      const completedAt = job.status?.completionTime
      if (outcome === 'Complete' && completedAt && completedAt > (status.lastSuccessfulTime ?? '')) {
        status.lastSuccessfulTime = completedAt
      }
    }
    const present = new Set(jobs.map(({ metadata }) => metadata.uid))
    for (const [uid, { name = '' }] of active) {
      // The cache of Jobs may be older than the status.
      if (present.has(uid) || (await this.#job(cron, name))) continue
      active.delete(uid)
      this.#report(cron, { type: 'Normal', reason: 'MissingJob', message: `Active job went missing: ${name}` })
    }
    return { ...status, active: [...active.values()] }
  }

  /** The status as the API server has it, where the known one does not name a Job that runs. */
  async #latestStatus(cron: CronJob, jobs: readonly Job[]): Promise<CronJobStatus | undefined> {
    const known = new Set(cron.status?.active?.map(({ uid }) => uid))
    if (jobs.every((job) => outcomeOf(job) !== undefined || known.has(job.metadata.uid))) return cron.status
    const { name = '', namespace, uid } = cron.metadata
    const latest = await ifThere(this.#parts.client.of(batchV1.cronJobs, namespace).get(name))
    return latest && latest.metadata.uid === uid ? latest.status : cron.status
  }

  #job(cron: CronJob, name: string): Promise<Job | undefined> {
    return ifThere(this.#parts.client.of(batchV1.jobs, cron.metadata.namespace).get(name))
  }

  async #start(cron: CronJob, status: CronJobStatus, scheduledMs: number): Promise<void> {
    const api = this.#parts.client.of(batchV1.jobs, cron.metadata.namespace)
    try {
      const job = await api.create(newJob(cron, scheduledMs))
      const { meters, clock } = this.#parts
      const metric = 'cronjob_controller_job_creation_skew_duration_seconds'
      meters?.observe(metric, [], (clock.nowMs() - scheduledMs) / 1000)
      this.#report(cron, { type: 'Normal', reason: 'SuccessfulCreate', message: `Created job ${job.metadata.name}` })
      status.active = [...(status.active ?? []), referenceTo(job)]
    } catch (error) {
      if (error instanceof ApiError && error.message.includes('is being terminated')) return
      if (!(error instanceof ApiError && error.reason === 'AlreadyExists')) {
        const message = `Error creating job: ${messageOf(error)}`
        this.#report(cron, { type: 'Warning', reason: 'FailedCreate', message })
        throw error
      }
      // Started before, but the status was not written then; or somebody else's.
      const job = await this.#job(cron, jobName(cron, scheduledMs))
      if (!job || controllerOf(job)?.uid !== cron.metadata.uid) return
      status.active = [...(status.active ?? []), referenceTo(job)]
    }
    status.lastScheduleTime = rfc3339(scheduledMs)
  }

  async #delete(cron: CronJob, name: string): Promise<void> {
    const api = this.#parts.client.of(batchV1.jobs, cron.metadata.namespace)
    if (!(await ifThere(api.delete(name, { propagationPolicy: 'Background' })))) return
    this.#report(cron, { type: 'Normal', reason: 'SuccessfulDelete', message: `Deleted job ${name}` })
  }

  async #write(cron: CronJob, { active = [], ...rest }: CronJobStatus): Promise<void> {
    const status = active.length > 0 ? { active, ...rest } : rest
    if (sameStatus(status, cron.status)) return
    await this.#parts.client.of(batchV1.cronJobs, cron.metadata.namespace).updateStatus({ ...cron, status })
  }

  #report(cron: CronJob, { type, reason, message }: CronEvent): void {
    this.#events.event({ resource: batchV1.cronJobs, object: cron }, type, reason, message)
  }
}

function newJob(cron: CronJob, scheduledMs: number): Job {
  const template = cron.spec?.jobTemplate
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: jobName(cron, scheduledMs),
      namespace: cron.metadata.namespace ?? '',
      ...(template?.metadata?.labels ? { labels: template.metadata.labels } : {}),
      annotations: {
        ...template?.metadata?.annotations,
        [scheduledAnnotation]: rfc3339In(cron.spec?.timeZone ?? 'UTC', scheduledMs),
      },
      ownerReferences: [controllerReference(batchV1.cronJobs, cron)],
    },
    ...(template?.spec ? { spec: structuredClone(template.spec) } : {}),
  }
}

function referenceTo({ metadata }: Job): ObjectReference {
  const { name = '', namespace = '', uid = '', resourceVersion } = metadata
  return { kind: 'Job', namespace, name, uid, apiVersion: 'batch/v1', ...(resourceVersion ? { resourceVersion } : {}) }
}
