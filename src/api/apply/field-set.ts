/**
 * Sets of field paths and their algebra (KEP-555). A path is a list of elements in the text form of FieldsV1: `f:name` (a
 * field), `k:{"name":"c"}` (an element of an associative list), `v:"x"` (an element of a set), `i:0` (a place in a list).
 * Elements are canonical text, so that sets compare by plain string equality.
 */

export type FieldPath = readonly string[]

/** Most sets have only members or only children: what a set has none of is one and the same for all. */
const noMembers: ReadonlySet<string> = new Set()
const noChildren: ReadonlyMap<string, FieldSet> = new Map()

/**
 * Immutable once shared: every operation returns a new set and may share parts with its operands; only `insert`, `add` and
 * `put` change a set, and only its maker calls them. A parent is a member only when inserted itself.
 */
export class FieldSet {
  #members: ReadonlySet<string>
  #children: ReadonlyMap<string, FieldSet>

  constructor(members: ReadonlySet<string> = noMembers, children: ReadonlyMap<string, FieldSet> = noChildren) {
    this.#members = members
    this.#children = children
  }

  get members(): ReadonlySet<string> {
    return this.#members
  }

  get children(): ReadonlyMap<string, FieldSet> {
    return this.#children
  }

  static of(...paths: FieldPath[]): FieldSet {
    const set = new FieldSet()
    for (const path of paths) set.insert(path)
    return set
  }

  get empty(): boolean {
    if (this.#members.size > 0) return false
    for (const child of this.#children.values()) if (!child.empty) return false
    return true
  }

  /** The empty path names the whole object, whose ownership is not tracked: ignored. */
  insert(path: FieldPath): void {
    const last = path.at(-1)
    if (last === undefined) return
    let set: FieldSet = this
    for (let depth = 0; depth < path.length - 1; depth++) {
      const element = path[depth]!
      let child = set.#children.get(element)
      if (!child) {
        child = new FieldSet()
        set.put(element, child)
      }
      set = child
    }
    set.add(last)
  }

  /** Makes the element itself a member. */
  add(element: string): void {
    if (this.#members === noMembers) this.#members = new Set([element])
    else (this.#members as Set<string>).add(element)
  }

  /** What is below the element. */
  put(element: string, child: FieldSet): void {
    if (this.#children === noChildren) this.#children = new Map()
    ;(this.#children as Map<string, FieldSet>).set(element, child)
  }

  has(path: FieldPath): boolean {
    const last = path.at(-1)
    if (last === undefined) return false
    let set: FieldSet | undefined = this
    for (const element of path.slice(0, -1)) set = set?.children.get(element)
    return set?.members.has(last) ?? false
  }

  union(other: FieldSet): FieldSet {
    if (other.#isNothing) return this
    if (this.#isNothing) return other
    return new FieldSet(joined(this.#members, other.#members), joinedChildren(this.#children, other.#children))
  }

  intersection(other: FieldSet): FieldSet {
    if (this.#isNothing || other.#isNothing) return nothing
    const members = this.#members.size === 0 ? noMembers : this.#members.intersection(other.#members)
    return new FieldSet(
      members,
      this.#mapChildren((child, element) => other.#children.get(element)?.intersection(child)),
    )
  }

  /** Members of this set that are not members of the other; a parent in the other does not take its children along. */
  difference(other: FieldSet): FieldSet {
    if (this.#isNothing || other.#isNothing) return this
    return new FieldSet(
      without(this.#members, other.#members),
      this.#mapChildren((child, element) => {
        const theirs = other.#children.get(element)
        return theirs ? child.difference(theirs) : child
      }),
    )
  }

  /** As `difference`, but a member of the other takes everything below it along. */
  recursiveDifference(other: FieldSet): FieldSet {
    if (this.#isNothing || other.#isNothing) return this
    return new FieldSet(
      without(this.#members, other.#members),
      this.#mapChildren((child, element) => {
        if (other.#members.has(element)) return undefined
        const theirs = other.#children.get(element)
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

  get #isNothing(): boolean {
    return this.#members.size === 0 && this.#children.size === 0
  }

  #mapChildren(change: (child: FieldSet, element: string) => FieldSet | undefined): ReadonlyMap<string, FieldSet> {
    let result: Map<string, FieldSet> | undefined
    for (const [element, child] of this.#children) {
      const changed = change(child, element)
      if (!changed || changed.empty) continue
      result ??= new Map()
      result.set(element, changed)
    }
    return result ?? noChildren
  }
}

const nothing = new FieldSet()

function joined(mine: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  if (others.size === 0) return mine
  return mine.size === 0 ? others : mine.union(others)
}

function without(mine: ReadonlySet<string>, others: ReadonlySet<string>): ReadonlySet<string> {
  return mine.size === 0 || others.size === 0 ? mine : mine.difference(others)
}

function joinedChildren(
  mine: ReadonlyMap<string, FieldSet>,
  others: ReadonlyMap<string, FieldSet>,
): ReadonlyMap<string, FieldSet> {
  if (others.size === 0) return mine
  if (mine.size === 0) return others
  const children = new Map(mine)
  for (const [element, child] of others) {
    const own = children.get(element)
    children.set(element, own ? own.union(child) : child)
  }
  return children
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
