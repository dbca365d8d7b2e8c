/**
 * What the table should hold, by owner (a Service or a pod), and what changed since it was last taken. The table is
 * never read back: we own it, and a failed or doubtful write is followed by a full load.
 *
 * Two owners can claim one key (the same external IP and port); the first by name wins, the other takes over when it
 * goes.
 */
import type { Element, MapName } from './element.ts'

/** A changed key. Neither value: nothing. Only `before`: removed. Only `after`: added. Both: replaced. */
export interface Difference {
  map: MapName
  key: string
  before: string | undefined
  after: string | undefined
}

interface Claim {
  owner: string
  value: string
}

export class ProxyState {
  readonly #claims = new Map<string, Claim[]>()
  readonly #owned = new Map<string, readonly Element[]>()
  /** Keys touched since the last `take`, with their value then. */
  readonly #touched = new Map<string, { map: MapName; key: string; before: string | undefined }>()

  get isChanged(): boolean {
    return this.#touched.size > 0
  }

  /** Replaces everything the owner claims; an empty list forgets it. */
  set(owner: string, elements: readonly Element[]): void {
    const before = this.#owned.get(owner) ?? []
    if (before.length === 0 && elements.length === 0) return
    const kept = new Map(elements.map((element) => [idOf(element), element.value]))
    for (const element of before) if (kept.get(idOf(element)) !== element.value) this.#release(owner, element)
    for (const element of elements) this.#claim(owner, element)
    if (elements.length > 0) this.#owned.set(owner, elements)
    else this.#owned.delete(owner)
  }

  /** What a key should hold now. */
  value(map: MapName, key: string): string | undefined {
    return this.#claims.get(`${map} ${key}`)?.[0]?.value
  }

  /** The differences since the last call. Whoever takes them must apply them, or load `all`. */
  take(): Difference[] {
    const differences: Difference[] = []
    for (const [id, { map, key, before }] of this.#touched) {
      const after = this.#claims.get(id)?.[0]?.value
      if (after !== before) differences.push({ map, key, before, after })
    }
    this.#touched.clear()
    return differences
  }

  /** Everything wanted, as additions to an empty table. Counts as taken. */
  takeAll(): Difference[] {
    this.#touched.clear()
    const all: Difference[] = []
    const seen = new Set<string>()
    for (const elements of this.#owned.values())
      for (const element of elements) {
        const id = idOf(element)
        if (seen.has(id)) continue
        seen.add(id)
        const after = this.#claims.get(id)?.[0]?.value
        all.push({ map: element.map, key: element.key, before: undefined, after })
      }
    return all
  }

  #claim(owner: string, element: Element): void {
    const id = idOf(element)
    const claims = this.#claims.get(id) ?? []
    const mine = claims.find((claim) => claim.owner === owner)
    if (mine?.value === element.value) return
    this.#touch(id, element, claims)
    const others = claims.filter((claim) => claim.owner !== owner)
    const all = [...others, { owner, value: element.value }]
    this.#claims.set(id, all.length === 1 ? all : all.sort((a, b) => (a.owner < b.owner ? -1 : 1)))
  }

  #release(owner: string, element: Element): void {
    const id = idOf(element)
    const claims = this.#claims.get(id) ?? []
    this.#touch(id, element, claims)
    const others = claims.filter((claim) => claim.owner !== owner)
    if (others.length > 0) this.#claims.set(id, others)
    else this.#claims.delete(id)
  }

  #touch(id: string, { map, key }: Element, claims: readonly Claim[]): void {
    if (!this.#touched.has(id)) this.#touched.set(id, { map, key, before: claims[0]?.value })
  }
}

function idOf({ map, key }: Element): string {
  return `${map} ${key}`
}
