/**
 * The ranges that cluster IPs come from: those of the ServiceCIDRs that are ready, and those that the server was started
 * with until the cluster's own ServiceCIDR is there. Source: KEP-1880.
 */
import { networkingV1 } from '../../api/resources.ts'
import type { ServiceCIDR } from '../../api/types/networking/v1.ts'
import type { Objects } from '../objects.ts'
import { addressRange, type PlaceRange } from './ranges.ts'

type Family = 'IPv4' | 'IPv6'

export class ServiceRanges {
  /** Until the cluster's own ServiceCIDR is known. */
  #standard: readonly PlaceRange[]
  readonly #ready = new Map<string, readonly PlaceRange[]>()
  readonly #objects: Objects
  #following: Promise<void> | undefined

  constructor(objects: Objects, cidrs: readonly string[]) {
    this.#objects = objects
    this.#standard = cidrs.map(addressRange)
  }

  /** Resolves when every ServiceCIDR acknowledged so far is known. */
  async synced(): Promise<void> {
    this.#following ??= this.#objects.follow(networkingV1.serviceCIDRs, {
      put: (cidr) => this.#put(cidr),
      gone: ({ metadata }) => void this.#ready.delete(metadata.name ?? ''),
    })
    await this.#following
  }

  /** Oldest name first, so that the cluster's own range fills before others. */
  of(family: Family): readonly PlaceRange[] {
    const ready = [...this.#ready].sort(([a], [b]) => byName(a, b)).flatMap(([, ranges]) => ranges)
    return [...this.#standard, ...ready].filter((range) => familyOf(range) === family)
  }

  #put({ metadata, spec, status }: ServiceCIDR): void {
    const name = metadata.name ?? ''
    if (name === ownName) this.#standard = []
    // One that no controller has looked at yet is ready.
    const ready = (status?.conditions?.find(({ type }) => type === 'Ready')?.status ?? 'True') === 'True'
    if (ready && !metadata.deletionTimestamp) this.#ready.set(name, (spec?.cidrs ?? []).map(addressRange))
    else this.#ready.delete(name)
  }
}

const ownName = 'kubernetes'

function byName(a: string, b: string): number {
  if (a === b) return 0
  if (a === ownName) return -1
  return b === ownName || a > b ? 1 : -1
}

function familyOf({ text }: PlaceRange): Family {
  return text.includes(':') ? 'IPv6' : 'IPv4'
}
