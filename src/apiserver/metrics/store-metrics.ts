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

  readonly #counted = new Map<string, Counted>()

  get families(): readonly Family[] {
    return [this.#durations, this.#requests, this.#errors]
  }

  /** The same store, measured. */
  measured(store: Store, clock: Clock): Store {
    const timed = <T>(operation: string, key: string, call: () => Promise<T>): Promise<T> => {
      const counted = this.#of(operation, key)
      const start = clock.monotonicMs()
      counted.requests.count += 1
      return call().then(
        (result) => {
          counted.durations.observe((clock.monotonicMs() - start) / 1000)
          return result
        },
        (error: unknown) => {
          this.#errors.add(counted.labels)
          counted.durations.observe((clock.monotonicMs() - start) / 1000)
          throw error
        },
      )
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
      sizeBytes: () => store.sizeBytes(),
      health: () => store.health(),
      close: () => store.close(),
    }
  }

  #of(operation: string, key: string): Counted {
    const [group, resource] = resourceOf(key)
    const name = `${operation} ${group} ${resource}`
    let counted = this.#counted.get(name)
    if (!counted) {
      const labels = [operation, group, resource]
      counted = { labels, requests: this.#requests.series(labels), durations: this.#durations.series(labels) }
      this.#counted.set(name, counted)
    }
    return counted
  }
}

/** The series that one operation on one resource adds to. */
interface Counted {
  labels: readonly string[]
  requests: { count: number }
  durations: { observe(seconds: number): void }
}

function operationOf({ op, expected }: { op: string; expected?: number }): string {
  if (op === 'delete') return 'delete'
  return expected === 0 ? 'create' : 'update'
}

/** `/registry/pods/…` and `/registry/example.com/widgets/…`. */
function resourceOf(key: string): [group: string, resource: string] {
  const start = key.indexOf('/', 1) + 1
  if (start === 0) return ['', '']
  const end = key.indexOf('/', start)
  const first = end < 0 ? key.slice(start) : key.slice(start, end)
  return first.includes('.') && end > 0 ? [first, key.slice(end + 1).split('/', 1)[0] ?? ''] : ['', first]
}
