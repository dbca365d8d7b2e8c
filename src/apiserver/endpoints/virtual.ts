/** Resources that answer a question instead of being stored, and tokens. Implementations come from the auth rooms. */
import { notFound } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { negotiate } from '../negotiation/accept.ts'
import { presentDocument } from '../negotiation/represent.ts'
import { trackUpdate } from '../registry/field-ownership.ts'
import { clearSystemFields } from '../registry/metadata.ts'
import { readWriteQuery } from '../registry/options.ts'
import { admissionAttributes, type Target } from '../registry/parts.ts'
import { requireCurrent } from '../registry/persistence.ts'
import type { UserInfo } from '../request.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import { objectFromBody } from './body.ts'
import { callerOf, type Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { offerOf, partialViews } from './read.ts'
import type { Endpoint } from './router.ts'
import { matchNamespace, targetOf } from './write.ts'

export interface VirtualCall {
  /** Decoded and defaulted; private to the call. */
  object: KubeObject
  namespace: string
  /** Of a subresource's parent (`serviceaccounts/NAME/token`), else empty. */
  name: string
  user: UserInfo
  dryRun: boolean
  /** Adds an annotation to the request's audit event. */
  annotate(key: string, value: string): void
}

export interface VirtualResource {
  /** Validates and completes what was sent, between mutating and validating admission. */
  prepare?(call: VirtualCall): Promise<KubeObject>
  answer(call: VirtualCall): Promise<KubeObject>
}

/** By `plural.group` (`tokenreviews.authentication.k8s.io`) or `plural/subresource` (`serviceaccounts/token`). */
export type VirtualResources = ReadonlyMap<string, VirtualResource>

export function virtualEndpoint(virtual: VirtualResource, subresource: string): Endpoint {
  return async (parts, served, exchange) => {
    // Nobody prints them as rows.
    const representation = negotiate(exchange.request.headers.accept, {
      ...offerOf(parts),
      views: partialViews,
    })
    const query = readWriteQuery(exchange.request.query, 'CreateOptions')
    const sub = served.subresources.get(subresource)
    const kind = sub?.kind ?? served.resource
    const type = sub ? typeOfKind(sub.kind) : served.type
    const sent = await objectFromBody(exchange, { kind, type }, query.fieldValidation)
    if (!sub) matchNamespace(sent, exchange.info.namespace)
    const target = targetOf(served, exchange)
    const object = sub ? sent : tracked(parts, target, sent, callerOf(exchange).manager)
    if (sub) await requireCurrent(parts.registry, { ...targetOf(served, exchange), subresource: '' })
    const call = callOf(exchange, object, query.dryRun, sub !== undefined)
    const admitted = await admit(parts, target, exchange, call, virtual)
    const answer = await virtual.answer({ ...call, object: admitted })
    const document = { ...answer, kind: kind.kind, apiVersion: apiVersionOf(kind) }
    return await presentDocument(document, type, { ...representation, view: 'object' }, 201)
  }
}

/** As if it were going to be stored: without what only the server sets, and with who wrote it. */
function tracked(parts: EndpointParts, target: Target, object: KubeObject, manager: string): KubeObject {
  clearSystemFields(object.metadata)
  return trackUpdate(parts.registry, target, undefined, object, manager)
}

/** The object as it is to be answered. */
async function admit(
  { registry: { admission } }: EndpointParts,
  target: Target,
  exchange: Exchange,
  call: VirtualCall,
  { prepare }: VirtualResource,
): Promise<KubeObject> {
  const { object, dryRun } = call
  const change = { operation: 'CREATE', object, oldObject: undefined, dryRun, options: {} } as const
  const attributes = admissionAttributes(target, callerOf(exchange), change)
  await admission.mutate(attributes)
  const prepared = (await prepare?.(call)) ?? object
  await admission.validate({ ...attributes, object: prepared })
  return prepared
}

function callOf({ info, user, annotate }: Exchange, object: KubeObject, dryRun: boolean, isSub: boolean): VirtualCall {
  if (isSub && info.name === '') throw notFound({ group: info.apiGroup, plural: info.resource }, '')
  return {
    object,
    namespace: info.namespace,
    name: isSub ? info.name : '',
    user,
    dryRun,
    annotate: annotate ?? (() => undefined),
  }
}
