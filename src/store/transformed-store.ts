/** A store whose values stand otherwise in the store below: encrypted, or in another encoding. */
import type { CommitResult, KeyValue, Store, StoreEvent, WatchBatch, Write } from './store.ts'

/** Of the values of some keys. What it throws, the read or commit throws. */
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
      const written = await Promise.all(writes.map((write) => writeOne(write, transformFor)))
      const result = await store.commit(written as [Write, ...Write[]])
      return result.ok ? result : { ...result, current: await readMaybe(result.current) }
    },
    async *watch(options) {
      for await (const batch of store.watch(options)) yield await readBatch(batch, transformFor)
    },
    currentRevision: () => store.currentRevision(),
    compact: (revision) => store.compact(revision),
    health: () => store.health(),
    close: () => store.close(),
  }
}

async function writeOne(write: Write, transformFor: (key: string) => ValueTransform | undefined): Promise<Write> {
  const transform = write.op === 'put' ? transformFor(write.key) : undefined
  return transform && write.op === 'put' ? { ...write, value: await transform.write(write.key, write.value) } : write
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

async function readBatch(
  batch: WatchBatch,
  transformFor: (key: string) => ValueTransform | undefined,
): Promise<WatchBatch> {
  const transforms = batch.events.map((event) => transformFor(event.type === 'put' ? event.item.key : event.key))
  if (!transforms.some(Boolean)) return batch
  const events = await Promise.all(
    batch.events.map(async (event, index): Promise<StoreEvent> => {
      const transform = transforms[index]
      if (!transform) return event
      const previous = event.previous && (await transform.read(event.previous))
      return event.type === 'put'
        ? { ...event, item: await transform.read(event.item), previous }
        : { ...event, previous }
    }),
  )
  return { ...batch, events }
}
