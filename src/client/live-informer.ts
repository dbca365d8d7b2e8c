/**
 * An informer of one's own, to be looped over: `for await (const change of pods.informer()) …`. Changes that nobody has
 * taken yet are put together by object, so that a slow loop misses steps but never the last state, and nothing
 * queues beyond one change for each object.
 */
import { type KubeObject, keyOf, type Resource } from '../api/meta.ts'
import type { Change, Informer } from './informer.ts'
import { createInformers, type InformersOptions } from './informer-impl.ts'

export interface LiveInformer<T extends KubeObject> extends Informer<T>, AsyncIterable<Change<T>>, AsyncDisposable {
  /** Ends its watch and its loops. Leaving a loop does the same. */
  stop(): Promise<void>
}

export interface LiveSelection {
  /** Default: the namespace of the client it is asked of. */
  namespace?: string
  labelSelector?: string
  fieldSelector?: string
  /** Stops it. */
  signal?: AbortSignal
}

/** Makes one that starts at once; existing objects come first, as `added`. */
export type LiveInformers = <T extends KubeObject>(resource: Resource<T>, selection?: LiveSelection) => LiveInformer<T>

export function liveInformers(options: InformersOptions): LiveInformers {
  return (resource, selection = {}) => liveInformer(options, resource, selection)
}

function liveInformer<T extends KubeObject>(
  options: InformersOptions,
  resource: Resource<T>,
  { signal, ...selection }: LiveSelection,
): LiveInformer<T> {
  const informers = createInformers(options)
  const informer = informers.of(resource, selection)
  const loops = new Set<ChangeQueue<T>>()
  const stop = async (): Promise<void> => {
    for (const loop of loops) loop.end()
    await informers.stop()
  }
  const onAbort = (): void => void stop()
  signal?.addEventListener('abort', onAbort, { once: true })
  informers.start()
  if (signal?.aborted) onAbort()
  return {
    resource,
    get resourceVersion() {
      return informer.resourceVersion
    },
    get hasSynced() {
      return informer.hasSynced
    },
    synced: () => informer.synced(),
    get: (key) => informer.get(key),
    list: (namespace) => informer.list(namespace),
    byIndex: (index, value) => informer.byIndex(index, value),
    addIndex: (name, valuesOf) => informer.addIndex(name, valuesOf),
    onChange: (handler) => informer.onChange(handler),
    stop,
    [Symbol.asyncDispose]: stop,
    async *[Symbol.asyncIterator]() {
      const queue = new ChangeQueue<T>()
      if (signal?.aborted) return
      loops.add(queue)
      const unsubscribe = informer.onChange((change) => queue.add(change))
      try {
        for (let change = await queue.take(); change; change = await queue.take()) yield change
      } finally {
        unsubscribe()
        loops.delete(queue)
        signal?.removeEventListener('abort', onAbort)
        await stop()
      }
    },
  }
}

/** At most one change for each object, in the order in which objects first changed. */
export class ChangeQueue<T extends KubeObject> {
  readonly #waiting = new Map<string, Change<T>>()
  #wake: () => void = () => undefined
  #ended = false

  add(change: Change<T>): void {
    const key = keyOf(change.object)
    const joined = join(this.#waiting.get(key), change)
    if (joined) this.#waiting.set(key, joined)
    else this.#waiting.delete(key)
    this.#wake()
  }

  /** Undefined once it was ended. */
  async take(): Promise<Change<T> | undefined> {
    while (!this.#ended) {
      const [first] = this.#waiting
      if (first) {
        this.#waiting.delete(first[0])
        return first[1]
      }
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    }
    return undefined
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }
}

/** What both say together; undefined when the object came and went. */
function join<T>(earlier: Change<T> | undefined, later: Change<T>): Change<T> | undefined {
  if (!earlier) return later
  const { object } = later
  switch (earlier.type) {
    case 'added':
      return later.type === 'deleted' ? undefined : { type: 'added', object }
    case 'updated':
      return later.type === 'updated' ? { type: 'updated', object, previous: earlier.previous } : later
    case 'deleted':
      return later.type === 'added' ? { type: 'updated', object, previous: earlier.object } : later
  }
}
