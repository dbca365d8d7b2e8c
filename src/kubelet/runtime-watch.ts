/**
 * Learns that something of a pod changed in the runtime: from the runtime's events where they come, and by listing
 * everything again, slowly while events flow and quickly while they don't.
 */
import type { CancelTimer, Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { CriContainer, PodSandbox } from './cri/message.ts'
import type { RuntimeService } from './cri/runtime.ts'
import { podNameLabel, podNamespaceLabel, podTerminationGraceAnnotation, podUidLabel } from './pod/names.ts'

const relistWithEventsMs = 15_000
const relistWithoutEventsMs = 1_000
/** An unknown id is looked up by listing, at most this often. */
const lookUpMs = 100
/** The runtime's own view may lag behind its events, the longer the busier the machine: it is looked at again then. */
const settleMs = [100, 400, 1_500]

/** A pod as the runtime's labels name it. */
export interface RuntimePod {
  uid: string
  name: string
  namespace: string
  /** The pod's own grace, as its containers tell; undefined when none is left. */
  graceSeconds: number | undefined
}

export interface RuntimeWatchParts {
  runtime: RuntimeService
  clock: Clock
  log: Logger
  /** The pod that a container or sandbox belongs to, as far as is known without asking the runtime. */
  podOf(id: string): string | undefined
  /** Whether the container or sandbox runs, as was read last; undefined: nobody has it. */
  runs(id: string): boolean | undefined
  onPodChanged(uid: string): void
  /** After each listing: every pod that the runtime has something of. */
  onListed(pods: ReadonlyMap<string, RuntimePod>): void
  onHealth(healthy: boolean): void
}

export class RuntimeWatch {
  readonly #parts: RuntimeWatchParts
  /** Pod uid by id of container or sandbox. */
  #podOf = new Map<string, string>()
  #seen = new Map<string, string>()
  #events: (() => void) | undefined
  #timer: CancelTimer | undefined
  #listing = false
  #stopped = false
  #soon = false

  constructor(parts: RuntimeWatchParts) {
    this.#parts = parts
  }

  /** Resolves after the first successful listing. */
  async start(): Promise<void> {
    this.#subscribe()
    await this.#relist()
    this.#schedule()
  }

  stop(): void {
    this.#stopped = true
    this.#events?.()
    this.#timer?.()
  }

  #subscribe(): void {
    if (this.#stopped) return
    this.#events = this.#parts.runtime.watchEvents(
      (id) => this.#onEvent(id),
      (error) => {
        this.#events = undefined
        this.#parts.log.warn('runtime events lost', { error: String(error) })
        if (!this.#stopped) this.#reschedule(relistWithoutEventsMs)
      },
    )
  }

  /** An event comes before the runtime's own view shows the end: it is looked for until it does. */
  #onEvent(id: string): void {
    const known = this.#parts.podOf(id) !== undefined
    this.#look(id)
    for (const delayMs of settleMs) {
      this.#parts.clock.after(delayMs, () => {
        const runs = this.#parts.runs(id)
        const settled = runs === false || (known && runs === undefined)
        if (!this.#stopped && !settled) this.#look(id)
      })
    }
  }

  /** A container that ended at once may be unknown here: only a listing tells whose it was. */
  #look(id: string): void {
    const uid = this.#parts.podOf(id) ?? this.#podOf.get(id)
    if (uid === undefined) this.#relistSoon()
    else this.#parts.onPodChanged(uid)
  }

  #relistSoon(): void {
    if (this.#soon) return
    this.#soon = true
    this.#parts.clock.after(lookUpMs, () => {
      this.#soon = false
      if (this.#listing) this.#relistSoon()
      else void this.#relist()
    })
  }

  #reschedule(delayMs: number): void {
    this.#timer?.()
    this.#timer = this.#parts.clock.after(delayMs, () => {
      void this.#relist().then(() => this.#schedule())
    })
  }

  #schedule(): void {
    if (this.#stopped) return
    if (!this.#events) this.#subscribe()
    this.#reschedule(this.#events ? relistWithEventsMs : relistWithoutEventsMs)
  }

  async #relist(): Promise<void> {
    if (this.#listing || this.#stopped) return
    this.#listing = true
    try {
      const { runtime } = this.#parts
      const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(), runtime.listContainers()])
      this.#apply(sandboxes, containers)
      this.#parts.onHealth(true)
    } catch (error) {
      if (this.#stopped) return
      this.#parts.log.warn('runtime not listed', { error: String(error) })
      this.#parts.onHealth(false)
    } finally {
      this.#listing = false
    }
  }

  #apply(sandboxes: readonly PodSandbox[], containers: readonly CriContainer[]): void {
    const podOf = new Map<string, string>()
    const pods = new Map<string, RuntimePod>()
    const states = new Map<string, string[]>()
    for (const { id = '', labels = {}, annotations = {}, state } of [...sandboxes, ...containers]) {
      const uid = labels[podUidLabel]
      if (!uid) continue
      podOf.set(id, uid)
      const grace = annotations[podTerminationGraceAnnotation]
      pods.set(uid, {
        uid,
        name: labels[podNameLabel] ?? '',
        namespace: labels[podNamespaceLabel] ?? '',
        graceSeconds: grace === undefined ? pods.get(uid)?.graceSeconds : Number(grace),
      })
      states.set(uid, [...(states.get(uid) ?? []), `${id}=${state}`])
    }
    const seen = new Map([...states].map(([uid, list]) => [uid, list.sort().join(' ')]))
    const changed = [...new Set([...seen.keys(), ...this.#seen.keys()])].filter(
      (uid) => seen.get(uid) !== this.#seen.get(uid),
    )
    this.#podOf = podOf
    this.#seen = seen
    this.#parts.onListed(pods)
    for (const uid of changed) this.#parts.onPodChanged(uid)
  }
}
