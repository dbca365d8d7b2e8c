/** Which resource a key of the store belongs to: upstream's places, read backwards. */
import { groupVersionInfos } from '../../api/schema/registry.ts'
import { builtInStorePrefix } from '../scheme/store-prefix.ts'

export interface StoredResource {
  group: string
  plural: string
}

let builtIn: ReadonlyMap<string, StoredResource> | undefined

/** The part of a key that its resource decides: `/registry/pods/`, `/registry/services/specs/`; itself when it has none. */
export function placeOfKey(key: string): string {
  const first = key.indexOf('/', '/registry/'.length)
  if (first < 0) return key
  const place = key.slice(0, first + 1)
  if (builtInPlaces().has(place)) return place
  const second = key.indexOf('/', first + 1)
  return second < 0 ? place : key.slice(0, second + 1)
}

/** Undefined for what is no object of the API: leases of servers, ranges of addresses. */
export function resourceOfPlace(place: string): StoredResource | undefined {
  const known = builtInPlaces().get(place)
  if (known) return known
  const [, group = '', plural = ''] = /^\/registry\/([^/]*\.[^/]*)\/([^/]+)\/$/.exec(place) ?? []
  return group === '' ? undefined : { group, plural }
}

function builtInPlaces(): ReadonlyMap<string, StoredResource> {
  if (builtIn) return builtIn
  const places = new Map<string, StoredResource>()
  for (const { resources } of groupVersionInfos()) {
    for (const { resource } of resources) {
      const { group, plural } = resource
      // Events are stored as the core group's.
      if (group !== 'events.k8s.io') places.set(builtInStorePrefix(resource), { group, plural })
    }
  }
  builtIn = places
  return places
}
