/** A store whose values stand otherwise in the store below: encrypted, or in another encoding. */
import { whenKnown } from '../platform/turn.ts'
import type { CommitResult, KeyValue, Store, StoreEvent, Unreadable, WatchBatch, Write } from './store.ts'

/** Of the values of some keys. What it throws, the read or commit throws; a watch says which keys it was. */
export interface ValueTransform {
  write(key: string, value: Uint8Array): Uint8Array | Promise<Uint8Array>
  read(item: KeyValue): KeyValue | Promise<KeyValue>
}

/** `transformFor` names the transform of a key; undefined: its values stand as they are. Closing closes the store below. */
export function transformedStore(store: Store, transformFor: (key: string) => ValueTransform | undefined): Store {
  const read = (item: KeyValue): KeyValue | Promise<KeyValue> => transformFor(item.key)?.read(item) ?? item
  const readMaybe = async (item: KeyValue | undefined): Promise<KeyValue | undefined> => item && (await read(item))
  return {
    async get(key, revision) {
      const found = await store.get(key, revision)
      return { ...found, item: await readMaybe(found.item) }
    },
    async range(query) {
      const result = await store.range(query)
      return { ...result, items: await readAll(result.items, read) }
    },
    count: (prefix) => store.count(prefix),
    async commit(writes): Promise<CommitResult> {
      const written = writes.map((write) => writeOne(write, transformFor))
      const ready = written.some((write) => write instanceof Promise) ? await Promise.all(written) : written
      const result = await store.commit(ready as [Write, ...Write[]])
      return result.ok ? result : { ...result, current: await readMaybe(result.current) }
    },
    watch: (options) => readBatches(store.watch(options), transformFor),
    currentRevision: () => store.currentRevision(),
    compact: (revision) => store.compact(revision),
    sizeBytes: () => store.sizeBytes(),
    health: () => store.health(),
    close: () => store.close(),
  }
}

type TransformFor = (key: string) => ValueTransform | undefined

function writeOne(write: Write, transformFor: TransformFor): Write | Promise<Write> {
  const transform = write.op === 'put' ? transformFor(write.key) : undefined
  if (!transform || write.op !== 'put') return write
  return whenKnown(transform.write(write.key, write.value), (value) => ({ ...write, value }))
}

/** Waits for none where none needs to be waited for. */
async function readAll(
  items: readonly KeyValue[],
  read: (item: KeyValue) => KeyValue | Promise<KeyValue>,
): Promise<KeyValue[]> {
  const results: KeyValue[] = []
  for (const item of items) {
    const result = read(item)
    results.push(result instanceof Promise ? await result : result)
  }
  return results
}

/** Most batches are read at once, so that no generator stands between the store and who watches it. */
function readBatches(batches: AsyncIterable<WatchBatch>, transformFor: TransformFor): AsyncIterable<WatchBatch> {
  return {
    [Symbol.asyncIterator]() {
      const below = batches[Symbol.asyncIterator]()
      const read = async (): Promise<IteratorResult<WatchBatch>> => {
        const next = await below.next()
        if (next.done) return next
        const value = readBatch(next.value, transformFor)
        return { done: false, value: value instanceof Promise ? await value : value }
      }
      const end = async (): Promise<IteratorResult<WatchBatch>> => {
        await below.return?.()
        return { done: true, value: undefined }
      }
      return { next: read, return: end }
    },
  }
}

/** One that cannot be read keeps nobody from the others. */
function readBatch(batch: WatchBatch, transformFor: TransformFor): WatchBatch | Promise<WatchBatch> {
  const events = batch.events.map((event) => readOrNot(event, transformFor))
  if (!events.some((event) => event instanceof Promise)) return batchOf(batch, events as (StoreEvent | Unreadable)[])
  return Promise.all(events).then((read) => batchOf(batch, read))
}

function batchOf({ revision }: WatchBatch, read: readonly (StoreEvent | Unreadable)[]): WatchBatch {
  const unreadable = read.filter((event): event is Unreadable => 'error' in event)
  const events = read.filter((event): event is StoreEvent => !('error' in event))
  return unreadable.length === 0 ? { revision, events } : { revision, events, unreadable }
}

function readOrNot(
  event: StoreEvent,
  transformFor: TransformFor,
): StoreEvent | Unreadable | Promise<StoreEvent | Unreadable> {
  const failed = (error: unknown): Unreadable => ({ key: event.type === 'put' ? event.item.key : event.key, error })
  try {
    const read = readEvent(event, transformFor)
    return read instanceof Promise ? read.catch(failed) : read
  } catch (error) {
    return failed(error)
  }
}

function readEvent(event: StoreEvent, transformFor: TransformFor): StoreEvent | Promise<StoreEvent> {
  const transform = transformFor(event.type === 'put' ? event.item.key : event.key)
  if (!transform) return event
  const previous = event.previous && transform.read(event.previous)
  const item = event.type === 'put' ? transform.read(event.item) : undefined
  if (previous instanceof Promise || item instanceof Promise) return whenRead(event, previous, item)
  return readAs(event, previous, item)
}

function readAs(event: StoreEvent, previous: KeyValue | undefined, item: KeyValue | undefined): StoreEvent {
  return event.type === 'put' && item !== undefined
    ? { ...event, item, previous }
    : ({ ...event, previous } as StoreEvent)
}

async function whenRead(
  event: StoreEvent,
  previous: KeyValue | undefined | Promise<KeyValue>,
  item: KeyValue | undefined | Promise<KeyValue>,
): Promise<StoreEvent> {
  const [before, now] = await Promise.all([previous, item])
  return readAs(event, before, now)
}
