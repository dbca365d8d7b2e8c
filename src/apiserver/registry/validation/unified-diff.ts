/**
 * Unified diffs of lines, matched the way Python's difflib does it (longest common block first, then left and right of
 * it; lines that make up more than a hundredth of a long text don't anchor a block), since upstream's messages come from
 * a port of it. Of long texts what is the same at both ends is left out of the search, and the search ends after so many
 * steps. Source: https://docs.python.org/3/library/difflib.html.
 */
import { limits } from '../../../limits.ts'

interface Block {
  left: number
  right: number
  size: number
}

type Tag = 'equal' | 'change'

interface Opcode {
  tag: Tag
  left: [from: number, to: number]
  right: [from: number, to: number]
}

const contextLines = 3
/** From this many lines on, frequent lines are left out of the search. */
const popularFrom = 200

/** Lines of both texts from which on they are long. */
const longFrom = 2_000

/** Ends with a newline; empty when nothing differs. */
export function unifiedDiff(left: readonly string[], right: readonly string[]): string {
  const text: string[] = []
  for (const group of groups(opcodes(left, right))) {
    text.push(header(group))
    for (const {
      tag,
      left: [i1, i2],
      right: [j1, j2],
    } of group) {
      if (tag === 'equal') for (const line of left.slice(i1, i2)) text.push(` ${line}`)
      else {
        for (const line of left.slice(i1, i2)) text.push(`-${line}`)
        for (const line of right.slice(j1, j2)) text.push(`+${line}`)
      }
    }
  }
  return text.length === 0 ? '' : `${text.join('\n')}\n`
}

function header(group: readonly Opcode[]): string {
  const first = group[0] as Opcode
  const last = group.at(-1) as Opcode
  return `@@ -${range(first.left[0], last.left[1])} +${range(first.right[0], last.right[1])} @@`
}

function range(from: number, to: number): string {
  const length = to - from
  if (length === 1) return String(from + 1)
  return length === 0 ? `${from},0` : `${from + 1},${length}`
}

/** Splits long equal stretches and keeps the context around each change. */
function groups(codes: readonly Opcode[]): Opcode[][] {
  const all = codes.map((code) => ({ ...code }))
  const first = all[0]
  const last = all.at(-1)
  if (first?.tag === 'equal') {
    first.left = [Math.max(first.left[0], first.left[1] - contextLines), first.left[1]]
    first.right = [Math.max(first.right[0], first.right[1] - contextLines), first.right[1]]
  }
  if (last?.tag === 'equal') {
    last.left = [last.left[0], Math.min(last.left[1], last.left[0] + contextLines)]
    last.right = [last.right[0], Math.min(last.right[1], last.right[0] + contextLines)]
  }
  const found: Opcode[][] = []
  let group: Opcode[] = []
  for (const code of all) {
    const {
      tag,
      left: [i1, i2],
      right: [j1, j2],
    } = code
    if (tag === 'equal' && i2 - i1 > contextLines * 2) {
      group.push({ tag, left: [i1, Math.min(i2, i1 + contextLines)], right: [j1, Math.min(j2, j1 + contextLines)] })
      found.push(group)
      group = [{ tag, left: [Math.max(i1, i2 - contextLines), i2], right: [Math.max(j1, j2 - contextLines), j2] }]
    } else group.push(code)
  }
  found.push(group)
  return found.filter((codes) => codes.some(({ tag }) => tag === 'change'))
}

function opcodes(left: readonly string[], right: readonly string[]): Opcode[] {
  const codes: Opcode[] = []
  let i = 0
  let j = 0
  for (const block of [...matchingBlocks(left, right), { left: left.length, right: right.length, size: 0 }]) {
    if (i < block.left || j < block.right) codes.push({ tag: 'change', left: [i, block.left], right: [j, block.right] })
    i = block.left + block.size
    j = block.right + block.size
    if (block.size > 0) codes.push({ tag: 'equal', left: [block.left, i], right: [block.right, j] })
  }
  return codes
}

function matchingBlocks(left: readonly string[], right: readonly string[]): Block[] {
  const isLong = left.length + right.length >= longFrom
  const same = isLong ? sameEnds(left, right) : { opening: 0, closing: 0 }
  const [leftEnd, rightEnd] = [left.length - same.closing, right.length - same.closing]
  const places = anchorPlaces(right, same.opening, rightEnd)
  const blocks: Block[] = [{ left: 0, right: 0, size: same.opening }]
  const work = workFor(right.length, isLong ? limits.diffStepsMax : Number.POSITIVE_INFINITY)
  const search = (i1: number, i2: number, j1: number, j2: number): void => {
    const block = longestMatch(left, right, places, [i1, i2, j1, j2], work)
    if (block.size === 0) return
    if (i1 < block.left && j1 < block.right) search(i1, block.left, j1, block.right)
    blocks.push(block)
    if (block.left + block.size < i2 && block.right + block.size < j2) {
      search(block.left + block.size, i2, block.right + block.size, j2)
    }
  }
  search(same.opening, leftEnd, same.opening, rightEnd)
  blocks.push({ left: leftEnd, right: rightEnd, size: same.closing })
  return joinAdjacent(blocks.filter(({ size }) => size > 0))
}

/** How many lines the texts have in common at their ends. */
function sameEnds(left: readonly string[], right: readonly string[]): { opening: number; closing: number } {
  const shorter = Math.min(left.length, right.length)
  let opening = 0
  while (opening < shorter && left[opening] === right[opening]) opening++
  let closing = 0
  while (closing < shorter - opening && left.at(-1 - closing) === right.at(-1 - closing)) closing++
  return { opening, closing }
}

function joinAdjacent(blocks: readonly Block[]): Block[] {
  const joined: Block[] = []
  for (const block of blocks) {
    const last = joined.at(-1)
    if (last && last.left + last.size === block.left && last.right + last.size === block.right) last.size += block.size
    else joined.push({ ...block })
  }
  return joined
}

function anchorPlaces(lines: readonly string[], from: number, to: number): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (let index = from; index < to; index++) {
    const line = lines[index] as string
    const at = places.get(line)
    if (at) at.push(index)
    else places.set(line, [index])
  }
  if (to - from >= popularFrom) {
    const most = Math.floor((to - from) / 100) + 1
    for (const [line, at] of places) if (at.length > most) places.delete(line)
  }
  return places
}

/** Sizes of the blocks that end at each place, of two rows in turn. */
interface Work {
  steps: number
  row: number
  readonly sizes: readonly [Int32Array, Int32Array]
  /** The row that a size is of. */
  readonly rows: readonly [Int32Array, Int32Array]
}

function workFor(length: number, steps: number): Work {
  const array = (): Int32Array => new Int32Array(length)
  return { steps, row: 0, sizes: [array(), array()], rows: [array(), array()] }
}

function longestMatch(
  left: readonly string[],
  right: readonly string[],
  places: ReadonlyMap<string, number[]>,
  [i1, i2, j1, j2]: [number, number, number, number],
  work: Work,
): Block {
  let best: Block = { left: i1, right: j1, size: 0 }
  work.row += 2
  for (let i = i1; i < i2; i++) {
    const found = places.get(left[i] as string) ?? []
    work.steps -= 1 + found.length
    if (work.steps < 0) break
    const row = work.row++
    const [own, before] = row % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)
    for (const j of found) {
      if (j < j1) continue
      if (j >= j2) break
      const size = (work.rows[before][j - 1] === row - 1 ? (work.sizes[before][j - 1] ?? 0) : 0) + 1
      work.rows[own][j] = row
      work.sizes[own][j] = size
      if (size > best.size) best = { left: i - size + 1, right: j - size + 1, size }
    }
  }
  return extend(left, right, best, [i1, i2, j1, j2])
}

/** Frequent lines may lengthen a block that others anchor. */
function extend(
  left: readonly string[],
  right: readonly string[],
  block: Block,
  [i1, i2, j1, j2]: [number, number, number, number],
): Block {
  let { left: i, right: j, size } = block
  while (i > i1 && j > j1 && left[i - 1] === right[j - 1]) {
    i -= 1
    j -= 1
    size += 1
  }
  while (i + size < i2 && j + size < j2 && left[i + size] === right[j + size]) size += 1
  return { left: i, right: j, size }
}
