/**
 * Which devices of a node a pod's claims get: the first that fit in the pools' order, taken back where what is left does
 * not do for the rest. Pure. Source: https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/
 */
import { toleratesDeviceTaint } from '../../api/devices.ts'
import { addQuantities, compareQuantities } from '../../api/quantity.ts'
import type { Node } from '../../api/types/core/v1.ts'
import type { AllocationResult, Device, DeviceSelector, ResourceClaim } from '../../api/types/resource/v1.ts'
import { limits } from '../../limits.ts'
import { type Amounts, isLeft, sharesOf } from './capacity.ts'
import type { Pool, PoolDevice } from './pools.ts'
import { AllocationError, type ClassOf, holdConstraints, type Option, optionsOf } from './requests.ts'
import { resultOf } from './result.ts'

/** Whether a CEL expression holds for a device. Throws with what is wrong with it. */
export type DeviceMatcher = (expression: string, driver: string, device: Device) => boolean

/** By `deviceKey`. */
export interface DevicesInUse {
  /** Given to one claim alone. */
  dedicated: ReadonlySet<string>
  /** What claims have of devices that can be shared. */
  shared: ReadonlyMap<string, readonly Amounts[]>
}

export interface AllocationParts {
  node: Node
  pools: readonly Pool[]
  inUse: DevicesInUse
  classOf: ClassOf
  matches: DeviceMatcher
  /** A name for the share of a device that several claims have. */
  newShareId(): string
}

/** A device for an option of a claim. */
export interface Grant {
  claim: number
  option: Option
  from: PoolDevice
  /** What it gets of a device that can be shared. */
  shares: Amounts | undefined
  /** Whether its counters count. */
  counted: boolean
}

/** Devices in a claim. Source: the API's limit of results. */
const resultsMax = 32

/** One result for each claim; undefined when they can't all be served on the node. Throws `AllocationError`. */
export function allocate(claims: readonly ResourceClaim[], parts: AllocationParts): AllocationResult[] | undefined {
  const search = new Search(claims, parts)
  if (!search.run()) {
    if (parts.pools.some(({ state }) => state === 'invalid'))
      throw new AllocationError('invalid resource pools were encountered')
    return undefined
  }
  return claims.map((claim, index) => {
    const grants = search.grants.filter((grant) => grant.claim === index)
    return resultOf(claim, { grants, chosen: search.chosen[index] ?? [], ...parts })
  })
}

class Search {
  /** Ways to serve each request that were settled on, by claim. */
  readonly chosen: Option[][]
  readonly grants: Grant[] = []
  readonly #parts: AllocationParts
  readonly #claims: readonly ResourceClaim[]
  readonly #options: Option[][][]
  readonly #candidates: readonly PoolDevice[]
  readonly #matching = new Map<Option, Map<PoolDevice, boolean>>()
  #steps = 0

  constructor(claims: readonly ResourceClaim[], parts: AllocationParts) {
    this.#claims = claims
    this.#parts = parts
    this.#options = claims.map((claim) => optionsOf(claim, parts.classOf))
    this.#candidates = parts.pools.flatMap(({ state, devices }) => (state === 'complete' ? devices : []))
    this.chosen = claims.map(() => [])
  }

  run(): boolean {
    return this.#serve(0, 0)
  }

  /** Everything from this request of this claim on. */
  #serve(claim: number, request: number): boolean {
    const requests = this.#options[claim]
    if (!requests) return true
    const options = requests[request]
    if (!options) return this.#serve(claim + 1, 0)
    return options.some((option) => {
      this.chosen[claim]![request] = option
      const candidates = option.count === undefined ? this.#allFor(option) : this.#candidates
      const wanted = option.count ?? candidates.length
      const had = this.grants.filter((grant) => grant.claim === claim).length
      if (wanted === 0 || had + wanted > resultsMax) return false
      return this.#take({ claim, request, option, candidates, wanted }, 0, 0)
    })
  }

  /** `count` devices of the request are there; the next is looked for from `start` on. */
  #take(ask: Ask, count: number, start: number): boolean {
    if (count === ask.wanted) return this.#serve(ask.claim, ask.request + 1)
    const isAll = ask.option.count === undefined
    const end = isAll ? start + 1 : ask.candidates.length
    for (let index = start; index < end; index++) {
      const grant = this.#grant(ask, ask.candidates[index]!)
      if (!grant) continue
      this.grants.push(grant)
      if (this.#take(ask, count + 1, index + 1)) return true
      this.grants.pop()
    }
    return false
  }

  #grant({ claim, option }: Ask, from: PoolDevice): Grant | undefined {
    if (++this.#steps > limits.deviceAllocationStepsMax) {
      throw new AllocationError(`node ${this.#parts.node.metadata.name}: timed out trying to allocate devices`)
    }
    const { device } = from
    const isShared = device.allowMultipleAllocations ?? false
    const { dedicated, shared } = this.#parts.inUse
    const ours = this.grants.filter((grant) => grant.from.key === from.key)
    if (option.adminAccess ? ours.some((grant) => grant.claim === claim) && !isShared : dedicated.has(from.key))
      return undefined
    if (!option.adminAccess && !isShared && ours.length > 0) return undefined
    if (!this.#fits(option, from)) return undefined
    const shares = sharesOf(device, option.capacity)
    const before = [...(shared.get(from.key) ?? []), ...ours.flatMap((grant) => (grant.shares ? [grant.shares] : []))]
    if (!shares || !isLeft(device, shares, before)) return undefined
    // The counters of a shared device count once.
    const counted = (device.consumesCounters ?? []).length > 0 && !(isShared && before.length > 0)
    if (counted && !this.#leavesCounters(from)) return undefined
    if (isTainted(device, option)) return undefined
    const mine = this.grants
      .filter((grant) => grant.claim === claim)
      .map((grant) => ({ option: grant.option, ...grant.from }))
    const { constraints = [] } = this.#claims[claim]?.spec.devices ?? {}
    if (!holdConstraints(constraints, mine, { option, ...from })) return undefined
    return { claim, option, from, shares: isShared ? shares : undefined, counted }
  }

  #allFor(option: Option): PoolDevice[] {
    const open = this.#parts.pools.find(({ state }) => state !== 'complete')
    if (open) {
      const why = open.state === 'invalid' ? 'invalid' : 'being updated'
      throw new AllocationError(
        `request ${option.name}: asks for all devices, but resource pool ${open.name} is currently ${why}`,
      )
    }
    return this.#candidates.filter((from) => this.#fits(option, from) && sharesOf(from.device, option.capacity))
  }

  #fits(option: Option, from: PoolDevice): boolean {
    const known = this.#matching.get(option) ?? new Map<PoolDevice, boolean>()
    this.#matching.set(option, known)
    const fits =
      known.get(from) ??
      (this.#selected(`class ${option.class.metadata.name}`, option.class.spec.selectors ?? [], from) &&
        this.#selected(`request ${option.name}`, option.selectors, from))
    known.set(from, fits)
    return fits
  }

  #selected(where: string, selectors: readonly DeviceSelector[], { driver, device }: PoolDevice): boolean {
    return selectors.every(({ cel }, index) => {
      try {
        return cel === undefined || this.#parts.matches(cel.expression, driver, device)
      } catch (error) {
        const message = error instanceof Error ? error.message : String(error)
        throw new AllocationError(`${where}: selector #${index}: ${message}`)
      }
    })
  }

  #leavesCounters(from: PoolDevice): boolean {
    const { dedicated, shared } = this.#parts.inUse
    const used = from.pool.everywhere.filter(({ key }) => dedicated.has(key) || shared.has(key))
    const taken = this.grants
      .filter((grant) => grant.counted && grant.from.pool === from.pool)
      .map((grant) => grant.from)
    const drawing = [...used, ...taken, from].flatMap(({ device }) => device.consumesCounters ?? [])
    return (from.device.consumesCounters ?? []).every(({ counterSet, counters }) =>
      Object.keys(counters).every((name) => {
        const drawn = drawing
          .filter((one) => one.counterSet === counterSet)
          .reduce((sum, one) => addQuantities(sum, one.counters[name]?.value ?? '0'), '0')
        return compareQuantities(drawn, from.pool.counterSets.get(counterSet)?.[name]?.value ?? '0') <= 0
      }),
    )
  }
}

interface Ask {
  claim: number
  request: number
  option: Option
  candidates: readonly PoolDevice[]
  wanted: number
}

function isTainted({ taints = [] }: Device, { tolerations = [] }: Option): boolean {
  return taints.some(
    (taint) =>
      (taint.effect === 'NoSchedule' || taint.effect === 'NoExecute') &&
      !tolerations.some((toleration) => toleratesDeviceTaint(toleration, taint)),
  )
}
