/** Writes events in the background, those of one object one after the other; what can't be written is logged and dropped. */
import { ApiError } from '../api/errors.ts'
import { apiVersionOf, type KubeObject, type Resource } from '../api/meta.ts'
import { coreV1, eventsV1 } from '../api/resources.ts'
import type { Event, ObjectReference } from '../api/types/core/v1.ts'
import type { Event as EventWithAction } from '../api/types/events/v1.ts'
import { limits } from '../limits.ts'
import { type Clock, rfc3339, rfc3339Micro } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Client } from './client.ts'
import { EventCorrelator } from './event-correlator.ts'
import type { EventAction, EventRecorder } from './events.ts'

export interface EventsOptions {
  client: Client
  clock: Clock
  random: Random
  log: Logger
  /** `deployment-controller`, `kubelet`. */
  component: string
  /** The node, for node agents. */
  host?: string
  /** Ends it: what waits to be written is dropped. */
  signal?: AbortSignal
}

export interface RunningEventRecorder extends EventRecorder {
  /** Resolves when everything recorded so far was written or dropped. */
  flush(): Promise<void>
}

/** Tries to write one event, and the longest wait between them. Source: client-go's 12 and 10 s. */
const triesMax = 12
const retryMs = 10_000

export function createEventRecorder({ component, host = '', ...options }: EventsOptions): RunningEventRecorder {
  return new Recorder(new EventWriter(options), component, host)
}

class Recorder implements RunningEventRecorder {
  readonly #writer: EventWriter
  readonly #component: string
  readonly #host: string

  constructor(writer: EventWriter, component: string, host: string) {
    this.#writer = writer
    this.#component = component
    this.#host = host
  }

  event(
    about: Parameters<EventRecorder['event']>[0],
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    told?: EventAction,
  ): void {
    const involvedObject = 'resource' in about ? referenceOf(about.resource, about.object) : about
    const metadata = { namespace: involvedObject.namespace || 'default' }
    const [component, host] = [this.#component, this.#host]
    const said = { metadata, involvedObject, reason, message, type, reportingComponent: component }
    if (told) {
      this.#writer.add({ ...said, ...told, reportingInstance: host === '' ? component : `${component}-${host}` })
      return
    }
    const source = host === '' ? { component } : { component, host }
    this.#writer.add({ ...said, source, reportingInstance: host })
  }

  as(component: string, host = ''): EventRecorder {
    return new Recorder(this.#writer, component, host)
  }

  flush(): Promise<void> {
    return this.#writer.flush()
  }
}

export function referenceOf(resource: Resource, object: KubeObject): ObjectReference {
  const { namespace, name, uid, resourceVersion } = object.metadata
  const reference: ObjectReference = { kind: resource.kind, apiVersion: apiVersionOf(resource) }
  if (namespace) reference.namespace = namespace
  if (name) reference.name = name
  if (uid) reference.uid = uid
  if (resourceVersion) reference.resourceVersion = resourceVersion
  return reference
}

class EventWriter {
  readonly #client: Client
  readonly #clock: Clock
  readonly #random: Random
  readonly #log: Logger
  readonly #correlator = new EventCorrelator()
  /** What is not written yet, by the object that it is about. */
  readonly #queues = new Map<string, Event[]>()
  #queued = 0
  readonly #signal: AbortSignal | undefined
  /** The objects of which events are being written. */
  readonly #writing = new Map<string, Promise<void>>()
  #lastStampNs = 0n

  constructor({ client, clock, random, log, signal }: Omit<EventsOptions, 'component' | 'host'>) {
    this.#client = client
    this.#signal = signal
    this.#clock = clock
    this.#random = random
    this.#log = log
  }

  add(event: Event): void {
    if (this.#queued >= limits.eventsQueuedMax) {
      this.#log.warn('event dropped, too many wait', { reason: event.reason, object: event.involvedObject.name })
      return
    }
    const now = rfc3339(this.#clock.nowMs())
    const name = `${event.involvedObject.name ?? ''}.${this.#stamp()}`
    const metadata = { ...event.metadata, name }
    const times = event.action
      ? { eventTime: rfc3339Micro(this.#clock.nowMs()) }
      : { firstTimestamp: now, lastTimestamp: now, count: 1 }
    this.#enqueue({ ...event, metadata, ...times })
    this.#write()
  }

  async flush(): Promise<void> {
    while (this.#writing.size > 0) await Promise.all(this.#writing.values())
  }

  /** Nanoseconds in hex, as names of events end; never the same twice. */
  #stamp(): string {
    // Clocks tell milliseconds: the rest is drawn, so that two recorders don't choose the same name.
    const nowNs = BigInt(Math.floor(this.#clock.nowMs())) * 1_000_000n + BigInt(this.#random.int(1_000_000))
    this.#lastStampNs = nowNs > this.#lastStampNs ? nowNs : this.#lastStampNs + 1n
    return this.#lastStampNs.toString(16)
  }

  #enqueue(event: Event): void {
    const object = objectOf(event)
    const queue = this.#queues.get(object)
    if (queue) queue.push(event)
    else this.#queues.set(object, [event])
    this.#queued++
  }

  /** Of several objects side by side: a store may let repeated events wait for others to share a sync with. */
  #write(): void {
    for (const [object, queue] of this.#queues) {
      if (this.#writing.size >= limits.eventsWrittenAtOnceMax) return
      if (!this.#writing.has(object)) this.#writing.set(object, this.#drain(object, queue))
    }
  }

  async #drain(object: string, queue: Event[]): Promise<void> {
    for (let event = queue.shift(); event; event = queue.shift()) {
      this.#queued--
      await this.#record(event)
    }
    this.#queues.delete(object)
    this.#writing.delete(object)
    this.#write()
  }

  async #record(event: Event): Promise<void> {
    if (this.#signal?.aborted) return
    const decided = this.#correlator.correlate(event, this.#clock.nowMs())
    if (decided.kind === 'drop') return
    for (let attempt = 1; attempt <= triesMax; attempt++) {
      try {
        if (decided.kind === 'create') await this.#create(decided.key, decided.event)
        else await this.#count(decided)
        return
      } catch (error) {
        const fields = { reason: event.reason, object: event.involvedObject.name, error: String(error) }
        if (error instanceof ApiError && error.code < 500 && error.code !== 429) {
          // A namespace that is going away refuses its last events: nothing is lost that anybody could read.
          this.#log.debug('event refused', fields)
          return
        }
        if (this.#signal?.aborted) return
        if (attempt === triesMax) this.#log.warn('event given up', fields)
        else await this.#pause(attempt === 1 ? retryMs * this.#random.float() : retryMs)
      }
    }
  }

  async #pause(ms: number): Promise<void> {
    await this.#clock.sleep(ms, this.#signal).catch(() => undefined)
  }

  async #create(key: string, event: Event): Promise<void> {
    const { namespace } = event.metadata
    if (event.action) await this.#client.of(eventsV1.events, namespace).create(withAction(event))
    else await this.#client.of(coreV1.events, namespace).create(event)
    this.#correlator.written(key, event)
  }

  async #count(decided: { key: string; event: Event; name: string; namespace: string }): Promise<void> {
    const { count, lastTimestamp, message, action, series } = decided.event
    try {
      if (action) {
        const api = this.#client.of(eventsV1.events, decided.namespace)
        await api.patch(decided.name, { type: 'strategic', patch: { series } })
        return
      }
      const patch = { count, lastTimestamp, message }
      await this.#client.of(coreV1.events, decided.namespace).patch(decided.name, { type: 'strategic', patch })
    } catch (error) {
      // The server forgets events after an hour: this one starts anew.
      if (!(error instanceof ApiError && error.code === 404)) throw error
      await this.#create(decided.key, decided.event)
    }
  }
}

function objectOf({ involvedObject: { kind, namespace, name, uid } }: Event): string {
  return [kind, namespace, name, uid].join('/')
}

/** In the form of events.k8s.io. */
function withAction(event: Event): EventWithAction {
  const { metadata, involvedObject, message = '', reportingComponent = '', eventTime, ...rest } = event
  const same = rest as Pick<EventWithAction, 'action' | 'reason' | 'related' | 'reportingInstance' | 'series' | 'type'>
  return {
    ...same,
    ...{ apiVersion: 'events.k8s.io/v1', kind: 'Event', metadata, eventTime: eventTime ?? '' },
    ...{ regarding: involvedObject, note: message, reportingController: reportingComponent },
  }
}
