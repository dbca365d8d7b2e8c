/** Applies manifests server-side, the way `kubectl apply --server-side -f` does: any kind the server serves. */
import type { KubeObject, Resource } from '../api/meta.ts'
import type { Client } from './client.ts'
import { type DiscoveredResource, discoverResources } from './discovery.ts'

/** The manifest is not what a server can take. */
export class ManifestError extends Error {}

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
