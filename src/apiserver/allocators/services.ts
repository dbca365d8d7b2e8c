/**
 * Cluster IPs and node ports of Services. What is taken is read from the Services themselves, as the server's cache has
 * them, plus the claims of writes on their way; so nothing can leak, and there is nothing to repair. Texts of refusals
 * are upstream's (`registry/core/service/ipallocator`, `portallocator`).
 */
import { type ApiError, internalError, invalid } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Service, ServicePort, ServiceSpec } from '../../api/types/core/v1.ts'
import type { Random } from '../../platform/random.ts'
import type { Objects } from '../objects.ts'
import type { Allocation } from '../registry/strategy.ts'
import { addressRange, freePlace, type PlaceRange, portRange } from './ranges.ts'

export interface ServiceAllocatorOptions {
  objects: Objects
  random: Random
  /** One CIDR per address family. */
  serviceCidrs: readonly string[]
  /** Default 30000 to 32767. */
  nodePorts?: { first: number; last: number }
}

/** What a dry run shows as node ports: upstream counts on from here, outside the range. */
const dryRunPortBefore = 32_768

export class ServiceAllocator {
  readonly #objects: Objects
  readonly #random: Random
  readonly #addresses: Partial<Record<'IPv4' | 'IPv6', PlaceRange>>
  readonly #ports: PlaceRange
  /** Address or port to the uids of the Services that have it, as the cache says. */
  readonly #held = new Map<string, Set<string>>()
  /** What each Service has, to undo it when it changes. */
  readonly #holdings = new Map<string, readonly string[]>()
  /** The same, of writes that the cache has not shown yet. */
  readonly #claims = new Map<string, string>()
  #following: Promise<void> | undefined

  constructor({ objects, random, serviceCidrs, nodePorts = { first: 30_000, last: 32_767 } }: ServiceAllocatorOptions) {
    this.#objects = objects
    this.#random = random
    const ranges = serviceCidrs.map((cidr) => [cidr.includes(':') ? 'IPv6' : 'IPv4', addressRange(cidr)])
    this.#addresses = Object.fromEntries(ranges)
    this.#ports = portRange(nodePorts.first, nodePorts.last)
  }

  /** Fills the Service in place. Throws 422 for a place that is taken or out of range, 500 when none is left. */
  async allocate(service: Service, { dryRun = false }: { dryRun?: boolean } = {}): Promise<Allocation> {
    await this.#synced()
    const claim = new Claim(service.metadata.uid ?? '', dryRun ? new Map() : this.#claims)
    try {
      this.#allocateAddresses(service, claim)
      this.#allocatePorts(service, claim, dryRun)
    } catch (error) {
      claim.drop()
      throw error
    }
    return {
      release: async () => claim.drop(),
      settle: async () => {
        // The cache knows the write from here on.
        await this.#synced()
        claim.drop()
      },
    }
  }

  /** Resolves when everything acknowledged so far is known here. */
  async #synced(): Promise<void> {
    this.#following ??= this.#objects.follow(coreV1.services, {
      put: (service) => this.#hold(service),
      gone: (service) => this.#letGo(service.metadata.uid ?? ''),
    })
    await this.#following
    await this.#objects.get(coreV1.services, '')
  }

  #hold(service: Service): void {
    const uid = service.metadata.uid ?? ''
    this.#letGo(uid)
    const values = placesOf(service.spec)
    for (const value of values) {
      const holders = this.#held.get(value) ?? new Set<string>()
      this.#held.set(value, holders.add(uid))
    }
    if (values.length > 0) this.#holdings.set(uid, values)
  }

  #letGo(uid: string): void {
    for (const value of this.#holdings.get(uid) ?? []) {
      const holders = this.#held.get(value)
      holders?.delete(uid)
      if (holders?.size === 0) this.#held.delete(value)
    }
    this.#holdings.delete(uid)
  }

  #isTaken(value: string, { uid }: Claim): boolean {
    const claimed = this.#claims.get(value)
    if (claimed !== undefined && claimed !== uid) return true
    for (const holder of this.#held.get(value) ?? []) if (holder !== uid) return true
    return false
  }

  #allocateAddresses(service: Service, claim: Claim): void {
    const { spec } = service
    if (!spec || !needsAddress(spec)) return
    const wanted = spec.clusterIPs ?? []
    const families = spec.ipFamilies?.length ? spec.ipFamilies : ['IPv4']
    const given = families.map((family, index) =>
      this.#address(service, claim, { family, wanted: wanted[index] ?? '' }),
    )
    spec.clusterIPs = given
    if (given[0] !== undefined) spec.clusterIP = given[0]
  }

  #address(service: Service, claim: Claim, { family, wanted }: { family: string; wanted: string }): string {
    const range = this.#addresses[family as 'IPv4' | 'IPv6']
    if (wanted !== '') {
      const why = this.#whyNotAddress(range, wanted, claim)
      if (why !== undefined) {
        throw refusal(service, {
          path: 'spec.clusterIPs',
          value: service.spec?.clusterIPs,
          detail: `failed to allocate IP ${wanted}: ${why}`,
        })
      }
      claim.take(wanted)
      return wanted
    }
    const found = range && freePlace(range, (value) => this.#isTaken(value, claim), this.#random.int(2 ** 20))
    if (found === undefined) throw internalError(`failed to allocate a serviceIP: range is full`)
    claim.take(found)
    return found
  }

  #whyNotAddress(range: PlaceRange | undefined, wanted: string, claim: Claim): string | undefined {
    // An address of before the range was changed stays with the Service that has it.
    if (this.#held.get(wanted)?.has(claim.uid)) return undefined
    if (!range?.contains(wanted)) return 'the provided network does not match the current range'
    return this.#isTaken(wanted, claim) ? 'provided IP is already allocated' : undefined
  }

  #allocatePorts(service: Service, claim: Claim, dryRun: boolean): void {
    const { spec } = service
    if (!spec) return
    const next = this.#nextPort(claim, dryRun)
    if (needsNodePorts(spec)) {
      const ports = spec.ports ?? []
      for (const [index, { nodePort }] of ports.entries()) {
        if (nodePort) this.#claimPort(service, claim, { path: `spec.ports[${index}].nodePort`, port: nodePort })
      }
      for (const port of ports) port.nodePort ||= siblingPort(ports, port) ?? next()
    }
    if (!needsHealthPort(spec)) return
    if (spec.healthCheckNodePort)
      this.#claimPort(service, claim, { path: 'spec.healthCheckNodePort', port: spec.healthCheckNodePort })
    else spec.healthCheckNodePort = next()
  }

  #claimPort(service: Service, claim: Claim, { path, port }: { path: string; port: number }): void {
    const value = String(port)
    if (!this.#held.get(value)?.has(claim.uid) && !this.#ports.contains(value)) {
      const detail = `provided port is not in the valid range. The range of valid ports is ${this.#ports.text}`
      throw refusal(service, { path, value: port, detail })
    }
    if (this.#isTaken(value, claim))
      throw refusal(service, { path, value: port, detail: 'provided port is already allocated' })
    claim.take(value)
  }

  #nextPort(claim: Claim, dryRun: boolean): () => number {
    let shown = dryRunPortBefore
    if (dryRun) return () => ++shown
    return () => {
      const isTaken = (value: string) => claim.has(value) || this.#isTaken(value, claim)
      const found = freePlace(this.#ports, isTaken, this.#random.int(2 ** 20))
      if (found === undefined) throw internalError('failed to allocate a nodePort: range is full')
      claim.take(found)
      return Number(found)
    }
  }
}

/** What one write takes on top of what is held. */
class Claim {
  readonly uid: string
  readonly #all: Map<string, string>
  readonly #own = new Set<string>()

  constructor(uid: string, all: Map<string, string>) {
    this.uid = uid
    this.#all = all
  }

  take(value: string): void {
    this.#own.add(value)
    this.#all.set(value, this.uid)
  }

  has(value: string): boolean {
    return this.#own.has(value)
  }

  drop(): void {
    for (const value of this.#own) if (this.#all.get(value) === this.uid) this.#all.delete(value)
    this.#own.clear()
  }
}

/** Ports with one number in several protocols (DNS) share their node port. */
function siblingPort(ports: readonly ServicePort[], { port, protocol }: ServicePort): number | undefined {
  return ports.find((other) => other.port === port && other.protocol !== protocol && other.nodePort)?.nodePort
}

function placesOf(spec: ServiceSpec | undefined): string[] {
  if (!spec) return []
  const addresses = needsAddress(spec) ? (spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])) : []
  const ports = [...(spec.ports ?? []).map(({ nodePort }) => nodePort), spec.healthCheckNodePort]
  return [...new Set([...addresses, ...ports.filter((port) => port).map(String)])]
}

function needsAddress({ type = 'ClusterIP', clusterIP, clusterIPs }: ServiceSpec): boolean {
  return type !== 'ExternalName' && clusterIP !== 'None' && clusterIPs?.[0] !== 'None'
}

function needsNodePorts({ type, allocateLoadBalancerNodePorts }: ServiceSpec): boolean {
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts !== false)
}

function needsHealthPort({ type, externalTrafficPolicy }: ServiceSpec): boolean {
  return type === 'LoadBalancer' && externalTrafficPolicy === 'Local'
}

function refusal(
  { metadata }: Service,
  { path, value, detail }: { path: string; value: unknown; detail: string },
): ApiError {
  return invalid({ group: '', kind: 'Service' }, metadata.name ?? '', [{ type: 'Invalid', path, value, detail }])
}
