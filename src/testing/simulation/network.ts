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
  readonly #closed = new AbortController()
  #healed: PromiseWithResolvers<void> | undefined

  constructor(component: string, parts: NetworkParts) {
    this.component = component
    this.#parts = parts
    this.#random = parts.random.stream(`link ${component}`)
  }

  get isCut(): boolean {
    return this.#healed !== undefined
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

  /** The process is gone: what it had under way ends, nothing more is sent. */
  close(): void {
    this.#closed.abort(new TransportError('the process has ended (simulated)'))
    this.#healed?.resolve()
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
    }
  }

  async #exchange(user: UserInfo, request: TransportRequest, info: RequestInfo): Promise<TransportReply> {
    const giveUp = new AbortController()
    const { clock, weather } = this.#parts
    const cancel = clock.after(limits.responseHeaderTimeoutMs, () => {
      giveUp.abort(new TransportError('no answer in time (simulated)'))
    })
    const ends = [giveUp.signal, this.#closed.signal, ...(request.signal ? [request.signal] : [])]
    const left = new AbortController()
    let streams = false
    try {
      await this.#travel(ends)
      if (this.#strikes(weather.lost)) await never(ends)
      if (this.#strikes(weather.refused)) return await this.#refusal(info, ends)
      const reached = this.#parts.wrapServer(this.#parts.server.reach(user))
      const reply = await until(reached.send({ ...request, signal: left.signal }), [...ends, reached.crashed])
      if (this.#strikes(weather.answerLost)) await never([...ends, reached.crashed])
      await this.#travel([...ends, reached.crashed])
      if (reply.body instanceof Uint8Array) return reply
      streams = true
      return { ...reply, body: this.#stream(reply.body, [...ends.slice(1), reached.crashed], left) }
    } finally {
      cancel()
      if (!streams) left.abort(clientGone)
    }
  }

  /** One way, in time; while the line is cut, until it is not. */
  async #travel(ends: readonly AbortSignal[]): Promise<void> {
    const { min, max } = this.#parts.weather.latencyMs
    await until(this.#parts.clock.sleep(min + this.#random.int(max - min + 1)), ends)
    while (this.#healed) await until(this.#healed.promise, ends)
  }

  async #refusal(info: RequestInfo, ends: readonly AbortSignal[]): Promise<TransportReply> {
    const codes =
      info.verb === 'watch' || info.verb === 'list' ? readCodes : info.verb === 'get' ? getCodes : writeCodes
    const code = codes[this.#random.int(codes.length)] ?? 500
    await this.#travel(ends)
    const { status } = apiError({ code, reason: reasons[code] ?? '', message: `simulated ${code}` })
    const { headers, body } = jsonResponse(code, status)
    return { status: code, headers, body }
  }

  async *#stream(
    body: AsyncIterable<Uint8Array>,
    ends: readonly AbortSignal[],
    left: AbortController,
  ): AsyncGenerator<Uint8Array> {
    const { clock, weather } = this.#parts
    const pieces = body[Symbol.asyncIterator]()
    try {
      for (;;) {
        const { value, done } = await until(pieces.next(), ends)
        if (done) return
        if (this.#strikes(weather.watchLate)) await until(clock.sleep(this.#random.int(10_000)), ends)
        await this.#travel(ends)
        if (this.#strikes(weather.watchBroken)) throw new TransportError('the watch broke (simulated)')
        yield value
      }
    } finally {
      left.abort(clientGone)
      void pieces.return?.()
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

/** The promise's outcome, or the reason of the first signal that aborts. */
function until<T>(promise: Promise<T>, ends: readonly AbortSignal[]): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => {
      for (const signal of ends) signal.removeEventListener('abort', onAbort)
    }
    function onAbort(this: AbortSignal): void {
      stop()
      reject(this.reason)
    }
    const aborted = ends.find((signal) => signal.aborted)
    if (aborted) return reject(aborted.reason)
    for (const signal of ends) signal.addEventListener('abort', onAbort)
    promise.then(
      (value) => {
        stop()
        resolve(value)
      },
      (error: unknown) => {
        stop()
        reject(error)
      },
    )
  })
}

function never(ends: readonly AbortSignal[]): Promise<never> {
  return until(new Promise<never>(() => undefined), ends)
}
