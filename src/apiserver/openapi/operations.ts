/** The paths of a group version and what can be done there, before they are written in either version of OpenAPI. */
import { apiVersionOf, groupResource } from '../../api/meta.ts'
import type { KindName } from '../../api/schema/registry.ts'
import { answersObject } from '../registry/delete.ts'
import {
  collectionDeleteParameters,
  deleteParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  optionParameters,
  type Parameter,
  patchParameters,
  pathParameter,
  pretty,
  resourceVersion,
  writeParameters,
} from './parameters.ts'
import {
  deleteOptions,
  type OpenApiGroupVersion,
  type OpenApiResource,
  type OpenApiSource,
  type OpenApiSubresource,
  patchName,
  status,
  watchEvent,
} from './source.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch' | 'options' | 'head'

export interface Operation {
  id: string
  description: string
  /** What is done with which kind; absent for discovery. */
  action?: string
  kind?: KindName
  tag: string
  /** All of them; which the operations of a path have in common shows when documents are written. */
  parameters: readonly Parameter[]
  /** Definition name. */
  body?: { name: string; required: boolean }
  consumes: readonly string[]
  produces: readonly string[]
  /** Definition name; `string` where plain text or a stream comes back. */
  answer: string
  /** Codes of success. */
  codes: readonly number[]
}

export interface PathItem {
  path: string
  operations: Partial<Record<Method, Operation>>
}

const anything = ['*/*']
export const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const customTypes = ['application/json', 'application/yaml']
const streamTypes = [
  ...objectTypes,
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
]
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const connectMethods: Record<string, readonly Method[]> = {
  create: ['post'],
  // Who may delete through a proxy may do anything that HTTP has.
  delete: ['delete', 'options', 'head'],
  get: ['get'],
  patch: ['patch'],
  update: ['put'],
}

/** Where a set of operations stands, and what their ids have in common. */
interface Place {
  base: string
  /** `AppsV1`. */
  words: string
  tag: string
  resource: OpenApiResource
  scoped: string
  parameters: readonly Parameter[]
}

export function pathsOf(source: OpenApiSource, groupVersion: OpenApiGroupVersion): PathItem[] {
  const { group, version } = groupVersion
  const base = `${group === '' ? '/api' : '/apis'}/${apiVersionOf(groupVersion)}`
  const word = groupWord(group)
  const tag = `${lower(word)}_${version}`
  return groupVersion.resources.flatMap((resource) => {
    const scoped = resource.namespaced ? 'Namespaced' : ''
    const words = word + capital(version)
    const parameters = resource.namespaced ? [namespaceParameter, pretty] : [pretty]
    return resourcePaths(source, { base, words, tag, resource, scoped, parameters })
  })
}

/** `RbacAuthorization` of `rbac.authorization.k8s.io`. */
export function groupWord(group: string): string {
  if (group === '') return 'Core'
  return group
    .replace(/\.k8s\.io$/, '')
    .split(/[.-]/)
    .map(capital)
    .join('')
}

export function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

export function lower(word: string): string {
  return word.charAt(0).toLowerCase() + word.slice(1)
}

function resourcePaths(source: OpenApiSource, place: Place): PathItem[] {
  const { base, resource, scoped, words } = place
  const { plural, namespaced, verbs } = resource
  const { kind } = resource.kind
  const within = namespaced ? `namespaces/{namespace}/${plural}` : plural
  const at = itemPlace(place, kind)
  const items: PathItem[] = [
    { path: `${base}/${within}`, operations: collectionOperations(place) },
    { path: `${base}/${within}/{name}`, operations: itemOperations(at) },
    ...resource.subresources.flatMap((each) => subresourcePaths(source, place, each, `${base}/${within}/{name}`)),
  ]
  const all = { ...place, parameters: [pretty] }
  const everywhere = namespaced && verbs.includes('list')
  if (everywhere) {
    const list = { ...listOperation(all), id: `list${words}${kind}ForAllNamespaces` }
    items.push({ path: `${base}/${plural}`, operations: { get: list } })
  }
  if (verbs.includes('watch') && !resource.custom) {
    const path = `${base}/watch/${within}`
    items.push({ path, operations: { get: watchOperation(place, `${scoped}${kind}List`) } })
    items.push({ path: `${path}/{name}`, operations: { get: watchOperation(at, `${scoped}${kind}`) } })
    const list = watchOperation(all, `${kind}ListForAllNamespaces`)
    if (everywhere) items.push({ path: `${base}/watch/${plural}`, operations: { get: list } })
  }
  return items.filter(({ operations }) => Object.keys(operations).length > 0)
}

function itemPlace(place: Place, kind: string): Place {
  return { ...place, parameters: [nameParameter(kind), ...place.parameters] }
}

/** Paths from before lists could be watched; still answered. */
function watchOperation(place: Place, subject: string): Operation {
  const single = place.parameters.some(({ name }) => name === 'name')
  const { kind } = place.resource.kind
  const what = single ? `watch one ${kind}` : `watch the objects of kind ${kind}`
  return {
    ...operation(place, single ? 'watch' : 'watchlist', `watch${place.words}${subject}`, `${what}; deprecated`),
    parameters: [...place.parameters, ...listParameters],
    answer: nameOfKind(watchEvent),
    produces: streamTypes,
  }
}

function collectionOperations(place: Place): PathItem['operations'] {
  const { resource, words, scoped } = place
  const { kind } = resource.kind
  const operations: PathItem['operations'] = {}
  if (resource.verbs.includes('list')) operations.get = listOperation(place)
  if (resource.verbs.includes('create')) operations.post = createOperation(place)
  if (resource.verbs.includes('deletecollection')) {
    const id = `delete${words}Collection${scoped}${kind}`
    const remove = operation(place, 'deletecollection', id, `delete collection of ${kind}`)
    const answer = nameOfKind(status)
    operations.delete = resource.custom
      ? { ...remove, answer, parameters: [...place.parameters, ...listParameters] }
      : {
          ...{ ...remove, answer, parameters: [...place.parameters, ...collectionDeleteParameters] },
          body: { name: nameOfKind(deleteOptions), required: false },
        }
  }
  return operations
}

function itemOperations(place: Place): PathItem['operations'] {
  const { resource, words, scoped } = place
  const { kind } = resource.kind
  const operations = readWrite(place, resource.verbs, '', resource.type.openApiName, resource.kind)
  if (resource.verbs.includes('delete')) {
    const { group } = resource.kind
    const object = answersObject.has(groupResource({ group, plural: resource.plural }))
    operations.delete = {
      ...operation(place, 'delete', `delete${words}${scoped}${kind}`, `delete a ${kind}`),
      parameters: [...place.parameters, ...deleteParameters],
      body: { name: nameOfKind(deleteOptions), required: false },
      answer: object ? resource.type.openApiName : nameOfKind(status),
      codes: [200, 202],
    }
  }
  return operations
}

function subresourcePaths(
  source: OpenApiSource,
  place: Place,
  subresource: OpenApiSubresource,
  item: string,
): PathItem[] {
  const { resource } = place
  const { name, verbs } = subresource
  const path = `${item}/${name}`
  if (subresource.kind.kind.endsWith('Options')) return connectPaths(source, place, subresource, path)
  // Upstream names the custom resource's own kind for its scale.
  const kind = resource.custom ? resource.kind : subresource.kind
  const type = source.type(subresource.kind) ?? resource.type
  const at = itemPlace(place, kind.kind)
  const operations = readWrite(at, verbs, capital(name), type.openApiName, kind)
  if (verbs.includes('create')) {
    const id = `create${place.words}${place.scoped}${resource.kind.kind}${capital(name)}`
    const create = { ...createOperation(at), description: `create ${name} of a ${resource.kind.kind}` }
    operations.post = {
      ...{ ...create, id, kind, answer: type.openApiName },
      body: { name: type.openApiName, required: true },
    }
  }
  if (name === 'log' && operations.get) {
    const options = optionParameters(source.type({ group: '', version: 'v1', kind: 'PodLogOptions' }))
    const { get } = operations
    const produces = ['text/plain', ...objectTypes]
    operations.get = { ...get, parameters: [...get.parameters, ...options], answer: 'string', produces }
  }
  return [{ path, operations }]
}

/** Subresources that lead on to something else: exec, attach, port-forward, proxy. */
function connectPaths(
  source: OpenApiSource,
  place: Place,
  { name, kind, verbs }: OpenApiSubresource,
  path: string,
): PathItem[] {
  const { resource, words, scoped } = place
  const parameters = [
    ...itemPlace(place, kind.kind).parameters.filter((each) => each !== pretty),
    ...optionParameters(source.type(kind)),
  ]
  const at = (suffix: string, more: readonly Parameter[]): PathItem['operations'] => {
    const operations: PathItem['operations'] = {}
    for (const method of verbs.flatMap((verb) => connectMethods[verb] ?? [])) {
      const id = `connect${words}${capital(method)}${scoped}${resource.kind.kind}${capital(name)}${suffix}`
      const what = `connect ${method.toUpperCase()} requests to ${name} of ${resource.kind.kind}`
      const made = { ...operation(place, 'connect', id, what), kind, answer: 'string', produces: anything }
      operations[method] = { ...made, parameters: [...parameters, ...more] }
    }
    return operations
  }
  const items = [{ path, operations: at('', []) }]
  if (name === 'proxy') items.push({ path: `${path}/{path}`, operations: at('WithPath', [pathParameter]) })
  return items
}

function readWrite(
  place: Place,
  verbs: readonly string[],
  suffix: string,
  answer: string,
  kind: KindName,
): PathItem['operations'] {
  const { words, scoped, resource, parameters } = place
  const subject = `${scoped}${resource.kind.kind}${suffix}`
  const what = suffix === '' ? resource.kind.kind : `${suffix.toLowerCase()} of the specified ${resource.kind.kind}`
  const operations: PathItem['operations'] = {}
  if (verbs.includes('get')) {
    const read = { ...operation(place, 'get', `read${words}${subject}`, `read the ${what}`), kind, answer }
    operations.get = resource.custom ? { ...read, parameters: [...parameters, resourceVersion] } : read
  }
  if (verbs.includes('update')) {
    operations.put = {
      ...{ ...operation(place, 'put', `replace${words}${subject}`, `replace the ${what}`), kind, answer },
      parameters: [...parameters, ...writeParameters],
      body: { name: answer, required: true },
      codes: [200, 201],
    }
  }
  if (verbs.includes('patch')) {
    operations.patch = {
      ...{ ...operation(place, 'patch', `patch${words}${subject}`, `partially update the ${what}`), kind, answer },
      parameters: [...parameters, ...patchParameters],
      body: { name: patchName, required: true },
      consumes: resource.custom ? patchTypes.filter((type) => !type.includes('strategic')) : patchTypes,
      codes: resource.custom ? [200] : [200, 201],
    }
  }
  return operations
}

function listOperation(place: Place): Operation {
  const { resource, words, scoped, parameters } = place
  const { kind } = resource.kind
  const list = operation(place, 'list', `list${words}${scoped}${kind}`, `list or watch objects of kind ${kind}`)
  return {
    ...{ ...list, parameters: [...parameters, ...listParameters], answer: resource.listType.openApiName },
    produces: resource.custom ? customTypes : streamTypes,
  }
}

function createOperation(place: Place): Operation {
  const { resource, words, scoped, parameters } = place
  const { kind } = resource.kind
  return {
    ...operation(place, 'post', `create${words}${scoped}${kind}`, `create a ${kind}`),
    parameters: [...parameters, ...writeParameters],
    body: { name: resource.type.openApiName, required: true },
    codes: [200, 201, 202],
  }
}

function operation({ resource, tag, parameters }: Place, action: string, id: string, description: string): Operation {
  const answer = resource.type.openApiName
  const { consumes, produces } = resource.custom
    ? { consumes: customTypes, produces: customTypes }
    : { consumes: anything, produces: objectTypes }
  return { id, description, action, tag, kind: resource.kind, answer, parameters, consumes, produces, codes: [200] }
}

function nameOfKind({ kind }: KindName): string {
  return `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`
}
