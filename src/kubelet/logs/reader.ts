/**
 * Reads a container's log for clients: tail, since, follow through rotation, time stamps, a limit of bytes.
 * Source: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#get-read-log-of-the-specified-pod
 */
import type { Clock } from '../../platform/clock.ts'
import type { Disk, OpenFile } from '../../platform/disk.ts'
import { parseLogLine } from './line.ts'

export interface LogOptions {
  follow: boolean
  timestamps: boolean
  /** Lines from the end; undefined: all. */
  tailLines?: number
  /** Only lines at or after this time, in milliseconds since the epoch. */
  sinceMs?: number
  limitBytes?: number
  stream: 'All' | 'Stdout' | 'Stderr'
}

export interface LogParts {
  disk: Disk
  clock: Clock
  /** Whether more may be written; following ends with it. */
  isRunning(): boolean
}

const chunkBytes = 64 * 1024
const newline = 0x0a
/** A log that is followed is looked at this often when no change is reported. */
const pollMs = 500

/** Ends at the end of the log, or when the container ended and `follow` is set. Throws when there is no log. */
export async function* readLog(
  parts: LogParts,
  path: string,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  let remaining = options.limitBytes ?? Number.POSITIVE_INFINITY
  const format = lineFormat(options)
  for await (const record of records(parts, path, options, signal)) {
    const bytes = format(record)
    if (!bytes) continue
    const part = bytes.length > remaining ? bytes.subarray(0, remaining) : bytes
    if (part.length > 0) yield part
    remaining -= part.length
    if (remaining <= 0) return
  }
}

function lineFormat({ timestamps, sinceMs, stream }: LogOptions): (records: Buffer) => Buffer | undefined {
  let continues = false
  return (batch) => {
    const parts: Buffer[] = []
    for (let start = 0; start < batch.length; ) {
      const end = batch.indexOf(newline, start)
      const line = parseLogLine(batch.subarray(start, end))
      start = end + 1
      if (!line || (stream !== 'All' && line.stream !== stream.toLowerCase())) continue
      if (sinceMs !== undefined && Date.parse(line.time) < sinceMs) continue
      if (timestamps && !continues) parts.push(Buffer.from(`${line.time} `))
      parts.push(line.content)
      if (!line.partial) parts.push(lineEnd)
      continues = line.partial
    }
    return parts.length === 0 ? undefined : Buffer.concat(parts)
  }
}

const lineEnd = Buffer.from('\n')

/** Batches of whole records, each with its newline. */
async function* records(
  parts: LogParts,
  path: string,
  options: LogOptions,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let file = await parts.disk.open(path, 'read')
  try {
    let position = options.tailLines === undefined ? 0 : await tailStart(file, options.tailLines)
    let rest: Buffer = Buffer.alloc(0)
    const changes = options.follow ? watchChanges(parts, path, signal) : undefined
    try {
      for (;;) {
        const mayGrow = parts.isRunning()
        for (;;) {
          const buffer = Buffer.allocUnsafe(chunkBytes)
          const count = await file.read(buffer, position)
          if (signal.aborted) return
          if (count === 0) break
          position += count
          const bytes = Buffer.concat([rest, buffer.subarray(0, count)])
          const end = bytes.lastIndexOf(newline) + 1
          if (end > 0) yield bytes.subarray(0, end)
          rest = bytes.subarray(end)
        }
        if (!changes) return
        const next = await reopenRotated(parts, path, file)
        if (next) {
          await file.close()
          file = next
          position = 0
          continue
        }
        if (!mayGrow) return
        await changes.next()
        if (signal.aborted) return
      }
    } finally {
      changes?.stop()
    }
  } finally {
    await file.close()
  }
}

async function reopenRotated(parts: LogParts, path: string, file: OpenFile): Promise<OpenFile | undefined> {
  const [info, inode] = await Promise.all([parts.disk.stat(path), file.inode()])
  if (!info || info.inode === inode) return undefined
  return parts.disk.open(path, 'read').catch(() => undefined)
}

/** Where the last `lines` records begin. */
async function tailStart(file: OpenFile, lines: number): Promise<number> {
  const size = await file.sizeBytes()
  if (lines <= 0) return size
  let found = 0
  for (let end = size; end > 0; ) {
    const start = Math.max(0, end - chunkBytes)
    const buffer = Buffer.alloc(end - start)
    const count = await file.read(buffer, start)
    for (let index = count - 1; index >= 0; index--) {
      if (buffer[index] !== newline || start + index === size - 1) continue
      if (++found === lines) return start + index + 1
    }
    end = start
  }
  return 0
}

function watchChanges(
  { disk, clock }: LogParts,
  path: string,
  signal: AbortSignal,
): { next(): Promise<void>; stop(): void } {
  let wake: (() => void) | undefined
  let changed = false
  const notify = (): void => {
    changed = true
    wake?.()
  }
  const stopWatch = disk.watch(path.slice(0, path.lastIndexOf('/')), notify)
  const stopPoll = clock.every(pollMs, notify)
  signal.addEventListener('abort', notify, { once: true })
  return {
    next: () =>
      new Promise((resolve) => {
        wake = () => {
          wake = undefined
          changed = false
          resolve()
        }
        if (changed || signal.aborted) wake()
      }),
    stop() {
      stopWatch()
      stopPoll()
      signal.removeEventListener('abort', notify)
    },
  }
}
