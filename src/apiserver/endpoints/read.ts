/** GET of an object or a collection. */
import { negotiate, type Offer, type Representation } from '../negotiation/accept.ts'
import { presentList, presentObject } from '../negotiation/represent.ts'
import { checkListQuery, readListQuery } from '../registry/options.ts'
import { getObject, listObjects } from '../registry/read.ts'
import { selectionOf } from '../registry/selection.ts'
import type { ApiResponse, RequestInfo } from '../request.ts'
import type { Served } from '../scheme/served.ts'
import { parseIncludeObject } from '../table/table.ts'
import type { Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'

export async function getEndpoint(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ApiResponse> {
  const representation = representationOf(parts, exchange)
  const { namespace, name, subresource } = exchange.info
  const resourceVersion = exchange.request.query.get('resourceVersion') ?? ''
  const stored = await getObject(parts.registry, { served, namespace, name, subresource }, resourceVersion)
  return await presentObject(parts.presenter, served, stored, representation)
}

export async function listEndpoint(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ApiResponse> {
  const representation = representationOf(parts, exchange, 'possible')
  const query = readListQuery(exchange.request.query, false)
  const selection = selectionOf(served, query)
  checkListQuery(query)
  const page = await listObjects(parts.registry, { served, namespace: exchange.info.namespace, query, selection })
  return await presentList(parts.presenter, served, page, representation)
}

export function representationOf(
  parts: EndpointParts,
  { request, info }: Exchange,
  watch?: Offer['watch'],
): Representation {
  const custom = parts.scheme.find(info.apiGroup, info.apiVersion, info.resource)?.custom
  const offer = offerOf(parts)
  const views = isWithoutTable(info) ? partialViews : offer.views
  const representation = negotiate(request.headers.accept, { ...offer, views, custom, watch })
  if (representation.view !== 'table') return representation
  return { ...representation, includeObject: parseIncludeObject(request.query.get('includeObject')) }
}

/** What upstream shows in no table. */
const withoutTable = new Set([
  'apiservices/status',
  'certificatesigningrequests/approval',
  'customresourcedefinitions/status',
  'devicetaintrules/status',
  'podgroups/status',
  'resourceclaims/status',
  'resourcepoolstatusrequests/status',
])

function isWithoutTable({ resource, subresource }: RequestInfo): boolean {
  return subresource !== '' && withoutTable.has(`${resource}/${subresource}`)
}

/** Every object's metadata, alone or in a list. */
export const partialViews = ['partial', 'partial-list'] as const

export function offerOf({ presenter }: EndpointParts): Offer {
  return {
    views: presenter.tables ? ['table', ...partialViews] : partialViews,
    encodings: ['json', 'yaml', 'protobuf'],
  }
}
