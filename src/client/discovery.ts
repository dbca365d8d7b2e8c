/** Which resources a server serves, read from its discovery documents. Works with any API server, custom resources included. */
import type { Resource } from '../api/meta.ts'
import type { APIGroupList, APIResourceList } from '../api/types/meta/v1.ts'
import type { Client } from './client.ts'

export interface DiscoveredResource extends Resource {
  verbs: readonly string[]
}

export interface Discovered {
  resources: DiscoveredResource[]
  /** Group versions whose document could not be read, with the reason. */
  failures: { groupVersion: string; error: unknown }[]
}

/** Every resource in its group's preferred version (further versions only for resources the preferred one lacks). */
export async function discoverResources(client: Client): Promise<Discovered> {
  const discovered: Discovered = { resources: [], failures: [] }
  const seen = new Set<string>()
  const groups = await client.raw<APIGroupList>('GET', '/apis')
  const versions = [{ group: '', version: 'v1', path: '/api/v1' }]
  for (const group of groups.groups) {
    const preferred = group.preferredVersion?.version
    const ordered = [...group.versions].sort(
      (one, other) => Number(other.version === preferred) - Number(one.version === preferred),
    )
    for (const { version } of ordered) {
      versions.push({ group: group.name, version, path: `/apis/${group.name}/${version}` })
    }
  }
  for (const { group, version, path } of versions) {
    try {
      const list = await client.raw<APIResourceList>('GET', path)
      for (const entry of list.resources) {
        const key = `${entry.name}.${group}`
        if (entry.name.includes('/') || seen.has(key)) continue
        seen.add(key)
        const { name, singularName, kind, namespaced, verbs } = entry
        discovered.resources.push({ group, version, plural: name, singular: singularName, kind, namespaced, verbs })
      }
    } catch (error) {
      discovered.failures.push({ groupVersion: path.replace(/^\/apis?\//, ''), error })
    }
  }
  return discovered
}
