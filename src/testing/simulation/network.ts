/**
 * The way of one process to the API server: it takes time, breaks when the server crashes, can be cut, and suffers from
 * the weather. A request without an answer ends after as long as a real client waits.
 */
import { apiError } from '../../api/errors.ts'
import { jsonResponse } from '../../apiserver/http/status.ts'
import type { RequestInfo, UserInfo } from '../../apiserver/request.ts'
import type { Transport, TransportReply, TransportRequest } from '../../client/transport.ts'
import { TransportError } from '../../client/transport-error.ts'
import { limits } from '../../limits.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { Ending } from './ending.ts'
import { infoOf } from './request-info.ts'
import type { Reached, SimulatedServer } from './server.ts'
import type { Trace } from './trace.ts'
import type { Weather } from './weather.ts'

export interface NetworkParts {
  server: SimulatedServer
  clock: Clock
  random: Random
  trace: Trace
  weather: Weather
  /** What a planted bug does right in front of the server. */
  wrapServer(reached: Reached): Reached
}

export class Link {
  readonly component: string
  readonly #parts: NetworkParts
  readonly #random: Random
  /** What is under way. */
  readonly #open = new Set<Ending>()
  #closed = false
  #healed: PromiseWithResolvers<void> | undefined
  #resumed: PromiseWithResolvers<void> | undefined

  constructor(component: string, parts: NetworkParts) {
    this.component = component
    this.#parts = parts
    this.#random = parts.random.stream(`link ${component}`)
  }

  get isCut(): boolean {
    return this.#healed !== undefined
  }

  get isClosed(): boolean {
    return this.#closed
  }

  cut(): void {
    if (this.#healed) return
    this.#healed = Promise.withResolvers()
    this.#parts.trace.note(this.component, 'is cut off from the API server')
  }

  heal(): void {
    if (!this.#healed) return
    this.#healed.resolve()
    this.#healed = undefined
    this.#parts.trace.note(this.component, 'reaches the API server again')
  }

  /** The process stands still: requests go on, and it learns of nothing. */
  pause(): void {
    if (this.#resumed) return
    this.#resumed = Promise.withResolvers()
    this.#parts.trace.note(this.component, 'is paused')
  }

  /** Timers that are due come before what arrived. */
  resume(): void {
    const { clock, trace } = this.#parts
    if (!this.#resumed) return
    const { resolve } = this.#resumed
    this.#resumed = undefined
    trace.note(this.component, 'goes on')
    clock.after(0, resolve)
  }

  /** The process is gone: what it had under way ends, nothing more is sent. */
  close(): void {
    this.#closed = true
    for (const ending of this.#open) ending.end(processEnded())
    this.#healed?.resolve()
    this.resume()
  }

  transportFor(user: UserInfo): Transport {
    return {
      send: (request) => this.#send(user, request),
      upgrade: async () => {
        throw new TransportError('streams are not simulated')
      },
      close: async () => undefined,
    }
  }

  async #send(user: UserInfo, request: TransportRequest): Promise<TransportReply> {
    const info = infoOf(request)
    try {
      const reply = await this.#exchange(user, request, info)
      this.#trace(request, info, String(reply.status))
      return reply
    } catch (error) {
      this.#trace(request, info, error instanceof Error ? error.message : String(error))
      throw error
    } finally {
      await this.#running()
    }
  }

  /** Resolves when the process is not paused. */
  async #running(): Promise<void> {
    while (this.#resumed) await this.#resumed.promise
  }

  async #exchange(user: UserInfo, request: TransportRequest, info: RequestInfo): Promise<TransportReply> {
    if (this.#closed) throw processEnded()
    const ending = new Ending()
    const leave = (): void => ending.end(request.signal?.reason)
    const left = new AbortController()
    const close = (): void => {
      this.#open.delete(ending)
      this.#parts.server.forget(ending)
      request.signal?.removeEventListener('abort', leave)
      left.abort(clientGone)
    }
    this.#open.add(ending)
    request.signal?.addEventListener('abort', leave)
    if (request.signal?.aborted) leave()
    const cancel = this.#parts.clock.after(limits.responseHeaderTimeoutMs, () => {
      ending.end(new TransportError('no answer in time (simulated)'))
    })
    try {
      const reply = await this.#carry(user, { ...request, signal: left.signal }, info, ending)
      if (!(reply.body instanceof Uint8Array)) return { ...reply, body: this.#stream(reply.body, ending, close) }
      close()
      return reply
    } catch (error) {
      close()
      throw error
    } finally {
      cancel()
    }
  }

  /** There and back. */
  async #carry(user: UserInfo, request: TransportRequest, info: RequestInfo, ending: Ending): Promise<TransportReply> {
    const { weather, server, wrapServer } = this.#parts
    await this.#travel(ending)
    if (this.#strikes(weather.lost)) await ending.wait()
    if (this.#strikes(weather.refused)) return this.#refusal(info, ending)
    // As behind a balancer: the next request may be led to another server.
    const reached = wrapServer(server.reach(user, this.#random.int(server.frontCount), ending))
    const reply = await ending.until(reached.send(request))
    if (this.#strikes(weather.answerLost)) await ending.wait()
    await this.#travel(ending)
    return reply
  }

  /** One way, in time; while the line is cut, until it is not. */
  async #travel(ending: Ending): Promise<void> {
    const { min, max } = this.#parts.weather.latencyMs
    await ending.until(this.#parts.clock.sleep(min + this.#random.int(max - min + 1)))
    while (this.#healed) await ending.until(this.#healed.promise)
  }

  async #refusal(info: RequestInfo, ending: Ending): Promise<TransportReply> {
    const codes =
      info.verb === 'watch' || info.verb === 'list' ? readCodes : info.verb === 'get' ? getCodes : writeCodes
    const code = codes[this.#random.int(codes.length)] ?? 500
    await this.#travel(ending)
    const { status } = apiError({ code, reason: reasons[code] ?? '', message: `simulated ${code}` })
    const { headers, body } = jsonResponse(code, status)
    return { status: code, headers, body }
  }

  async *#stream(body: AsyncIterable<Uint8Array>, ending: Ending, close: () => void): AsyncGenerator<Uint8Array> {
    const { clock, weather } = this.#parts
    const pieces = body[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { value, done } = await ending.until(pieces.next())
        if (done) return
        if (this.#strikes(weather.watchLate)) await ending.until(clock.sleep(this.#random.int(10_000)))
        await this.#travel(ending)
        if (this.#strikes(weather.watchBroken)) throw new TransportError('the watch broke (simulated)')
        await this.#running()
        yield value
      }
    } finally {
      close()
      void pieces.return?.()
      await this.#running()
    }
  }

  #strikes(share: number): boolean {
    return share > 0 && this.#random.float() < share
  }

  #trace({ method, path }: TransportRequest, { verb }: RequestInfo, outcome: string): void {
    if (verb === 'get' && outcome === '200') return
    this.#parts.trace.note(this.component, `${verb === 'watch' ? 'WATCH' : method} ${path.slice(0, 160)} → ${outcome}`)
  }
}

const processEnded = () => new TransportError('the process has ended (simulated)')
const clientGone = new Error('the client is gone (simulated)')
const readCodes = [410, 429, 500, 503]
const getCodes = [429, 500, 503]
const writeCodes = [409, 429, 500, 503, 504]
const reasons: Readonly<Record<number, Parameters<typeof apiError>[0]['reason']>> = {
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}
