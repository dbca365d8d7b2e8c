/** Which resources a server serves, read from its discovery documents. Works with any API server, custom resources included. */
import type { Resource } from '../api/meta.ts'
import type { APIGroupDiscovery } from '../api/types/apidiscovery/v2.ts'
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

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json'

/** Every resource in its group's preferred version (further versions only for resources the preferred one lacks). */
export async function discoverResources(client: Client): Promise<Discovered> {
  const [legacy, groups] = await Promise.all([read(client, '/api'), read(client, '/apis')])
  const found: Discovered = { resources: [], failures: [] }
  for (const answer of [legacy, groups]) {
    if (answer.kind === 'APIGroupDiscoveryList') collectAggregated(answer.items ?? [], found)
    else await collectEach(client, versionsOf(answer), found)
  }
  return withoutRepeats(found)
}

type Answer = { kind: 'APIGroupDiscoveryList'; items?: APIGroupDiscovery[] } | { kind: 'APIVersions' } | GroupList
type GroupList = APIGroupList & { kind: 'APIGroupList' }

function read(client: Client, path: string): Promise<Answer> {
  return client.raw<Answer>('GET', path, undefined, { accept: aggregated })
}

function collectAggregated(groups: readonly APIGroupDiscovery[], found: Discovered): void {
  for (const { metadata, versions = [] } of groups) {
    const group = metadata.name ?? ''
    for (const { version, freshness, resources = [] } of versions) {
      if (freshness === 'Stale') {
        const groupVersion = `${group}/${version}`
        found.failures.push({ groupVersion, error: new Error(`stale GroupVersion discovery: ${groupVersion}`) })
        continue
      }
      for (const { resource, singularResource, responseKind, scope, verbs } of resources) {
        const names = { plural: resource, singular: singularResource, kind: responseKind?.kind ?? '' }
        found.resources.push({ group, version, ...names, namespaced: scope === 'Namespaced', verbs })
      }
    }
  }
}

/** Servers without aggregated discovery have a document for each version. */
async function collectEach(client: Client, versions: readonly GroupVersionPath[], found: Discovered): Promise<void> {
  for (const { group, version, path } of versions) {
    try {
      const list = await client.raw<APIResourceList>('GET', path)
      for (const { name, singularName, kind, namespaced, verbs } of list.resources) {
        if (name.includes('/')) continue
        found.resources.push({ group, version, plural: name, singular: singularName, kind, namespaced, verbs })
      }
    } catch (error) {
      found.failures.push({ groupVersion: path.replace(/^\/apis?\//, ''), error })
    }
  }
}

interface GroupVersionPath {
  group: string
  version: string
  path: string
}

function versionsOf(answer: { kind: 'APIVersions' } | GroupList): GroupVersionPath[] {
  if (answer.kind === 'APIVersions') return [{ group: '', version: 'v1', path: '/api/v1' }]
  return answer.groups.flatMap(({ name: group, preferredVersion, versions }) => {
    const names = new Set([preferredVersion?.version ?? '', ...versions.map(({ version }) => version)])
    names.delete('')
    return [...names].map((version) => ({ group, version, path: `/apis/${group}/${version}` }))
  })
}

function withoutRepeats({ resources, failures }: Discovered): Discovered {
  const first = new Map<string, DiscoveredResource>()
  for (const resource of resources) {
    const key = `${resource.plural}.${resource.group}`
    if (!first.has(key)) first.set(key, resource)
  }
  return { resources: [...first.values()], failures }
}
