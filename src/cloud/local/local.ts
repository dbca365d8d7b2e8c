/**
 * The provider for machines without a cloud. A load balancer is an address from a pool: every node's service proxy takes
 * what is sent to it, so it is enough that packets reach any node. What is taken is read from the Services themselves, so
 * there is nothing to keep.
 */
import { isIP } from 'node:net'
import { addressNumber, addressText } from '../../api/addresses.ts'
import type { LoadBalancerStatus, Service } from '../../api/types/core/v1.ts'
import type { CloudProvider, LoadBalancers } from '../provider.ts'
import { type AddressRange, defaultPool, familyOf, holds, nextFree, parsePool } from './pool.ts'

export interface LocalProviderOptions {
  /** All Services, as they are known now. */
  services(): readonly Service[]
  /** Default `10.97.0.0/24`. */
  pool?: string
}

/** Asks for certain addresses, comma-separated: one for each family. As `spec.loadBalancerIP`, which names only one. */
export const addressesAnnotation = 'k8ts.dev/load-balancer-ips'

/** Throws when the pool can't be read. */
export function localProvider({ services, pool = defaultPool }: LocalProviderOptions): CloudProvider {
  return {
    name: 'local',
    instances: {
      exists: async () => true,
      isShutDown: async () => false,
      metadata: async ({ metadata, spec }) => ({ providerID: spec?.providerID || `local://${metadata.name}` }),
    },
    loadBalancers: new PooledBalancers(services, parsePool(pool)),
  }
}

class PooledBalancers implements LoadBalancers {
  readonly #services: () => readonly Service[]
  readonly #pool: readonly AddressRange[]
  /** Given out, and perhaps not yet to be read in the Service. By the Service's uid. */
  readonly #given = new Map<string, readonly string[]>()

  constructor(services: () => readonly Service[], pool: readonly AddressRange[]) {
    this.#services = services
    this.#pool = pool
  }

  async get(_clusterName: string, service: Service): Promise<LoadBalancerStatus | undefined> {
    const addresses = this.#addressesOf(service)
    return addresses.length === 0 ? undefined : statusOf(addresses)
  }

  async ensure(_clusterName: string, service: Service): Promise<LoadBalancerStatus> {
    const { metadata, spec } = service
    const taken = this.#takenByOthers(service)
    const families = (spec?.ipFamilies ?? ['IPv4']) as AddressRange['family'][]
    const asked = askedFor(service, families)
    const had = this.#addressesOf(service)
    const addresses: string[] = []
    const missing: string[] = []
    for (const family of families) {
      const wanted = asked.get(family)
      const found = wanted ?? had.find((one) => familyOf(one) === family && holds(this.#pool, one) && !taken.has(one))
      if (wanted !== undefined) this.#demand(wanted, taken)
      const address = found ?? nextFree(this.#pool, family, (one) => taken.has(one))
      if (address === undefined) missing.push(family)
      else addresses.push(address)
    }
    if (addresses.length === 0) throw new Error(`no free ${missing.join(' or ')} address in the load balancer pool`)
    this.#given.set(metadata.uid ?? '', addresses)
    return statusOf(addresses)
  }

  async update(): Promise<void> {}

  async remove(_clusterName: string, { metadata }: Service): Promise<void> {
    this.#given.delete(metadata.uid ?? '')
  }

  #addressesOf({ metadata, status }: Service): readonly string[] {
    const said = (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [canonical(ip)] : []))
    return this.#given.get(metadata.uid ?? '') ?? said
  }

  /** Two Services never get the same address: each is one machine to whoever looks at it from outside. */
  #takenByOthers({ metadata }: Service): Set<string> {
    const others = this.#services().filter((one) => one.metadata.uid !== metadata.uid)
    const alive = new Set(others.map((one) => one.metadata.uid ?? ''))
    for (const uid of this.#given.keys()) if (uid !== metadata.uid && !alive.has(uid)) this.#given.delete(uid)
    return new Set(others.flatMap((one) => this.#addressesOf(one)))
  }

  #demand(address: string, taken: ReadonlySet<string>): void {
    if (!holds(this.#pool, address)) throw new Error(`address ${address} is not in the load balancer pool`)
    if (taken.has(address)) throw new Error(`address ${address} belongs to another Service`)
  }
}

/** By family. Throws when one of them is of no use, rather than to give something else. */
function askedFor(
  { metadata, spec }: Service,
  families: readonly AddressRange['family'][],
): Map<AddressRange['family'], string> {
  const texts = (metadata.annotations?.[addressesAnnotation] ?? spec?.loadBalancerIP ?? '').split(',')
  const asked = new Map<AddressRange['family'], string>()
  for (const text of texts.map((one) => one.trim()).filter((one) => one !== '')) {
    if (isIP(text) === 0) throw new Error(`${JSON.stringify(text)} is no address`)
    const family = familyOf(text)
    if (!families.includes(family)) throw new Error(`address ${text} is of a family that the Service does not have`)
    if (asked.has(family)) throw new Error(`more than one ${family} address is asked for`)
    asked.set(family, canonical(text))
  }
  return asked
}

/** The one way to write it, so that equal addresses are found to be. */
function canonical(address: string): string {
  return isIP(address) === 0 ? address : addressText(addressNumber(address), isIP(address) === 6)
}

function statusOf(addresses: readonly string[]): LoadBalancerStatus {
  return { ingress: addresses.map((ip) => ({ ip, ipMode: 'VIP' })) }
}
