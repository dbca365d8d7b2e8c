/** Sizes workloads by their metrics, every 15 seconds each. Source: kube-controller-manager's defaults. */
import { ApiError } from '../../api/errors.ts'
import { keyOf, type Resource, splitKey } from '../../api/meta.ts'
import { parseQuantity } from '../../api/quantity.ts'
import { autoscalingV2, coreV1 } from '../../api/resources.ts'
import { matchesLabels, parseLabelSelector } from '../../api/selectors/label.ts'
import type { Scale } from '../../api/types/autoscaling/v1.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerStatus,
  MetricSpec,
} from '../../api/types/autoscaling/v2.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import { discoverResources } from '../../client/discovery.ts'
import { stopwatch } from '../../client/meters.ts'
import { ifThere } from '../../client/writes.ts'
import { messageOf } from '../../platform/log.ts'
import { sameStatus } from '../status.ts'
import { type History, noHistory, withScaleEvent } from './behavior.ts'
import { blocked, completed, failedRescale, type PlanInput, planByMetrics, planBySize, type ScalePlan } from './plan.ts'
import { type MetricOutcome, proposalOf, type Target } from './proposals.ts'
import { Readings } from './readings.ts'

export interface AutoscalerOptions {
  /** From one look at an autoscaler to the next. Default 15 s. */
  syncPeriodMs?: number
  /** How long the highest recommendation holds. Default 5 min. */
  downscaleStabilizationMs?: number
  /** Relative change that is not acted on. Default 0.1. */
  tolerance?: number
  /** After its start a pod's CPU counts only once it is ready. Default 5 min. */
  cpuInitializationMs?: number
  /** Default 30 s. */
  initialReadinessDelayMs?: number
  /** Whether targets may be scaled to nothing and back (gate HPAScaleToZero). Default false. */
  scaleToZero?: boolean
}

type Settings = Required<AutoscalerOptions>

const defaults: Settings = {
  syncPeriodMs: 15_000,
  downscaleStabilizationMs: 300_000,
  tolerance: 0.1,
  cpuInitializationMs: 300_000,
  initialReadinessDelayMs: 30_000,
  scaleToZero: false,
}

export function horizontalPodAutoscalerController(parts: ControllerParts, options: AutoscalerOptions = {}): Controller {
  const settings = { ...defaults, ...options }
  const autoscalers = parts.informers.of(autoscalingV2.horizontalPodAutoscalers)
  const reconciler = new AutoscalerReconciler(parts, settings)
  return {
    name: 'horizontal-pod-autoscaler',
    sources: [
      source(autoscalers, ({ type, object }) => (type === 'deleted' ? [keyOf(object)] : [])),
      source(parts.informers.of(coreV1.pods), () => []),
    ],
    reconcile: (key) => reconciler.reconcile(key),
    // What is new or changed waits for its turn like everything else: metrics are not fresher than that.
    start(queue, signal) {
      const unsubscribe = autoscalers.onChange(({ type, object }) => {
        if (type !== 'deleted') queue.addAfter(keyOf(object), settings.syncPeriodMs)
      })
      signal.addEventListener('abort', unsubscribe, { once: true })
    },
  }
}

const prefix = 'horizontal_pod_autoscaler_controller'

function actionOf(replicas: number | undefined, { status }: HorizontalPodAutoscaler): string {
  const current = status?.currentReplicas ?? 0
  if (replicas === undefined || replicas === current) return 'none'
  return replicas > current ? 'scale_up' : 'scale_down'
}

/** Tries to write a size that others' writes got ahead of. Source: client-go's default. */
const rescalesMax = 5

interface Found {
  scale: Scale
  resource: Resource
}

class AutoscalerReconciler {
  readonly #parts: ControllerParts
  readonly #settings: Settings
  readonly #events
  readonly #autoscalers
  readonly #pods
  readonly #readings: Readings
  readonly #histories = new Map<string, History>()
  /** The selector of each autoscaler's target, to find pods that two of them claim. */
  readonly #selectors = new Map<string, string>()

  constructor(parts: ControllerParts, settings: Settings) {
    this.#parts = parts
    this.#settings = settings
    this.#events = parts.events.as('horizontal-pod-autoscaler')
    this.#autoscalers = parts.informers.of(autoscalingV2.horizontalPodAutoscalers)
    this.#pods = parts.informers.of(coreV1.pods)
    this.#readings = new Readings(parts.client)
    parts.meters?.gauge(`${prefix}_num_horizontal_pod_autoscalers`, () => [[[], this.#autoscalers.list().length]])
    parts.meters?.gauge(`${prefix}_desired_replicas`, () =>
      this.#autoscalers
        .list()
        .map(({ metadata, status }) => [[metadata.namespace ?? '', metadata.name ?? ''], status?.desiredReplicas ?? 0]),
    )
  }

  /** Failures show in conditions and events; the next look comes when the next look comes. */
  async reconcile(key: string): Promise<Outcome> {
    const autoscaler = this.#autoscalers.get(key)
    if (!autoscaler) {
      this.#histories.delete(key)
      this.#selectors.delete(key)
      return done
    }
    await this.#measured(key, autoscaler)
    return { kind: 'requeueAfter', delayMs: this.#settings.syncPeriodMs }
  }

  async #measured(key: string, autoscaler: HorizontalPodAutoscaler): Promise<void> {
    const { meters, clock } = this.#parts
    const seconds = stopwatch(clock)
    let plan: ScalePlan | undefined
    try {
      plan = await this.#sync(key, autoscaler)
    } finally {
      const labels = [plan ? actionOf(plan.rescale?.replicas, autoscaler) : 'none', plan ? 'none' : 'internal']
      meters?.count(`${prefix}_reconciliations_total`, labels)
      meters?.observe(`${prefix}_reconciliation_duration_seconds`, labels, seconds())
    }
  }

  /** Undefined when it failed, which has been said then. */
  async #sync(key: string, autoscaler: HorizontalPodAutoscaler): Promise<ScalePlan | undefined> {
    const nowMs = this.#parts.clock.nowMs()
    const found = await this.#scaleOf(autoscaler, nowMs)
    if (!found) return undefined
    const { replicas: currentReplicas = 0 } = found.scale.spec ?? {}
    const input: PlanInput = {
      ...{ autoscaler, currentReplicas, nowMs },
      history: this.#historyOf(key, currentReplicas, nowMs),
      downscaleStabilizationMs: this.#settings.downscaleStabilizationMs,
      scaleToZero: this.#settings.scaleToZero,
    }
    const plan = planBySize(input) ?? (await this.#planByMetrics(input, key, found.scale))
    if (plan) await this.#carryOut(key, input, plan, found)
    return plan
  }

  #historyOf(key: string, currentReplicas: number, nowMs: number): History {
    const history = this.#histories.get(key) ?? {
      ...noHistory,
      recommendations: [{ replicas: currentReplicas, atMs: nowMs }],
    }
    this.#histories.set(key, history)
    return history
  }

  async #scaleOf(autoscaler: HorizontalPodAutoscaler, nowMs: number): Promise<Found | undefined> {
    const { kind, name, apiVersion = '' } = autoscaler.spec.scaleTargetRef
    const group = apiVersion.includes('/') ? (apiVersion.split('/')[0] ?? '') : ''
    try {
      const { resources } = await discoverResources(this.#parts.client)
      const resource = resources.find((one) => one.kind === kind && one.group === group) as Resource | undefined
      if (!resource) throw new Error(`no matches for kind ${JSON.stringify(kind)} in group ${JSON.stringify(group)}`)
      const api = this.#parts.client.of(resource, autoscaler.metadata.namespace)
      const scale = await api.getSub<Scale>(name, 'scale')
      checkSelector(scale)
      return { scale, resource }
    } catch (error) {
      const message = messageOf(error)
      this.#warn(autoscaler, 'FailedGetScale', message)
      const text = `the HPA controller was unable to get the target's current scale: ${message}`
      const condition = { type: 'AbleToScale', status: 'False', reason: 'FailedGetScale', message: text }
      await this.#write(autoscaler, blocked({ autoscaler, nowMs }, condition))
      return undefined
    }
  }

  async #planByMetrics(input: PlanInput, key: string, scale: Scale): Promise<ScalePlan | undefined> {
    const { autoscaler, currentReplicas, nowMs } = input
    const { namespace } = splitKey(key)
    const selector = scale.status?.selector ?? ''
    const pods = await this.#podsOf(input, key, selector)
    if (!pods) return undefined
    const { tolerance, cpuInitializationMs, initialReadinessDelayMs } = this.#settings
    const { scaleUp, scaleDown } = autoscaler.spec.behavior ?? {}
    const target = {
      ...{ namespace, selector, pods, replicas: currentReplicas },
      statusReplicas: scale.status?.replicas ?? 0,
      timing: { nowMs, cpuInitializationMs, initialReadinessDelayMs },
      tolerances: {
        scaleUp: scaleUp?.tolerance === undefined ? tolerance : numberOf(scaleUp.tolerance),
        scaleDown: scaleDown?.tolerance === undefined ? tolerance : numberOf(scaleDown.tolerance),
      },
    }
    const { metrics = [] } = autoscaler.spec
    return planByMetrics(input, await Promise.all(metrics.map((spec) => this.#propose(autoscaler, spec, target))))
  }

  async #propose(autoscaler: HorizontalPodAutoscaler, spec: MetricSpec, target: Target): Promise<MetricOutcome> {
    const { meters, clock } = this.#parts
    const seconds = stopwatch(clock)
    const outcome = await proposalOf(spec, target, this.#readings)
    const failed = 'reason' in outcome
    const error = !failed ? 'none' : outcome.reason === 'InvalidMetricSourceType' ? 'spec' : 'internal'
    const labels = [failed ? 'none' : actionOf(outcome.replicas, autoscaler), error, spec.type]
    meters?.count(`${prefix}_metric_computation_total`, labels)
    meters?.observe(`${prefix}_metric_computation_duration_seconds`, labels, seconds())
    return outcome
  }

  /** Undefined when the selector is no use, which has been said then. */
  async #podsOf(input: PlanInput, key: string, selector: string): Promise<readonly Pod[] | undefined> {
    if (selector === '') {
      return this.#refuse(
        input,
        { reason: 'SelectorRequired', event: 'selector is required' },
        {
          reason: 'InvalidSelector',
          message: "the HPA target's scale is missing a selector",
        },
      )
    }
    const requirements = parseLabelSelector(selector)
    this.#selectors.set(key, selector)
    const { namespace } = splitKey(key)
    const pods = this.#pods.list(namespace).filter(({ metadata }) => matchesLabels(requirements, metadata.labels))
    const claimants = this.#claimants(namespace, pods)
    if (claimants.length < 2) return pods
    const message = `pods by selector ${selector} are controlled by multiple HPAs: [${claimants.join(' ')}]`
    return this.#refuse(
      input,
      { reason: 'AmbiguousSelector', event: message },
      { reason: 'AmbiguousSelector', message },
    )
  }

  #claimants(namespace: string, pods: readonly Pod[]): string[] {
    const found: string[] = []
    for (const [key, text] of this.#selectors) {
      if (splitKey(key).namespace !== namespace || !this.#autoscalers.get(key)) continue
      const requirements = parseLabelSelector(text)
      if (pods.some(({ metadata }) => matchesLabels(requirements, metadata.labels))) found.push(key)
    }
    return found.sort()
  }

  async #refuse(
    { autoscaler, currentReplicas, nowMs }: PlanInput,
    { reason, event }: { reason: string; event: string },
    condition: { reason: string; message: string },
  ): Promise<undefined> {
    this.#warn(autoscaler, reason, event)
    this.#warn(autoscaler, 'FailedComputeMetricsReplicas', event)
    const inactive = { type: 'ScalingActive', status: 'False', ...condition }
    await this.#write(autoscaler, blocked({ autoscaler, currentReplicas, nowMs }, inactive))
  }

  async #carryOut(key: string, input: PlanInput, plan: ScalePlan, { scale, resource }: Found): Promise<void> {
    const { autoscaler, currentReplicas, nowMs } = input
    for (const { reason, message } of plan.warnings) this.#warn(autoscaler, reason, message)
    let { history } = plan
    if (plan.rescale) {
      const { replicas, reason } = plan.rescale
      try {
        await this.#rescale(autoscaler, { scale, resource }, replicas)
      } catch (error) {
        const message = messageOf(error)
        this.#warn(autoscaler, 'FailedRescale', `New size: ${replicas}; reason: ${reason}; error: ${message}`)
        await this.#write(autoscaler, failedRescale(input, plan, message))
        return
      }
      this.#tell(autoscaler, 'Normal', 'SuccessfulRescale', `New size: ${replicas}; reason: ${reason}`)
      const { behavior } = autoscaler.spec
      if (behavior)
        history = withScaleEvent(completed(behavior), history, { from: currentReplicas, to: replicas, nowMs })
    }
    this.#histories.set(key, history)
    await this.#write(autoscaler, plan.status)
  }

  /** The target's own controller writes to it all the time: what lost that race is tried on what is there now. */
  async #rescale(
    { metadata: { namespace }, spec: { scaleTargetRef } }: HorizontalPodAutoscaler,
    { scale, resource }: Found,
    replicas: number,
  ): Promise<void> {
    const api = this.#parts.client.of(resource, namespace)
    for (let [current, attempt] = [scale, 1]; ; attempt++) {
      try {
        const spec = { ...current.spec, replicas }
        await api.updateSub<Scale>(scaleTargetRef.name, 'scale', { ...current, spec })
        return
      } catch (error) {
        if (!(error instanceof ApiError && error.reason === 'Conflict') || attempt === rescalesMax) throw error
        current = await api.getSub<Scale>(scaleTargetRef.name, 'scale')
      }
    }
  }

  async #write(autoscaler: HorizontalPodAutoscaler, status: HorizontalPodAutoscalerStatus): Promise<void> {
    if (sameStatus(status, autoscaler.status)) return
    const api = this.#parts.client.of(autoscalingV2.horizontalPodAutoscalers, autoscaler.metadata.namespace)
    try {
      await ifThere(api.updateStatus({ ...autoscaler, status }))
    } catch (error) {
      this.#warn(autoscaler, 'FailedUpdateStatus', messageOf(error))
      throw error
    }
  }

  #warn(autoscaler: HorizontalPodAutoscaler, reason: string, message: string): void {
    this.#tell(autoscaler, 'Warning', reason, message)
  }

  #tell(object: HorizontalPodAutoscaler, type: 'Normal' | 'Warning', reason: string, message: string): void {
    this.#events.event({ resource: autoscalingV2.horizontalPodAutoscalers, object }, type, reason, message)
  }
}

/** A quantity, which the server writes its own way: `0.2` comes as `200m`. */
function numberOf(quantity: string): number {
  return Number(parseQuantity(quantity).nanos) / 1e9
}

/** Custom resources may say anything. Throws in the words of Kubernetes' scale client. */
function checkSelector({ status }: Scale): void {
  const { selector = '' } = status ?? {}
  try {
    parseLabelSelector(selector)
  } catch (error) {
    const opening = 'received an object from a /scale endpoint which was not convertible to autoscaling Scale'
    const about = `couldn't parse the selector string ${JSON.stringify(selector)}`
    throw new Error(`${opening}: failed to parse target selector: ${about}: ${messageOf(error)}`)
  }
}
