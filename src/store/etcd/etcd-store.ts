/**
 * The store on an etcd v3 cluster. Keys and values are etcd's own: several API servers, Go's among them, work on one
 * cluster and see each other's writes.
 */
import { limits } from '../../limits.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import { GrpcError, grpcCode } from '../../platform/grpc.ts'
import { checkWrites } from '../commit-plan.ts'
import {
  type CommitResult,
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  type RangeQuery,
  type RangeResult,
  type Store,
  StoreUnavailableError,
  type WatchBatch,
  type WatchOptions,
  type Write,
} from '../store.ts'
import { compactTogether } from './compaction.ts'
import { Endpoints, type EndpointsOptions } from './endpoints.ts'
import { asUnavailable, isCompacted, isFuture } from './failures.ts'
import { Leases } from './leases.ts'
import type { AlarmReply, LeaseGrantReply, RangeReply, StatusReply, TxnReply } from './messages.ts'
import { methods, problemOfAlarms, rangeOf, requestOf } from './requests.ts'
import { itemOf, watchEtcd } from './watch.ts'

export interface EtcdStoreOptions extends EndpointsOptions {
  /** Default `limits.storeHistoryAgeMs`. Zero: never compact; somebody else does. */
  historyAgeMs?: number
}

/** Resolves when a majority of the cluster answers; rejects with `StoreUnavailableError` when none does in time. */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  const store = new EtcdStore(options)
  try {
    await store.currentRevision()
    return store
  } catch (error) {
    await store.close()
    throw error
  }
}

class EtcdStore implements Store {
  readonly #endpoints: Endpoints
  readonly #clock: Clock
  readonly #leases: Leases
  readonly #closing = new AbortController()
  readonly #cancelCompaction: CancelTimer
  /** Known to be the oldest readable revision. */
  #compacted = 0
  #asking: Promise<number> | undefined
  #askingNext: Promise<number> | undefined

  constructor(options: EtcdStoreOptions) {
    const { clock, historyAgeMs = limits.storeHistoryAgeMs } = options
    this.#endpoints = new Endpoints(options)
    this.#clock = clock
    this.#leases = new Leases(clock, async (ttlSeconds) => {
      const reply = await this.#endpoints.call<LeaseGrantReply>(methods.leaseGrant, { TTL: ttlSeconds })
      return reply.ID
    })
    const compact = (revision: number): Promise<void> => this.compact(revision)
    this.#cancelCompaction =
      historyAgeMs > 0 ? compactTogether({ endpoints: this.#endpoints, clock, historyAgeMs, compact }) : () => {}
  }

  async get(key: string, revision?: number): Promise<{ item: KeyValue | undefined; revision: number }> {
    const reply = await this.#range({ key: Buffer.from(key), ...(revision ? { revision } : {}) }, revision)
    const found = reply.kvs?.[0]
    return { item: found && itemOf(found), revision: revision ?? reply.header.revision }
  }

  async range(query: RangeQuery): Promise<RangeResult> {
    const { prefix, limit = 0 } = query
    const items: KeyValue[] = []
    let { after, revision } = query
    let pageKeys: number = limits.etcdPageKeys
    for (;;) {
      const wanted = limit > 0 ? Math.min(pageKeys, limit - items.length) : pageKeys
      const page = { ...rangeOf(prefix, after), limit: wanted, ...(revision ? { revision } : {}) }
      const reply = await this.#range(page, revision).catch((error: unknown) => {
        if (!isTooLong(error) || wanted === 1) throw error
        return undefined
      })
      if (!reply) {
        pageKeys = Math.ceil(wanted / 4)
        continue
      }
      revision ??= reply.header.revision
      for (const found of reply.kvs ?? []) items.push(itemOf(found))
      const remaining = (reply.count ?? 0) - (reply.kvs?.length ?? 0)
      if (remaining === 0 || items.length === limit) return { items, revision, remaining }
      after = items.at(-1)?.key
    }
  }

  async count(prefix: string): Promise<number> {
    return (await this.#range({ ...rangeOf(prefix), count_only: true })).count ?? 0
  }

  async commit(writes: readonly [Write, ...Write[]]): Promise<CommitResult> {
    this.#checkOpen()
    checkWrites(writes)
    const request = await requestOf(writes, (ttlSeconds) => this.#leases.for(ttlSeconds)).catch((error: unknown) => {
      throw asUnavailable('committing', error)
    })
    const reply = await this.#endpoints.call<TxnReply>(methods.txn, request).catch((error: unknown) => {
      throw asUnavailable('committing', error, true)
    })
    const { revision } = reply.header
    if (reply.succeeded) return { ok: true, revision }
    const compared = writes.filter(({ expected }) => expected !== undefined)
    for (const [index, { key, expected }] of compared.entries()) {
      const found = reply.responses?.[index]?.response_range?.kvs?.[0]
      if ((found?.mod_revision ?? 0) !== expected) return { ok: false, key, current: found && itemOf(found), revision }
    }
    throw new StoreUnavailableError('committing: etcd refused a transaction whose expectations hold')
  }

  async *watch({ prefix, fromRevision, signal }: WatchOptions): AsyncGenerator<WatchBatch> {
    this.#checkOpen()
    if (fromRevision < this.#compacted) throw new CompactedError(this.#compacted)
    const either = AbortSignal.any([signal, this.#closing.signal])
    yield* watchEtcd(this.#endpoints, this.#clock, { prefix, fromRevision, signal: either })
    if (!signal.aborted) this.#checkOpen()
  }

  /** Callers who ask while an answer is under way share the next one: it is as new as each of them needs. */
  currentRevision(): Promise<number> {
    if (!this.#asking) {
      this.#asking = this.#askRevision().finally(() => {
        this.#asking = undefined
      })
      return this.#asking
    }
    this.#askingNext ??= this.#asking.then(ignore, ignore).then(() => {
      this.#askingNext = undefined
      return this.currentRevision()
    })
    return this.#askingNext
  }

  /**
   * etcd is compacted one revision below: what it keeps then has the previous state of every later change, and the
   * deletions of `revision` itself.
   */
  async compact(revision: number): Promise<void> {
    const current = await this.currentRevision()
    if (revision > current) throw new FutureRevisionError(current)
    this.#compacted = Math.max(this.#compacted, revision)
    if (revision <= 1) return
    await this.#endpoints.call(methods.compact, { revision: revision - 1 }).catch((error: unknown) => {
      if (!isCompacted(error)) throw asUnavailable('compacting', error)
    })
  }

  /** Of the member that is asked; all have the same. */
  async sizeBytes(): Promise<number> {
    this.#checkOpen()
    const asked = this.#endpoints.call<StatusReply>(methods.status, {}, limits.etcdHealthTimeoutMs)
    const { dbSize = 0 } = await asked.catch((error: unknown) => {
      throw asUnavailable('asking etcd for its size', error)
    })
    return dbSize
  }

  async health(): Promise<string | undefined> {
    if (this.#closing.signal.aborted) return 'the store is closed'
    try {
      const timeoutMs = limits.etcdHealthTimeoutMs
      await this.#endpoints.call<RangeReply>(methods.range, { key: Buffer.from('health'), limit: 1 }, timeoutMs)
      return problemOfAlarms(await this.#endpoints.call<AlarmReply>(methods.alarm, { action: 'GET' }, timeoutMs))
    } catch (error) {
      return asUnavailable('asking etcd', error).message
    }
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return
    this.#cancelCompaction()
    this.#closing.abort(new StoreUnavailableError('the store is closed'))
    this.#endpoints.close()
  }

  #checkOpen(): void {
    this.#closing.signal.throwIfAborted()
  }

  async #askRevision(): Promise<number> {
    return (await this.#range({ key: Uint8Array.of(0), count_only: true })).header.revision
  }

  async #range(request: object, revision?: number): Promise<RangeReply> {
    this.#checkOpen()
    if (revision !== undefined && revision < this.#compacted) throw new CompactedError(this.#compacted)
    try {
      return await this.#endpoints.call<RangeReply>(methods.range, request)
    } catch (error) {
      if (isCompacted(error)) throw new CompactedError(await this.#oldestRevision())
      if (isFuture(error)) throw new FutureRevisionError(await this.currentRevision())
      if (isTooLong(error)) throw error
      throw asUnavailable('reading', error)
    }
  }

  /** What a watch from the beginning is told. */
  async #oldestRevision(): Promise<number> {
    const watching = watchEtcd(this.#endpoints, this.#clock, {
      prefix: '',
      fromRevision: 1,
      signal: this.#closing.signal,
    })
    try {
      for await (const _ of watching) break
    } catch (error) {
      if (error instanceof CompactedError) this.#compacted = Math.max(this.#compacted, error.compactRevision)
      else throw error
    }
    return this.#compacted
  }
}

/** A page of large values is longer than what is read at once. */
function isTooLong(error: unknown): boolean {
  return (
    error instanceof GrpcError && error.code === grpcCode.resourceExhausted && /bytes was received/.test(error.details)
  )
}

function ignore(): void {}
