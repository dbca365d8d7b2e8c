/** URLs of resources (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris). */
import type { Resource } from '../api/meta.ts'

export interface ResourcePath {
  resource: Resource
  namespace?: string | undefined
  name?: string
  subresource?: string
}

export function versionPath({ group, version }: Pick<Resource, 'group' | 'version'>): string {
  return group === '' ? `/api/${version}` : `/apis/${group}/${version}`
}

/** A name or namespace that would leave its place in the path is refused with a TypeError. */
export function pathOf({ resource, namespace, name, subresource }: ResourcePath): string {
  const { plural, namespaced } = resource
  let path = versionPath(resource)
  if (namespaced && namespace) path += `/namespaces/${segment('namespace', namespace)}`
  else if (namespaced && name !== undefined) throw new TypeError(`${plural} "${name}": a namespace is needed`)
  path += `/${plural}`
  if (name !== undefined) path += `/${segment('name', name)}`
  return subresource === undefined ? path : `${path}/${subresource}`
}

function segment(what: string, text: string): string {
  if (text === '' || text === '.' || text === '..') throw new TypeError(`a ${what} must not be "${text}"`)
  return encodeURIComponent(text)
}

/** `?a=1&b=2`, or nothing; undefined values are left out. */
export function queryOf(values: Record<string, string | number | boolean | undefined>): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(values)) if (value !== undefined) query.set(name, String(value))
  return query.size === 0 ? '' : `?${query}`
}
