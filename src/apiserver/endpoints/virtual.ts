/** Resources that answer a question instead of being stored, and tokens. Implementations come from the auth rooms. */
import { notFound } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { presentDocument } from '../negotiation/represent.ts'
import { readWriteQuery } from '../registry/options.ts'
import { requireCurrent } from '../registry/persistence.ts'
import type { UserInfo } from '../request.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import { objectFromBody } from './body.ts'
import type { Exchange } from './exchange.ts'
import { representationOf } from './read.ts'
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
}

export type VirtualResource = (call: VirtualCall) => Promise<KubeObject>

/** By `plural.group` (`tokenreviews.authentication.k8s.io`) or `plural/subresource` (`serviceaccounts/token`). */
export type VirtualResources = ReadonlyMap<string, VirtualResource>

export function virtualEndpoint(virtual: VirtualResource, subresource: string): Endpoint {
  return async (parts, served, exchange) => {
    const representation = representationOf(parts, exchange)
    const query = readWriteQuery(exchange.request.query, 'CreateOptions')
    const sub = served.subresources.get(subresource)
    const kind = sub?.kind ?? served.resource
    const type = sub ? typeOfKind(sub.kind) : served.type
    const object = await objectFromBody(exchange, { kind, type }, query.fieldValidation)
    if (!sub) matchNamespace(object, exchange.info.namespace)
    if (sub) await requireCurrent(parts.registry, { ...targetOf(served, exchange), subresource: '' })
    const answer = await virtual(callOf(exchange, object, query.dryRun, sub !== undefined))
    const document = { ...answer, kind: kind.kind, apiVersion: apiVersionOf(kind) }
    return await presentDocument(document, type, { ...representation, view: 'object' }, 201)
  }
}

function callOf({ info, user }: Exchange, object: KubeObject, dryRun: boolean, isSub: boolean): VirtualCall {
  if (isSub && info.name === '') throw notFound({ group: info.apiGroup, plural: info.resource }, '')
  return { object, namespace: info.namespace, name: isSub ? info.name : '', user, dryRun }
}
