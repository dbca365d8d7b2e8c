/** How long the store takes, under the names that upstream has for etcd. */
import type { Clock } from '../../platform/clock.ts'
import type { Store } from '../../store/store.ts'
import { Counter, type Family, Histogram } from './families.ts'

const labels = ['operation', 'group', 'resource']
/** Bounds in seconds. Source: apiserver's `storage/etcd3/metrics`. */
const buckets = [0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60]

export class StoreMetrics {
  readonly #durations = new Histogram('etcd_request_duration_seconds', 'Time of calls of the store.', labels, buckets)
  readonly #requests = new Counter('etcd_requests_total', 'Calls of the store.', labels)
  readonly #errors = new Counter('etcd_request_errors_total', 'Calls of the store that failed.', labels)

  get families(): readonly Family[] {
    return [this.#durations, this.#requests, this.#errors]
  }

  /** The same store, measured. */
  measured(store: Store, clock: Clock): Store {
    const timed = async <T>(operation: string, key: string, call: () => Promise<T>): Promise<T> => {
      const series = [operation, ...resourceOf(key)]
      const start = clock.monotonicMs()
      this.#requests.add(series)
      try {
        return await call()
      } catch (error) {
        this.#errors.add(series)
        throw error
      } finally {
        this.#durations.observe(series, (clock.monotonicMs() - start) / 1000)
      }
    }
    return {
      get: (key, revision) => timed('get', key, () => store.get(key, revision)),
      range: (query) => timed('list', query.prefix, () => store.range(query)),
      count: (prefix) => timed('count', prefix, () => store.count(prefix)),
      commit: (writes) => timed(operationOf(writes[0]), writes[0].key, () => store.commit(writes)),
      watch: (options) => store.watch(options),
      // Asked before every read of a cache, and known without work: measuring it would cost more than asking.
      currentRevision: () => store.currentRevision(),
      compact: (revision) => timed('compact', '', () => store.compact(revision)),
      health: () => store.health(),
      close: () => store.close(),
    }
  }
}

function operationOf({ op, expected }: { op: string; expected?: number }): string {
  if (op === 'delete') return 'delete'
  return expected === 0 ? 'create' : 'update'
}

/** `/registry/pods/…` and `/registry/example.com/widgets/…`. */
function resourceOf(key: string): [group: string, resource: string] {
  const [, , first = '', second = ''] = key.split('/', 4)
  return first.includes('.') ? [first, second] : ['', first]
}
