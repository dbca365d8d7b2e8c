/**
 * What is counted of caches, by resource, under the names that upstream has for its storage and its watch cache.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import { limits } from '../../limits.ts'
import type { Caches } from '../cache/caches.ts'
import type { ResourceCache } from '../cache/resource-cache.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { type Family, gauge, type Labels } from './families.ts'

interface Known {
  group: string
  version: string
  plural: string
  cache: ResourceCache
}

/** Counters by group and resource: the name, what it counts, its value. */
const counters: readonly [name: string, help: string, value: (cache: ResourceCache) => number][] = [
  ['apiserver_storage_events_received_total', 'Changes that the store told of.', ({ counts }) => counts.events],
  ['apiserver_watch_cache_events_received_total', 'Changes that caches took.', ({ counts }) => counts.events],
  ['apiserver_watch_cache_events_dispatched_total', 'Changes handed on to watchers.', ({ counts }) => counts.events],
  ['apiserver_watch_cache_initializations_total', 'How often caches were filled.', ({ counts }) => counts.loads],
  ['apiserver_storage_list_total', 'Lists read from the store.', ({ counts }) => counts.loads],
  ['apiserver_storage_list_fetched_objects_total', 'Objects read for them.', ({ counts }) => counts.loaded],
  ['apiserver_storage_list_evaluated_objects_total', 'Objects looked at for them.', ({ counts }) => counts.loaded],
  ['apiserver_storage_list_returned_objects_total', 'Objects that they gave.', ({ counts }) => counts.loaded],
  [
    'apiserver_cache_list_returned_objects_total',
    'Objects that lists from caches gave.',
    ({ counts }) => counts.listed,
  ],
]

/** The same of lists from caches, which upstream tells apart by the index used. */
const indexed: typeof counters = [
  ['apiserver_cache_list_total', 'Lists from caches.', ({ counts }) => counts.lists],
  ['apiserver_cache_list_fetched_objects_total', 'Objects looked at for them.', ({ counts }) => counts.looked],
]

const gauges: typeof counters = [
  ['apiserver_resource_objects', 'Objects in the caches that are loaded.', ({ size }) => size],
  ['apiserver_watch_cache_resource_version', 'The newest change that caches hold.', ({ revision }) => revision],
  ['watch_cache_capacity', 'Changes that caches remember at most.', () => limits.cacheHistoryEventsMax],
]

export function cacheFamilies(caches: Caches, scheme: Scheme): Family[] {
  const known = [...scheme.all()].flatMap(({ resource, storePrefix }): Known[] => {
    const cache = caches.all.get(storePrefix)
    return cache ? [{ ...resource, cache }] : []
  })
  // Versions of one resource share a cache: it counts once.
  const once = known.filter(({ cache }, index) => known.findIndex((other) => other.cache === cache) === index)
  const named = ({ group, plural }: Known): Labels => ({ group, resource: plural })
  const families = (list: typeof counters, type: 'counter' | 'gauge', more: Labels = {}): Family[] =>
    list.map(([name, help, value]) => ({
      ...gauge(
        name,
        help,
        once.map((each) => [{ ...named(each), ...more }, value(each.cache)]),
      ),
      type,
    }))
  return [
    gauge(
      'apiserver_storage_objects',
      'The same as apiserver_resource_objects, by the name of the resource with its group.',
      once.map(({ group, plural, cache }) => [{ resource: group === '' ? plural : `${plural}.${group}` }, cache.size]),
    ),
    ...families(gauges, 'gauge'),
    ...families(counters, 'counter'),
    ...families(indexed, 'counter', { index: '' }),
    ...watchFamilies(known),
  ]
}

function watchFamilies(known: readonly Known[]): Family[] {
  const versioned = ({ group, version, plural }: Known): Labels => ({ group, version, resource: plural })
  return [
    {
      ...{ name: 'apiserver_watch_events_total', type: 'counter', help: 'Events that watchers were given.' },
      samples: () => known.map((each) => [versioned(each), each.cache.eventsSent]),
    },
    {
      ...{ name: 'apiserver_watch_events_sizes', type: 'histogram', help: 'Bytes of events that watchers were given.' },
      *samples() {
        for (const each of known) {
          for (const [labels, value, suffix = ''] of each.cache.eventSizes()) {
            yield [{ ...versioned(each), ...labels }, value, suffix]
          }
        }
      },
    },
    gauge(
      'apiserver_longrunning_requests',
      'Watches being served.',
      known.map((each) => [
        { verb: 'WATCH', ...versioned(each), subresource: '', scope: '', component: 'apiserver' },
        each.cache.subscribers,
      ]),
    ),
  ]
}
