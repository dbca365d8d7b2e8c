/**
 * The smallest API that tests of the client need: objects by path with resource versions, list, watch with bookmarks and
 * forgotten history. It decides nothing that a real API server decides; whatever is about that belongs in tests on one.
 */
import type { KubeObject } from '../../api/meta.ts'
import type { Transport, TransportReply, TransportRequest } from '../transport.ts'

interface Change {
  type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  path: string
  object: KubeObject
}

export class StubApi implements Transport {
  readonly objects = new Map<string, KubeObject>()
  readonly requests: TransportRequest[] = []
  /** Answers instead of the stub when it returns something. */
  intercept: ((request: TransportRequest) => TransportReply | Promise<TransportReply> | undefined) | undefined
  #revision = 10
  #log: Change[] = []
  #forgotten = 0
  readonly #streams = new Set<{ wake(): void; ended: boolean }>()

  async send(request: TransportRequest): Promise<TransportReply> {
    this.requests.push(request)
    const answer = this.intercept?.(request)
    if (answer) return answer
    const url = new URL(request.path, 'https://stub')
    const body = request.body ? JSON.parse(Buffer.from(request.body).toString()) : undefined
    if (request.method === 'GET') return this.#read(url, request.signal)
    if (request.method === 'POST') return this.#write('ADDED', `${url.pathname}/${body.metadata.name}`, body)
    const current = this.objects.get(url.pathname)
    if (!current) return failure(404, 'NotFound')
    if (request.method === 'DELETE') return this.#write('DELETED', url.pathname, current)
    if (request.method === 'PATCH') return this.#write('MODIFIED', url.pathname, { ...current, ...body })
    const { resourceVersion } = body.metadata
    if (resourceVersion && resourceVersion !== current.metadata.resourceVersion) return failure(409, 'Conflict')
    return this.#write('MODIFIED', url.pathname, body)
  }

  async upgrade(): Promise<never> {
    throw new Error('the stub does not upgrade')
  }

  async close(): Promise<void> {}

  /** Watches of these versions and older are refused with 410 from now on. */
  forgetHistory(): void {
    this.#forgotten = this.#revision
    this.#log = []
  }

  /** Ends all watches, as a server that restarts does. */
  endWatches(): void {
    for (const stream of this.#streams) {
      stream.ended = true
      stream.wake()
    }
  }

  bookmark(path: string): void {
    this.#append({
      type: 'BOOKMARK',
      path: `${path}/`,
      object: { metadata: { resourceVersion: `${++this.#revision}` } },
    })
  }

  get watchCount(): number {
    return this.#streams.size
  }

  #write(type: Change['type'], path: string, body: KubeObject): TransportReply {
    if (type === 'ADDED' && this.objects.has(path)) return failure(409, 'AlreadyExists')
    const resourceVersion = `${++this.#revision}`
    const metadata = { uid: `${path}@${resourceVersion}`, ...body.metadata, resourceVersion }
    const object = { ...body, metadata }
    if (type === 'DELETED') this.objects.delete(path)
    else this.objects.set(path, object)
    this.#append({ type, path, object })
    return json(200, object)
  }

  #append(change: Change): void {
    this.#log.push(change)
    for (const stream of this.#streams) stream.wake()
  }

  #read(url: URL, signal: AbortSignal | undefined): TransportReply {
    const object = this.objects.get(url.pathname)
    if (object) return json(200, object)
    const within = matcherOf(url.pathname)
    if (url.searchParams.get('watch') === 'true') {
      const from = Number(url.searchParams.get('resourceVersion'))
      if (from < this.#forgotten) return failure(410, 'Expired')
      return { status: 200, headers: {}, body: this.#watch(within, from, signal!) }
    }
    const items = [...this.objects].filter(([path]) => within(path)).map(([, each]) => each)
    if (items.length === 0 && /\/namespaces\/[^/]+\/[^/]+\/[^/]+$/.test(url.pathname)) return failure(404, 'NotFound')
    return json(200, { metadata: { resourceVersion: `${this.#revision}` }, items })
  }

  async *#watch(within: (path: string) => boolean, from: number, signal: AbortSignal): AsyncGenerator<Uint8Array> {
    let waiting = Promise.withResolvers<void>()
    const stream = { ended: false, wake: () => waiting.resolve() }
    this.#streams.add(stream)
    signal.addEventListener('abort', stream.wake)
    let seen = from
    try {
      while (!stream.ended && !signal.aborted) {
        waiting = Promise.withResolvers()
        for (const { type, path, object } of [...this.#log]) {
          const revision = Number(object.metadata.resourceVersion)
          if (revision <= seen || !within(path)) continue
          seen = revision
          yield Buffer.from(`${JSON.stringify({ type, object })}\n`)
        }
        await waiting.promise
      }
    } finally {
      this.#streams.delete(stream)
      signal.removeEventListener('abort', stream.wake)
    }
  }
}

/** Objects of a collection; one without a namespace has those of all namespaces. */
function matcherOf(collection: string): (path: string) => boolean {
  const all = !collection.includes('/namespaces/')
  return (path) => (all ? path.replace(/\/namespaces\/[^/]+/, '') : path).startsWith(`${collection}/`)
}

export function json(status: number, value: unknown): TransportReply {
  return { status, headers: {}, body: Buffer.from(JSON.stringify(value)) }
}

export function failure(code: number, reason: string): TransportReply {
  return json(code, { kind: 'Status', apiVersion: 'v1', status: 'Failure', code, reason, message: `stub: ${reason}` })
}
