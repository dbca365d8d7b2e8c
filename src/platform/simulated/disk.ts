/**
 * Files in memory, with faults on demand: a full disk, or the next call of an operation failing with a given code.
 * Relative and absolute symlinks work; permissions are recorded and not enforced.
 */
import { posix } from 'node:path'
import type { Disk, FileInfo, OpenFile } from '../disk.ts'

export interface SimulatedDisk extends Disk {
  /** The next call of `operation` rejects with this code and does nothing. */
  failNext(operation: keyof Disk, code: string): void
}

export interface SimulatedDiskOptions {
  /** Writes beyond fail with ENOSPC. Default 1 GiB. */
  capacityBytes?: number
  /** Stamps files. Default: always 0. */
  nowMs?(): number
}

interface Node {
  kind: 'file' | 'directory' | 'symlink'
  inode: number
  mode: number
  modifiedMs: number
  content: Uint8Array
  target: string
  entries: Map<string, Node>
}

const blockBytes = 4096
const inodesMax = 1_000_000
const symlinkDepthMax = 40

export function simulatedDisk(options: SimulatedDiskOptions = {}): SimulatedDisk {
  const tree = new Tree(options)
  const faults = new Map<keyof Disk, string>()
  const disk: Disk = {
    read: async (path) => tree.file(path).content.slice(),
    readText: async (path) => new TextDecoder().decode(tree.file(path).content),
    write: async (path, content, { mode = 0o600 } = {}) => {
      tree.put(path, typeof content === 'string' ? new TextEncoder().encode(content) : content.slice(), mode)
    },
    open: async (path, how) => openFile(tree, how === 'read' ? tree.file(path) : tree.fileOrNew(path), path),
    stat: async (path) => infoOf(tree.find(path, false)),
    list: async (path) => tree.list(path),
    makeDirectory: async (path, mode = 0o755) => tree.makeDirectory(path, mode),
    remove: async (path) => tree.remove(path),
    rename: async (from, to) => tree.rename(from, to),
    syncDirectory: async (path) => void tree.existing(path),
    symlink: async (target, path) => tree.symlink(target, path),
    readLink: async (path) => tree.link(path),
    chmod: async (path, mode) => {
      tree.existing(path).mode = mode
    },
    chown: async (path) => void tree.existing(path, false),
    realPath: async (path) => tree.realPath(path),
    usage: async () => ({
      capacityBytes: tree.capacityBytes,
      availableBytes: tree.capacityBytes - tree.usedBytes,
      inodes: inodesMax,
      inodesFree: inodesMax - tree.count,
    }),
    treeSizeBytes: async (path) => {
      const node = tree.find(path, false)
      return node ? sizeOf(node) : 0
    },
    watch: (path, onChange) => tree.watch(path, onChange),
  }
  const guarded = Object.entries(disk).map(([name, call]) => [
    name,
    name === 'watch' ? call : failing(faults, name as keyof Disk, call as (...args: unknown[]) => Promise<unknown>),
  ])
  return {
    ...(Object.fromEntries(guarded) as Disk),
    failNext: (operation, code) => void faults.set(operation, code),
  }
}

function failing(
  faults: Map<keyof Disk, string>,
  name: keyof Disk,
  call: (...args: unknown[]) => Promise<unknown>,
): (...args: unknown[]) => Promise<unknown> {
  return async (...args) => {
    const code = faults.get(name)
    faults.delete(name)
    if (code !== undefined) throw diskError(code, name, String(args[0]))
    return call(...args)
  }
}

function diskError(code: string, operation: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code })
}

function infoOf(node: Node | undefined): FileInfo | undefined {
  if (!node) return undefined
  const { kind, mode, modifiedMs, inode, content } = node
  return { kind, mode, modifiedMs, inode, sizeBytes: content.length }
}

function sizeOf(node: Node): number {
  let total = Math.ceil(node.content.length / blockBytes) * blockBytes
  for (const entry of node.entries.values()) total += sizeOf(entry)
  return total
}

function openFile(tree: Tree, node: Node, path: string): OpenFile {
  return {
    read: async (buffer, positionBytes) => {
      const part = node.content.subarray(positionBytes, positionBytes + buffer.length)
      buffer.set(part)
      return part.length
    },
    append: async (bytes) => {
      const content = new Uint8Array(node.content.length + bytes.length)
      content.set(node.content)
      content.set(bytes, node.content.length)
      tree.setContent(node, content, path)
    },
    sync: async () => {},
    syncNow: () => {},
    sizeBytes: async () => node.content.length,
    inode: async () => node.inode,
    close: async () => {},
  }
}

class Tree {
  readonly capacityBytes: number
  usedBytes = 0
  count = 0
  readonly #nowMs: () => number
  readonly #root: Node
  readonly #watchers = new Map<Node, Set<() => void>>()
  #inodes = 1

  constructor({ capacityBytes = 1024 ** 3, nowMs = () => 0 }: SimulatedDiskOptions) {
    this.capacityBytes = capacityBytes
    this.#nowMs = nowMs
    this.#root = this.#node('directory', 0o755)
  }

  find(path: string, follow = true): Node | undefined {
    return this.#walk(path, follow)?.node
  }

  existing(path: string, follow = true): Node {
    const node = this.find(path, follow)
    if (!node) throw diskError('ENOENT', 'open', path)
    return node
  }

  file(path: string): Node {
    const node = this.existing(path)
    if (node.kind === 'directory') throw diskError('EISDIR', 'read', path)
    return node
  }

  fileOrNew(path: string): Node {
    return this.find(path) ? this.file(path) : this.put(path, new Uint8Array(), 0o600)
  }

  put(path: string, content: Uint8Array, mode: number): Node {
    const { parent, name } = this.#parentOf(path)
    if (parent.entries.get(name)?.kind === 'directory') throw diskError('EISDIR', 'write', path)
    const node = this.#node('file', mode)
    this.setContent(node, content, path)
    this.#attach(parent, name, node)
    return node
  }

  setContent(node: Node, content: Uint8Array, path: string): void {
    const grownBytes = content.length - node.content.length
    if (this.usedBytes + grownBytes > this.capacityBytes) throw diskError('ENOSPC', 'write', path)
    this.usedBytes += grownBytes
    node.content = content
    node.modifiedMs = this.#nowMs()
  }

  list(path: string): string[] {
    const node = this.find(path)
    if (!node) return []
    if (node.kind !== 'directory') throw diskError('ENOTDIR', 'list', path)
    return [...node.entries.keys()].sort()
  }

  makeDirectory(path: string, mode: number): void {
    const parts = partsOf(path)
    for (let length = 1; length <= parts.length; length++) {
      const partial = `/${parts.slice(0, length).join('/')}`
      const node = this.find(partial)
      if (node && node.kind !== 'directory') throw diskError('EEXIST', 'makeDirectory', partial)
      if (node) continue
      const { parent, name } = this.#parentOf(partial)
      this.#attach(parent, name, this.#node('directory', length === parts.length ? mode : 0o755))
    }
  }

  remove(path: string): void {
    const at = this.#walk(path, false)
    if (!at?.node || !at.parent) return
    this.#detach(at.parent, at.name, at.node)
  }

  rename(from: string, to: string): void {
    const at = this.#walk(from, false)
    if (!at?.node || !at.parent) throw diskError('ENOENT', 'rename', from)
    const { parent, name } = this.#parentOf(to)
    const replaced = parent.entries.get(name)
    if (replaced === at.node) return
    if (replaced?.kind === 'directory' && replaced.entries.size > 0) throw diskError('ENOTEMPTY', 'rename', to)
    at.parent.entries.delete(at.name)
    this.#attach(parent, name, at.node)
    this.#changed(at.parent)
  }

  symlink(target: string, path: string): void {
    const { parent, name } = this.#parentOf(path)
    if (parent.entries.has(name)) throw diskError('EEXIST', 'symlink', path)
    const node = this.#node('symlink', 0o777)
    node.target = target
    this.#attach(parent, name, node)
  }

  link(path: string): string {
    const node = this.existing(path, false)
    if (node.kind !== 'symlink') throw diskError('EINVAL', 'readLink', path)
    return node.target
  }

  realPath(path: string): string {
    const at = this.#walk(path, true)
    if (!at?.node) throw diskError('ENOENT', 'realPath', path)
    return at.path
  }

  watch(path: string, onChange: () => void): () => void {
    const node = this.existing(path)
    const watchers = this.#watchers.get(node) ?? new Set()
    this.#watchers.set(node, watchers.add(onChange))
    return () => void watchers.delete(onChange)
  }

  #node(kind: Node['kind'], mode: number): Node {
    const base = { modifiedMs: this.#nowMs(), content: new Uint8Array(), target: '', entries: new Map<string, Node>() }
    return { kind, mode, inode: this.#inodes++, ...base }
  }

  #attach(parent: Node, name: string, node: Node): void {
    const replaced = parent.entries.get(name)
    if (replaced) this.usedBytes -= replaced.content.length
    else this.count++
    parent.entries.set(name, node)
    this.#changed(parent)
  }

  #detach(parent: Node, name: string, node: Node): void {
    parent.entries.delete(name)
    const release = (each: Node): void => {
      this.usedBytes -= each.content.length
      this.count--
      for (const entry of each.entries.values()) release(entry)
    }
    release(node)
    this.#changed(parent)
  }

  #changed(directory: Node): void {
    directory.modifiedMs = this.#nowMs()
    for (const onChange of this.#watchers.get(directory) ?? []) queueMicrotask(onChange)
  }

  #parentOf(path: string): { parent: Node; name: string } {
    const parts = partsOf(path)
    const name = parts.pop()
    if (name === undefined) throw diskError('EINVAL', 'write', path)
    const parent = this.existing(`/${parts.join('/')}`)
    if (parent.kind !== 'directory') throw diskError('ENOTDIR', 'write', path)
    return { parent, name }
  }

  #walk(path: string, follow: boolean): { node?: Node; parent?: Node; name: string; path: string } | undefined {
    const pending = partsOf(path)
    let at: { node?: Node; parent?: Node; name: string; path: string } = { node: this.#root, name: '', path: '/' }
    for (let links = 0; pending.length > 0; ) {
      const name = pending.shift()!
      const parent = at.node
      if (parent?.kind !== 'directory') return undefined
      const node = parent.entries.get(name)
      const here = posix.join(at.path, name)
      if (node?.kind === 'symlink' && (follow || pending.length > 0)) {
        if (++links > symlinkDepthMax) throw diskError('ELOOP', 'open', path)
        pending.unshift(...partsOf(posix.resolve(at.path, node.target)))
        at = { node: this.#root, name: '', path: '/' }
      } else if (node) at = { node, parent, name, path: here }
      else return undefined
    }
    return at
  }
}

function partsOf(path: string): string[] {
  return posix
    .normalize(path)
    .split('/')
    .filter((part) => part !== '')
}
