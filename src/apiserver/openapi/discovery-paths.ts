/** The paths that say what is served, which generated clients have methods for. */
import { apiVersionOf, type GroupVersion } from '../../api/meta.ts'
import { typeByName } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { groupWord, type Operation, type PathItem } from './operations.ts'

/** What these paths answer with. */
export const discoveryTypes = (): StructNode[] =>
  ['APIVersions', 'APIGroup', 'APIGroupList', 'APIResourceList'].map((kind) => typeByName(`meta/v1.${kind}`))

/** `/apis/apps/v1/`. */
export function versionPath(groupVersion: GroupVersion): PathItem {
  const { group, version } = groupVersion
  const word = groupWord(group)
  const prefix = group === '' ? 'api' : 'apis'
  const tag = `${lower(word)}_${version}`
  const id = `get${word}${version.charAt(0).toUpperCase()}${version.slice(1)}APIResources`
  return item(`/${prefix}/${apiVersionOf(groupVersion)}/`, tag, id, 'get available resources', 'APIResourceList')
}

/** `/api/`, `/apis/` and `/apis/apps/`. */
export function groupPaths(groups: Iterable<string>): PathItem[] {
  const items = [item('/apis/', 'apis', 'getAPIVersions', 'get available API versions', 'APIGroupList')]
  for (const group of groups) {
    const word = groupWord(group)
    const tag = lower(word)
    items.push(
      group === ''
        ? item('/api/', tag, 'getCoreAPIVersions', 'get available API versions', 'APIVersions')
        : item(`/apis/${group}/`, tag, `get${word}APIGroup`, 'get information of a group', 'APIGroup'),
    )
  }
  return items
}

function item(path: string, tag: string, id: string, description: string, kind: string): PathItem {
  const get: Operation = {
    ...{ id, description, tag, parameters: [], consumes: encodings, codes: [200], streams: false },
    answer: typeByName(`meta/v1.${kind}`).openApiName,
  }
  return { path, parameters: [], operations: { get } }
}

const encodings = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']

function lower(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1)
}
