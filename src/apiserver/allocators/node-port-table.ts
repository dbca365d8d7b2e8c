/**
 * Which node ports are taken, as one value that all API servers of a store share, so that no two of them give the same
 * port. Ports are taken by the commit that writes their Service and given back after the one that removes it; it is
 * kube-apiserver's own table, at its own key, so that the two can work side by side.
 *
 * The table heals itself: whoever writes it adds the ports of Services that it lacks, and drops those that have had no
 * Service for a while, which a server left that died in between. Source: KEP-3668; upstream's `repair` waits as long.
 */
import type { RangeAllocation } from '../../api/types/core/v1.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Store, Write } from '../../store/store.ts'
import { Lock } from './lock.ts'

export const nodePortsKey = '/registry/ranges/servicenodeports'

/** A port without a Service for this long was left behind. Source: three of upstream's rounds of three minutes. */
const leftBehindMs = 9 * 60_000

export interface NodePortRange {
  first: number
  last: number
}

export interface NodePortTableOptions {
  store: Pick<Store, 'get' | 'commit'>
  clock: Clock
}

/** Ports that Services have, as this server's cache knows them. */
export interface HeldPorts {
  has(port: number): boolean
  /** What is no port of the range is left out. */
  all(): Iterable<number>
}

/** One writer's turn. */
export interface NodePortTurn {
  taken: ReadonlySet<number>
  /** Call when the cache is as new as the turn. Fails when another server wrote the table since. */
  taking(ports: readonly number[]): Write
  /** The commit is done or given up. */
  end(): void
}

export class NodePortTable {
  readonly #options: NodePortTableOptions
  readonly #range: NodePortRange
  readonly #held: HeldPorts
  readonly #lock = new Lock()
  /** Ports of the table without a Service, and since when (monotonic). */
  readonly #idleSinceMs = new Map<number, number>()

  constructor(range: NodePortRange, held: HeldPorts, options: NodePortTableOptions) {
    this.#options = options
    this.#range = range
    this.#held = held
  }

  /** Others of this server wait until it ends, so that they don't outrun each other. */
  async turn(): Promise<NodePortTurn> {
    const end = await this.#lock.take()
    try {
      const { taken, revision } = await this.#read()
      return { taken, end, taking: (ports) => this.#write([...taken, ...this.#held.all(), ...ports], revision) }
    } catch (error) {
      end()
      throw error
    }
  }

  /** Ports whose Services are gone. Those that can't be given back now are dropped later. */
  async giveBack(ports: readonly number[]): Promise<void> {
    if (ports.length === 0) return
    const end = await this.#lock.take()
    try {
      for (let attempt = 1; attempt <= limits.claimAttemptsMax; attempt++) {
        const { taken, revision } = await this.#read()
        const left = [...taken].filter((port) => !ports.includes(port))
        if (left.length === taken.size) return
        if ((await this.#options.store.commit([this.#write(left, revision)])).ok) return
      }
    } finally {
      end()
    }
  }

  async #read(): Promise<{ taken: Set<number>; revision: number }> {
    const { item } = await this.#options.store.get(nodePortsKey)
    const found: RangeAllocation | undefined = item && JSON.parse(Buffer.from(item.value).toString())
    // The ports of another range say nothing of this one.
    const fits = found?.range === rangeText(this.#range)
    const taken = fits ? portsIn(Buffer.from(found?.data ?? '', 'base64'), this.#range) : new Set<number>()
    this.#dropIdle(taken)
    return { taken, revision: item?.modRevision ?? 0 }
  }

  #dropIdle(taken: Set<number>): void {
    const nowMs = this.#options.clock.monotonicMs()
    for (const port of this.#idleSinceMs.keys())
      if (!taken.has(port) || this.#held.has(port)) this.#idleSinceMs.delete(port)
    for (const port of taken) {
      if (this.#held.has(port)) continue
      const sinceMs = this.#idleSinceMs.get(port) ?? nowMs
      this.#idleSinceMs.set(port, sinceMs)
      if (nowMs - sinceMs >= leftBehindMs) taken.delete(port)
    }
  }

  #write(ports: readonly number[], expected: number): Write {
    const own = ports.filter((port) => isIn(this.#range, port))
    const data = bitsOf(own, this.#range).toString('base64')
    const table = { kind: 'RangeAllocation', apiVersion: 'v1', metadata: {}, range: rangeText(this.#range), data }
    return { op: 'put', key: nodePortsKey, value: Buffer.from(JSON.stringify(table)), expected }
  }
}

function rangeText({ first, last }: NodePortRange): string {
  return `${first}-${last}`
}

function isIn({ first, last }: NodePortRange, port: number): boolean {
  return port >= first && port <= last
}

/** Bit 0, the range's first port, is the lowest of the last byte. Pure. */
export function portsIn(bits: Uint8Array, { first, last }: NodePortRange): Set<number> {
  const ports = new Set<number>()
  for (let index = 0; index <= last - first; index++) {
    const byte = bits[bits.length - 1 - (index >> 3)] ?? 0
    if (byte & (1 << (index & 7))) ports.add(first + index)
  }
  return ports
}

/** As short as it can be: without zeros in front. Pure. */
export function bitsOf(ports: readonly number[], { first }: NodePortRange): Buffer {
  const highest = ports.reduce((most, port) => Math.max(most, port - first), -1)
  const bits = Buffer.alloc((highest >> 3) + 1)
  for (const port of ports) bits[bits.length - 1 - ((port - first) >> 3)]! |= 1 << ((port - first) & 7)
  return bits
}
