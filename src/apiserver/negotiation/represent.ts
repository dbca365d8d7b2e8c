/** Objects, lists and watch events in the representation that was negotiated. Plain JSON is copied from stored bytes. */

import { encodeMessage, protobufListItem } from '../../api/codec/protobuf.ts'
import { apiError } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject, metadataInOrder } from '../../api/meta.ts'
import type { ListMeta } from '../../api/types/meta/v1.ts'
import { carrying } from '../../client/carried.ts'
import { limits } from '../../limits.ts'
import { inParts, ownTurn } from '../../platform/turn.ts'
import { storedJsonFrames } from '../cache/caches.ts'
import { bookmarkMetadata, type Frames, jsonLine } from '../cache/frames.ts'
import { objectChunks, Stored } from '../cache/stored.ts'
import { fromStored, servedBytes } from '../registry/persistence.ts'
import type { Page } from '../registry/read.ts'
import type { ApiResponse } from '../request.ts'
import type { Served } from '../scheme/served.ts'
import { mediaTypes, type Representation } from './accept.ts'
import { encodeAs, encodeInTurns, jsonOf, metaTypeOf, protobufWatchFrame } from './encode.ts'
import {
  jsonListBody,
  keptMessages,
  type ListBody,
  type ListHead,
  type Messages,
  madeListBody,
  protobufListBody,
  yamlListBody,
} from './list-body.ts'

/** Makes server-side tables. Implementation: `table/`. */
export interface TableMaker {
  table(request: {
    served: Served
    objects: readonly KubeObject[]
    includeObject: Representation['includeObject']
    version: Representation['version']
    metadata: ListMeta
    nowMs: number
    /** False for watch events after the first. */
    headers: boolean
  }): object
}

export interface Presenter {
  tables: TableMaker | undefined
  nowMs(): number
}

const textEncoder = new TextEncoder()

/** One object: stored bytes, or an object that a write made. */
export async function presentObject(
  presenter: Presenter,
  served: Served,
  value: Stored | KubeObject,
  representation: Representation,
  status = 200,
): Promise<ApiResponse> {
  const { encoding, view } = representation
  if (view === 'partial-list') throw wrongForm(served, 'PartialObjectMetadataList', 'is not a list')
  if (value instanceof Stored) await served.prepare?.([value])
  if (encoding === 'json' && view === 'object' && value instanceof Stored) {
    const show = (): Stored | undefined => servedBytes(served, value)
    const bytes = value.value.length < limits.pauseFromBytes ? show() : await inParts(show)
    if (bytes) {
      const whole = Buffer.concat([...objectChunks(served.splice, bytes), newline])
      return answer(status, representation, carrying(whole, [() => bytes.shared]))
    }
  }
  const isLarge = value instanceof Stored && value.value.length >= limits.pauseFromBytes
  const object = value instanceof Stored ? fromStored(served, value) : value
  if (isLarge) await ownTurn()
  const shown = viewObject(presenter, served, object, representation)
  const type = view === 'object' ? served.type : undefined
  const body = isLarge ? await encodeInTurns(encoding, type, shown) : encodeAs(encoding, type, shown)
  return answer(status, representation, body)
}

/** A document of another kind than the resource's own: a Scale, a Status, a TokenRequest. */
export async function presentDocument(
  document: object,
  type: Parameters<typeof encodeAs>[1],
  representation: Representation,
  status = 200,
): Promise<ApiResponse> {
  return answer(status, representation, encodeAs(representation.encoding, type, document))
}

export async function presentList(
  presenter: Presenter,
  served: Served,
  page: Page,
  representation: Representation,
): Promise<ApiResponse> {
  const { encoding, view } = representation
  requireFormOfList(served, view)
  await served.prepare?.(page.items)
  const metadata: ListMeta = {
    resourceVersion: String(page.revision),
    ...(page.continue === '' && !(served.custom && view === 'object') ? {} : { continue: page.continue }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  }
  if (encoding === 'json' && view === 'object' && (served.view || !served.conversion))
    return answer(200, representation, jsonList(served, headOf(served, representation, metadata), page.items))
  if (encoding === 'protobuf') {
    const messages =
      view === 'object' ? keptMessages(served, page.items) : partialMessages(served, page.items, representation)
    return answer(200, representation, await protobufListBody(headOf(served, representation, metadata), messages))
  }
  const textOf = (items: readonly Stored[]): string => {
    const objects = items.map((stored) => fromStored(served, stored))
    const list = viewList(presenter, served, objects, metadata, representation)
    return jsonOf(view === 'object' ? served.listType : undefined, list)
  }
  const list = { items: page.items, member: view === 'table' ? 'rows' : 'items', textOf } as const
  return answer(200, representation, encoding === 'json' ? madeListBody(list) : yamlListBody(list))
}

function partialMessages(served: Served, items: readonly Stored[], form: Representation): Messages {
  const type = metaTypeOf({ kind: 'PartialObjectMetadata' })!
  const of = (stored: Stored): Uint8Array =>
    protobufListItem(encodeMessage(type, partial(served, fromStored(served, stored), form)))
  return { items, listType: metaTypeOf({ kind: 'PartialObjectMetadataList' })!, of }
}

function headOf(served: Served, { view, version }: Representation, metadata: ListMeta): ListHead {
  if (view === 'partial-list') return { kind: 'PartialObjectMetadataList', apiVersion: metaVersion(version), metadata }
  return { kind: listKindOf(served), apiVersion: apiVersionOf(served.resource), metadata }
}

/** The frames of a watch; `id` names them, so that all watchers of one representation share them. */
export function watchFrames(
  presenter: Presenter,
  served: Served,
  representation: Representation,
): { id: string; contentType: string; make(): Frames } {
  const { encoding, view, includeObject, version } = representation
  const contentType = encoding === 'protobuf' ? `${mediaTypes.protobuf};stream=watch` : mediaTypes.json
  if (encoding === 'json' && view === 'object' && (served.view || !served.conversion)) {
    return { id: 'json', contentType, make: () => storedJsonFrames(served) }
  }
  const id = `${encoding} ${view} ${includeObject} ${version}`
  return { id, contentType, make: () => viewFrames(presenter, served, representation) }
}

function viewFrames(presenter: Presenter, served: Served, representation: Representation): Frames {
  const { encoding, view } = representation
  const frame = (type: string, object: object, typed: boolean): Uint8Array =>
    encoding === 'protobuf' ? protobufWatchFrame(type, typed ? served.type : undefined, object) : jsonLine(type, object)
  return {
    event(type, stored, revision) {
      const object = fromStored(served, stored)
      object.metadata.resourceVersion = String(revision)
      return frame(type, viewObject(presenter, served, object, representation), view === 'object')
    },
    bookmark(revision, annotations) {
      const { kind, apiVersion } = kindOf(served, representation)
      return frame(
        'BOOKMARK',
        { kind, apiVersion, metadata: bookmarkMetadata(revision, annotations) },
        view === 'object',
      )
    },
    error: (error) => frame('ERROR', error.status, false),
  }
}

function kindOf(served: Served, { view, version }: Representation): { kind: string; apiVersion: string } {
  if (view === 'table') return { kind: 'Table', apiVersion: metaVersion(version) }
  if (view !== 'object') return { kind: 'PartialObjectMetadata', apiVersion: metaVersion(version) }
  return { kind: served.resource.kind, apiVersion: apiVersionOf(served.resource) }
}

function viewObject(presenter: Presenter, served: Served, object: KubeObject, form: Representation): object {
  const { view, includeObject, version } = form
  if (view === 'partial' || view === 'partial-list') return partial(served, object, form)
  if (view === 'table') {
    const { resourceVersion } = object.metadata
    const metadata = resourceVersion ? { resourceVersion } : {}
    return tableOf(presenter).table({
      served,
      objects: [object],
      includeObject,
      version,
      metadata,
      nowMs: presenter.nowMs(),
      headers: true,
    })
  }
  return object
}

function viewList(
  presenter: Presenter,
  served: Served,
  objects: KubeObject[],
  metadata: ListMeta,
  form: Representation,
): object {
  const { view, includeObject, version } = form
  if (view === 'table')
    return tableOf(presenter).table({
      served,
      objects,
      includeObject,
      version,
      metadata,
      nowMs: presenter.nowMs(),
      headers: true,
    })
  if (view === 'partial-list') {
    const items = objects.map((object) => partial(served, object, form))
    return { ...headOf(served, form, metadata), items }
  }
  const items = served.custom ? objects : objects.map(({ kind: _kind, apiVersion: _apiVersion, ...rest }) => rest)
  return { ...headOf(served, form, metadata), items }
}

function tableOf({ tables }: Presenter): TableMaker {
  if (!tables) throw new Error('a table was negotiated but this server makes none')
  return tables
}

function metaVersion(version: Representation['version']): string {
  return `meta.k8s.io/${version}`
}

function partial({ strategy }: Served, { metadata }: KubeObject, { version }: Representation): object {
  const shown = metadataInOrder(strategy.partialMetadata?.(metadata) ?? metadata)
  return { kind: 'PartialObjectMetadata', apiVersion: metaVersion(version), metadata: shown }
}

function requireFormOfList(served: Served, view: Representation['view']): void {
  if (view === 'partial') throw wrongForm(served, 'PartialObjectMetadata', 'is a list', 'List')
}

/** Named as upstream names its own types. */
function wrongForm({ storedKind, resource, custom }: Served, asked: string, but: string, suffix = ''): Error {
  const [group = ''] = storedKind.group.split('.', 1)
  const type = custom ? `unstructured.Unstructured${suffix}` : `${group || 'core'}.${resource.kind}${suffix}`
  const message = `you requested ${asked}, but the requested object ${but} (*${type})`
  return apiError({ code: 406, reason: 'NotAcceptable', message })
}

const newline = textEncoder.encode('\n')

function listKindOf({ resource, listKind }: Served): string {
  return listKind ?? `${resource.kind}List`
}

function jsonList(served: Served, head: ListHead, items: readonly Stored[]): ListBody {
  const shown = items.map((stored) => servedBytes(served, stored) ?? stored)
  const { metadata } = head
  return carrying(jsonListBody(served, head, shown), [() => ({ metadata, items: shown.map(({ shared }) => shared) })])
}

function answer(status: number, { encoding }: Representation, body: ListBody): ApiResponse {
  const giveBack = body instanceof Uint8Array ? undefined : (piece: Uint8Array) => body.giveBack(piece)
  return {
    ...{ status, headers: { 'content-type': mediaTypes[encoding] }, body, document: true },
    ...(giveBack ? { giveBack } : {}),
  }
}
