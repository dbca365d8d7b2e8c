/**
 * API priority and fairness: decides for each request whether it is served now, waits, or is turned away, so that no one
 * client takes the server from the others and what keeps the cluster alive always gets through.
 *
 * Source: https://kubernetes.io/docs/concepts/cluster-administration/flow-control/.
 */
import { tooManyRequests } from '../../api/errors.ts'
import { flowcontrolV1 } from '../../api/resources.ts'
import type { FlowSchema, PriorityLevelConfiguration } from '../../api/types/flowcontrol/v1.ts'
import type { CancelTimer, Clock } from '../../platform/clock.ts'
import { type Family, gauge } from '../metrics/families.ts'
import type { Objects } from '../objects.ts'
import { type ApiRequest, isLongRunning, type RequestInfo, type UserInfo } from '../request.ts'
import { dump } from './dump.ts'
import { FlowFamilies } from './families.ts'
import { type Level, Levels } from './levels.ts'
import { distinguisherOf, schemaFor } from './match.ts'
import type { Refusal, Ticket } from './queue-set.ts'
import { type Entered, type InFlightMax, kindOf, type RequestLimit, uncounted } from './request-limit.ts'
import { type ResourceLoad, widthOf } from './width.ts'

export interface FlowControlParts {
  clock: Clock
  max: InFlightMax
  /** How long a request may wait. Source: a quarter of the request timeout. */
  waitMaxMs: number
  /** What there is of the resource of a request. */
  load(info: RequestInfo): ResourceLoad | undefined
}

type Asking = Pick<ApiRequest, 'query' | 'signal'>

export class FlowControl implements RequestLimit {
  readonly #parts: FlowControlParts
  readonly #levels: Levels
  readonly #families: FlowFamilies
  readonly #objects = {
    levels: new Map<string, PriorityLevelConfiguration>(),
    schemas: new Map<string, FlowSchema>(),
  }
  readonly current = { reads: 0, writes: 0 }
  readonly #waiting = { reads: 0, writes: 0 }

  constructor(parts: FlowControlParts) {
    this.#parts = parts
    const { max, clock } = parts
    this.#levels = new Levels(max.readRequestsInFlightMax + max.writeRequestsInFlightMax, clock.monotonicMs())
    this.#families = new FlowFamilies(this.#levels)
  }

  get levels(): Levels {
    return this.#levels
  }

  metrics(): Family[] {
    const { reads, writes } = this.#waiting
    const waiting = gauge('apiserver_current_inqueue_requests', 'Requests that wait, by kind.', [
      [{ request_kind: 'readOnly' }, reads],
      [{ request_kind: 'mutating' }, writes],
    ])
    return [waiting, ...this.#families.all()]
  }

  page(path: string): string | undefined {
    return dump(this.#levels, path)
  }

  async start(objects: Objects): Promise<void> {
    const { levels, schemas } = this.#objects
    await Promise.all([
      objects.follow(flowcontrolV1.priorityLevelConfigurations, this.#follower(levels)),
      objects.follow(flowcontrolV1.flowSchemas, this.#follower(schemas)),
    ])
  }

  enter(request: Asking, info: RequestInfo, user: UserInfo): Entered | Promise<Entered> {
    if (isLongRunning(info) && info.verb !== 'watch') return uncounted
    const { clock } = this.#parts
    const nowMs = clock.monotonicMs()
    this.#levels.adjust(nowMs)
    // The catch-all schema has a rule for everybody.
    const schema = schemaFor(this.#levels.schemas, user, info) ?? this.#levels.schemas.at(-1)!
    const level = this.#levels.of(schema)
    const width = widthOf(info, request.query, this.#parts.load(info), level.widthMax)
    const name = schema.metadata.name ?? ''
    const flow = `${name}\n${distinguisherOf(schema, user, info)}`
    const headers = headersOf(schema, level)
    const ticket = level.queues.enter(flow, name, width, nowMs)
    if (typeof ticket === 'string') throw this.#refused(level, name, ticket)
    if (ticket.state === 'executing') return this.#entered(level, ticket, { info, headers })
    return this.#waited(level, ticket, { request, info, headers })
  }

  #entered(
    level: Level,
    ticket: Ticket,
    { info, headers }: { info: RequestInfo; headers: Entered['headers'] },
  ): Entered {
    const { clock } = this.#parts
    const kind = kindOf(info)
    const counted = info.verb !== 'watch'
    if (counted) this.current[kind] += 1
    this.#families.started(level, ticket)
    let left = false
    return {
      headers,
      leave: () => {
        if (left) return
        left = true
        if (counted) this.current[kind] -= 1
        const nowMs = clock.monotonicMs()
        this.#families.ended(level, ticket, { nowMs, isWatch: !counted })
        if (!level.queues.finish(ticket, nowMs)) return
        clock.after(ticket.width.additionalMs, () => level.queues.linger(ticket, clock.monotonicMs()))
      },
    }
  }

  async #waited(
    level: Level,
    ticket: Ticket,
    { request, ...more }: { request: Asking; info: RequestInfo; headers: Entered['headers'] },
  ): Promise<Entered> {
    const { clock, waitMaxMs } = this.#parts
    let cancel: CancelTimer = () => undefined
    const { promise, resolve, reject } = Promise.withResolvers<void>()
    const give = (why: Refusal) => () => {
      if (ticket.state !== 'waiting') return
      const nowMs = clock.monotonicMs()
      level.queues.abandon(ticket, nowMs)
      this.#families.gaveUp(level, ticket, nowMs)
      reject(this.#refused(level, ticket.schema, why))
    }
    const gone = give('cancelled')
    ticket.onStart = resolve
    cancel = clock.after(waitMaxMs, give('time-out'))
    request.signal.addEventListener('abort', gone, { once: true })
    if (request.signal.aborted) gone()
    const kind = kindOf(more.info)
    this.#waiting[kind] += 1
    try {
      await promise
    } finally {
      this.#waiting[kind] -= 1
      cancel()
      request.signal.removeEventListener('abort', gone)
    }
    return this.#entered(level, ticket, more)
  }

  #refused(level: Level, schema: string, why: Refusal): Error {
    this.#families.refused(level, schema, why)
    return tooManyRequests('Too many requests, please try again later.', 1)
  }

  #follower<T extends FlowSchema | PriorityLevelConfiguration>(held: Map<string, T>) {
    return {
      put: (object: T) => {
        held.set(object.metadata.name ?? '', object)
        this.#configure()
      },
      gone: (object: T) => {
        held.delete(object.metadata.name ?? '')
        this.#configure()
      },
    }
  }

  #configure(): void {
    const { levels, schemas } = this.#objects
    this.#levels.configure(levels.values(), schemas.values(), this.#parts.clock.monotonicMs())
  }
}

function headersOf(schema: FlowSchema, { configuration }: Level): Entered['headers'] {
  return {
    'x-kubernetes-pf-flowschema-uid': schema.metadata.uid ?? '',
    'x-kubernetes-pf-prioritylevel-uid': configuration.metadata.uid ?? '',
  }
}
