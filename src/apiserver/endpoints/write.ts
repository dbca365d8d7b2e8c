/** POST, PUT and DELETE of objects. */
import { badRequest } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import type { DeleteOptions } from '../../api/types/meta/v1.ts'
import { limits } from '../../limits.ts'
import { attributesOf, authorized } from '../authorize.ts'
import { type Stored, turnsOf } from '../cache/stored.ts'
import { presentDocument, presentList, presentObject } from '../negotiation/represent.ts'
import { clone } from '../registry/clone.ts'
import { createObject } from '../registry/create.ts'
import { type DeleteInput, deleteObject, deletionAnswer } from '../registry/delete.ts'
import { checkListQuery, readListQuery, readWriteQuery, type WriteQuery } from '../registry/options.ts'
import type { Target, WriteOptions } from '../registry/parts.ts'
import { listObjects } from '../registry/read.ts'
import { selectionOf } from '../registry/selection.ts'
import { updateObject } from '../registry/update.ts'
import type { ApiResponse } from '../request.ts'
import { typeOfKind } from '../scheme/scheme.ts'
import type { Served } from '../scheme/served.ts'
import { objectFromBody } from './body.ts'
import { deleteOptions } from './delete-options.ts'
import { callerOf, type Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { representationOf } from './read.ts'

export async function createEndpoint(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ApiResponse> {
  const representation = representationOf(parts, exchange)
  const query = readWriteQuery(exchange.request.query, 'CreateOptions')
  const object = await objectFromBody(exchange, { kind: served.resource, type: served.type }, query.fieldValidation)
  const target = targetOf(served, exchange)
  matchNamespace(object, target.namespace)
  served.strategy.default?.(object)
  const caller = callerOf(exchange)
  const options = writeOptions(query, 'CreateOptions')
  const written = await createObject(parts.registry, { target, object, caller, options })
  return await presentObject(parts.presenter, served, written.stored ?? written.object, representation, 201)
}

export async function updateEndpoint(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ApiResponse> {
  const representation = representationOf(parts, exchange)
  const query = readWriteQuery(exchange.request.query, 'UpdateOptions')
  const object = await objectFromBody(exchange, { kind: served.resource, type: served.type }, query.fieldValidation)
  const target = targetOf(served, exchange)
  matchNamespace(object, target.namespace)
  matchName(object, exchange.info.name)
  served.strategy.default?.(object)
  const written = await updateObject(parts.registry, {
    target,
    caller: callerOf(exchange),
    options: writeOptions(query, 'UpdateOptions'),
    change: () => clone(object),
    uid: object.metadata.uid,
    mayCreate: () => mayCreate(parts, exchange),
  })
  const status = written.created ? 201 : 200
  return await presentObject(parts.presenter, served, written.stored ?? written.object, representation, status)
}

export async function deleteEndpoint(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ApiResponse> {
  const representation = representationOf(parts, exchange)
  const options = await deleteOptions(exchange)
  warnOfPropagation(served, options, exchange)
  const target = targetOf(served, exchange)
  const deleted = await deleteObject(parts.registry, { target, caller: callerOf(exchange), options })
  const answer = deletionAnswer(served, deleted)
  const status = !deleted.gone && options.orphanDependents === false ? 202 : 200
  if (answer.kind !== 'Status')
    return await presentObject(parts.presenter, served, answer as KubeObject, representation, status)
  const type = typeOfKind({ group: '', version: 'v1', kind: 'Status' })
  return await presentDocument(answer, type, { ...representation, view: 'object' }, status)
}

export async function deleteCollectionEndpoint(
  parts: EndpointParts,
  served: Served,
  exchange: Exchange,
): Promise<ApiResponse> {
  const representation = representationOf(parts, exchange)
  const query = readListQuery(exchange.request.query, false)
  const selection = selectionOf(served, query)
  checkListQuery(query)
  const options = await deleteOptions(exchange)
  warnOfPropagation(served, options, exchange)
  const { info } = exchange
  // What is deleted page by page is looked up as of the version that is named.
  const isExact = query.resourceVersionMatch === '' && Number(query.resourceVersion) > 0
  const wanted = isExact ? { ...query, resourceVersionMatch: 'Exact' } : query
  const page = await listObjects(parts.registry, { served, namespace: info.namespace, query: wanted, selection })
  const input = { target: targetOf(served, exchange), caller: callerOf(exchange), options }
  for (const some of turnsOf(page.items, limits.deletedAtOnce)) {
    if (exchange.request.signal.aborted) break
    await Promise.all(some.map((stored) => deleteOneOf(parts, input, stored)))
  }
  // What was deleted is answered as it was.
  const answered = { ...page, continue: '', remaining: undefined }
  return await presentList(parts.presenter, served, answered, representation)
}

/** Somebody else may have been faster. */
async function deleteOneOf(
  { registry }: EndpointParts,
  { target, ...how }: DeleteInput,
  stored: Stored,
): Promise<void> {
  const name = stored.key.slice(stored.key.lastIndexOf('/') + 1)
  await deleteObject(registry, { ...how, target: { ...target, name } }).catch(ignoreNotFound)
}

function warnOfPropagation({ strategy }: Served, options: DeleteOptions, { warnings }: Exchange): void {
  const isSaid = options.propagationPolicy !== undefined || options.orphanDependents !== undefined
  if (strategy.unsaidPropagationWarning && !isSaid) warnings.add(strategy.unsaidPropagationWarning)
}

export function targetOf(served: Served, { info }: Exchange): Target {
  // `namespaces/x` is in the namespace x for who may reach it, and in none for where it is stored.
  const namespace = served.resource.namespaced ? info.namespace : ''
  return { served, namespace, name: info.name, subresource: info.subresource }
}

/** As admission sees them; a patch is an update there. */
export function writeOptions(query: WriteQuery, kind: 'CreateOptions' | 'UpdateOptions'): WriteOptions {
  const raw = {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(query.dryRun ? { dryRun: ['All'] } : {}),
    ...(query.fieldManager === '' ? {} : { fieldManager: query.fieldManager }),
    ...(query.saysFieldValidation ? { fieldValidation: query.fieldValidation } : {}),
  }
  return { dryRun: query.dryRun, fieldValidation: query.fieldValidation, raw }
}

export function matchNamespace(object: KubeObject, namespace: string): void {
  const given = object.metadata.namespace ?? ''
  if (namespace === '') delete object.metadata.namespace
  else if (given === '') object.metadata.namespace = namespace
  else if (given !== namespace) {
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request')
  }
}

export function matchName(object: KubeObject, name: string): void {
  const given = object.metadata.name ?? ''
  if (given === name) return
  if (given === '')
    throw badRequest(`the name of the object (${name} based on URL) was undeterminable: name must be provided`)
  throw badRequest(`the name of the object (${given}) does not match the name on the URL (${name})`)
}

/** PUT to a name that does not exist needs the right to create too. */
export async function mayCreate(parts: EndpointParts, { user, info }: Exchange): Promise<void> {
  await authorized(parts.authorizer, { ...attributesOf(user, info), verb: 'create' })
}

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 404) return undefined
  throw error
}
