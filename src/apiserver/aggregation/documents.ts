/**
 * What another server says in OpenAPI of the group version that it answers for: where its document of version 3 is, and its
 * part of the document of version 2, which is merged with ours. Read again with its entity tag, so that a server whose
 * documents stay costs a header. A server that has none of them loses nothing but being explained.
 */
import { isObject, type JsonObject } from '../../api/patch/json-value.ts'

export interface RemoteDocuments {
  /** Path and query below its own address; undefined: it has none. */
  v3Path?: string
  /** Paths and definitions of the group version. */
  v2?: JsonObject
  /** Of the whole document of version 2. */
  etag?: string
}

export interface DocumentReply {
  status: number
  headers: Readonly<Record<string, string>>
  text: string
}

type Get = (path: string, headers: Record<string, string>) => Promise<DocumentReply>

/** `before`: what was read of the same server, which it may say is still so. */
export async function readDocuments(
  get: Get,
  { group, version }: { group: string; version: string },
  before: RemoteDocuments,
): Promise<RemoteDocuments> {
  const index = await get('/openapi/v3', { accept: 'application/json' }).catch(() => undefined)
  const v3Path = index?.status === 200 ? pathIn(parsed(index.text), `apis/${group}/${version}`) : undefined
  const v3 = v3Path === undefined ? {} : { v3Path }
  const headers = { accept: 'application/json', ...(before.etag ? { 'if-none-match': before.etag } : {}) }
  const reply = await get('/openapi/v2', headers).catch(() => undefined)
  const { etag: knownEtag, v2: known } = before
  if (!reply || reply.status === 304) {
    return { ...v3, ...(known ? { v2: known } : {}), ...(knownEtag ? { etag: knownEtag } : {}) }
  }
  const v2 = reply.status === 200 ? partOf(parsed(reply.text), `/apis/${group}/${version}/`) : undefined
  const { etag } = reply.headers
  return { ...v3, ...(v2 ? { v2 } : {}), ...(etag ? { etag } : {}) }
}

function parsed(text: string): JsonObject {
  try {
    const value: unknown = JSON.parse(text)
    return isObject(value) ? value : {}
  } catch {
    return {}
  }
}

/** Nobody may lead clients elsewhere: only paths of documents are taken. */
function pathIn({ paths }: JsonObject, name: string): string | undefined {
  const entry = isObject(paths) && Object.hasOwn(paths, name) ? paths[name] : undefined
  const url = isObject(entry) ? entry.serverRelativeURL : undefined
  return typeof url === 'string' && url.split('?')[0] === `/openapi/v3/${name}` ? url : undefined
}

/** The paths below a prefix, with all definitions and parameters: which of them count shows when they are merged. */
function partOf({ paths, definitions, parameters }: JsonObject, prefix: string): JsonObject | undefined {
  if (!isObject(paths) || !isObject(definitions)) return undefined
  const own = Object.entries(paths).filter(([path, item]) => path.startsWith(prefix) && isObject(item))
  if (own.length === 0) return undefined
  return { paths: Object.fromEntries(own), definitions, ...(isObject(parameters) ? { parameters } : {}) }
}
