/**
 * The scheduler's part in claims: it promises devices while a pod is on its way, writes them and their user to the
 * claims before the pod is bound, and takes them back when that fails.
 */
import { poolKey, selects } from '../../api/devices.ts'
import { keyOf } from '../../api/meta.ts'
import { claimFinalizer, claimKeysOf, extendedClaimAnnotation, isReservedFor, owningPod } from '../../api/pod-claims.ts'
import { coreV1, resourceV1, resourceV1beta2 } from '../../api/resources.ts'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import type { AllocationResult, DeviceClass, ResourceClaim, ResourceSlice } from '../../api/types/resource/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Informers } from '../../client/informer.ts'
import { ifThere, unless } from '../../client/writes.ts'
import { limits } from '../../limits.ts'
import { type Clock, rfc3339 } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { NodeInfo } from '../node-info.ts'
import {
  chooseDevices,
  claimsOf,
  type DeviceView,
  elsewhere,
  isUsableOn,
  wantsDevices,
} from '../plugins/dynamic-resources.ts'
import { Waiting } from '../waiting.ts'
import type { DeviceMatcher, DevicesInUse } from './allocate.ts'
import type { Amounts } from './capacity.ts'
import { type ClassForResource, classesByResource, type ExtendedClaim } from './extended.ts'
import { deviceKey, slicesByPool } from './pools.ts'

export interface DeviceBinderParts {
  client: Client
  informers: Informers
  clock: Clock
  random: Random
  matches: DeviceMatcher
  /** Whether DeviceTaintRules count. Default false, as their feature gate. */
  deviceTaintRules?: boolean
}

/** What has to be written for a pod before it can be bound to its node. */
export interface DeviceChoice {
  pod: Pod
  claims: readonly { claim: ResourceClaim; allocation: AllocationResult | undefined }[]
  /** A claim that is yet to be made. */
  extended: { claim: ExtendedClaim; allocation: AllocationResult } | undefined
}

const conflictTriesMax = 5
const byOwner = 'claim-owner'

export class DeviceBinder implements DeviceView {
  readonly matches: DeviceMatcher
  readonly #parts: DeviceBinderParts
  readonly #claims
  readonly #slices
  readonly #classes
  readonly #rules
  readonly #random: Random
  /** Devices that are being written to a claim, by its uid. */
  readonly #promised = new Map<string, AllocationResult>()
  readonly #waiting: Waiting
  readonly #unsubscribe: (() => void)[] = []
  #inUse: DevicesInUse | undefined
  #byPool: ReadonlyMap<string, ResourceSlice[]> | undefined
  #byResource: ReturnType<typeof classesByResource> | undefined

  constructor(parts: DeviceBinderParts) {
    const { informers, matches, deviceTaintRules = false } = parts
    this.#parts = parts
    this.#waiting = new Waiting(parts.clock)
    this.matches = matches
    this.#claims = informers.of(resourceV1.resourceClaims)
    this.#slices = informers.of(resourceV1.resourceSlices)
    this.#classes = informers.of(resourceV1.deviceClasses)
    this.#rules = deviceTaintRules ? informers.of(resourceV1beta2.deviceTaintRules) : undefined
    this.#random = parts.random.stream('devices')
    this.#claims.addIndex(byOwner, (claim) => [owningPod(claim)?.uid ?? ''])
  }

  /** Calls back when pods that waited for devices may be placed. Resolves once everything is known. */
  async start(onChange: () => void): Promise<void> {
    const slicesChanged = () => {
      this.#byPool = undefined
      onChange()
    }
    this.#unsubscribe.push(
      this.#claims.onChange(({ type, object }) => {
        if (type === 'deleted' || object.status?.allocation) this.#promised.delete(object.metadata.uid ?? '')
        this.#inUse = undefined
        this.#waiting.look()
        onChange()
      }),
      this.#slices.onChange(slicesChanged),
      this.#classes.onChange(() => {
        this.#byResource = undefined
        onChange()
      }),
    )
    if (this.#rules) this.#unsubscribe.push(this.#rules.onChange(slicesChanged))
    const known = [this.#claims.synced(), this.#slices.synced(), this.#classes.synced()]
    await Promise.all(this.#rules ? [...known, this.#rules.synced()] : known)
  }

  /** Who waits for devices is told that it was in vain. */
  stop(): void {
    for (const end of this.#unsubscribe) end()
    this.#waiting.stop()
  }

  claim(key: string): ResourceClaim | undefined {
    return this.#claims.get(key)
  }

  deviceClass(name: string): DeviceClass | undefined {
    return this.#classes.get(name)
  }

  readonly classForResource: ClassForResource = (resource) => {
    this.#byResource ??= classesByResource(this.#classes.list())
    return this.#byResource.get(resource)
  }

  isPromised({ metadata }: ResourceClaim): boolean {
    return this.#promised.has(metadata.uid ?? '')
  }

  newShareId(): string {
    return this.#random.uuid()
  }

  slices(): ReadonlyMap<string, readonly ResourceSlice[]> {
    const rules = this.#rules?.list() ?? []
    this.#byPool ??= slicesByPool(
      rules.length === 0 ? this.#slices.list() : this.#slices.list().map((slice) => this.#tainted(slice)),
    )
    return this.#byPool
  }

  /** With the taints of rules, as if the driver had published them. */
  #tainted(slice: ResourceSlice): ResourceSlice {
    const { driver, pool, devices = [] } = slice.spec
    const withRules = devices.map((device) => {
      const matching = (this.#rules?.list() ?? []).filter(({ spec }) =>
        selects(spec.deviceSelector, { driver, pool: pool.name, device: device.name }),
      )
      if (matching.length === 0) return device
      return { ...device, taints: [...(device.taints ?? []), ...matching.map(({ spec }) => spec.taint)] }
    })
    return { ...slice, spec: { ...slice.spec, devices: withRules } }
  }

  inUse(): DevicesInUse {
    this.#inUse ??= inUseOf([
      ...this.#claims.list().flatMap(({ status }) => status?.allocation ?? []),
      ...this.#promised.values(),
    ])
    return this.#inUse
  }

  /** Whether the pod's claims are all there to be served; until then it is not tried. */
  isReady(pod: Pod): boolean {
    return (pod.spec?.resourceClaims ?? []).length === 0 || !('refusal' in claimsOf(pod, this))
  }

  /** What has to be written before the pod can go to the node; undefined when nothing has. Promises the devices in it. */
  promise(pod: Pod, node: NodeInfo): DeviceChoice | undefined {
    if (!wantsDevices(pod, this)) return undefined
    const claims = claimsOf(pod, this)
    if ('refusal' in claims) throw new Error(claims.refusal)
    const found = chooseDevices(pod, claims, node, this)
    if ('reason' in found) throw new Error(found.reason)
    const { allocations, extended } = found
    const last = allocations[claims.open.length]
    for (const [index, { metadata }] of claims.open.entries())
      this.#promised.set(metadata.uid ?? '', allocations[index] ?? {})
    if (last) this.#promised.set(extendedKey(pod), last)
    this.#inUse = undefined
    return {
      pod,
      claims: [
        ...claims.allocated.map((claim) => ({ claim, allocation: undefined })),
        ...claims.open.map((claim, index) => ({ claim, allocation: allocations[index] })),
      ],
      extended: extended && last ? { claim: extended, allocation: last } : undefined,
    }
  }

  /** Rejects when a claim was changed under the pod, or cannot be written. */
  async write({ pod, claims, extended }: DeviceChoice): Promise<void> {
    for (const { claim, allocation } of claims) {
      if (!isReservedFor(claim, pod)) await this.#bindClaim(claim, allocation, pod)
    }
    if (extended) await this.#writeExtended(pod, extended)
  }

  /** Makes the claim of the pod's extended resources, and tells the pod's node which request is for which container. */
  async #writeExtended(pod: Pod, { claim, allocation }: NonNullable<DeviceChoice['extended']>): Promise<void> {
    const { name = '', namespace, uid } = pod.metadata
    const made = await this.#parts.client.of(resourceV1.resourceClaims, namespace).create(claim.claim)
    this.#promised.set(made.metadata.uid ?? '', allocation)
    this.#promised.delete(extendedKey(pod))
    await this.#bindClaim(made, allocation, pod)
    if (this.#claims.get(keyOf(made))?.status?.allocation) this.#promised.delete(made.metadata.uid ?? '')
    const resourceClaimName = made.metadata.name ?? ''
    const extendedResourceClaimStatus = { resourceClaimName, requestMappings: claim.mappings }
    const patch = { metadata: { uid }, status: { extendedResourceClaimStatus } }
    await this.#parts.client.of(coreV1.pods, namespace).patchStatus(name, { type: 'merge', patch })
  }

  async #bindClaim(known: ResourceClaim, allocation: AllocationResult | undefined, pod: Pod): Promise<void> {
    const { name = '', namespace } = known.metadata
    const api = this.#parts.client.of(resourceV1.resourceClaims, namespace)
    const where = `${namespace}/${name}`
    for (let attempt = 1; ; attempt++) {
      const claim = attempt === 1 ? known : await api.get(name)
      if (claim.metadata.deletionTimestamp) throw new Error(`claim ${where} got deleted in the meantime`)
      const present = claim.status?.allocation
      if (allocation && present) throw new Error(`claim ${where} got allocated elsewhere in the meantime`)
      if (!allocation && !present) throw new Error(`claim ${where} got deallocated elsewhere in the meantime`)
      if (await unless(['Conflict'], this.#writeClaim(claim, allocation, pod))) return
      if (attempt === conflictTriesMax) throw new Error(`claim ${where} keeps changing`)
    }
  }

  async #writeClaim(known: ResourceClaim, allocation: AllocationResult | undefined, pod: Pod): Promise<ResourceClaim> {
    const api = this.#parts.client.of(resourceV1.resourceClaims, known.metadata.namespace)
    const { finalizers = [] } = known.metadata
    const guard = allocation && !finalizers.includes(claimFinalizer)
    const metadata = { ...known.metadata, finalizers: [...finalizers, claimFinalizer] }
    const claim = guard ? await api.update({ ...known, metadata }) : known
    const given = allocation ?? claim.status?.allocation ?? {}
    const { name = '', uid = '' } = pod.metadata
    const allocationTimestamp = given.allocationTimestamp ?? rfc3339(this.#parts.clock.nowMs())
    return await api.updateStatus({
      ...claim,
      status: {
        ...claim.status,
        allocation: { ...given, allocationTimestamp },
        reservedFor: [...(claim.status?.reservedFor ?? []), { resource: 'pods', name, uid }],
      },
    })
  }

  /** The pod does not go there after all: it leaves the claims, and what it was promised is free again. */
  async release(pod: Pod): Promise<void> {
    this.#promised.delete(extendedKey(pod))
    this.#inUse = undefined
    const own = this.#claims.byIndex(byOwner, pod.metadata.uid ?? '').filter(isExtended)
    for (const key of new Set([...claimKeysOf(pod), ...own.map(keyOf)])) {
      const known = this.#claims.get(key)
      if (!known) continue
      this.#promised.delete(known.metadata.uid ?? '')
      const { name = '', namespace } = known.metadata
      const api = this.#parts.client.of(resourceV1.resourceClaims, namespace)
      const claim = await ifThere(api.get(name))
      if (claim && isReservedFor(claim, pod)) {
        const reservedFor = (claim.status?.reservedFor ?? []).filter(({ uid }) => uid !== pod.metadata.uid)
        await unless(['NotFound', 'Conflict'], api.updateStatus({ ...claim, status: { ...claim.status, reservedFor } }))
      }
      // The next try makes another.
      if (claim && isExtended(claim)) await ifThere(api.delete(name))
    }
  }

  /**
   * Frees a claim that holds devices where the pod cannot run, and that nobody else uses. Says what it did, in the words
   * of the FailedScheduling event.
   */
  async deallocate(pod: Pod, nodes: readonly Node[], reasons: readonly string[]): Promise<boolean> {
    const claims = claimsOf(pod, this)
    if ('refusal' in claims || !reasons.includes(elsewhere)) return false
    const idle = claims.allocated.find((claim) => {
      const others = (claim.status?.reservedFor ?? []).filter(({ uid }) => uid !== pod.metadata.uid)
      return others.length === 0 && nodes.some((node) => !isUsableOn(claim, node))
    })
    if (!idle) return false
    const { allocation: _, reservedFor: __, devices: ___, ...status } = idle.status ?? {}
    const api = this.#parts.client.of(resourceV1.resourceClaims, idle.metadata.namespace)
    return (await unless(['NotFound', 'Conflict'], api.updateStatus({ ...idle, status }))) !== undefined
  }

  /** Whether some device of the choice must be made ready by its driver first. */
  mustWait({ claims, extended }: DeviceChoice): boolean {
    const all = extended ? [...claims, { claim: extended.claim.claim, allocation: extended.allocation }] : claims
    return all.some(({ claim, allocation }) =>
      (allocation ?? claim.status?.allocation)?.devices?.results?.some(
        ({ bindingConditions = [] }) => bindingConditions.length > 0,
      ),
    )
  }

  /** Resolves when all devices are ready. Rejects when one says that it will not be, or in time. */
  ready({ pod, claims }: DeviceChoice): Promise<void> {
    const isReady = (): boolean => {
      const own = this.#claims.byIndex(byOwner, pod.metadata.uid ?? '').filter(isExtended)
      const current = [...claims.map(({ claim }) => this.#claims.get(keyOf(claim))), ...own]
      return current.every(isPrepared)
    }
    return this.#waiting.until(isReady, {
      timeoutMs: limits.schedulerDeviceBindMs,
      timeoutMessage: 'device binding timeout: context deadline exceeded',
    })
  }
}

/** Of what is promised to a pod before its claim is there. */
function extendedKey({ metadata }: Pod): string {
  return `extended ${metadata.uid}`
}

function isExtended({ metadata }: ResourceClaim): boolean {
  return metadata.annotations?.[extendedClaimAnnotation] === 'true'
}

/** Whether the drivers say that its devices are ready. Throws when one says that it failed. */
function isPrepared(claim: ResourceClaim | undefined): boolean {
  const { allocation, devices = [] } = claim?.status ?? {}
  if (!allocation)
    throw new Error(`claim ${claim?.metadata.namespace}/${claim?.metadata.name} got deallocated in the meantime`)
  return (allocation.devices?.results ?? []).every((result) => {
    const { driver, pool, device, bindingConditions = [], bindingFailureConditions = [] } = result
    const status = devices.find((one) => one.driver === driver && one.pool === pool && one.device === device)
    const holds = (wanted: string) =>
      status?.conditions?.some(({ type, status: value }) => type === wanted && value === 'True')
    const failed = bindingFailureConditions.find(holds)
    if (failed) throw new Error(`device binding failed: ${poolKey(driver, pool)} ${device}: ${failed}`)
    return bindingConditions.every(holds)
  })
}

function inUseOf(allocations: readonly AllocationResult[]): DevicesInUse {
  const dedicated = new Set<string>()
  const shared = new Map<string, Amounts[]>()
  for (const { driver, pool, device, shareID, consumedCapacity = {}, adminAccess } of allocations.flatMap(
    ({ devices }) => devices?.results ?? [],
  )) {
    const key = deviceKey(driver, pool, device)
    if (adminAccess) continue
    if (shareID === undefined) dedicated.add(key)
    else shared.set(key, [...(shared.get(key) ?? []), consumedCapacity])
  }
  return { dedicated, shared }
}
