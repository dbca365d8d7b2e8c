/** The machine's files. A durable write is complete or absent after a crash: temporary file, fsync, rename, fsync. */
import { type FSWatcher, fdatasyncSync, watch as watchPath } from 'node:fs'
import * as fs from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Disk, DiskUsage, FileInfo, OpenFile, WriteOptions } from '../disk.ts'

/** Changes within this long after the first one are reported together. */
const watchCoalesceMs = 20

let temporaryCount = 0

export function realDisk(): Disk {
  return {
    read: (path) => fs.readFile(path),
    readText: (path) => fs.readFile(path, 'utf8'),
    write,
    open,
    stat,
    list,
    makeDirectory,
    remove: (path) => fs.rm(path, { recursive: true, force: true }),
    rename: (from, to) => fs.rename(from, to),
    syncDirectory,
    symlink: (target, path) => fs.symlink(target, path),
    readLink: (path) => fs.readlink(path),
    chmod: (path, mode) => fs.chmod(path, mode),
    chown: (path, uid, gid) => fs.lchown(path, uid, gid),
    realPath: (path) => fs.realpath(path),
    usage,
    treeSizeBytes: (path, limitBytes = Number.POSITIVE_INFINITY) => treeSizeBytes(path, limitBytes),
    watch,
  }
}

async function write(path: string, content: Uint8Array | string, options: WriteOptions = {}): Promise<void> {
  const { mode = 0o600, durable = true } = options
  if (!durable) return fs.writeFile(path, content, { mode })
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${temporaryCount++}.tmp`)
  try {
    const file = await fs.open(temporary, 'wx', mode)
    try {
      await file.chmod(mode)
      await file.writeFile(content)
      await file.sync()
    } finally {
      await file.close()
    }
    await fs.rename(temporary, path)
  } catch (error) {
    await fs.rm(temporary, { force: true })
    throw error
  }
  await syncDirectory(dirname(path))
}

async function syncDirectory(path: string): Promise<void> {
  const directory = await fs.open(path, 'r')
  try {
    await directory.sync()
  } finally {
    await directory.close()
  }
}

async function open(path: string, how: 'read' | 'append'): Promise<OpenFile> {
  const file = await fs.open(path, how === 'read' ? 'r' : 'a', 0o600)
  return {
    read: async (buffer, positionBytes) => (await file.read(buffer, 0, buffer.length, positionBytes)).bytesRead,
    append: (bytes) => file.appendFile(bytes),
    sync: () => file.datasync(),
    syncNow: () => fdatasyncSync(file.fd),
    sizeBytes: async () => (await file.stat()).size,
    inode: async () => (await file.stat()).ino,
    close: () => file.close(),
  }
}

async function stat(path: string): Promise<FileInfo | undefined> {
  try {
    const info = await fs.lstat(path)
    return {
      kind: kindOf(info),
      sizeBytes: info.size,
      mode: info.mode & 0o7777,
      modifiedMs: info.mtimeMs,
      inode: info.ino,
    }
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

function kindOf(info: { isFile(): boolean; isDirectory(): boolean; isSymbolicLink(): boolean }): FileInfo['kind'] {
  if (info.isFile()) return 'file'
  if (info.isDirectory()) return 'directory'
  return info.isSymbolicLink() ? 'symlink' : 'other'
}

async function list(path: string): Promise<string[]> {
  try {
    return (await fs.readdir(path)).sort()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Parents are made too. The mode is exact (no umask) on a directory this call created, and left alone on others. */
async function makeDirectory(path: string, mode = 0o755): Promise<void> {
  const created = await fs.mkdir(path, { recursive: true, mode })
  if (created !== undefined) await fs.chmod(path, mode)
}

async function usage(path: string): Promise<DiskUsage> {
  const info = await fs.statfs(path)
  return {
    capacityBytes: info.blocks * info.bsize,
    availableBytes: info.bavail * info.bsize,
    inodes: info.files,
    inodesFree: info.ffree,
  }
}

/** A file with several hard links counts once. What vanishes while walking is skipped. */
async function treeSizeBytes(root: string, limitBytes: number): Promise<number> {
  const linked = new Set<number>()
  const pending = [root]
  let total = 0
  for (let path = pending.pop(); path !== undefined && total <= limitBytes; path = pending.pop()) {
    try {
      const info = await fs.lstat(path)
      if (info.nlink > 1 && !info.isDirectory()) {
        if (linked.has(info.ino)) continue
        linked.add(info.ino)
      }
      total += info.blocks * 512
      if (info.isDirectory()) for (const name of await fs.readdir(path)) pending.push(join(path, name))
    } catch (error) {
      if (!isMissing(error)) throw error
    }
  }
  return total
}

function watch(path: string, onChange: () => void): () => void {
  let timer: NodeJS.Timeout | undefined
  const report = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      onChange()
    }, watchCoalesceMs).unref()
  }
  const watcher: FSWatcher = watchPath(path, { persistent: false }, report)
  watcher.on('error', report)
  return () => {
    clearTimeout(timer)
    watcher.close()
  }
}

function isMissing(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOENT' || code === 'ENOTDIR'
}
