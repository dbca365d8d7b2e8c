/** The paths of a group version and what can be done there, before they are written in either version of OpenAPI. */
import { apiVersionOf } from '../../api/meta.ts'
import type { KindName } from '../../api/schema/registry.ts'
import {
  deleteParameters,
  listParameters,
  nameParameter,
  namespaceParameter,
  optionParameters,
  type Parameter,
  patchParameters,
  pathParameter,
  pretty,
  watchParameter,
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
} from './source.ts'

export type Method = 'get' | 'put' | 'post' | 'delete' | 'patch' | 'options' | 'head'

export interface Operation {
  id: string
  description: string
  /** What is done with which kind; absent for discovery. */
  action?: string
  kind?: KindName
  tag: string
  parameters: readonly Parameter[]
  /** Definition name. */
  body?: { name: string; required: boolean }
  consumes: readonly string[]
  /** Definition name; `string` where plain text or a stream comes back. */
  answer: string
  /** Codes of success. */
  codes: readonly number[]
  streams: boolean
}

export interface PathItem {
  path: string
  parameters: readonly Parameter[]
  operations: Partial<Record<Method, Operation>>
}

const anything = ['*/*']
const patchTypes = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]
const connectMethods: Record<string, Method> = {
  create: 'post',
  delete: 'delete',
  get: 'get',
  patch: 'patch',
  update: 'put',
}

/** Where a set of operations stands, and what their ids have in common. */
interface Place {
  base: string
  /** `AppsV1`. */
  words: string
  tag: string
  resource: OpenApiResource
  scoped: string
  parameters: Parameter[]
}

export function pathsOf(source: OpenApiSource, groupVersion: OpenApiGroupVersion): PathItem[] {
  const { group, version } = groupVersion
  const base = `${group === '' ? '/api' : '/apis'}/${apiVersionOf(groupVersion)}`
  const word = groupWord(group)
  const tag = `${word.charAt(0).toLowerCase()}${word.slice(1)}_${version}`
  return groupVersion.resources.flatMap((resource) => {
    const scoped = resource.namespaced ? 'Namespaced' : ''
    const words = word + capital(version)
    const parameters = resource.namespaced ? [namespaceParameter, pretty] : [pretty]
    const place: Place = { base, words, tag, resource, scoped, parameters }
    return resourcePaths(source, place)
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

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function resourcePaths(source: OpenApiSource, place: Place): PathItem[] {
  const { base, resource } = place
  const collection = resource.namespaced
    ? `${base}/namespaces/{namespace}/${resource.plural}`
    : `${base}/${resource.plural}`
  const parameters = [nameParameter(resource.kind.kind), ...place.parameters]
  const items = [
    { path: collection, parameters: place.parameters, operations: collectionOperations(place) },
    { path: `${collection}/{name}`, parameters, operations: itemOperations(place) },
    ...resource.subresources.flatMap((each) => subresourcePaths(source, place, each, `${collection}/{name}`)),
  ]
  if (resource.namespaced && resource.verbs.includes('list')) {
    const list = { ...listOperation(place), id: `list${place.words}${resource.kind.kind}ForAllNamespaces` }
    items.push({ path: `${base}/${resource.plural}`, parameters: [pretty], operations: { get: list } })
  }
  return items.filter(({ operations }) => Object.keys(operations).length > 0)
}

function collectionOperations(place: Place): PathItem['operations'] {
  const { resource, words, scoped } = place
  const { kind } = resource.kind
  const operations: PathItem['operations'] = {}
  if (resource.verbs.includes('list')) operations.get = listOperation(place)
  if (resource.verbs.includes('create')) operations.post = createOperation(place)
  if (resource.verbs.includes('deletecollection')) {
    operations.delete = {
      ...operation(
        place,
        'deletecollection',
        `delete${words}Collection${scoped}${kind}`,
        `delete collection of ${kind}`,
      ),
      parameters: [...deleteParameters, ...listParameters.filter(({ name }) => name !== 'allowWatchBookmarks')],
      body: { name: nameOfKind(deleteOptions), required: false },
      answer: nameOfKind(status),
    }
  }
  return operations
}

function itemOperations(place: Place): PathItem['operations'] {
  const { resource, words, scoped } = place
  const { kind } = resource.kind
  const operations = readWrite(place, resource.verbs, '', resource.type.openApiName, resource.kind)
  if (resource.verbs.includes('delete')) {
    operations.delete = {
      ...operation(place, 'delete', `delete${words}${scoped}${kind}`, `delete a ${kind}`),
      parameters: deleteParameters,
      body: { name: nameOfKind(deleteOptions), required: false },
      answer: nameOfKind(status),
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
  const { name, kind, verbs } = subresource
  const path = `${item}/${name}`
  const parameters = [nameParameter(resource.kind.kind), ...place.parameters]
  if (kind.kind.endsWith('Options')) return connectPaths(source, place, subresource, path)
  const type = source.type(kind) ?? resource.type
  const operations = readWrite(place, verbs, capital(name), type.openApiName, kind)
  if (verbs.includes('create')) {
    const id = `create${place.words}${place.scoped}${resource.kind.kind}${capital(name)}`
    operations.post = {
      ...createOperation(place),
      id,
      kind,
      answer: type.openApiName,
      body: { name: type.openApiName, required: true },
    }
  }
  if (name === 'log' && operations.get) {
    const options = source.type({ group: '', version: 'v1', kind: 'PodLogOptions' })
    operations.get = { ...operations.get, parameters: optionParameters(options), answer: 'string' }
  }
  return [{ path, parameters, operations }]
}

/** Subresources that lead on to something else: exec, attach, port-forward, proxy. */
function connectPaths(
  source: OpenApiSource,
  place: Place,
  { name, kind, verbs }: OpenApiSubresource,
  path: string,
): PathItem[] {
  const { resource, words, scoped } = place
  const parameters = [nameParameter(resource.kind.kind), ...place.parameters.filter((each) => each !== pretty)]
  const options = optionParameters(source.type(kind))
  const at = (suffix: string): PathItem['operations'] => {
    const operations: PathItem['operations'] = {}
    for (const verb of verbs) {
      const method = connectMethods[verb]
      if (!method) continue
      const id = `connect${words}${capital(method)}${scoped}${resource.kind.kind}${capital(name)}${suffix}`
      const made = operation(
        place,
        'connect',
        id,
        `connect ${method.toUpperCase()} requests to ${name} of ${resource.kind.kind}`,
      )
      operations[method] = { ...made, kind, answer: 'string', parameters: options }
    }
    return operations
  }
  const items = [{ path, parameters, operations: at('') }]
  if (name === 'proxy')
    items.push({ path: `${path}/{path}`, parameters: [...parameters, pathParameter], operations: at('WithPath') })
  return items
}

function readWrite(
  place: Place,
  verbs: readonly string[],
  suffix: string,
  name: string,
  kind: KindName,
): PathItem['operations'] {
  const { words, scoped, resource } = place
  const subject = `${scoped}${resource.kind.kind}${suffix}`
  const what = suffix === '' ? resource.kind.kind : `${suffix.toLowerCase()} of the specified ${resource.kind.kind}`
  const operations: PathItem['operations'] = {}
  if (verbs.includes('get')) {
    operations.get = { ...operation(place, 'get', `read${words}${subject}`, `read the ${what}`), kind, answer: name }
  }
  if (verbs.includes('update')) {
    operations.put = {
      ...operation(place, 'put', `replace${words}${subject}`, `replace the ${what}`),
      kind,
      parameters: writeParameters,
      body: { name, required: true },
      answer: name,
      codes: [200, 201],
    }
  }
  if (verbs.includes('patch')) {
    operations.patch = {
      ...operation(place, 'patch', `patch${words}${subject}`, `partially update the ${what}`),
      kind,
      parameters: patchParameters,
      body: { name: patchName, required: true },
      consumes: resource.custom ? patchTypes.filter((type) => !type.includes('strategic')) : patchTypes,
      answer: name,
      codes: [200, 201],
    }
  }
  return operations
}

function listOperation(place: Place): Operation {
  const { resource, words, scoped } = place
  const { kind } = resource.kind
  return {
    ...operation(place, 'list', `list${words}${scoped}${kind}`, `list or watch objects of kind ${kind}`),
    parameters: resource.verbs.includes('watch') ? [...listParameters, watchParameter] : listParameters,
    answer: resource.listType.openApiName,
    streams: resource.verbs.includes('watch'),
  }
}

function createOperation(place: Place): Operation {
  const { resource, words, scoped } = place
  const { kind } = resource.kind
  return {
    ...operation(place, 'post', `create${words}${scoped}${kind}`, `create a ${kind}`),
    parameters: writeParameters,
    body: { name: resource.type.openApiName, required: true },
    codes: [200, 201, 202],
  }
}

function operation({ resource, tag }: Place, action: string, id: string, description: string): Operation {
  const answer = resource.type.openApiName
  const common = { id, description, action, tag, kind: resource.kind, answer }
  return { ...common, parameters: [], consumes: anything, codes: [200], streams: false }
}

function nameOfKind({ kind }: KindName): string {
  return `io.k8s.apimachinery.pkg.apis.meta.v1.${kind}`
}
