/** Completion indexes of an Indexed Job, in the compressed text form of its status: `1,3-5,7,8`. */

export function parseIndexes(text: string | undefined, completions: number): Set<number> {
  const indexes = new Set<number>()
  for (const part of (text ?? '').split(',')) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part)
    if (!match) continue
    const last = Math.min(Number(match[2] ?? match[1]), completions - 1)
    for (let index = Number(match[1]); index <= last; index++) indexes.add(index)
  }
  return indexes
}

export function formatIndexes(indexes: Iterable<number>): string {
  const sorted = [...indexes].sort((one, other) => one - other)
  const parts: string[] = []
  for (let start = 0; start < sorted.length; ) {
    let end = start
    while (end + 1 < sorted.length && sorted[end + 1] === (sorted[end] ?? 0) + 1) end++
    const [first, last] = [sorted[start], sorted[end]]
    const dash = end === start + 1 ? ',' : '-'
    parts.push(first === last ? `${first}` : `${first}${dash}${last}`)
    start = end + 1
  }
  return parts.join(',')
}
