/**
 * The store's contract: versioned keys with one growing revision, as etcd v3 has it. One suite
 * (`store.contract.ts`) runs on memory, SQLite and etcd.
 *
 * - Each commit raises the revision by exactly one, however many keys it writes.
 * - A commit resolves only after it is durable. One that rejects has left nothing behind, unless the error says that its
 *   outcome is unknown: then all of it may be there, now or a little later, or nothing.
 * - Reads see a single revision. Values are opaque bytes and must not be changed by the caller or the store.
 */

export interface KeyValue {
  key: string
  value: Uint8Array
  /** Revision at which the key came into being (again, after a delete). */
  createRevision: number
  /** Revision of the last write. */
  modRevision: number
  /** Whether a write of the same value now would be kept otherwise, as with a newer key. Absent: never. */
  stale?(): boolean
}

export interface RangeQuery {
  prefix: string
  /** Exclusive start within the prefix, for the next page. */
  after?: string
  /** At most this many; 0 or absent: all. */
  limit?: number
  /** Read as of this revision. Absent: the newest. Throws `CompactedError` or `FutureRevisionError`. */
  revision?: number
}

export interface RangeResult {
  items: KeyValue[]
  /** The revision that was read. */
  revision: number
  /** Keys beyond the limit. */
  remaining: number
}

/** One write. `expected` is the key's current mod revision: 0 means absent, undefined means whatever it is. */
export type Write =
  | { op: 'put'; key: string; value: Uint8Array; expected?: number; ttlSeconds?: number }
  | { op: 'delete'; key: string; expected?: number }

export type CommitResult =
  | { ok: true; revision: number }
  /** Nothing was written; `current` is the state of the first key whose expectation failed. */
  | { ok: false; key: string; current: KeyValue | undefined; revision: number }

export type StoreEvent =
  | { type: 'put'; item: KeyValue; previous: KeyValue | undefined }
  | { type: 'delete'; key: string; revision: number; previous: KeyValue | undefined }

/** All events of one revision, or (empty) the promise that everything up to `revision` has been delivered. */
export interface WatchBatch {
  revision: number
  events: StoreEvent[]
  /** Keys that changed from or to what cannot be read, and why. What follows them has to start anew. Absent: none. */
  unreadable?: readonly Unreadable[]
}

export interface Unreadable {
  key: string
  error: unknown
}

export interface WatchOptions {
  prefix: string
  /** First revision wanted; must not be compacted (`CompactedError`). */
  fromRevision: number
  signal: AbortSignal
}

export interface Store {
  get(key: string, revision?: number): Promise<{ item: KeyValue | undefined; revision: number }>
  range(query: RangeQuery): Promise<RangeResult>
  /** Number of live keys below a prefix. */
  count(prefix: string): Promise<number>
  /** Throws RangeError or TypeError on a caller's mistake, `StoreUnavailableError` when it can't be made durable. */
  commit(writes: readonly [Write, ...Write[]]): Promise<CommitResult>
  /** In order, without gaps or duplicates; ends when the signal aborts; throws `CompactedError`. */
  watch(options: WatchOptions): AsyncIterable<WatchBatch>
  /** At once where nobody else writes to the store. */
  currentRevision(): number | Promise<number>
  /** Forgets history before `revision`; current values stay. */
  compact(revision: number): Promise<void>
  /** Bytes that all of it takes where it is stored; in memory, of keys and values alone. */
  sizeBytes(): Promise<number>
  /** Undefined when healthy, else what is wrong in plain words. */
  health(): Promise<string | undefined>
  close(): Promise<void>
}

/** The wanted revision's history is gone; `compactRevision` is the oldest that can still be read. */
export class CompactedError extends Error {
  readonly compactRevision: number
  constructor(compactRevision: number) {
    super(`the requested revision has been compacted, the oldest available is ${compactRevision}`)
    this.name = 'CompactedError'
    this.compactRevision = compactRevision
  }
}

/** The wanted revision has not been written yet. */
export class FutureRevisionError extends Error {
  readonly currentRevision: number
  constructor(currentRevision: number) {
    super(`the requested revision is ahead of the current revision ${currentRevision}`)
    this.name = 'FutureRevisionError'
    this.currentRevision = currentRevision
  }
}

/** The store can't take writes now (disk full, I/O error, closed). */
export class StoreUnavailableError extends Error {
  /** Whether the commit may have been carried out all the same: nobody knows until it is read back. */
  readonly outcomeUnknown: boolean
  constructor(message: string, options: ErrorOptions & { outcomeUnknown?: boolean } = {}) {
    super(message, options)
    this.name = 'StoreUnavailableError'
    this.outcomeUnknown = options.outcomeUnknown ?? false
  }
}
