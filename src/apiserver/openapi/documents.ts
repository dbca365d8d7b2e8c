/**
 * Serves OpenAPI: an index of version 3 documents, each of them, and the one document of version 2. A document is made
 * when first asked for and kept as bytes until what is served changes.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#openapi-interface-definition
 */
import { createHash } from 'node:crypto'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { part } from '../../platform/turn.ts'
import { parseAccept } from '../negotiation/accept.ts'
import { type DocumentPart, documentParts, documentV2, documentV3 } from './document.ts'
import { encodeGnostic } from './gnostic.ts'
import { mergedV2 } from './merge.ts'
import type { OpenApiSource } from './source.ts'

export interface DocumentRequest {
  /** Without the query; `/openapi/v2`, `/openapi/v3` or below. */
  path: string
  /** The `hash` parameter that the index puts into the address of a document; with it, clients may keep it for good. */
  hash: string | undefined
  accept: string | undefined
  ifNoneMatch: string | undefined
  /** Looked at where the client has no tag. */
  ifModifiedSince?: string | undefined
}

export interface DocumentResponse {
  status: 200 | 301 | 304 | 406
  headers: Record<string, string>
  body: Uint8Array
}

interface Encoded {
  revision: string
  bytes: Uint8Array
  etag: string
  /** When it was made, to the second; NaN where nobody knows the time. */
  madeMs: number
}

/** About what the largest takes. */
const encodedMicroseconds = 10_000

const empty = new Uint8Array()

export class OpenApiDocuments {
  readonly #source: OpenApiSource
  readonly #encoded = new Map<string, Encoded>()

  constructor(source: OpenApiSource) {
    this.#source = source
  }

  /** Undefined when there is no such document. */
  answer(request: DocumentRequest): DocumentResponse | undefined {
    const path = request.path.replace(/\/+$/, '')
    if (path === '/openapi/v2') return this.#version2(request)
    // Whatever is asked for: upstream's index comes in one form only.
    if (path === '/openapi/v3')
      return this.#respond({ key: 'v3', type: json, revision: this.#everywhere() }, request, () =>
        encode(this.#index()),
      )
    return path.startsWith('/openapi/v3/') ? this.#version3(path.slice('/openapi/v3/'.length), request) : undefined
  }

  /** Changes with what is served here and elsewhere. */
  #everywhere(): string {
    return `${this.#source.revision()} ${this.#source.elsewhere?.().generation}`
  }

  #index(): object {
    const paths: Record<string, object> = {}
    for (const part of documentParts(this.#source)) {
      const { path } = part
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${this.#hashOf(part)}` }
    }
    for (const { group, version, v3Path } of this.#source.elsewhere?.().groupVersions ?? []) {
      paths[`apis/${group}/${version}`] = { serverRelativeURL: v3Path ?? `/openapi/v3/apis/${group}/${version}` }
    }
    return { paths }
  }

  /** From what a document is made of rather than from its bytes, so that the index makes no documents. */
  #hashOf(part: DocumentPart): string {
    const text = `${this.#source.version}\n${this.#revisionOf(part)}\n${part.path}`
    return createHash('sha512').update(text).digest('hex').toUpperCase()
  }

  #revisionOf({ groupVersion }: DocumentPart): string {
    return this.#source.revisionOf?.(groupVersion) ?? this.#source.revision()
  }

  #version3(path: string, request: DocumentRequest): DocumentResponse | undefined {
    const found = part(0, () => documentParts(this.#source).find((each) => each.path === path))
    if (!found) return undefined
    const form = formOf(request.accept, 'v3')
    if (!form) return notAcceptable()
    const hash = part(0, () => this.#hashOf(found))
    if (request.hash !== undefined && request.hash !== '' && request.hash !== hash) {
      return { status: 301, headers: { location: `/openapi/v3/${path}?hash=${hash}` }, body: empty }
    }
    const document = {
      key: `v3/${path} ${form.type}`,
      type: form.type,
      revision: part(0, () => this.#revisionOf(found)),
    }
    const response = this.#respond(document, request, () => {
      const own = documentV3(this.#source, found)
      return part(encodedMicroseconds, () => form.encode(own))
    })
    if (request.hash) response.headers['cache-control'] = 'public, immutable, max-age=31536000'
    return response
  }

  #version2(request: DocumentRequest): DocumentResponse {
    const form = formOf(request.accept, 'v2')
    if (!form) return notAcceptable()
    const { groupVersions = [] } = this.#source.elsewhere?.() ?? {}
    const others = groupVersions.flatMap(({ v2 }) => (v2 ? [v2] : []))
    // Of one revision, whatever is served when it is done.
    const revision = part(0, () => this.#everywhere())
    return this.#respond({ key: `v2 ${form.type}`, type: form.type, revision }, request, () => {
      const own = documentV2(this.#source)
      return part(encodedMicroseconds, () => form.encode(others.length === 0 ? own : mergedV2(own, others)))
    })
  }

  /** Kept until its revision changes, by default that of all that is served. */
  #respond(
    { key, type, revision = this.#source.revision() }: { key: string; type: string; revision?: string },
    { ifNoneMatch, ifModifiedSince }: DocumentRequest,
    make: () => Uint8Array,
  ): DocumentResponse {
    let encoded = this.#encoded.get(key)
    if (encoded?.revision !== revision) {
      const bytes = make()
      const etag = `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"`
      const madeMs = Math.floor((this.#source.nowMs?.() ?? Number.NaN) / 1000) * 1000
      encoded = { revision, bytes, etag, madeMs }
      this.#encoded.set(key, encoded)
    }
    const { etag, bytes, madeMs } = encoded
    const headers: Record<string, string> = {
      ...{ 'content-type': type, etag, vary: 'Accept', 'cache-control': 'no-cache, private' },
      ...(Number.isNaN(madeMs) ? {} : { 'last-modified': new Date(madeMs).toUTCString() }),
    }
    const isKnown = ifNoneMatch === undefined ? Date.parse(ifModifiedSince ?? '') >= madeMs : ifNoneMatch === etag
    return isKnown ? { status: 304, headers, body: empty } : { status: 200, headers, body: bytes }
  }
}

const json = 'application/json'

function encode(value: object): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

interface Form {
  type: string
  encode(document: JsonObject): Uint8Array
}

const anyTypes: ReadonlySet<string> = new Set([json, 'application/*', '*/*', ''])

/** The first type asked for that there is; undefined when there is none. */
function formOf(accept: string | undefined, version: 'v2' | 'v3'): Form | undefined {
  // The type as client-go asks for it, and as answers name it: Go's parser refuses the `@`.
  const protobuf = `application/com.github.proto-openapi.spec.${version}.v1.0+protobuf`
  const asked = protobuf.replace(`${version}.v1.0`, `${version}@v1.0`)
  for (const { mediaType } of parseAccept(accept ?? '*/*')) {
    if (anyTypes.has(mediaType)) return { type: json, encode }
    if (mediaType === asked || mediaType === protobuf) return { type: protobuf, encode: encodeGnostic }
  }
  return undefined
}

function notAcceptable(): DocumentResponse {
  return {
    status: 406,
    headers: { 'content-type': 'text/plain; charset=utf-8' },
    body: Buffer.from('406 Not Acceptable\n'),
  }
}
