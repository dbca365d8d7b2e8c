/** Evicts pods from tainted devices, and tells DeviceTaintRules (behind their feature gate) how far that has come. */
import { findDevice, poolKey, poolOf, selects } from '../../api/devices.ts'
import { disruptionPatch } from '../../api/disruption-target.ts'
import { keyOf } from '../../api/meta.ts'
import { claimKeysOf, isPodDone, isReservedFor, notOwnedReason, owningPod } from '../../api/pod-claims.ts'
import { coreV1, resourceV1, resourceV1beta2 } from '../../api/resources.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { DeviceRequestAllocationResult, ResourceClaim } from '../../api/types/resource/v1.ts'
import type { DeviceTaintRule } from '../../api/types/resource/v1beta2.ts'
import { type Controller, type ControllerParts, done, type Outcome, source } from '../../client/controller.ts'
import type { Change, Informer } from '../../client/informer.ts'
import { ifThere, unlessGone } from '../../client/writes.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { type Eviction, evictionOf, type RuleCounts, ruleCondition } from './plan.ts'

const name = 'device-taint-eviction-controller'
const byPool = 'device-pool'
const byClaim = 'resource-claim'
/** A rule's condition is written no more often. */
const ruleStatusPeriodMs = 10_000

export interface DeviceTaintOptions {
  /** Whether DeviceTaintRules count. Default false, as their feature gate. */
  deviceTaintRules?: boolean
}

export function deviceTaintEvictionController(
  parts: ControllerParts,
  { deviceTaintRules = false }: DeviceTaintOptions = {},
): Controller {
  const { informers } = parts
  const pods = informers.of(coreV1.pods)
  const claims = informers.of(resourceV1.resourceClaims)
  const slices = informers.of(resourceV1.resourceSlices)
  const rules = deviceTaintRules ? informers.of(resourceV1beta2.deviceTaintRules) : undefined
  pods.addIndex(byClaim, claimKeysOf)
  claims.addIndex(byPool, (claim) => [...new Set(resultsOf(claim).map(({ driver, pool }) => poolKey(driver, pool)))])
  slices.addIndex(byPool, (slice) => [poolOf(slice)])
  const reconciler = new DeviceTaintReconciler(parts, rules)
  const podsOf = (claim: ResourceClaim) => pods.byIndex(byClaim, keyOf(claim)).map((pod) => `pod:${keyOf(pod)}`)
  const ruleKeys = ({ type, object }: Change<DeviceTaintRule>): string[] => {
    const used = claims
      .list()
      .filter((claim) => resultsOf(claim).some((one) => selects(object.spec.deviceSelector, one)))
    return [...(type === 'deleted' ? [] : [`rule:${object.metadata.name}`]), ...used.flatMap(podsOf)]
  }
  return {
    name,
    workers: 10,
    sources: [
      source(pods, ({ object }) => ((object.spec?.resourceClaims ?? []).length > 0 ? [`pod:${keyOf(object)}`] : [])),
      source(claims, ({ object }) => podsOf(object)),
      source(slices, ({ object }) => claims.byIndex(byPool, poolOf(object)).flatMap(podsOf)),
      ...(rules ? [source(rules, ruleKeys)] : []),
    ],
    async reconcile(key): Promise<Outcome> {
      const object = key.slice(key.indexOf(':') + 1)
      return key.startsWith('pod:') ? reconciler.reconcilePod(object) : reconciler.reconcileRule(object)
    },
    start: (queue) => {
      reconciler.lookAtRule = (rule) => queue.addAfter(`rule:${rule}`, ruleStatusPeriodMs)
    },
  }
}

function resultsOf({ status }: ResourceClaim): readonly DeviceRequestAllocationResult[] {
  return status?.allocation?.devices?.results ?? []
}

class DeviceTaintReconciler {
  readonly #parts: ControllerParts
  readonly #pods
  readonly #claims
  readonly #slices
  readonly #rules: Informer<DeviceTaintRule> | undefined
  /** Pods that are to go later, so that whoever hears of it also hears when it is called off. */
  readonly #waiting = new Set<string>()
  /** Evicted pods by the rule's uid, since this controller started. */
  readonly #evicted = new Map<string, number>()
  lookAtRule: (name: string) => void = () => {}

  constructor(parts: ControllerParts, rules: Informer<DeviceTaintRule> | undefined) {
    this.#parts = parts
    this.#pods = parts.informers.of(coreV1.pods)
    this.#claims = parts.informers.of(resourceV1.resourceClaims)
    this.#slices = parts.informers.of(resourceV1.resourceSlices)
    this.#rules = rules
  }

  async reconcilePod(key: string): Promise<Outcome> {
    const pod = this.#pods.get(key)
    const eviction = pod && this.#evictionOf(pod, this.#rules?.list() ?? [])
    if (!pod || !eviction) {
      if (this.#waiting.delete(key) && pod && !pod.metadata.deletionTimestamp) this.#tell(pod, 'Cancelling deletion')
      return done
    }
    for (const rule of eviction.rules) this.lookAtRule(rule)
    const delayMs = eviction.atMs - this.#parts.clock.nowMs()
    if (delayMs > 0) {
      this.#waiting.add(key)
      return { kind: 'requeueAfter', delayMs }
    }
    this.#waiting.delete(key)
    if (await this.#evict(pod)) {
      this.#count(eviction)
      this.#parts.meters?.count('device_taint_eviction_controller_pod_deletions_total')
    }
    return done
  }

  #evictionOf(pod: Pod, rules: readonly DeviceTaintRule[]): Eviction | undefined {
    if (!pod.spec?.nodeName || pod.metadata.deletionTimestamp || isPodDone(pod)) return undefined
    const claims = claimKeysOf(pod).flatMap((key) => {
      const claim = this.#claims.get(key)
      const mine = claim && isReservedFor(claim, pod) && !(owningPod(claim) && notOwnedReason(pod, claim))
      return mine ? [claim] : []
    })
    const find = (result: DeviceRequestAllocationResult) => {
      const pool = this.#slices.byIndex(byPool, poolKey(result.driver, result.pool))
      return pool.length === 0 ? undefined : findDevice(pool, result.device)
    }
    return evictionOf(claims, find, rules, this.#parts.clock.nowMs())
  }

  /** Whether it was there to be evicted. */
  async #evict(pod: Pod): Promise<boolean> {
    const { name: podName = '', namespace, uid } = pod.metadata
    const api = this.#parts.client.of(coreV1.pods, namespace)
    this.#tell(pod, 'Marking for deletion')
    const message = 'Device Taint manager: deleting due to NoExecute taint'
    const cause = { reason: 'DeletionByDeviceTaintManager', message }
    const patch = disruptionPatch(pod, cause, rfc3339(this.#parts.clock.nowMs()))
    if (!(await unlessGone(api.patchStatus(podName, { type: 'strategic', patch })))) return false
    return (await unlessGone(api.delete(podName, uid ? { preconditions: { uid } } : {}))) !== undefined
  }

  #tell(pod: Pod, message: string): void {
    const about = { resource: coreV1.pods, object: pod }
    this.#parts.events.as(name).event(about, 'Normal', 'DeviceTaintManagerEviction', message)
  }

  #count({ rules }: Eviction): void {
    for (const rule of rules) {
      const uid = this.#rules?.get(rule)?.metadata.uid ?? ''
      this.#evicted.set(uid, (this.#evicted.get(uid) ?? 0) + 1)
    }
  }

  async reconcileRule(ruleName: string): Promise<Outcome> {
    const rule = this.#rules?.get(ruleName)
    if (!rule) return done
    const nowMs = this.#parts.clock.nowMs()
    const known = rule.status?.conditions?.find(({ type }) => type === 'EvictionInProgress')
    const sinceMs = known ? nowMs - Date.parse(known.lastTransitionTime ?? '') : ruleStatusPeriodMs
    if (known?.observedGeneration === rule.metadata.generation && sinceMs < ruleStatusPeriodMs) {
      return { kind: 'requeueAfter', delayMs: ruleStatusPeriodMs - sinceMs }
    }
    // What a rule without effect would do is told once, and not followed.
    if (known?.reason === 'NoEffect' && known.observedGeneration === rule.metadata.generation) return done
    const condition = ruleCondition(rule, this.#countsOf(rule))
    const same = known && known.reason === condition.reason && known.message === condition.message
    if (same && known.observedGeneration === condition.observedGeneration) return done
    const patch = {
      apiVersion: 'resource.k8s.io/v1beta2',
      kind: 'DeviceTaintRule',
      metadata: { name: ruleName, uid: rule.metadata.uid },
      status: { conditions: [{ ...condition, lastTransitionTime: rfc3339(nowMs) }] },
    }
    const api = this.#parts.client.of(resourceV1beta2.deviceTaintRules)
    await ifThere(api.patchStatus(ruleName, { type: 'apply', patch, force: true }, { fieldManager: name }))
    return done
  }

  #countsOf(rule: DeviceTaintRule): RuleCounts {
    // As if it took effect: that is what a rule without effect is asked about.
    const acting = { ...rule, spec: { ...rule.spec, taint: { ...rule.spec.taint, effect: 'NoExecute' } } }
    const rules = [acting, ...(this.#rules?.list() ?? []).filter(({ metadata }) => metadata.uid !== rule.metadata.uid)]
    const pending = this.#pods.list().filter((pod) => {
      return this.#evictionOf(pod, rules)?.rules.has(rule.metadata.name ?? '')
    })
    const { deviceSelector } = rule.spec
    const published = this.#slices
      .list()
      .flatMap(({ spec }) =>
        (spec.devices ?? []).map(({ name: device }) => ({ driver: spec.driver, pool: spec.pool.name, device })),
      )
    return {
      pendingPods: pending.length,
      pendingNamespaces: new Set(pending.map(({ metadata }) => metadata.namespace)).size,
      evictedPods: this.#evicted.get(rule.metadata.uid ?? '') ?? 0,
      publishedDevices: published.filter((device) => selects(deviceSelector, device)).length,
      allocatedDevices: this.#claims
        .list()
        .flatMap(resultsOf)
        .filter((device) => selects(deviceSelector, device)).length,
    }
  }
}
