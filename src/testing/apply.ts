/** What `cluster.apply` takes: objects, YAML or JSON text, a file, or a folder of them. */
import { posix } from 'node:path'
import type { KubeObject, Resource } from '../api/meta.ts'
import * as builtIn from '../api/resources.ts'
import { applyObjects } from '../client/apply.ts'
import type { Client } from '../client/client.ts'
import { parseManifests } from '../client/manifests.ts'
import type { Disk } from '../platform/disk.ts'

export type Applicable = object | readonly object[] | string

const manifestFile = /\.(ya?ml|json)$/

/**
 * A text that holds a line break or a `{` is a manifest; any other is a path. Folders are read with all folders below, in
 * order of name, `.yaml`, `.yml` and `.json` alone. Throws for what does not exist or is no manifest.
 */
export async function objectsOf(what: Applicable, disk: Disk): Promise<KubeObject[]> {
  if (typeof what !== 'object' && typeof what !== 'string') throw new TypeError(`apply: ${what} is no manifest`)
  if (what === null) throw new TypeError('apply: null is no manifest')
  if (typeof what !== 'string') {
    return (Array.isArray(what) ? what : [what]).flatMap((each) => parseManifests(JSON.stringify(each)))
  }
  if (what === '') throw new Error('apply: there is neither a manifest nor a path in an empty text')
  if (what.includes('\n') || what.includes('{')) return parseManifests(what)
  return fromPath(posix.resolve(what), disk)
}

/**
 * Server-side, in the given order, namespaces first. What has a `generateName` alone is created. Kinds that are not
 * built in are looked up at the server.
 */
export async function applyAll(
  client: Client,
  objects: readonly KubeObject[],
  { fieldManager, namespace }: { fieldManager: string; namespace: string },
): Promise<KubeObject[]> {
  const rank = ({ kind }: KubeObject): number => (kind === 'Namespace' ? 0 : 1)
  const ordered = [...objects].sort((one, other) => rank(one) - rank(other))
  const applied: KubeObject[] = []
  for (const object of ordered) {
    const resource = builtInOf(object)
    if (!resource) {
      applied.push(...(await applyObjects(client, [object], { fieldManager, namespace })))
      continue
    }
    const { name, namespace: own = namespace } = object.metadata
    const api = client.of(resource, resource.namespaced ? own : undefined)
    const patch = { type: 'apply', patch: object, force: true } as const
    applied.push(name ? await api.patch(name, patch, { fieldManager }) : await api.create(object, { fieldManager }))
  }
  return applied
}

let byKind: Map<string, Resource> | undefined

function builtInOf({ apiVersion = '', kind = '' }: KubeObject): Resource | undefined {
  if (!byKind) {
    byKind = new Map()
    for (const set of Object.values(builtIn)) {
      for (const resource of Object.values(set as Record<string, Resource>)) {
        const { group, version } = resource
        byKind.set(`${group === '' ? version : `${group}/${version}`} ${resource.kind}`, resource)
      }
    }
  }
  return byKind.get(`${apiVersion} ${kind}`)
}

async function fromPath(path: string, disk: Disk): Promise<KubeObject[]> {
  const found = await disk.stat(await disk.realPath(path).catch(() => path))
  if (!found) throw new Error(`apply ${path}: there is no such file or folder`)
  if (found.kind !== 'directory') return fromFile(path, disk)
  const objects: KubeObject[] = []
  for (const name of await disk.list(path)) {
    const below = `${path.replace(/\/$/, '')}/${name}`
    const info = await disk.stat(below)
    if (info?.kind === 'directory') objects.push(...(await fromPath(below, disk)))
    else if (manifestFile.test(name)) objects.push(...(await fromFile(below, disk)))
  }
  return objects
}

async function fromFile(path: string, disk: Disk): Promise<KubeObject[]> {
  try {
    return parseManifests(await disk.readText(path))
  } catch (error) {
    throw new Error(`apply ${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}
