/**
 * Gets and lists: from the cache when it is as fresh as the request demands, from the store's past otherwise.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions
 */
import { ApiError, apiError, badRequest, expired, notFound } from '../../api/errors.ts'
import { limits } from '../../limits.ts'
import { ownTurn } from '../../platform/turn.ts'
import { CompactedError, FutureRevisionError } from '../../store/store.ts'
import { Stored } from '../cache/stored.ts'
import { collectionPrefix, objectKey, type Served } from '../scheme/served.ts'
import { decodeContinue, encodeContinue } from './continue.ts'
import { type ListQuery, parseResourceVersion, wrongVersion } from './options.ts'
import type { RegistryParts, Target } from './parts.ts'
import { keyOf, requireCurrent } from './persistence.ts'
import type { Selection } from './selection.ts'

export interface Page {
  items: Stored[]
  revision: number
  /** Empty on the last page. */
  continue: string
  /** Known only without selectors. */
  remaining: number | undefined
}

export async function getObject(parts: RegistryParts, target: Target, resourceVersion: string): Promise<Stored> {
  const wrong = wrongVersion(resourceVersion)
  if (wrong !== undefined) throw badRequest(wrong)
  const revision = Number(resourceVersion)
  if (resourceVersion === '') return await requireCurrent(parts, target)
  const cache = parts.caches.of(target.served)
  await cache.ready()
  if (!(await parts.caches.hub.reached(revision))) throw tooLarge(revision, cache.revision)
  const stored = cache.get(keyOf(target))
  if (!stored) throw notFound(target.served.resource, target.name)
  return stored
}

export interface ListInput {
  served: Served
  namespace: string
  query: ListQuery
  selection: Selection
}

export async function listObjects(parts: RegistryParts, { query: asked, ...rest }: ListInput): Promise<Page> {
  // Who is content with any state is given all of it at once.
  const query = asked.resourceVersion === '0' ? { ...asked, limit: 0 } : asked
  const input = { ...rest, query }
  if (query.continue !== '') return await continued(parts, input)
  const { hub } = parts.caches
  const revision = parseResourceVersion(query.resourceVersion)
  if (
    revision > 0 &&
    (query.resourceVersionMatch === 'Exact' || (query.resourceVersionMatch === '' && query.limit > 0))
  ) {
    if (!(await hub.reached(revision))) throw tooLarge(revision, hub.revision)
    return await pastPage(parts, input, { revision, after: undefined })
  }
  const cache = parts.caches.of(input.served)
  await cache.ready()
  if (query.resourceVersion === '') {
    const newest = await parts.store.currentRevision()
    if (!(await hub.reached(newest))) return await pastPage(parts, input, { revision: newest, after: undefined })
  } else if (!(await hub.reached(revision))) throw tooLarge(revision, cache.revision)
  return await cachedPage(parts, input, undefined)
}

async function cachedPage(parts: RegistryParts, input: ListInput, after: string | undefined): Promise<Page> {
  const { served, namespace, query, selection } = input
  const cache = parts.caches.of(served)
  const prefix = collectionPrefix(served, namespace)
  const single = exactKey(input)
  if (single !== undefined) {
    const stored = cache.get(single)
    const items = stored && selection.matches?.(stored) ? [stored] : []
    return { items, revision: cache.revision, continue: '', remaining: undefined }
  }
  const wanted = { prefix, after, limit: query.limit, matches: selection.matches }
  await cache.lookThrough(wanted)
  const { items, revision, remaining } = cache.list(wanted)
  return pageOf(input, { items, revision, remaining })
}

/** The one key that a `metadata.name` selector leaves. */
function exactKey({ served, namespace, selection }: ListInput): string | undefined {
  if (selection.name === undefined || (served.resource.namespaced && namespace === '')) return undefined
  return objectKey(served, namespace, selection.name)
}

function pageOf(input: ListInput, found: { items: Stored[]; revision: number; remaining: number }): Page {
  const { items, revision, remaining } = found
  const last = items.at(-1)
  const more = remaining > 0 && last !== undefined && input.query.limit > 0
  return {
    items,
    revision,
    continue: more
      ? encodeContinue(revision, last.key.slice(collectionPrefix(input.served, input.namespace).length))
      : '',
    remaining: more && !input.selection.matches ? remaining : undefined,
  }
}

async function continued(parts: RegistryParts, input: ListInput): Promise<Page> {
  const token = decodeContinue(input.query.continue)
  if (input.query.resourceVersion !== '' && input.query.resourceVersion !== '0') {
    throw badRequest('specifying resource version is not allowed when using continue')
  }
  const after = collectionPrefix(input.served, input.namespace) + token.start
  const { hub } = parts.caches
  if (!(await hub.reached(token.revision))) throw tooLarge(token.revision, hub.revision)
  const cache = parts.caches.of(input.served)
  await cache.ready()
  if (token.revision < 0) {
    await hub.fresh()
    return await cachedPage(parts, input, after)
  }
  const from = { revision: token.revision, after }
  const isUnchanged = () => cache.changedAt <= token.revision && token.revision <= cache.revision
  if (isUnchanged()) {
    await requireReadable(parts, input, from)
    const page = await cachedPage(parts, input, after)
    // What was written meanwhile may stand on it.
    if (isUnchanged()) return repage(input, page, token.revision)
  }
  return await pastPage(parts, input, from)
}

/** A token ends with the history of its revision, though the cache could go on: clients are promised that it does. */
async function requireReadable(
  parts: RegistryParts,
  input: ListInput,
  from: { revision: number; after: string },
): Promise<void> {
  try {
    await parts.store.get(from.after, from.revision)
  } catch (error) {
    throw listError(error, input, from)
  }
}

/** The same page, said to be of the revision at which the list began. */
function repage(input: ListInput, page: Page, revision: number): Page {
  const last = page.items.at(-1)
  const start = last?.key.slice(collectionPrefix(input.served, input.namespace).length) ?? ''
  return { ...page, revision, continue: page.continue === '' ? '' : encodeContinue(revision, start) }
}

/** Reads the store as of a revision, page by page until enough objects match. */
async function pastPage(
  parts: RegistryParts,
  input: ListInput,
  from: { revision: number; after: string | undefined },
): Promise<Page> {
  const prefix = collectionPrefix(input.served, input.namespace)
  const limit = input.query.limit
  const items: Stored[] = []
  let after = from.after
  try {
    for (;;) {
      const wanted = limit > 0 && !input.selection.matches ? limit : limits.storePageItemsMax
      const range = await parts.store.range({
        prefix,
        limit: wanted,
        revision: from.revision,
        ...(after === undefined ? {} : { after }),
      })
      let left = range.remaining
      for (const [index, item] of range.items.entries()) {
        const stored = new Stored(item)
        if (input.selection.matches && !input.selection.matches(stored)) continue
        items.push(stored)
        if (limit > 0 && items.length === limit) {
          left += range.items.length - index - 1
          return pageOf(input, { items, revision: from.revision, remaining: left })
        }
      }
      after = range.items.at(-1)?.key
      if (left === 0 || after === undefined) return pageOf(input, { items, revision: from.revision, remaining: 0 })
      await ownTurn()
    }
  } catch (error) {
    throw listError(error, input, from)
  }
}

function listError(error: unknown, input: ListInput, from: { revision: number; after: string | undefined }): unknown {
  if (error instanceof FutureRevisionError) return tooLarge(from.revision, error.currentRevision)
  if (!(error instanceof CompactedError)) return error
  if (from.after === undefined) return expired('The resourceVersion for the provided list is too old.')
  const start = from.after.slice(collectionPrefix(input.served, input.namespace).length)
  const gone = expired(
    'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
  )
  return new ApiError({ ...gone.status, metadata: { continue: encodeContinue(-1, start) } })
}

/** 504: the client has seen a newer state than this server will in time. */
export function tooLarge(revision: number, current: number): ApiError {
  const message = 'Too large resource version'
  return apiError({
    code: 504,
    reason: 'Timeout',
    message: `Timeout: ${message}: ${revision}, current: ${current}`,
    details: {
      causes: [{ reason: 'ResourceVersionTooLarge', message }],
      retryAfterSeconds: 1,
    },
  })
}
