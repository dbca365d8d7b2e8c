/** Leases for keys with a time to live: keys written close together with the same time share one, as each costs etcd memory. */
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'

interface Lease {
  id: number | bigint
  /** Monotonic: until then the lease outlives the wanted time. */
  usableUntilMs: number
  keys: number
}

/** Source of the rule: kube-apiserver's lease manager, which prolongs by a twentieth, one minute at most. */
export class Leases {
  readonly #clock: Clock
  readonly #grant: (ttlSeconds: number) => Promise<number | bigint>
  readonly #byTtl = new Map<number, Promise<Lease>>()

  constructor(clock: Clock, grant: (ttlSeconds: number) => Promise<number | bigint>) {
    this.#clock = clock
    this.#grant = grant
  }

  /** The id of a lease that ends `ttlSeconds` from now, or a little later. */
  async for(ttlSeconds: number): Promise<number | bigint> {
    const present = this.#byTtl.get(ttlSeconds)
    const lease = present && (await present.catch(() => undefined))
    if (lease && this.#clock.monotonicMs() < lease.usableUntilMs && lease.keys < limits.etcdKeysPerLeaseMax) {
      lease.keys++
      return lease.id
    }
    // Another caller may have asked for a new one meanwhile.
    let next = this.#byTtl.get(ttlSeconds)
    if (!next || next === present) {
      next = this.#make(ttlSeconds)
      this.#byTtl.set(ttlSeconds, next)
    }
    const made = await next
    made.keys++
    return made.id
  }

  async #make(ttlSeconds: number): Promise<Lease> {
    const reuseSeconds = Math.min(limits.etcdLeaseReuseSeconds, ttlSeconds / 20)
    const usableUntilMs = this.#clock.monotonicMs() + reuseSeconds * 1000
    return { id: await this.#grant(Math.ceil(ttlSeconds + reuseSeconds)), usableUntilMs, keys: 0 }
  }
}
