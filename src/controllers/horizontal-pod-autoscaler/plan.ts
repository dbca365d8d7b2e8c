/**
 * What to do about an autoscaler: pure, from what its metrics ask for. Conditions and events in upstream's words.
 * https://kubernetes.io/docs/concepts/workloads/autoscaling/horizontal-pod-autoscale/
 */
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerCondition,
  HorizontalPodAutoscalerStatus,
  MetricStatus,
} from '../../api/types/autoscaling/v2.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { type Behavior, type History, normalized, normalizedBy, type Verdict } from './behavior.ts'
import type { MetricOutcome } from './proposals.ts'

export interface ScalePlan {
  status: HorizontalPodAutoscalerStatus
  /** Set when the target's size has to change. */
  rescale?: { replicas: number; reason: string }
  history: History
  /** Warnings, in order. */
  warnings: { reason: string; message: string }[]
}

export interface PlanInput {
  autoscaler: HorizontalPodAutoscaler
  currentReplicas: number
  history: History
  nowMs: number
  downscaleStabilizationMs: number
  /** Whether targets may be scaled to nothing and back (gate HPAScaleToZero). */
  scaleToZero: boolean
}

/** Whether the size alone decides; otherwise metrics have to be read. */
export function planBySize(input: PlanInput): ScalePlan | undefined {
  const { autoscaler, currentReplicas, history } = input
  const { minReplicas = 1, maxReplicas } = autoscaler.spec
  const conditions = withCondition(autoscaler.status?.conditions, ableToGet, input.nowMs)
  const plan = (replicas: number, reason: string): ScalePlan => ({
    ...rescaled(input, { conditions, metrics: undefined, replicas }),
    rescale: { replicas, reason },
    history,
    warnings: [],
  })
  if (currentReplicas === 0) {
    if (comesFromZero(input)) return undefined
    const disabled = {
      type: 'ScalingActive',
      status: 'False',
      reason: 'ScalingDisabled',
      message: 'scaling is disabled since the replica count of the target is zero',
    }
    const status = statusOf(input, {
      conditions: withCondition(known(input, conditions), disabled, input.nowMs),
      desired: 0,
    })
    return { status, history, warnings: [] }
  }
  if (currentReplicas > maxReplicas) return plan(maxReplicas, 'Current number of replicas above Spec.MaxReplicas')
  if (currentReplicas < minReplicas) return plan(minReplicas, 'Current number of replicas below Spec.MinReplicas')
  return undefined
}

export function planByMetrics(input: PlanInput, outcomes: readonly MetricOutcome[]): ScalePlan {
  const { currentReplicas, nowMs } = input
  const conditions = withCondition(input.autoscaler.status?.conditions, ableToGet, nowMs)
  const metrics: MetricStatus[] = outcomes.map((outcome) => ('status' in outcome ? outcome.status : { type: '' }))
  const failed = outcomes.filter((outcome) => 'error' in outcome)
  const warnings = failed.map(({ reason, event }) => ({ reason, message: event }))
  let [asked, name] = [0, '']
  for (const outcome of outcomes) {
    if ('replicas' in outcome && (asked === 0 || outcome.replicas > asked))
      [asked, name] = [outcome.replicas, outcome.name]
  }
  const [first] = failed
  if (first && (failed.length >= outcomes.length || asked < currentReplicas)) {
    const total = `invalid metrics (${failed.length} invalid out of ${outcomes.length}), first error is: ${first.error}`
    const message = `the HPA was unable to compute the replica count: ${first.event}`
    const inactive = { type: 'ScalingActive', status: 'False', reason: first.reason, message }
    const desired = input.autoscaler.status?.desiredReplicas ?? 0
    return {
      status: statusOf(input, { conditions: withCondition(conditions, inactive, nowMs), metrics, desired }),
      history: input.history,
      warnings: [...warnings, { reason: 'FailedComputeMetricsReplicas', message: total }],
    }
  }
  const message = `the HPA was able to successfully calculate a replica count from ${name}`
  const active = withCondition(
    conditions,
    { type: 'ScalingActive', status: 'True', reason: 'ValidMetricFound', message },
    nowMs,
  )
  return { ...planProposal(input, { asked, name, conditions: active, metrics }), warnings }
}

interface Proposed {
  asked: number
  name: string
  conditions: HorizontalPodAutoscalerCondition[]
  metrics: MetricStatus[]
}

function planProposal(
  input: PlanInput,
  { asked, name, conditions: before, metrics }: Proposed,
): Omit<ScalePlan, 'warnings'> {
  const { currentReplicas, nowMs } = input
  const { able, limited, replicas: allowed, recommendations } = verdictOn(input, asked)
  const replicas = Math.max(allowed, fewestFromZero(input))
  let conditions = withCondition(before, { type: 'AbleToScale', status: 'True', ...able }, nowMs)
  conditions = withCondition(conditions, { type: 'ScalingLimited', ...limited }, nowMs)
  const history = { ...input.history, recommendations }
  if (replicas === currentReplicas) {
    return { status: statusOf(input, { conditions, metrics, desired: replicas }), history }
  }
  const reason =
    asked > currentReplicas
      ? `${name} above target`
      : asked < currentReplicas
        ? 'All metrics below target'
        : replicas > allowed
          ? 'Current number of replicas below Spec.MinReplicas'
          : ''
  return { ...rescaled(input, { conditions, metrics, replicas }), rescale: { replicas, reason }, history }
}

function verdictOn(
  { autoscaler, currentReplicas, history, nowMs, downscaleStabilizationMs }: PlanInput,
  desired: number,
): Verdict {
  const { minReplicas = 1, maxReplicas, behavior } = autoscaler.spec
  const wish = {
    current: currentReplicas,
    desired,
    min: minReplicas,
    max: maxReplicas,
    nowMs,
    downscaleStabilizationMs,
  }
  const known =
    history.recommendations.length === 0 ? [{ replicas: currentReplicas, atMs: nowMs }] : history.recommendations
  const remembered = { ...history, recommendations: known }
  return behavior ? normalizedBy(completed(behavior), wish, remembered) : normalized(wish, remembered)
}

/** Both directions are there after defaulting. */
export function completed({
  scaleUp = {},
  scaleDown = {},
}: NonNullable<HorizontalPodAutoscaler['spec']['behavior']>): Behavior {
  return { scaleUp, scaleDown }
}

/** The status where the target's new size was refused. */
export function failedRescale(input: PlanInput, plan: ScalePlan, message: string): HorizontalPodAutoscalerStatus {
  const condition = {
    type: 'AbleToScale',
    status: 'False',
    reason: 'FailedUpdateScale',
    message: `the HPA controller was unable to update the target scale: ${message}`,
  }
  const { status } = input.autoscaler
  const tried = plan.status.conditions?.filter(({ type }) => type !== scaledToZero)
  const before = status?.conditions?.filter(({ type }) => type === scaledToZero) ?? []
  const conditions = withCondition([...(tried ?? []), ...before], condition, input.nowMs)
  const desired = status?.desiredReplicas ?? 0
  return statusOf(input, { conditions, metrics: status?.currentMetrics, desired })
}

/** The status where something stands in the way of looking at metrics at all. Where the size is known, no metrics are. */
export function blocked(
  { autoscaler, currentReplicas, nowMs }: Pick<PlanInput, 'autoscaler' | 'nowMs'> & { currentReplicas?: number },
  condition: HorizontalPodAutoscalerCondition,
  first: HorizontalPodAutoscalerCondition = ableToGet,
): HorizontalPodAutoscalerStatus {
  const before =
    condition.type === first.type
      ? autoscaler.status?.conditions
      : withCondition(autoscaler.status?.conditions, first, nowMs)
  const conditions = withCondition(before, condition, nowMs)
  const status = { desiredReplicas: 0, currentReplicas: 0, ...autoscaler.status, conditions }
  if (currentReplicas === undefined) return status
  const { currentMetrics: _, ...rest } = status
  return { ...rest, currentReplicas }
}

const ableToGet: HorizontalPodAutoscalerCondition = {
  type: 'AbleToScale',
  status: 'True',
  reason: 'SucceededGetScale',
  message: "the HPA controller was able to get the target's current scale",
}

interface StatusParts {
  conditions: HorizontalPodAutoscalerCondition[]
  metrics?: MetricStatus[] | undefined
  desired: number
}

function statusOf(
  { autoscaler, currentReplicas }: PlanInput,
  { conditions, metrics, desired }: StatusParts,
): HorizontalPodAutoscalerStatus {
  const { lastScaleTime } = autoscaler.status ?? {}
  return {
    ...(lastScaleTime === undefined ? {} : { lastScaleTime }),
    currentReplicas,
    desiredReplicas: desired,
    ...(metrics === undefined ? {} : { currentMetrics: metrics }),
    conditions,
  }
}

function rescaled(
  input: PlanInput,
  {
    conditions,
    metrics,
    replicas,
  }: { conditions: HorizontalPodAutoscalerCondition[]; metrics: MetricStatus[] | undefined; replicas: number },
): { status: HorizontalPodAutoscalerStatus } {
  const able = {
    type: 'AbleToScale',
    status: 'True',
    reason: 'SucceededRescale',
    message: `the HPA controller was able to update the target scale to ${replicas}`,
  }
  const status = statusOf(input, {
    conditions: rescaledFromOrToZero(input, withCondition(conditions, able, input.nowMs), replicas),
    metrics,
    desired: replicas,
  })
  return { status: { ...status, lastScaleTime: rfc3339(input.nowMs) } }
}

const scaledToZero = 'ScaledToZero'

/** Without the gate nobody says who scaled to nothing. */
function known(
  { scaleToZero }: PlanInput,
  conditions: readonly HorizontalPodAutoscalerCondition[],
): readonly HorizontalPodAutoscalerCondition[] {
  return scaleToZero ? conditions : conditions.filter(({ type }) => type !== scaledToZero)
}

/** Metrics that go on while no pod runs. */
function hasOutsideMetrics({ spec }: HorizontalPodAutoscaler): boolean {
  return spec.metrics?.some(({ type }) => type === 'Object' || type === 'External') ?? false
}

function wasScaledToZero({ autoscaler, scaleToZero }: PlanInput): boolean {
  return scaleToZero && autoscaler.status?.conditions?.find(({ type }) => type === scaledToZero)?.status === 'True'
}

/** What somebody else scaled to nothing stays there. */
function comesFromZero(input: PlanInput): boolean {
  const { minReplicas = 1 } = input.autoscaler.spec
  return wasScaledToZero(input) && (minReplicas !== 0 || hasOutsideMetrics(input.autoscaler))
}

/** Of a target at nothing whose bound was raised since. */
function fewestFromZero(input: PlanInput): number {
  const { minReplicas = 1 } = input.autoscaler.spec
  return input.currentReplicas === 0 && wasScaledToZero(input) ? minReplicas : 0
}

function rescaledFromOrToZero(
  input: PlanInput,
  conditions: readonly HorizontalPodAutoscalerCondition[],
  replicas: number,
): HorizontalPodAutoscalerCondition[] {
  const { autoscaler, currentReplicas, scaleToZero, nowMs } = input
  if (!scaleToZero) return [...known(input, conditions)]
  const isDone =
    currentReplicas > 0 && replicas === 0 && autoscaler.spec.minReplicas === 0 && hasOutsideMetrics(autoscaler)
  const condition = isDone
    ? { status: 'True', reason: 'ScaledToZero', message: 'the HPA controller scaled the workload to zero' }
    : { status: 'False', reason: 'NotScaledToZero', message: 'the HPA controller did not scale the workload to zero' }
  return withCondition(conditions, { type: scaledToZero, ...condition }, nowMs)
}

/** In place, or added; the transition time stays while the status does. */
function withCondition(
  present: readonly HorizontalPodAutoscalerCondition[] = [],
  wanted: HorizontalPodAutoscalerCondition,
  nowMs: number,
): HorizontalPodAutoscalerCondition[] {
  const known = present.find(({ type }) => type === wanted.type)
  const lastTransitionTime = (known?.status === wanted.status && known.lastTransitionTime) || rfc3339(nowMs)
  const condition = { ...wanted, lastTransitionTime }
  return known ? present.map((one) => (one === known ? condition : one)) : [...present, condition]
}
