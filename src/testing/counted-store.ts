/** A store that counts the writes that mean something. Renewals of leases, which go on for ever, don't. */
import type { ForkableStore } from '../store/memory/memory-store.ts'
import type { Store } from '../store/store.ts'

export interface CountedStore extends Store {
  readonly base: ForkableStore
  readonly writes: number
}

const renewals = ['/registry/leases/kube-node-lease/', '/registry/masterleases/']

/** `before`: what happens before each commit; it may take its time or throw. */
export function countedStore(base: ForkableStore, before?: () => Promise<void> | undefined): CountedStore {
  let writes = 0
  return {
    base,
    get writes() {
      return writes
    },
    get: (key, revision) => base.get(key, revision),
    range: (query) => base.range(query),
    count: (prefix) => base.count(prefix),
    commit: async (changes) => {
      if (!changes.every(({ key }) => renewals.some((prefix) => key.startsWith(prefix)))) writes++
      const delayed = before?.()
      if (delayed !== undefined) await delayed
      return base.commit(changes)
    },
    watch: (options) => base.watch(options),
    currentRevision: () => base.currentRevision(),
    compact: (revision) => base.compact(revision),
    sizeBytes: () => base.sizeBytes(),
    health: () => base.health(),
    close: () => base.close(),
  }
}
