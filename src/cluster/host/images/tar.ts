/**
 * Archives as image layers and image imports need them: POSIX ustar, always the same bytes for the same input (owner
 * root, one fixed time). Written as chunks, so that a large file is never held in memory.
 */
import type { Disk } from '../../../platform/disk.ts'

/** A file's content: bytes, or the first `sizeBytes` of a file on disk. */
export type Content = Uint8Array | { from: string; sizeBytes: number }

/** Paths are relative, without a trailing slash, at most 255 characters. */
export type TarEntry =
  | { kind: 'directory'; path: string; mode?: number }
  | { kind: 'file'; path: string; mode?: number; content: Content }
  | { kind: 'symlink'; path: string; target: string }

const blockBytes = 512
const chunkBytes = 1 << 20

/** 2026-01-01T00:00:00Z in seconds: the time of every file, so that layers are reproducible. */
export const archiveTimeSeconds = 1_767_225_600

export function sizeOf(content: Content): number {
  return content instanceof Uint8Array ? content.length : content.sizeBytes
}

/** Bytes of the archive that `tarChunks` yields for these entries. */
export function tarSizeBytes(entries: readonly TarEntry[]): number {
  let total = 2 * blockBytes
  for (const entry of entries) {
    total += blockBytes
    if (entry.kind === 'file') total += roundUp(sizeOf(entry.content))
  }
  return total
}

/** The archive. Rejects when a file on disk is shorter than it was said to be. */
export async function* tarChunks(disk: Disk, entries: readonly TarEntry[]): AsyncGenerator<Uint8Array> {
  for (const entry of entries) {
    yield header(entry)
    if (entry.kind !== 'file') continue
    yield* contentChunks(disk, entry.content)
    const rest = roundUp(sizeOf(entry.content)) - sizeOf(entry.content)
    if (rest > 0) yield new Uint8Array(rest)
  }
  yield new Uint8Array(2 * blockBytes)
}

async function* contentChunks(disk: Disk, content: Content): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) {
    yield content
    return
  }
  const file = await disk.open(content.from, 'read')
  try {
    for (let position = 0; position < content.sizeBytes; ) {
      const buffer = new Uint8Array(Math.min(chunkBytes, content.sizeBytes - position))
      const count = await file.read(buffer, position)
      if (count === 0) throw new Error(`read ${content.from}: it ended at ${position} of ${content.sizeBytes} bytes`)
      yield buffer.subarray(0, count)
      position += count
    }
  } finally {
    await file.close()
  }
}

function roundUp(bytes: number): number {
  return Math.ceil(bytes / blockBytes) * blockBytes
}

function header(entry: TarEntry): Uint8Array {
  const block = Buffer.alloc(blockBytes)
  const { name, prefix } = splitPath(entry.kind === 'directory' ? `${entry.path}/` : entry.path)
  const mode = entry.kind === 'symlink' ? 0o777 : (entry.mode ?? (entry.kind === 'directory' ? 0o755 : 0o644))
  block.write(name, 0)
  block.write(octal(mode, 7), 100)
  block.write(octal(0, 7), 108)
  block.write(octal(0, 7), 116)
  block.write(octal(entry.kind === 'file' ? sizeOf(entry.content) : 0, 11), 124)
  block.write(octal(archiveTimeSeconds, 11), 136)
  block.write('        ', 148)
  block.write({ file: '0', symlink: '2', directory: '5' }[entry.kind], 156)
  if (entry.kind === 'symlink') block.write(entry.target, 157, 100)
  block.write('ustar\x0000', 257)
  block.write(prefix, 345)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${octal(sum, 6)}\0 `, 148)
  return block
}

function octal(value: number, digits: number): string {
  return value.toString(8).padStart(digits, '0')
}

/** ustar keeps 100 bytes of name and 155 of a directory before it. */
function splitPath(path: string): { name: string; prefix: string } {
  if (Buffer.byteLength(path) <= 100) return { name: path, prefix: '' }
  for (let slash = path.indexOf('/'); slash > 0; slash = path.indexOf('/', slash + 1)) {
    const name = path.slice(slash + 1)
    if (Buffer.byteLength(name) <= 100 && name !== '' && slash <= 155) return { name, prefix: path.slice(0, slash) }
  }
  throw new Error(`archive ${path}: a path may have at most 100 bytes after a directory of at most 155`)
}
