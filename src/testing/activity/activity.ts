/**
 * What is under way between clients and the API server: requests being answered, watch events being taken in. Every
 * component's transport and the HTTPS front pass through here, so that `settled` knows when nothing moves, and the
 * timeline what was written by whom.
 */
import type { FrontHandler } from '../../apiserver/http/front.ts'
import type { ApiRequest, ApiResponse } from '../../apiserver/request.ts'
import type { Transport, TransportReply, TransportRequest } from '../../client/transport.ts'
import type { HttpReply, HttpRequestOptions, Net } from '../../platform/net.ts'
import { endOfTurn } from '../../platform/turn.ts'

/** One finished request. */
export interface RequestRecord {
  component: string
  method: string
  /** Path with query. */
  path: string
  status: number
  /** Of a write, as sent. */
  body?: Uint8Array
}

export interface ActivityOptions {
  /** Monotonic real time, for the quiet that clients outside this process are given. */
  realMs(): number
  onRequest?(record: RequestRecord): void
}

const sendsPerTurnMax = 1_000

interface Underway {
  what: string
  external: boolean
}

export class Activity {
  readonly #options: ActivityOptions
  readonly #requests = new Set<Underway>()
  readonly #taking = new Set<string>()
  #externalAtMs = Number.NEGATIVE_INFINITY
  #progress = 0
  #sentThisTurn = 0
  #waitingForTime = 0

  constructor(options: ActivityOptions) {
    this.#options = options
  }

  /** Grows with every request begun or ended and every piece of a watch. */
  get progress(): number {
    return this.#progress
  }

  /** Requests and watch events under way, in words. */
  busy(): string[] {
    return [...[...this.#requests].map(({ what }) => what), ...this.#taking]
  }

  /** Requests from or to outside this process that are being answered. */
  get externalRequests(): number {
    let count = 0
    for (const { external } of this.#requests) if (external) count++
    return count
  }

  /** Requests that a fault holds until time passes. */
  get heldRequests(): number {
    return this.#waitingForTime
  }

  /** When clients outside this process (or over HTTPS) were last heard or told something; real time, or never. */
  get heardOutsideMs(): number {
    return this.#externalAtMs
  }

  /**
   * A component's way to the server. `strict`: the component takes each watch event in at once, so one that has not asked
   * for the next is busy. Watches of a test itself may rest anywhere.
   */
  transport(inner: Transport, component: string, strict: boolean): Transport {
    return {
      send: (request) => this.#send(inner, component, strict, request),
      upgrade: (request) => inner.upgrade(request),
      close: () => inner.close(),
    }
  }

  /** The HTTPS front's way to the server. */
  front(inner: FrontHandler): FrontHandler {
    return {
      handle: (request) => this.#handle(inner, request),
      upgrade: (request, socket, head) => {
        this.#heardOutside()
        return inner.upgrade(request, socket, head)
      },
    }
  }

  /** The server's way to others, such as webhooks: real time, not the cluster's, brings their answer. */
  net(inner: Net): Net {
    return { ...inner, request: (options) => this.#ask(inner, options) }
  }

  /** Lets time pass for a request that is under way. */
  async whileHeld(wait: () => Promise<void>): Promise<void> {
    this.#waitingForTime++
    try {
      await wait()
    } finally {
      this.#waitingForTime--
      this.#progress++
    }
  }

  async #send(
    inner: Transport,
    component: string,
    strict: boolean,
    request: TransportRequest,
  ): Promise<TransportReply> {
    const end = this.#begin({ what: `${component}: ${request.method} ${request.path}`, external: false })
    try {
      if (++this.#sentThisTurn >= sendsPerTurnMax) await this.#nextTurn()
      const reply = await inner.send(request)
      this.#record({ component, method: request.method, path: request.path, status: reply.status }, request.body)
      if (reply.body instanceof Uint8Array || !strict) return reply
      return { ...reply, body: this.#taken(reply.body, `${component}: watching ${request.path.split('?')[0]}`) }
    } finally {
      end()
    }
  }

  async #handle(inner: FrontHandler, request: ApiRequest): Promise<ApiResponse> {
    const component = request.headers['user-agent']?.split(/[\s/]/)[0] || 'client'
    const query = request.query.toString()
    const path = query === '' ? request.path : `${request.path}?${query}`
    const end = this.#begin({ what: `${component}: ${request.method} ${path}`, external: true })
    this.#heardOutside()
    try {
      const response = await inner.handle(request)
      this.#record({ component, method: request.method, path, status: response.status }, request.body)
      if (response.body instanceof Uint8Array) return response
      return { ...response, body: this.#streamed(response.body) }
    } finally {
      this.#heardOutside()
      end()
    }
  }

  async #ask(inner: Net, options: HttpRequestOptions): Promise<HttpReply> {
    const { origin, pathname } = new URL(options.url)
    const end = this.#begin({ what: `kube-apiserver: ${options.method} ${origin}${pathname}`, external: true })
    try {
      const reply = await inner.request(options)
      return { ...reply, body: withEnd(reply.body, end) }
    } catch (error) {
      end()
      throw error
    }
  }

  /** Requests in this process take no turn of the event loop: two components that chase each other would own it. */
  async #nextTurn(): Promise<void> {
    await new Promise<void>(endOfTurn)
    this.#sentThisTurn = 0
  }

  #begin(underway: Underway): () => void {
    this.#requests.add(underway)
    this.#progress++
    return () => {
      this.#requests.delete(underway)
      this.#progress++
    }
  }

  #record(record: RequestRecord, body: Uint8Array | undefined): void {
    this.#options.onRequest?.(body && body.length > 0 ? { ...record, body } : record)
  }

  #heardOutside(): void {
    this.#externalAtMs = this.#options.realMs()
  }

  async *#taken(body: AsyncIterable<Uint8Array>, what: string): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        this.#progress++
        this.#taking.add(what)
        yield chunk
        this.#taking.delete(what)
        this.#progress++
      }
    } finally {
      this.#taking.delete(what)
    }
  }

  async *#streamed(body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    try {
      for await (const chunk of body) {
        this.#heardOutside()
        this.#progress++
        yield chunk
      }
    } finally {
      // Who was cut off comes back.
      this.#heardOutside()
    }
  }
}

async function* withEnd(body: AsyncIterable<Uint8Array>, end: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body
  } finally {
    end()
  }
}
