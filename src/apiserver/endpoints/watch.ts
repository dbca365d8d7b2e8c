/** Watches: where the stream begins, and its answer. */
import { badRequest } from '../../api/errors.ts'
import { type WatchStart, WatchStream } from '../cache/watch-stream.ts'
import { convertedWatch, storedFrames } from '../crd/resource/converted-watch.ts'
import { negotiate } from '../negotiation/accept.ts'
import { watchFrames } from '../negotiation/represent.ts'
import { checkListQuery, type ListQuery, readListQuery, wrongVersion } from '../registry/options.ts'
import { tooLarge } from '../registry/read.ts'
import { selectionOf } from '../registry/selection.ts'
import type { ApiResponse } from '../request.ts'
import { collectionPrefix, objectKey, type Served } from '../scheme/served.ts'
import type { Exchange } from './exchange.ts'
import type { EndpointParts } from './parts.ts'
import { offerOf } from './read.ts'

export async function watchEndpoint(parts: EndpointParts, served: Served, exchange: Exchange): Promise<ApiResponse> {
  const { request, info } = exchange
  const representation = negotiate(request.headers.accept, {
    ...offerOf(parts),
    custom: served.custom,
    watch: 'asked',
  })
  const query = readListQuery(request.query, true)
  const named = info.parts.length > 1 ? info.name : ''
  const selection = selectionOf(served, query)
  checkListQuery(query)
  const prefix = named === '' ? collectionPrefix(served, info.namespace) : objectKey(served, info.namespace, named)
  const cache = parts.registry.caches.of(served)
  await cache.ready()
  if (startsWithObjects(query)) await cache.lookThrough({ prefix, ...selection })
  const start = await startOf(parts, query)
  const { id, contentType, make } = watchFrames(parts.presenter, served, representation)
  const { clock, store } = parts.registry
  const stream = new WatchStream(
    {
      prefix,
      // What a webhook converts is selected once it is converted.
      matches: served.prepare ? undefined : selection.matches,
      frames: served.prepare
        ? parts.registry.caches.frames(served, 'stored', () => storedFrames(served))
        : parts.registry.caches.frames(served, id, make),
      bookmarks: query.allowWatchBookmarks,
      timeoutMs: timeoutMs(parts, query),
      signal: AbortSignal.any([request.signal, parts.stopping]),
    },
    start,
    { cache, store, clock },
  )
  const body = served.prepare ? convertedWatch(stream, served, { frames: make(), matches: selection.matches }) : stream
  return { status: 200, headers: { 'content-type': contentType }, body }
}

function startsWithObjects({ sendInitialEvents, resourceVersion }: ListQuery): boolean {
  return sendInitialEvents ?? Number(resourceVersion) === 0
}

async function startOf(parts: EndpointParts, query: ListQuery): Promise<WatchStart> {
  const { hub } = parts.registry.caches
  const wrong = wrongVersion(query.resourceVersion)
  if (wrong !== undefined) throw badRequest(wrong)
  const revision = Number(query.resourceVersion)
  const isSnapshot = startsWithObjects(query)
  if (!isSnapshot && revision > 0) return { kind: 'after', revision }
  if (query.resourceVersion === '' || !isSnapshot) await hub.fresh()
  if (!isSnapshot) return { kind: 'now' }
  // Upstream has begun to answer when it finds out.
  if (!(await hub.reached(revision))) return { kind: 'refused', error: tooLarge(revision, hub.revision) }
  return { kind: 'snapshot' }
}

/** Spread out when the client does not say, so that not all watches end at once. */
function timeoutMs(parts: EndpointParts, query: ListQuery): number {
  if (query.timeoutSeconds) return Math.max(0, query.timeoutSeconds) * 1000
  return Math.round(parts.serving.watchTimeoutSeconds * 1000 * (1 + parts.registry.random.float()))
}
