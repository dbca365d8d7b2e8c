/** Applies manifests server-side, the way `kubectl apply --server-side -f` does: any kind the server serves. */
import { parseAllDocuments } from 'yaml'
import type { KubeObject, Resource } from '../api/meta.ts'
import type { Client } from './client.ts'
import { type DiscoveredResource, discoverResources } from './discovery.ts'

export class ManifestError extends Error {}

/** Objects of a YAML or JSON text with any number of documents; lists are taken apart, empty documents skipped. */
export function parseManifests(text: string): KubeObject[] {
  const objects: KubeObject[] = []
  for (const document of parseAllDocuments(text)) {
    const problem = document.errors[0]
    if (problem) throw new ManifestError(`the manifest is no valid YAML: ${problem.message}`)
    const value: unknown = document.toJS()
    if (value === null || value === undefined) continue
    objects.push(...flatten(value))
  }
  return objects
}

function flatten(value: unknown): KubeObject[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ManifestError('a manifest must be an object with apiVersion, kind and metadata')
  }
  const { apiVersion, kind, metadata, items } = value as {
    apiVersion?: string
    kind?: string
    metadata?: unknown
    items?: unknown
  }
  if (typeof apiVersion !== 'string' || typeof kind !== 'string') {
    throw new ManifestError('a manifest must name its apiVersion and kind')
  }
  if (kind.endsWith('List') && Array.isArray(items)) return items.flatMap(flatten)
  if (typeof metadata !== 'object' || metadata === null) throw new ManifestError(`the ${kind} has no metadata`)
  return [value as KubeObject]
}

/** Applies in the given order, namespaces first. Objects without a namespace go to `namespace`. */
export async function applyObjects(
  client: Client,
  objects: readonly KubeObject[],
  { fieldManager, namespace = 'default', force = true }: { fieldManager: string; namespace?: string; force?: boolean },
): Promise<KubeObject[]> {
  const { resources } = await discoverResources(client)
  const ordered = [...objects].sort(
    (one, other) => Number(other.kind === 'Namespace') - Number(one.kind === 'Namespace'),
  )
  const applied: KubeObject[] = []
  for (const object of ordered) {
    const resource = resourceOf(object, resources)
    const target = resource.namespaced ? (object.metadata.namespace ?? namespace) : undefined
    const api = client.of(resource as Resource, target)
    applied.push(await api.patch(object.metadata.name ?? '', { type: 'apply', patch: object, force }, { fieldManager }))
  }
  return applied
}

function resourceOf(object: KubeObject, resources: readonly DiscoveredResource[]): DiscoveredResource {
  const [version = '', group = ''] = (object.apiVersion ?? '').split('/').reverse()
  const found = resources.find((one) => one.group === group && one.kind === object.kind)
  if (!found) throw new ManifestError(`the server has no kind ${object.kind} in ${object.apiVersion}`)
  return { ...found, version }
}
