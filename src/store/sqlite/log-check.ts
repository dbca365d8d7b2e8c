/**
 * Finds commits that SQLite would drop without a word: it reads a log up to its first wrong frame and takes the rest for
 * what a power cut left of the last transaction. Here no transaction begins before the one before it is synced, so a
 * power cut spoils the last one only. A whole transaction behind a spoiled one is damage, unless the file has its pages
 * already, as in the moments in which a log is begun anew.
 *
 * Damage in the last transaction looks like a power cut; nobody can tell the two apart.
 *
 * Source: "WAL file format" of https://www.sqlite.org/fileformat2.html.
 */
import { pageBytes as usualPageBytes } from './database.ts'
import { type LogDisk, logPath } from './durable-log.ts'

const headerBytes = 32
const frameHeaderBytes = 24
/** Of logs whose checksums are sums of little-endian words, as x86-64 and arm64 write them. Others are not looked into. */
const littleEndianMagic = 0x377f0682

interface Log {
  bytes: Buffer
  words: Uint32Array
  pageBytes: number
  frames: number
  headIsRight: boolean
  /** Of the log's present round; frames of earlier rounds have others. */
  salts: bigint
}

/** Call before the database is opened. Rejects when acknowledged commits in the log can't be read any more. */
export async function checkLog(disk: LogDisk, path: string): Promise<void> {
  const found = await disk.stat(logPath(path))
  if (!found || found.sizeBytes <= headerBytes) return
  const log = parseLog(await disk.read(logPath(path)))
  if (!log) return
  const wrong = firstWrongFrame(log)
  const behind = pagesBehind(log, wrong)
  if (behind.size === 0 || (await holds(disk, path, log, behind))) return
  throw new Error(
    `the log ${logPath(path)} is damaged (frame ${wrong + 1} of ${log.frames}), commits behind that would be lost; restore a snapshot`,
  )
}

function parseLog(read: Uint8Array): Log | undefined {
  // Words are read in place, which needs them aligned.
  const bytes = Buffer.from(new Uint8Array(read).buffer)
  const words = new Uint32Array(bytes.buffer, 0, bytes.length >> 2)
  const headIsRight = sumOf(words, [[0, 24]]) === bytes.readBigUInt64BE(24)
  if (headIsRight && bytes.readUInt32BE(0) !== littleEndianMagic) return undefined
  const pageBytes = headIsRight ? bytes.readUInt32BE(8) : usualPageBytes
  const frames = Math.floor((bytes.length - headerBytes) / (frameHeaderBytes + pageBytes))
  const log: Log = { bytes, words, pageBytes, frames, headIsRight, salts: bytes.readBigUInt64BE(16) }
  // A head that is spoiled does not tell which round the frames are of; the second frame does.
  if (!headIsRight && frames > 1) log.salts = saltsOf(log, 1)
  return log
}

type Sum = readonly [first: number, second: number]

/** Two running sums over pairs of words, from each of the places (first byte, byte behind the last). */
function sumOf(
  words: Uint32Array,
  places: readonly (readonly [number, number])[],
  [first, second]: Sum = [0, 0],
): bigint {
  for (const [from, end] of places) {
    for (let at = from >> 2; at < end >> 2; at += 2) {
      first = (first + words[at]! + second) | 0
      second = (second + words[at + 1]! + first) | 0
    }
  }
  return (BigInt(first >>> 0) << 32n) | BigInt(second >>> 0)
}

function startOf({ pageBytes }: Log, frame: number): number {
  return headerBytes + frame * (frameHeaderBytes + pageBytes)
}

function saltsOf(log: Log, frame: number): bigint {
  return log.bytes.readBigUInt64BE(startOf(log, frame) + 8)
}

function firstWrongFrame(log: Log): number {
  let frame = 0
  while (log.headIsRight && frame < log.frames && isRight(log, frame)) frame++
  return frame
}

/** Whether a frame follows from the checksum that stands in the one before it, or in the log's head. */
function isRight(log: Log, frame: number): boolean {
  const { bytes, words, pageBytes } = log
  if (saltsOf(log, frame) !== log.salts) return false
  const start = startOf(log, frame)
  const page = start + frameHeaderBytes
  const before = frame === 0 ? 24 : startOf(log, frame - 1) + 16
  const places = [
    [start, start + 8],
    [page, page + pageBytes],
  ] as const
  const sum = sumOf(words, places, [bytes.readUInt32BE(before), bytes.readUInt32BE(before + 4)])
  return sum === bytes.readBigUInt64BE(start + 16)
}

/** Pages that whole transactions behind a wrong frame wrote, with the frame that has their last state. */
function pagesBehind(log: Log, wrong: number): Map<number, number> {
  const { bytes, frames } = log
  const pages = new Map<number, number>()
  let open: [page: number, frame: number][] = []
  // The transaction of the wrong frame itself must have ended.
  let ended = false
  // Only the last frame of a transaction tells how many pages the database has then.
  for (let frame = wrong; frame < frames; frame++) {
    const start = startOf(log, frame)
    if (ended && isRight(log, frame)) open.push([bytes.readUInt32BE(start), frame])
    const databasePages = bytes.readUInt32BE(start + 4)
    if (databasePages === 0 || saltsOf(log, frame) !== log.salts) continue
    for (const [page, at] of open) pages.set(page, at)
    for (const page of pages.keys()) if (page > databasePages) pages.delete(page)
    open = []
    ended = true
  }
  return pages
}

async function holds(disk: LogDisk, path: string, log: Log, pages: ReadonlyMap<number, number>): Promise<boolean> {
  if (!(await disk.stat(path))) return false
  const file = await disk.open(path, 'read')
  try {
    const there = Buffer.alloc(log.pageBytes)
    for (const [page, frame] of pages) {
      const start = startOf(log, frame) + frameHeaderBytes
      const count = await file.read(there, (page - 1) * log.pageBytes)
      if (count < there.length || !there.equals(log.bytes.subarray(start, start + log.pageBytes))) return false
    }
    return true
  } finally {
    await file.close()
  }
}
