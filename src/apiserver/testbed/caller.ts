/** Plain requests to the API server under test, for tests that look at status codes, headers and bytes. */
import type { Transport, TransportRequest } from '../../client/transport.ts'
import { startTestApiServer, type TestApiServer, type TestApiServerOptions } from './server.ts'

export interface Answer {
  status: number
  headers: Record<string, string>
  /** Parsed JSON; the text where it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at answers of every kind
  body: any
}

export interface CallOptions {
  contentType?: string
  headers?: Record<string, string>
}

export interface WatchedEvent {
  type: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at objects of every kind
  object: any
}

/** A running watch. */
export interface Watching {
  status: number
  /** The next event; undefined when the watch has ended. */
  next(): Promise<WatchedEvent | undefined>
  /** The next `count` events as `TYPE name`. */
  names(count: number): Promise<string[]>
  stop(): void
}

export class TestCaller {
  readonly api: TestApiServer
  readonly #transport: Transport

  constructor(api: TestApiServer, transport: Transport = api.transport) {
    this.api = api
    this.#transport = transport
  }

  static async start(options: TestApiServerOptions = {}): Promise<TestCaller> {
    return new TestCaller(await startTestApiServer(options))
  }

  async call(
    method: TransportRequest['method'],
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Answer> {
    const bytes = body instanceof Uint8Array ? body : new TextEncoder().encode(textOf(body))
    const headers = { 'content-type': options.contentType ?? 'application/json', ...options.headers }
    const answer = await this.#send({ method, path, headers, ...(body === undefined ? {} : { body: bytes }) })
    return { ...answer, body: parsed(new TextDecoder().decode(answer.body)) }
  }

  /** As `call`, with the answer as it came: for encodings other than JSON. */
  async bytes(
    path: string,
    accept: string,
    more: Partial<TransportRequest> = {},
  ): Promise<Answer & { body: Uint8Array }> {
    return await this.#send({ method: 'GET', path, ...more, headers: { ...more.headers, accept } })
  }

  async #send(request: TransportRequest): Promise<Answer & { body: Uint8Array }> {
    const { status, headers, body } = await this.#transport.send(request)
    if (!(body instanceof Uint8Array)) throw new Error(`${request.method} ${request.path} answered with a stream`)
    return { status, headers, body }
  }

  get(path: string, accept?: string): Promise<Answer> {
    return this.call('GET', path, undefined, accept === undefined ? {} : { headers: { accept } })
  }

  async watch(path: string): Promise<Watching> {
    const stop = new AbortController()
    const reply = await this.#transport.send({ method: 'GET', path, headers: {}, signal: stop.signal })
    if (reply.body instanceof Uint8Array) {
      throw new Error(`${path} answered ${reply.status} ${new TextDecoder().decode(reply.body)}`)
    }
    return watchingOf(reply.status, reply.body, stop)
  }
}

function watchingOf(status: number, body: AsyncIterable<Uint8Array>, stop: AbortController): Watching {
  const iterator = body[Symbol.asyncIterator]()
  const waiting: WatchedEvent[] = []
  const next = async (): Promise<WatchedEvent | undefined> => {
    while (waiting.length === 0) {
      const chunk = await iterator.next()
      if (chunk.done) return undefined
      const lines = new TextDecoder().decode(chunk.value).trimEnd().split('\n')
      waiting.push(...lines.map((line) => JSON.parse(line) as WatchedEvent))
    }
    return waiting.shift()
  }
  return {
    status,
    next,
    async names(count) {
      const names: string[] = []
      for (let index = 0; index < count; index++) {
        const event = await next()
        names.push(event ? `${event.type} ${event.object.metadata?.name ?? event.object.message ?? ''}`.trim() : 'END')
      }
      return names
    },
    stop: () => stop.abort(),
  }
}

function textOf(body: unknown): string {
  return typeof body === 'string' ? body : JSON.stringify(body)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
