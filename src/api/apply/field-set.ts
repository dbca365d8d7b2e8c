/**
 * Sets of field paths and their algebra (KEP-555). A path is a list of elements in the text form of FieldsV1: `f:name` (a
 * field), `k:{"name":"c"}` (an element of an associative list), `v:"x"` (an element of a set), `i:0` (a place in a list).
 * Elements are canonical text, so that sets compare by plain string equality.
 */

export type FieldPath = readonly string[]

/**
 * Immutable once shared: every operation returns a new set and may share parts with its operands; only `insert` changes a
 * set, and only its maker calls it. A parent is a member only when inserted itself.
 */
export class FieldSet {
  readonly members: Set<string>
  readonly children: Map<string, FieldSet>

  constructor(members = new Set<string>(), children = new Map<string, FieldSet>()) {
    this.members = members
    this.children = children
  }

  static of(...paths: FieldPath[]): FieldSet {
    const set = new FieldSet()
    for (const path of paths) set.insert(path)
    return set
  }

  get empty(): boolean {
    if (this.members.size > 0) return false
    for (const child of this.children.values()) if (!child.empty) return false
    return true
  }

  /** The empty path names the whole object, whose ownership is not tracked: ignored. */
  insert(path: FieldPath): void {
    const last = path.at(-1)
    if (last === undefined) return
    let set: FieldSet = this
    for (let depth = 0; depth < path.length - 1; depth++) {
      const element = path[depth]!
      let child = set.children.get(element)
      if (!child) {
        child = new FieldSet()
        set.children.set(element, child)
      }
      set = child
    }
    set.members.add(last)
  }

  has(path: FieldPath): boolean {
    const last = path.at(-1)
    if (last === undefined) return false
    let set: FieldSet | undefined = this
    for (const element of path.slice(0, -1)) set = set?.children.get(element)
    return set?.members.has(last) ?? false
  }

  union(other: FieldSet): FieldSet {
    const children = new Map(this.children)
    for (const [element, child] of other.children) {
      const mine = children.get(element)
      children.set(element, mine ? mine.union(child) : child)
    }
    return new FieldSet(this.members.union(other.members), children)
  }

  intersection(other: FieldSet): FieldSet {
    return new FieldSet(
      this.members.intersection(other.members),
      this.#mapChildren((child, element) => other.children.get(element)?.intersection(child)),
    )
  }

  /** Members of this set that are not members of the other; a parent in the other does not take its children along. */
  difference(other: FieldSet): FieldSet {
    return new FieldSet(
      this.members.difference(other.members),
      this.#mapChildren((child, element) => {
        const theirs = other.children.get(element)
        return theirs ? child.difference(theirs) : child
      }),
    )
  }

  /** As `difference`, but a member of the other takes everything below it along. */
  recursiveDifference(other: FieldSet): FieldSet {
    return new FieldSet(
      this.members.difference(other.members),
      this.#mapChildren((child, element) => {
        if (other.members.has(element)) return undefined
        const theirs = other.children.get(element)
        return theirs ? child.recursiveDifference(theirs) : child
      }),
    )
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).empty && other.difference(this).empty
  }

  /** Every member path: those of a level in canonical order, then those below it. */
  *paths(prefix: FieldPath = []): Generator<FieldPath> {
    for (const member of [...this.members].sort(compareElements)) yield [...prefix, member]
    for (const element of [...this.children.keys()].sort(compareElements)) {
      yield* this.children.get(element)!.paths([...prefix, element])
    }
  }

  #mapChildren(change: (child: FieldSet, element: string) => FieldSet | undefined): Map<string, FieldSet> {
    const result = new Map<string, FieldSet>()
    for (const [element, child] of this.children) {
      const changed = change(child, element)
      if (changed && !changed.empty) result.set(element, changed)
    }
    return result
  }
}

const kindRank: Record<string, number> = { f: 0, k: 1, v: 2, i: 3 }

/** The canonical order of structured-merge-diff: fields, keys, values, indices; each by its own content. */
export function compareElements(a: string, b: string): number {
  const rank = (kindRank[a[0]!] ?? 4) - (kindRank[b[0]!] ?? 4)
  if (rank !== 0) return rank
  if (a[0] === 'f') return compareTexts(a, b)
  return compareValues(JSON.parse(a.slice(2)), JSON.parse(b.slice(2)))
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const typeRank = ['number', 'string', 'boolean']

function compareValues(a: unknown, b: unknown): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b
  if (typeof a === 'string' && typeof b === 'string') return compareTexts(a, b)
  if (typeof a === 'object' && typeof b === 'object' && a && b) return compareKeys(Object.entries(a), Object.entries(b))
  if (typeof a !== typeof b) return typeRank.indexOf(typeof a) - typeRank.indexOf(typeof b)
  return Number(a) - Number(b)
}

function compareKeys(a: [string, unknown][], b: [string, unknown][]): number {
  for (let index = 0; index < a.length && index < b.length; index++) {
    const [nameA, valueA] = a[index]!
    const [nameB, valueB] = b[index]!
    const order = compareTexts(nameA, nameB) || compareValues(valueA, valueB)
    if (order !== 0) return order
  }
  return a.length - b.length
}
