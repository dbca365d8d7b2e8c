/**
 * Cluster IPs and node ports of Services. What is taken is read from the Services themselves, as the server's cache has
 * them, from IPAddress objects, from the table of node ports, and from the claims of writes on their way. Texts of refusals are upstream's
 * (`registry/core/service/ipallocator`, `portallocator`).
 */
import { type ApiError, internalError, invalid } from '../../api/errors.ts'
import { coreV1, networkingV1 } from '../../api/resources.ts'
import type { Service, ServicePort, ServiceSpec } from '../../api/types/core/v1.ts'
import type { ObjectMeta } from '../../api/types/meta/v1.ts'
import type { Random } from '../../platform/random.ts'
import type { Write } from '../../store/store.ts'
import type { Family } from '../metrics/families.ts'
import type { Objects } from '../objects.ts'
import type { Allocation } from '../registry/strategy.ts'
import { type AddressObjects, serviceOf } from './addresses.ts'
import type { AllocatorMetrics, RangeUse } from './metrics.ts'
import { NodePortTable, type NodePortTableOptions, type NodePortTurn } from './node-port-table.ts'
import { freePlace, type PlaceRange, portRange } from './ranges.ts'
import { ServiceRanges } from './service-ranges.ts'

export interface ServiceAllocatorOptions {
  objects: Objects
  random: Random
  /** One CIDR per address family. */
  serviceCidrs: readonly string[]
  /** Default 30000 to 32767. */
  nodePorts?: { first: number; last: number }
  /** Absent: addresses have no objects of their own. */
  addresses?: AddressObjects
  /** Where the table of node ports stands. Absent: no other server gives any. */
  portTable?: NodePortTableOptions
  /** Absent: nobody asks how many were given. */
  metrics?: AllocatorMetrics
}

/** What a dry run shows as node ports: upstream counts on from here, outside the range. */
const dryRunPortBefore = 32_768

export class ServiceAllocator {
  readonly #objects: Objects
  readonly #random: Random
  readonly #ranges: ServiceRanges
  readonly #addresses: AddressObjects | undefined
  readonly #ports: PlaceRange
  readonly #portTable: NodePortTable | undefined
  readonly #metrics: AllocatorMetrics | undefined
  /** Address or port to the uids of the Services that have it, as the cache says. */
  readonly #held = new Map<string, Set<string>>()
  /** What each Service has, to undo it when it changes. */
  readonly #holdings = new Map<string, readonly string[]>()
  /** The same, of writes that the cache has not shown yet. */
  readonly #claims = new Map<string, string>()
  /** Address to the Service that its IPAddress names, empty for anything else. */
  readonly #reserved = new Map<string, string>()
  #following: Promise<void> | undefined
  #reserving: Promise<void> | undefined

  constructor(options: ServiceAllocatorOptions) {
    const { objects, random, serviceCidrs, addresses, nodePorts = { first: 30_000, last: 32_767 } } = options
    this.#objects = objects
    this.#random = random
    this.#ranges = new ServiceRanges(objects, serviceCidrs)
    this.#addresses = addresses
    this.#metrics = options.metrics
    this.#ports = portRange(nodePorts.first, nodePorts.last)
    const held = {
      has: (port: number) => this.#held.has(String(port)),
      all: () => [...this.#held.keys()].map(Number),
    }
    this.#portTable = options.portTable && new NodePortTable(nodePorts, held, options.portTable)
  }

  /** Fills the Service in place. Throws 422 for a place that is taken or out of range, 500 when none is left. */
  async allocate(
    service: Service,
    { dryRun = false, old }: { dryRun?: boolean; old?: Service | undefined } = {},
  ): Promise<Allocation> {
    const turn = dryRun || !wantsPorts(service.spec, old?.spec) ? undefined : await this.#portTable?.turn()
    const claim = new Claim(service.metadata, dryRun ? new Map() : this.#claims)
    try {
      await this.#synced()
      claim.takenElsewhere = difference(turn?.taken ?? [], portsOf(old?.spec))
      this.#allocateAddresses(service, claim, dryRun)
      this.#allocatePorts(service, claim, dryRun)
    } catch (error) {
      claim.drop()
      turn?.end()
      throw error
    }
    return {
      writes: this.#writes(service, old, turn),
      release: async () => {
        claim.drop()
        turn?.end()
      },
      settle: async () => {
        turn?.end()
        await this.#portTable?.giveBack([...difference(portsOf(old?.spec), portsOf(service.spec))])
        // The cache knows the write from here on.
        await this.#synced()
        claim.drop()
      },
    }
  }

  get families(): readonly Family[] {
    return this.#metrics?.families(() => this.#use()) ?? []
  }

  #use(): { addresses: RangeUse[]; ports: RangeUse } | undefined {
    if (!this.#following) return undefined
    const held = [...this.#held.keys()]
    const inUse = ({ text, size }: PlaceRange, from: readonly string[], contains: (value: string) => boolean) => {
      return { cidr: text, size, used: from.filter(contains).length }
    }
    const addresses = held.filter((value) => /[.:]/.test(value))
    const ranges = [...this.#ranges.of('IPv4'), ...this.#ranges.of('IPv6')]
    const { size } = this.#ports
    const used = held.filter((value) => !/[.:]/.test(value) && this.#ports.contains(value)).length
    return {
      addresses: ranges.map((range) => inUse(range, addresses, (value) => range.contains(value))),
      ports: { used, size },
    }
  }

  /** For the commit that removes the Service. */
  removals(service: Service): readonly Write[] {
    return this.#addresses?.releasing(addressesOf(service.spec)) ?? []
  }

  /** After the commit that removed it. */
  async released(service: Service): Promise<void> {
    await this.#portTable?.giveBack(portsOf(service.spec))
  }

  #writes(service: Service, old: Service | undefined, turn: NodePortTurn | undefined): Write[] {
    const ports = [...difference(portsOf(service.spec), portsOf(old?.spec))]
    const taking = turn && ports.length > 0 ? [turn.taking(ports)] : []
    if (!this.#addresses) return taking
    const [before, after] = [addressesOf(old?.spec), addressesOf(service.spec)]
    const gained = after.filter((address) => !before.includes(address))
    const lost = before.filter((address) => !after.includes(address))
    return [...this.#addresses.taking(gained, service), ...this.#addresses.releasing(lost), ...taking]
  }

  /** Resolves when everything acknowledged so far is known here. */
  async #synced(): Promise<void> {
    await this.#ranges.synced()
    this.#reserving ??= this.#addresses
      ? this.#objects.follow(networkingV1.ipAddresses, {
          put: (address) => void this.#reserved.set(address.metadata.name ?? '', serviceOf(address) ?? ''),
          gone: ({ metadata }) => void this.#reserved.delete(metadata.name ?? ''),
        })
      : Promise.resolve()
    await this.#reserving
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

  #isTaken(value: string, { uid, owner, takenElsewhere }: Claim): boolean {
    if (takenElsewhere.has(Number(value))) return true
    const claimed = this.#claims.get(value)
    if (claimed !== undefined && claimed !== uid) return true
    for (const holder of this.#held.get(value) ?? []) if (holder !== uid) return true
    const reserved = this.#reserved.get(value)
    return reserved !== undefined && reserved !== owner
  }

  #allocateAddresses(service: Service, claim: Claim, dryRun: boolean): void {
    const { spec } = service
    if (!spec || !needsAddress(spec)) return
    const wanted = spec.clusterIPs ?? []
    const families = spec.ipFamilies?.length ? spec.ipFamilies : ['IPv4']
    const given = families.map((family, index) => {
      const request = { family, wanted: wanted[index] ?? '', dryRun }
      const give = () => this.#address(service, claim, request)
      const [range] = this.#rangesFor(request)
      if (dryRun || !this.#metrics || this.#held.get(request.wanted)?.has(claim.uid)) return give()
      return this.#metrics.address(range?.text ?? '', request.wanted === '' ? 'dynamic' : 'static', give)
    })
    spec.clusterIPs = given
    if (given[0] !== undefined) spec.clusterIP = given[0]
  }

  /** The one that a wanted address is in comes first. */
  #rangesFor({ family, wanted }: { family: string; wanted: string }): readonly PlaceRange[] {
    const ranges = this.#ranges.of(family === 'IPv6' ? 'IPv6' : 'IPv4')
    const own = wanted === '' ? undefined : ranges.find((range) => range.contains(wanted))
    return own ? [own] : ranges
  }

  #address(
    service: Service,
    claim: Claim,
    { family, wanted, dryRun }: { family: string; wanted: string; dryRun: boolean },
  ): string {
    const ranges = this.#ranges.of(family === 'IPv6' ? 'IPv6' : 'IPv4')
    if (wanted !== '') {
      const why = this.#whyNotAddress(ranges, wanted, { claim, dryRun })
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
    // Nothing is looked for where nothing is kept: upstream shows the range's first address.
    if (dryRun && ranges[0]) return ranges[0].text.replace(/\/.*$/, '')
    const isTaken = (value: string) => this.#isTaken(value, claim)
    const start = this.#random.int(2 ** 20)
    const found = ranges.map((range) => freePlace(range, isTaken, start)).find((place) => place !== undefined)
    if (found === undefined) throw internalError(`failed to allocate a serviceIP: range is full`)
    claim.take(found)
    return found
  }

  #whyNotAddress(
    ranges: readonly PlaceRange[],
    wanted: string,
    { claim, dryRun }: { claim: Claim; dryRun: boolean },
  ): string | undefined {
    // An address of before the range was changed stays with the Service that has it.
    if (this.#held.get(wanted)?.has(claim.uid)) return undefined
    if (!ranges.some((range) => range.contains(wanted))) {
      if (!dryRun) return 'the provided network does not match the current range'
      return `the provided IP (${wanted}) is not in the valid range. The range of valid IPs is ${ranges[0]?.text ?? ''}`
    }
    return this.#isTaken(wanted, claim) ? 'provided IP is already allocated' : undefined
  }

  #allocatePorts(service: Service, claim: Claim, dryRun: boolean): void {
    const { spec } = service
    if (!spec) return
    const give = this.#nextPort(claim, dryRun)
    const next = () => (dryRun || !this.#metrics ? give() : this.#metrics.port('dynamic', give))
    if (needsNodePorts(spec)) {
      const ports = spec.ports ?? []
      for (const [index, { nodePort }] of ports.entries()) {
        if (nodePort) this.#claimPort(service, claim, { path: `spec.ports[${index}].nodePort`, port: nodePort, dryRun })
      }
      for (const port of ports) port.nodePort ||= siblingPort(ports, port) ?? next()
    }
    if (!needsHealthPort(spec)) return
    if (spec.healthCheckNodePort)
      this.#claimPort(service, claim, { path: 'spec.healthCheckNodePort', port: spec.healthCheckNodePort, dryRun })
    else spec.healthCheckNodePort = next()
  }

  #claimPort(
    service: Service,
    claim: Claim,
    { path, port, dryRun }: { path: string; port: number; dryRun: boolean },
  ): void {
    if (dryRun || !this.#metrics || this.#held.get(String(port))?.has(claim.uid))
      this.#takePort(service, claim, { path, port })
    else this.#metrics.port('static', () => this.#takePort(service, claim, { path, port }))
  }

  #takePort(service: Service, claim: Claim, { path, port }: { path: string; port: number }): void {
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
  /** `namespace/name` */
  readonly owner: string
  /** Node ports that the table says are others'. */
  takenElsewhere: ReadonlySet<number> = new Set()
  readonly #all: Map<string, string>
  readonly #own = new Set<string>()

  constructor({ uid = '', namespace, name }: ObjectMeta, all: Map<string, string>) {
    this.uid = uid
    this.owner = `${namespace}/${name}`
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

function addressesOf(spec: ServiceSpec | undefined): string[] {
  if (!spec || !needsAddress(spec)) return []
  return spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : [])
}

function placesOf(spec: ServiceSpec | undefined): string[] {
  return [...new Set([...addressesOf(spec), ...portsOf(spec).map(String)])]
}

function portsOf(spec: ServiceSpec | undefined): number[] {
  const ports = [...(spec?.ports ?? []).map(({ nodePort }) => nodePort), spec?.healthCheckNodePort]
  return ports.filter((port): port is number => Boolean(port))
}

/** Whether it may be given a port, or bring one, that it did not have. */
function wantsPorts(spec: ServiceSpec | undefined, old: ServiceSpec | undefined): boolean {
  if (!spec) return false
  const missing = needsNodePorts(spec) && (spec.ports ?? []).some(({ nodePort }) => !nodePort)
  const health = needsHealthPort(spec) && !spec.healthCheckNodePort
  return missing || health || difference(portsOf(spec), portsOf(old)).size > 0
}

function difference(all: Iterable<number>, without: Iterable<number>): Set<number> {
  return new Set(all).difference(new Set(without))
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
