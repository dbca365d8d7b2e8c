/** From what a request means to the endpoint that answers it. */
import { ApiError, apiError, methodNotAllowed, notFound } from '../../api/errors.ts'
import { pageNotFound } from '../http/status.ts'
import type { ApiResponse } from '../request.ts'
import type { Served } from '../scheme/served.ts'
import { deprecationOf } from './deprecations.ts'
import type { Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { patchEndpoint } from './patch.ts'
import { getEndpoint, listEndpoint } from './read.ts'
import { watchEndpoint } from './watch.ts'
import { createEndpoint, deleteCollectionEndpoint, deleteEndpoint, updateEndpoint } from './write.ts'

export type Endpoint = (parts: EndpointParts, served: Served, exchange: Exchange) => Promise<ApiResponse>

/** Endpoints that are not the generic ones: subresources, and resources that are not stored. */
export interface SpecialEndpoints {
  /** Undefined where the generic endpoint serves. `subresource` empty: the resource itself. */
  find(served: Served, subresource: string, verb: string): Endpoint | undefined
}

const generic: Readonly<Record<string, Endpoint>> = {
  get: getEndpoint,
  list: listEndpoint,
  watch: watchEndpoint,
  create: createEndpoint,
  update: updateEndpoint,
  patch: patchEndpoint,
  delete: deleteEndpoint,
  deletecollection: deleteCollectionEndpoint,
}

export async function routeResource(
  parts: EndpointParts,
  special: SpecialEndpoints,
  exchange: Exchange,
): Promise<ApiResponse> {
  const { info } = exchange
  const known = parts.scheme.find(info.apiGroup, info.apiVersion, info.resource)
  // What another server has just begun to serve is known here once everything acknowledged has been seen.
  if (!known) await parts.registry.caches.hub.fresh()
  const served = known ?? parts.scheme.find(info.apiGroup, info.apiVersion, info.resource)
  if (!served && !parts.scheme.hasBuiltIn(info.apiGroup)) return pageNotFound()
  if (!served) throw noSuchResource()
  if (!rightScope(served, exchange)) {
    if (served.custom) return pageNotFound()
    throw noSuchResource()
  }
  const subresource = info.parts.length > 2 ? info.subresource : ''
  const verbs = subresource === '' ? served.verbs : served.subresources.get(subresource)?.verbs
  if (!verbs && served.custom) throw notFound(served.resource, info.name)
  if (!verbs || (info.parts.length > 3 && subresource !== 'proxy')) throw noSuchResource()
  // What is only created has no names.
  if (subresource === '' && info.parts.length === 2 && !verbs.some((each) => ofNames.has(each))) throw noSuchResource()
  const verb = verbOf(exchange, subresource)
  // A namespace called nothing is found out by who looks for the object.
  const isNameless = info.inNamespace && !served.custom
  const everywhere = served.resource.namespaced && info.namespace === '' && !isNameless
  if (!verb || !verbs.includes(verb) || (everywhere && verb !== 'list' && verb !== 'watch')) {
    if (!served.custom) throw everywhere && !verbs.includes('list') ? noSuchResource() : noSuchMethod()
    if (everywhere) return pageNotFound()
    throw methodNotAllowed(served.resource, info.verb)
  }
  const endpoint =
    special.find(served, subresource, verb) ??
    (subresource === 'status' || subresource === '' ? generic[verb] : undefined)
  if (!endpoint) throw noSuchMethod()
  const deprecated = served.deprecation ?? deprecationOf(served.resource)
  if (deprecated) exchange.warnings.add(deprecated)
  try {
    return await endpoint(parts, served, exchange)
  } catch (error) {
    // Upstream's router refuses these, who knows of no warnings.
    if (deprecated && error instanceof ApiError && /^4(06|15): /.test(error.message))
      exchange.warnings.delete(deprecated)
    throw error
  }
}

/** A namespaced object needs its namespace, a cluster-scoped one may not have any. */
function rightScope({ resource }: Served, { info }: Exchange): boolean {
  const isNamespace = resource.group === '' && resource.plural === 'namespaces'
  if (resource.namespaced) return info.namespace !== '' || info.inNamespace === true || info.parts.length === 1
  return !info.inNamespace && (info.namespace === '' || isNamespace)
}

const ofNames: ReadonlySet<string> = new Set(['get', 'update', 'patch', 'delete'])

/** The verb that the method asks for at this depth; undefined when there is none, such as PUT on a collection. */
function verbOf({ request, info }: Exchange, subresource: string): string | undefined {
  const collection = info.parts.length === 1
  switch (request.method) {
    case 'HEAD':
    case 'OPTIONS':
      // Nothing else is read without its body, or asked what may be done with it.
      return subresource === 'proxy' ? 'get' : undefined
    case 'GET':
      if (info.verb === 'watch') return 'watch'
      return collection ? 'list' : 'get'
    case 'POST':
      return collection || info.parts.length > 2 ? 'create' : undefined
    case 'PUT':
      return collection ? undefined : 'update'
    case 'PATCH':
      return collection ? undefined : 'patch'
    case 'DELETE':
      return collection ? 'deletecollection' : 'delete'
    default:
      return undefined
  }
}

export function noSuchResource(): Error {
  const message = 'the server could not find the requested resource'
  return apiError({ code: 404, reason: 'NotFound', message, details: {} })
}

export function noSuchMethod(): Error {
  const message = 'the server does not allow this method on the requested resource'
  return apiError({ code: 405, reason: 'MethodNotAllowed', message, details: {} })
}
