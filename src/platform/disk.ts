/** Files as a dependency. Paths are absolute; modes are numeric (0o600). Errors carry Node's `code` ('ENOENT' …). */
export interface FileInfo {
  kind: 'file' | 'directory' | 'symlink' | 'other'
  sizeBytes: number
  mode: number
  modifiedMs: number
  inode: number
}

export interface DiskUsage {
  capacityBytes: number
  availableBytes: number
  inodes: number
  inodesFree: number
}

export interface WriteOptions {
  /** Permission bits of a new file. Default 0o600. */
  mode?: number
  /** Write to a temporary name, fsync, rename over the target, fsync the directory. Default true. */
  durable?: boolean
}

/** An open file, for logs and streams. */
export interface OpenFile {
  read(buffer: Uint8Array, positionBytes: number): Promise<number>
  append(bytes: Uint8Array): Promise<void>
  /** Resolves when everything written to the file, by anyone, survives a power cut. */
  sync(): Promise<void>
  /** The same, with the thread standing still meanwhile: for a disk that answers sooner than another thread would. */
  syncNow(): void
  sizeBytes(): Promise<number>
  /** Identity that survives a rename: a rotated log is a different inode. */
  inode(): Promise<number>
  close(): Promise<void>
}

export interface Disk {
  read(path: string): Promise<Uint8Array>
  readText(path: string): Promise<string>
  write(path: string, content: Uint8Array | string, options?: WriteOptions): Promise<void>
  open(path: string, how: 'read' | 'append'): Promise<OpenFile>
  /** Undefined when nothing is there. Does not follow a final symlink. */
  stat(path: string): Promise<FileInfo | undefined>
  /** Names in the directory, sorted; empty when it does not exist. */
  list(path: string): Promise<string[]>
  makeDirectory(path: string, mode?: number): Promise<void>
  remove(path: string): Promise<void>
  /** Survives a power cut once the directory is synced. */
  rename(from: string, to: string): Promise<void>
  /** Resolves when names made, moved and removed in the directory survive a power cut. */
  syncDirectory(path: string): Promise<void>
  symlink(target: string, path: string): Promise<void>
  readLink(path: string): Promise<string>
  chmod(path: string, mode: number): Promise<void>
  chown(path: string, uid: number, gid: number): Promise<void>
  realPath(path: string): Promise<string>
  usage(path: string): Promise<DiskUsage>
  /** Bytes below a directory as allocated on disk; stops early past `limitBytes`. */
  treeSizeBytes(path: string, limitBytes?: number): Promise<number>
  /** Calls back on any change in the directory, coalesced. */
  watch(path: string, onChange: () => void): () => void
}
