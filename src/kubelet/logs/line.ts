/**
 * One line of a container's log as CRI prescribes: `time stream tag content`, where tag `P` marks a part whose line goes
 * on in the next record and `F` the end of a line.
 */
export interface LogLine {
  /** RFC 3339 with nanoseconds, as written by the runtime. */
  time: string
  stream: 'stdout' | 'stderr'
  partial: boolean
  content: Buffer
}

const space = 0x20

/** Parses a record without its final newline; undefined when it is not one. */
export function parseLogLine(record: Buffer): LogLine | undefined {
  const first = record.indexOf(space)
  const second = record.indexOf(space, first + 1)
  if (first <= 0 || second < 0) return undefined
  const third = record.indexOf(space, second + 1)
  const tagEnd = third < 0 ? record.length : third
  const stream = record.toString('latin1', first + 1, second)
  if (stream !== 'stdout' && stream !== 'stderr') return undefined
  const tags = record.toString('latin1', second + 1, tagEnd).split(':')
  return {
    time: record.toString('latin1', 0, first),
    stream,
    partial: tags.includes('P'),
    content: third < 0 ? Buffer.alloc(0) : record.subarray(third + 1),
  }
}
