/** Rolls a Deployment's ReplicaSets forward, one step a reconcile. https://kubernetes.io/docs/concepts/workloads/controllers/deployment/ */

import { ApiError } from '../../api/errors.ts'
import { keyOf } from '../../api/meta.ts'
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { ifThere } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { messageOf } from '../../platform/log.ts'
import {
  applyClaim,
  byControllerUid,
  controllerKey,
  controllerOf,
  controllerReference,
  indexByController,
  ownerKeys,
  planClaim,
} from '../ownership.ts'
import { isFinished } from '../pods.ts'
import { sameStatus } from '../status.ts'
import { canonical } from '../template-hash.ts'
import {
  annotationsFor,
  beyondHistory,
  desiredReplicasAnnotation,
  type Generations,
  generationsOf,
  maxReplicasAnnotation,
  newReplicaSetFor,
  nextRevision,
  revisionAnnotation,
  revisionOf,
} from './revisions.ts'
import { planRollback, type Rollback } from './rollback.ts'
import {
  desiredReplicas,
  isScalingEvent,
  maxSurge,
  newReplicas,
  nextRecreateStep,
  nextRollingStep,
  type Scale,
  scaleProportionally,
} from './rolling.ts'
import { deadlineInMs, isComplete, planStatus, type StatusInput } from './status.ts'

export function deploymentController(parts: ControllerParts): Controller {
  const deployments = parts.informers.of(appsV1.deployments)
  const sets = parts.informers.of(appsV1.replicaSets)
  const pods = parts.informers.of(coreV1.pods)
  indexByController(sets)
  indexByController(pods)
  const reconciler = new DeploymentReconciler(parts)
  return {
    name: 'deployment',
    sources: [
      source(deployments, ({ object }) => [keyOf(object)]),
      source(sets, ({ object }) => ownerKeys(object, appsV1.deployments, deployments, (one) => one.spec?.selector)),
      // A Recreate rollout waits for the last old pod to go.
      source(pods, (change) => {
        if (change.type !== 'deleted') return []
        const setKey = controllerKey(appsV1.replicaSets, change.object)
        const set = setKey === undefined ? undefined : sets.get(setKey)
        const key = set && controllerKey(appsV1.deployments, set)
        return key ? [key] : []
      }),
    ],
    reconcile: (key) => reconciler.reconcile(key),
  }
}

type Progress = Exclude<StatusInput['progress'], undefined>

class DeploymentReconciler {
  readonly #parts: ControllerParts
  readonly #events
  readonly #deployments
  readonly #sets
  readonly #pods

  constructor(parts: ControllerParts) {
    this.#parts = parts
    this.#events = parts.events.as('deployment-controller')
    this.#deployments = parts.informers.of(appsV1.deployments)
    this.#sets = parts.informers.of(appsV1.replicaSets)
    this.#pods = parts.informers.of(coreV1.pods)
  }

  async reconcile(key: string): Promise<Outcome> {
    const deployment = this.#deployments.get(key)
    if (!deployment) return done
    const selector = deployment.spec?.selector
    if (!selector || Object.keys(selector).length === 0) {
      const message = 'This deployment is selecting all pods. A non-empty selector is required.'
      this.#events.event(this.#about(deployment), 'Warning', 'SelectingAll', message)
      return { kind: 'terminal', message }
    }
    const { client } = this.#parts
    const claim = planClaim(deployment, selector, this.#sets)
    const sets = await applyClaim(
      { client, resource: appsV1.replicaSets, ownerResource: appsV1.deployments },
      deployment,
      claim,
    )
    const generations = generationsOf(deployment, sets)
    if (deployment.metadata.deletionTimestamp) return this.#finish(deployment, generations)
    if (deployment.spec?.paused) return this.#rescale(deployment, generations)
    const rollback = planRollback(deployment, sets)
    if (rollback) return this.#rollBack(rollback)
    if (isScalingEvent(deployment, sets)) return this.#rescale(deployment, generations)
    return deployment.spec?.strategy?.type === 'Recreate'
      ? this.#recreate(deployment, generations)
      : this.#roll(deployment, generations)
  }

  /** The change that this makes is what goes on. */
  async #rollBack({ deployment, event }: Rollback): Promise<Outcome> {
    await this.#parts.client.of(appsV1.deployments, deployment.metadata.namespace).update(deployment)
    this.#events.event(this.#about(deployment), event.type, event.reason, event.message)
    return done
  }

  /** Paused, or the number of replicas changed: no rollout step, only the right total. */
  async #rescale(deployment: Deployment, generations: Generations): Promise<Outcome> {
    const synced = generations.current ? (await this.#syncCurrent(deployment, generations)).generations : generations
    const scaled = await this.#scaleAll(deployment, scaleProportionally(deployment, synced.current, synced.old), synced)
    for (const set of [...scaled.old, ...(scaled.current ? [scaled.current] : [])])
      await this.#annotateScale(deployment, set)
    return this.#finish(deployment, scaled)
  }

  async #roll(deployment: Deployment, before: Generations): Promise<Outcome> {
    const { generations, progress, collided } = await this.#syncCurrent(deployment, before)
    const { current, old } = generations
    if (!current) return this.#finish(deployment, generations, progress, collided)
    const steps = nextRollingStep(deployment, current, old)
    if (steps.length > 0)
      return this.#finish(deployment, await this.#scaleAll(deployment, steps, generations), progress)
    return this.#finish(deployment, generations, progress)
  }

  async #recreate(deployment: Deployment, before: Generations): Promise<Outcome> {
    const oldPodsRunning = before.old.some((set) =>
      this.#pods.byIndex(byControllerUid, set.metadata.uid ?? '').some((pod) => !isFinished(pod)),
    )
    const down = nextRecreateStep(deployment, before.current, { old: before.old, oldPodsRunning })
    if (down.length > 0 && down[0]?.replicas === 0) {
      return this.#finish(deployment, await this.#scaleAll(deployment, down, before))
    }
    if (oldPodsRunning) return this.#finish(deployment, before)
    const { generations, progress, collided } = await this.#syncCurrent(deployment, before)
    const steps = nextRecreateStep(deployment, generations.current, { old: generations.old, oldPodsRunning })
    return this.#finish(deployment, await this.#scaleAll(deployment, steps, generations), progress, collided)
  }

  /** Makes sure the current ReplicaSet exists and carries the rollout's revision and annotations. */
  async #syncCurrent(
    deployment: Deployment,
    { current, old }: Generations,
  ): Promise<{ generations: Generations; progress?: Progress; collided?: number }> {
    const revision = nextRevision(old)
    if (!current) {
      const desired = desiredReplicas(deployment)
      const replicas = { desired, max: desired + maxSurge(deployment) }
      return this.#createCurrent(deployment, old, annotationsFor(deployment, current, { revision, replicas }))
    }
    const annotations = annotationsFor(deployment, current, { revision })
    const api = this.#parts.client.of(appsV1.replicaSets, deployment.metadata.namespace)
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0
    const stale =
      annotations !== current.metadata.annotations || (current.spec?.minReadySeconds ?? 0) !== minReadySeconds
    const synced = stale
      ? await api.update({
          ...current,
          metadata: { ...current.metadata, annotations },
          spec: { ...current.spec, selector: current.spec?.selector ?? {}, minReadySeconds },
        })
      : current
    const hasProgressing = deployment.status?.conditions?.some(({ type }) => type === 'Progressing')
    const found: Progress = {
      status: 'True',
      reason: 'FoundNewReplicaSet',
      message: `Found new replica set "${current.metadata.name}"`,
    }
    return { generations: { current: synced, old }, ...(hasProgressing ? {} : { progress: found }) }
  }

  async #createCurrent(
    deployment: Deployment,
    old: ReplicaSet[],
    annotations: Record<string, string>,
  ): Promise<{ generations: Generations; progress?: Progress; collided?: number }> {
    const wanted = newReplicaSetFor(deployment, { replicas: newReplicas(deployment, old, undefined), annotations })
    wanted.metadata.ownerReferences = [controllerReference(appsV1.deployments, deployment)]
    const api = this.#parts.client.of(appsV1.replicaSets, deployment.metadata.namespace)
    const name = wanted.metadata.name ?? ''
    try {
      const current = await api.create(wanted)
      if (desiredReplicas(current) > 0)
        this.#reportScale(deployment, current, { from: 0, to: desiredReplicas(current) })
      const message = `Created new replica set "${name}"`
      return { generations: { current, old }, progress: { status: 'True', reason: 'NewReplicaSetCreated', message } }
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists') return this.#onNameTaken(deployment, old, name)
      const message = `Failed to create new replica set "${name}": ${messageOf(error)}`
      const terminating =
        error instanceof ApiError && error.reason === 'Forbidden' && error.message.includes('being terminated')
      if (!terminating) this.#events.event(this.#about(deployment), 'Warning', 'ReplicaSetCreateError', message)
      await this.#finish(
        deployment,
        { current: undefined, old },
        { status: 'False', reason: 'ReplicaSetCreateError', message },
      )
      throw error
    }
  }

  /** Ours, not yet in the cache: take it. Another's: count a collision, so that the next hash differs. */
  async #onNameTaken(
    deployment: Deployment,
    old: ReplicaSet[],
    name: string,
  ): Promise<{ generations: Generations; collided?: number }> {
    const existing = await this.#parts.client.of(appsV1.replicaSets, deployment.metadata.namespace).get(name)
    const ours = controllerOf(existing)?.uid === deployment.metadata.uid
    if (ours && generationsOf(deployment, [existing]).current) return { generations: { current: existing, old } }
    return { generations: { current: undefined, old }, collided: (deployment.status?.collisionCount ?? 0) + 1 }
  }

  async #scaleAll(
    deployment: Deployment,
    steps: readonly Scale[],
    { current, old }: Generations,
  ): Promise<Generations> {
    const scaled = new Map<ReplicaSet, ReplicaSet>()
    for (const { set, replicas } of steps) scaled.set(set, await this.#scale(deployment, set, replicas))
    return {
      current: current && (scaled.get(current) ?? current),
      old: old.map((set) => scaled.get(set) ?? set),
    }
  }

  async #scale(deployment: Deployment, set: ReplicaSet, replicas: number): Promise<ReplicaSet> {
    const from = desiredReplicas(set)
    const annotations = { ...set.metadata.annotations, ...scaleAnnotations(deployment) }
    const updated = await this.#parts.client.of(appsV1.replicaSets, set.metadata.namespace).update({
      ...set,
      metadata: { ...set.metadata, annotations },
      spec: { ...set.spec, selector: set.spec?.selector ?? {}, replicas },
    })
    this.#reportScale(deployment, set, { from, to: replicas })
    return updated
  }

  async #annotateScale(deployment: Deployment, set: ReplicaSet): Promise<void> {
    const wanted = { ...set.metadata.annotations, ...scaleAnnotations(deployment) }
    if (desiredReplicas(set) === 0 || canonical(wanted) === canonical(set.metadata.annotations ?? {})) return
    const api = this.#parts.client.of(appsV1.replicaSets, set.metadata.namespace)
    await api.update({ ...set, metadata: { ...set.metadata, annotations: wanted } })
  }

  #reportScale(deployment: Deployment, set: ReplicaSet, { from, to }: { from: number; to: number }): void {
    const direction = to > from ? 'up' : 'down'
    const message = `Scaled ${direction} replica set ${set.metadata.name} from ${from} to ${to}`
    this.#events.event(this.#about(deployment), 'Normal', 'ScalingReplicaSet', message)
  }

  /** Cleans up history once complete, writes revision and status, and looks again when a deadline is near. */
  async #finish(
    deployment: Deployment,
    generations: Generations,
    progress?: Progress,
    collisionCount?: number,
  ): Promise<Outcome> {
    const api = this.#parts.client.of(appsV1.deployments, deployment.metadata.namespace)
    const nowMs = this.#parts.clock.nowMs()
    const status = planStatus({
      deployment,
      ...generations,
      nowMs,
      nowText: rfc3339(nowMs),
      ...(progress ? { progress } : {}),
      ...(collisionCount === undefined ? {} : { collisionCount }),
    })
    if (isComplete(deployment, status)) await this.#cleanUp(deployment, generations.old)
    // The status endpoint takes annotations too, and, unlike the main one, leaves the generation alone.
    const revision = revisionOf(generations.current)
    const stale = revision > 0 && revisionOf(deployment) !== revision
    if (stale || !sameStatus(status, deployment.status)) {
      const annotations = stale ? { [revisionAnnotation]: String(revision) } : {}
      const metadata = { ...deployment.metadata, annotations: { ...deployment.metadata.annotations, ...annotations } }
      await api.updateStatus({ ...deployment, metadata, status })
    }
    if (collisionCount !== undefined)
      return { kind: 'retry', error: new Error('the name of the new replica set is taken') }
    const progressing = status.conditions?.find(({ type }) => type === 'Progressing')
    const waitMs = deployment.spec?.paused ? undefined : deadlineInMs(deployment, progressing, nowMs)
    return waitMs === undefined ? done : { kind: 'requeueAfter', delayMs: Math.max(waitMs, 0) + 1000 }
  }

  async #cleanUp(deployment: Deployment, old: readonly ReplicaSet[]): Promise<void> {
    const api = this.#parts.client.of(appsV1.replicaSets, deployment.metadata.namespace)
    for (const set of beyondHistory(deployment, old)) await ifThere(api.delete(set.metadata.name ?? ''))
  }

  #about(deployment: Deployment) {
    return { resource: appsV1.deployments, object: deployment }
  }
}

function scaleAnnotations(deployment: Deployment): Record<string, string> {
  const desired = desiredReplicas(deployment)
  return {
    [desiredReplicasAnnotation]: String(desired),
    [maxReplicasAnnotation]: String(desired + maxSurge(deployment)),
  }
}
