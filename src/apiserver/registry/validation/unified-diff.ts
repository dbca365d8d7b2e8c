/**
 * Unified diffs of lines, matched the way Python's difflib does it (longest common block first, then left and right of
 * it; lines that make up more than a hundredth of a long text don't anchor a block), since upstream's messages come from
 * a port of it. Source: https://docs.python.org/3/library/difflib.html.
 */
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
  const places = anchorPlaces(right)
  const blocks: Block[] = []
  const search = (i1: number, i2: number, j1: number, j2: number): void => {
    const block = longestMatch(left, right, places, [i1, i2, j1, j2])
    if (block.size === 0) return
    if (i1 < block.left && j1 < block.right) search(i1, block.left, j1, block.right)
    blocks.push(block)
    if (block.left + block.size < i2 && block.right + block.size < j2) {
      search(block.left + block.size, i2, block.right + block.size, j2)
    }
  }
  search(0, left.length, 0, right.length)
  return joinAdjacent(blocks)
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

function anchorPlaces(lines: readonly string[]): Map<string, number[]> {
  const places = new Map<string, number[]>()
  for (const [index, line] of lines.entries()) {
    const at = places.get(line)
    if (at) at.push(index)
    else places.set(line, [index])
  }
  if (lines.length >= popularFrom) {
    const most = Math.floor(lines.length / 100) + 1
    for (const [line, at] of places) if (at.length > most) places.delete(line)
  }
  return places
}

function longestMatch(
  left: readonly string[],
  right: readonly string[],
  places: ReadonlyMap<string, number[]>,
  [i1, i2, j1, j2]: [number, number, number, number],
): Block {
  let best: Block = { left: i1, right: j1, size: 0 }
  let lengths = new Map<number, number>()
  for (let i = i1; i < i2; i++) {
    const next = new Map<number, number>()
    for (const j of places.get(left[i] as string) ?? []) {
      if (j < j1) continue
      if (j >= j2) break
      const size = (lengths.get(j - 1) ?? 0) + 1
      next.set(j, size)
      if (size > best.size) best = { left: i - size + 1, right: j - size + 1, size }
    }
    lengths = next
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
