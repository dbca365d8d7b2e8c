/**
 * The one store watch behind every read and watch. It tells each resource's cache what changed, in order, and lets a
 * reader wait until a revision has been seen: a read after an acknowledged write waits for that write's revision.
 */
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { whenKnown } from '../../platform/turn.ts'
import type { Store, StoreEvent, WatchBatch } from '../../store/store.ts'

/** Where the hub delivers events of keys below a prefix. */
export interface Sink {
  prefix: string
  apply(events: readonly StoreEvent[], revision: number): void
  /** History was lost: forget everything and end all watchers. */
  reset(): void
}

interface Waiter {
  revision: number
  done(reached: boolean): void
}

export class Hub {
  readonly store: Store
  readonly #clock: Clock
  readonly #log: Logger
  readonly #sinks = new Map<string, Sink>()
  readonly #stop = new AbortController()
  #waiters: Waiter[] = []
  #revision = 0
  #running: Promise<void> | undefined

  constructor(parts: { store: Store; clock: Clock; log: Logger }) {
    this.store = parts.store
    this.#clock = parts.clock
    this.#log = parts.log
  }

  /** Newest revision delivered to all sinks. */
  get revision(): number {
    return this.#revision
  }

  async start(): Promise<void> {
    this.#revision = await this.store.currentRevision()
    this.#running = this.#run()
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    for (const sink of this.#sinks.values()) sink.reset()
    for (const waiter of this.#waiters.splice(0)) waiter.done(false)
    await this.#running
  }

  add(sink: Sink): void {
    this.#sinks.set(sink.prefix, sink)
  }

  remove(sink: Sink): void {
    if (this.#sinks.get(sink.prefix) === sink) this.#sinks.delete(sink.prefix)
  }

  /** Resolves true once `revision` has been delivered, false when that takes longer than `timeoutMs`. */
  reached(revision: number, timeoutMs: number = limits.freshReadWaitMs): boolean | Promise<boolean> {
    if (revision <= this.#revision) return true
    return new Promise((resolve) => {
      const cancel = this.#clock.after(timeoutMs, () => waiter.done(false))
      const waiter: Waiter = {
        revision,
        done: (reached) => {
          cancel()
          this.#waiters = this.#waiters.filter((other) => other !== waiter)
          resolve(reached)
        },
      }
      this.#waiters.push(waiter)
    })
  }

  /** Waits until everything acknowledged so far can be read here. */
  fresh(): boolean | Promise<boolean> {
    return whenKnown(this.store.currentRevision(), (revision) => this.reached(revision))
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop
    while (!signal.aborted) {
      try {
        const batches = this.store.watch({ prefix: '/registry/', fromRevision: this.#revision + 1, signal })
        for await (const batch of batches) this.#deliver(batch)
      } catch (error) {
        if (signal.aborted) return
        this.#log.error('watching the store failed, readers start anew', { error: String(error) })
        await this.#restart()
      }
    }
  }

  async #restart(): Promise<void> {
    try {
      await this.#clock.sleep(limits.storeWatchRetryMs, this.#stop.signal)
      const revision = await this.store.currentRevision()
      for (const sink of this.#sinks.values()) sink.reset()
      this.#advance(revision)
    } catch {
      // Stopped while waiting, or the store is still away: the next round says so.
    }
  }

  #deliver(batch: WatchBatch): void {
    if (batch.events.length === 1) {
      const only = batch.events[0]!
      this.#sinkOf(keyOf(only))?.apply([only], batch.revision)
    } else if (batch.events.length > 1) {
      for (const [sink, events] of this.#bySink(batch.events)) sink.apply(events, batch.revision)
    }
    for (const { key, error } of batch.unreadable ?? []) {
      this.#log.error('a change could not be read, readers of its resource start anew', { key, error: String(error) })
      this.#sinkOf(key)?.reset()
    }
    this.#advance(batch.revision)
  }

  #bySink(events: readonly StoreEvent[]): Map<Sink, StoreEvent[]> {
    const grouped = new Map<Sink, StoreEvent[]>()
    for (const event of events) {
      const sink = this.#sinkOf(keyOf(event))
      if (!sink) continue
      const group = grouped.get(sink)
      if (group) group.push(event)
      else grouped.set(sink, [event])
    }
    return grouped
  }

  #advance(revision: number): void {
    this.#revision = Math.max(this.#revision, revision)
    for (const waiter of [...this.#waiters]) if (waiter.revision <= this.#revision) waiter.done(true)
  }

  /** Prefixes are `/registry/a/` or `/registry/a/b/`. */
  #sinkOf(key: string): Sink | undefined {
    const first = key.indexOf('/', '/registry/'.length)
    if (first < 0) return undefined
    const sink = this.#sinks.get(key.slice(0, first + 1))
    if (sink) return sink
    const second = key.indexOf('/', first + 1)
    return second < 0 ? undefined : this.#sinks.get(key.slice(0, second + 1))
  }
}

function keyOf(event: StoreEvent): string {
  return event.type === 'put' ? event.item.key : event.key
}
