/** What Services are given, under upstream's names (`ipallocator` and `portallocator` of Kubernetes). */
import type { Clock } from '../../platform/clock.ts'
import { Counter, type Family, Histogram, type Labels } from '../metrics/families.ts'

/** Client libraries' default bounds, in seconds. */
const buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
const addresses = 'kube_apiserver_clusterip_allocator_'
const ports = 'kube_apiserver_nodeport_allocator_'

/** Chosen by who wrote the Service, or by the server. */
export type Scope = 'static' | 'dynamic'

export interface RangeUse {
  /** Absent for node ports. */
  cidr?: string
  used: number
  size: number
}

export class AllocatorMetrics {
  readonly #clock: Clock
  readonly #addresses = new Counter(`${addresses}allocation_total`, 'Cluster IPs given.', ['cidr', 'scope'])
  readonly #addressErrors = new Counter(`${addresses}allocation_errors_total`, 'Cluster IPs not given.', [
    'cidr',
    'scope',
  ])
  readonly #seconds = new Histogram(
    `${addresses}allocation_duration_seconds`,
    'How long it took to give one.',
    ['cidr'],
    buckets,
  )
  readonly #ports = new Counter(`${ports}allocation_total`, 'Node ports given.', ['scope'])
  readonly #portErrors = new Counter(`${ports}allocation_errors_total`, 'Node ports not given.', ['scope'])

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** `use`: read when somebody asks; undefined: not known before the first Service. */
  families(use: () => { addresses: readonly RangeUse[]; ports: RangeUse } | undefined): readonly Family[] {
    const counted = (name: string, help: string, one: (use: RangeUse) => number): Family => ({
      ...{ name, help, type: 'gauge' },
      samples: () => {
        const now = use()
        if (!now) return []
        const of = name.startsWith(ports) ? [now.ports] : now.addresses
        return of.map((range): [Labels, number] => [range.cidr === undefined ? {} : { cidr: range.cidr }, one(range)])
      },
    })
    return [
      ...[this.#addresses, this.#addressErrors, this.#seconds, this.#ports, this.#portErrors],
      counted(`${addresses}allocated_ips`, 'Cluster IPs in use.', ({ used }) => used),
      counted(`${addresses}available_ips`, 'Cluster IPs left.', ({ used, size }) => size - used),
      counted(`${ports}allocated_ports`, 'Node ports in use.', ({ used }) => used),
      counted(`${ports}available_ports`, 'Node ports left.', ({ used, size }) => size - used),
    ]
  }

  /** Passes on what `give` gives or throws. */
  address(cidr: string, scope: Scope, give: () => string): string {
    const startMs = this.#clock.monotonicMs()
    const given = counted([this.#addresses, this.#addressErrors], [cidr, scope], give)
    this.#seconds.observe([cidr], (this.#clock.monotonicMs() - startMs) / 1000)
    return given
  }

  port<T>(scope: Scope, give: () => T): T {
    return counted([this.#ports, this.#portErrors], [scope], give)
  }
}

function counted<T>([given, failed]: [Counter, Counter], labels: readonly string[], give: () => T): T {
  try {
    const result = give()
    given.add(labels)
    return result
  } catch (error) {
    failed.add(labels)
    throw error
  }
}
