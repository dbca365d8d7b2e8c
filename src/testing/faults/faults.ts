/**
 * What goes wrong, by rule or by seed: requests refused, delayed or never answered, watches dropped or late, a slow or
 * full disk. Faults stand between a component (or a client) and the API server, and between the server and its store.
 */
import { apiError, type StatusReason } from '../../api/errors.ts'
import type { FrontHandler } from '../../apiserver/http/front.ts'
import { jsonResponse } from '../../apiserver/http/status.ts'
import { type RequestInfo, requestInfoOf } from '../../apiserver/request.ts'
import type { Transport, TransportReply, TransportRequest } from '../../client/transport.ts'
import { TransportError } from '../../client/transport-error.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import { StoreUnavailableError } from '../../store/store.ts'
import { unknownField } from '../known-fields.ts'
import { type Delay, delayMs, fits } from '../nodes/rules.ts'
import { readAhead } from './read-ahead.ts'

/** Which requests; all that is given must fit, `*` stands for any text. */
export interface FaultMatch {
  /** `kube-controller-manager`, `kube-scheduler`, `simulated-nodes`, `test`, or the first word of a user agent. */
  component?: string
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection` */
  verb?: string
  /** The plural, with a subresource after a slash: `pods`, `pods/status`, `deployments`. */
  resource?: string
  namespace?: string
  name?: string
}

/** How requests fail: the code of the answer, or no answer at all. */
export type Refusal = 409 | 410 | 429 | 500 | 503 | 504 | 'no answer'

export interface Fault {
  /** Shown in the timeline. */
  name?: string
  match?: FaultMatch
  /** Share of the fitting requests, drawn for each. Default 1. */
  share?: number
  /** At most so often. Default: without end. */
  times?: number
  /** The request is not carried out, and refused. */
  refuse?: Refusal
  /** The request is carried out, and its answer lost on the way. */
  loseAnswer?: boolean
  /** Time of the cluster before the request is carried out. */
  delay?: Delay
  /** Time of the cluster by which each event of a fitting watch is late. */
  delayEvents?: Delay
  /** A fitting watch is ended after this many pieces; its client resumes. */
  dropWatchAfter?: number
  /** Writes to the store fail while it is full. */
  disk?: 'full' | { slow: Delay }
  /**
   * The clock of a fitting component is ahead by this much; negative: behind. Of `kube-apiserver`,
   * `kube-controller-manager`, `kube-scheduler` and controllers of `cluster.run`; nodes have a `clockSkewMs` of their own.
   */
  clockSkewMs?: number
}

export interface FaultControl {
  /** Returns what ends it. */
  add(fault: Fault): () => void
  /** A mixture drawn from the cluster's seed: some requests are refused, delayed, lost; watches are dropped. */
  chaos(options?: { share?: number }): () => void
  /** Ends all. */
  clear(): void
}

const reasons: Readonly<Record<number, StatusReason>> = {
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
}

interface Active {
  fault: Fault
  left: number
}

interface Asked {
  component: string
  info: RequestInfo
}

export interface FaultsParts {
  clock: Clock
  random: Random
  /** Lets time pass for a request. */
  held(wait: () => Promise<void>): Promise<void>
  onFault(text: string): void
}

export class Faults implements FaultControl {
  readonly #parts: FaultsParts
  #active: Active[] = []

  constructor(parts: FaultsParts) {
    this.#parts = parts
  }

  add(fault: Fault): () => void {
    check(fault)
    const active = { fault, left: fault.times ?? Number.POSITIVE_INFINITY }
    this.#active = [active, ...this.#active]
    return () => {
      this.#active = this.#active.filter((each) => each !== active)
    }
  }

  chaos({ share = 0.05 }: { share?: number } = {}): () => void {
    const others = { component: 'kube-*' }
    const writes: Fault[] = ['create', 'update', 'patch', 'delete'].flatMap((verb): Fault[] => [
      { match: { ...others, verb }, share: share / 4, refuse: 409 },
      { match: { ...others, verb }, share: share / 4, refuse: 500 },
      { match: { ...others, verb }, share: share / 4, refuse: 429 },
      { match: { ...others, verb }, share: share / 4, loseAnswer: true },
    ])
    const ends = [
      ...writes,
      { match: others, share, delay: { min: 1, max: 200 } },
      { match: { ...others, verb: 'watch' }, share: 0.5, dropWatchAfter: 5 },
      { match: { component: 'simulated-nodes' }, share, refuse: 500 },
      { match: { component: 'simulated-nodes', verb: 'watch' }, share: 0.5, dropWatchAfter: 5 },
    ].map((fault) => this.add(fault as Fault))
    return () => {
      for (const end of ends) end()
    }
  }

  clear(): void {
    this.#active = []
  }

  get any(): boolean {
    return this.#active.length > 0
  }

  /** By how much a component's clock is ahead. */
  skewMs(component: string): number {
    let sum = 0
    for (const { fault } of this.#active) {
      const { clockSkewMs = 0, match } = fault
      if (clockSkewMs !== 0 && fits(match?.component ?? '*', component)) sum += clockSkewMs
    }
    return sum
  }

  /** Whether something may go wrong with the request. */
  meets(component: string, request: TransportRequest): boolean {
    return this.#active.some(({ fault }) => fitsRequest(fault.match, { component, info: infoOf(request) }))
  }

  /** Whether what the request stands for, which is done without it, would have been done. */
  async lets(component: string, request: TransportRequest): Promise<boolean> {
    let done = false
    const carryOut = async (): Promise<TransportReply> => {
      done = true
      return { status: 200, headers: {}, body: new Uint8Array() }
    }
    try {
      await this.#answer({ component, info: infoOf(request) }, request, carryOut)
    } catch (error) {
      if (!(error instanceof TransportError)) throw error
    }
    return done
  }

  /** A component's way to the server, with what goes wrong on it. */
  transport(inner: Transport, component: string): Transport {
    return {
      send: (request) =>
        this.any
          ? this.#answer({ component, info: infoOf(request) }, request, () => inner.send(request))
          : inner.send(request),
      upgrade: (request) => inner.upgrade(request),
      close: () => inner.close(),
    }
  }

  /** The same for clients over HTTPS. A request without an answer ends its connection. */
  front(inner: FrontHandler): FrontHandler {
    return {
      handle: (request) => {
        if (!this.any) return inner.handle(request)
        const component = request.headers['user-agent']?.split(/[\s/]/)[0] || 'client'
        return this.#answer({ component, info: requestInfoOf(request) }, request, () => inner.handle(request))
      },
      upgrade: (request, socket, head) => inner.upgrade(request, socket, head),
    }
  }

  /** Before the store takes a commit. Throws `StoreUnavailableError` while the disk is full. */
  async beforeCommit(): Promise<void> {
    for (const active of this.#active) {
      const { disk } = active.fault
      if (disk === undefined || !this.#strikes(active)) continue
      if (disk === 'full') {
        this.#note(active.fault, 'the disk is full')
        throw new StoreUnavailableError('no space left on device')
      }
      await this.#wait(disk.slow)
    }
  }

  async #answer(
    asked: Asked,
    request: Pick<TransportRequest, 'path'> & { method: string },
    carryOut: () => Promise<TransportReply>,
  ): Promise<TransportReply> {
    const { component } = asked
    const fitting = this.#active.filter((active) => fitsRequest(active.fault.match, asked))
    for (const active of fitting) {
      const { refuse, delay } = active.fault
      if ((refuse === undefined && delay === undefined) || !this.#strikes(active)) continue
      this.#note(active.fault, `${component}: ${request.method} ${request.path.split('?')[0]}`)
      if (delay !== undefined) await this.#wait(delay)
      if (refuse === 'no answer') throw new TransportError(`${request.method} ${request.path}: no answer (simulated)`)
      if (refuse !== undefined) return refusal(refuse)
    }
    const reply = await carryOut()
    const losing = fitting.find(({ fault }) => fault.loseAnswer)
    if (losing && this.#strikes(losing)) {
      this.#note(losing.fault, `${component}: the answer to ${request.method} ${request.path.split('?')[0]} is lost`)
      throw new TransportError(`${request.method} ${request.path}: the answer was lost (simulated)`)
    }
    if (asked.info.verb !== 'watch' || reply.body instanceof Uint8Array) return reply
    return { ...reply, body: this.#watched(reply.body, fitting, asked) }
  }

  async *#watched(
    body: AsyncIterable<Uint8Array>,
    fitting: readonly Active[],
    { component, info }: Asked,
  ): AsyncGenerator<Uint8Array> {
    const dropping = fitting.find((active) => active.fault.dropWatchAfter !== undefined && this.#strikes(active))
    const late = fitting.find((active) => active.fault.delayEvents !== undefined)
    let pieces = 0
    for await (const chunk of late ? this.#delayed(body, late) : body) {
      if (dropping && pieces++ >= (dropping.fault.dropWatchAfter ?? 0)) {
        this.#note(dropping.fault, `${component}: the watch of ${info.resource} is dropped`)
        return
      }
      yield chunk
    }
  }

  /** Each piece is late by its own delay from when it came; none overtakes another. */
  async *#delayed(body: AsyncIterable<Uint8Array>, late: Active): AsyncGenerator<Uint8Array> {
    const { clock, random } = this.#parts
    const { delayEvents = 0 } = late.fault
    const dueMs = (): number => clock.monotonicMs() + (this.#strikes(late) ? delayMs(delayEvents, random.float()) : 0)
    for await (const { piece, dueMs: due } of readAhead(body, dueMs)) {
      const leftMs = due - clock.monotonicMs()
      if (leftMs > 0) await this.#parts.held(() => clock.sleep(leftMs))
      yield piece
    }
  }

  #strikes(active: Active): boolean {
    const { share = 1 } = active.fault
    if (active.left <= 0 || !this.#active.includes(active)) return false
    if (share < 1 && this.#parts.random.float() >= share) return false
    active.left--
    return true
  }

  #note({ name }: Fault, what: string): void {
    this.#parts.onFault(name === undefined ? what : `${name}: ${what}`)
  }

  async #wait(delay: Delay): Promise<void> {
    const ms = delayMs(delay, this.#parts.random.float())
    if (ms > 0) await this.#parts.held(() => this.#parts.clock.sleep(ms))
  }
}

const effects = 'refuse loseAnswer delay delayEvents dropWatchAfter disk clockSkewMs'
const verbs = 'get list watch create update patch delete deletecollection'.split(' ')

function check(fault: Fault): void {
  const { match = {}, share = 1, times = 0, delay = 0, delayEvents = 0, disk, clockSkewMs = 0, refuse } = fault
  const unknown = unknownField(fault, `name match share times ${effects}`)
  if (unknown) throw new TypeError(`add a fault: there is no field ${unknown}`)
  const unknownMatch = unknownField(match, 'component verb resource namespace name')
  if (unknownMatch) throw new TypeError(`add a fault: there is no field ${unknownMatch} in match`)
  if (match.verb !== undefined && !verbs.some((verb) => fits(match.verb ?? '', verb))) {
    throw new TypeError(`add a fault: there is no verb ${JSON.stringify(match.verb)}; there are ${verbs.join(', ')}`)
  }
  if (refuse !== undefined && refuse !== 'no answer' && !reasons[refuse]) {
    throw new TypeError(`add a fault: requests are refused with ${Object.keys(reasons).join(', ')} or "no answer"`)
  }
  if (disk !== undefined && disk !== 'full' && disk.slow === undefined) {
    throw new TypeError('add a fault: a disk is "full" or { slow: … }')
  }
  if (!Number.isFinite(clockSkewMs)) throw new RangeError(`add a fault: clockSkewMs has to be a number: ${clockSkewMs}`)
  if (!(share >= 0 && share <= 1)) throw new RangeError(`add a fault: share has to be from 0 to 1: ${share}`)
  if (!(times >= 0)) throw new RangeError(`add a fault: times must not be negative: ${times}`)
  for (const each of [delay, delayEvents, typeof disk === 'object' ? disk.slow : 0]) delayMs(each, 0)
  if (effects.split(' ').every((name) => fault[name as keyof Fault] === undefined)) {
    throw new TypeError(`add a fault: it does nothing; it needs one of ${effects.replaceAll(' ', ', ')}`)
  }
}

function infoOf({ method, path }: TransportRequest): RequestInfo {
  const [plain = '', query = ''] = path.split('?')
  return requestInfoOf({ method, path: plain, query: new URLSearchParams(query) })
}

function fitsRequest(match: FaultMatch | undefined, { component, info }: Asked): boolean {
  if (!match) return true
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const pairs: [string | undefined, string][] = [
    [match.component, component],
    [match.verb, info.verb],
    [match.resource, resource],
    [match.namespace, info.namespace],
    [match.name, info.name],
  ]
  return pairs.every(([pattern, text]) => pattern === undefined || fits(pattern, text))
}

function refusal(code: Exclude<Refusal, 'no answer'>): TransportReply {
  const message = `simulated ${code}`
  const { status } = apiError({ code, reason: reasons[code] ?? '', message })
  const answer = jsonResponse(code, status)
  return { status: code, headers: answer.headers, body: answer.body }
}
