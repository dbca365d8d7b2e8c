/**
 * Publishes pod statuses: one write under way for each pod, the newest status wins, and only differences are sent. When
 * the pod is being deleted and has ended, its API object is deleted for good.
 */
import { ApiError } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Pod, PodStatus } from '../../api/types/core/v1.ts'
import type { Client } from '../../client/client.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Logger } from '../../platform/log.ts'
import { nameOf, namespaceOf, uidOf } from '../pod/names.ts'
import type { StatusPublisher } from '../pod/parts.ts'
import { isStatic } from '../pod/spec.ts'
import { statusPatch } from './patch.ts'

const retryFirstMs = 200
const retryMaxMs = 10_000

interface Entry {
  pod: Pod
  /** What carries the status in the API: the pod itself, or its mirror. Undefined: there is no mirror now. */
  target: Pod | undefined
  /** As the API has it. */
  sent: PodStatus
  wanted: PodStatus
  finish: boolean
  writing: boolean
  failures: number
}

export class StatusManager implements StatusPublisher {
  readonly #client: Client
  readonly #clock: Clock
  readonly #log: Logger
  readonly #entries = new Map<string, Entry>()
  #stopped = false

  constructor(client: Client, clock: Clock, log: Logger) {
    this.#client = client
    this.#clock = clock
    this.#log = log
  }

  latest(uid: string): PodStatus | undefined {
    return this.#entries.get(uid)?.wanted
  }

  publish(pod: Pod, status: PodStatus): void {
    const entry = this.#entryOf(pod)
    entry.wanted = status
    this.#write(entry)
  }

  finish(pod: Pod): void {
    const entry = this.#entryOf(pod)
    entry.finish = true
    this.#write(entry)
  }

  /** A static pod's status goes to its mirror, as long as there is one. */
  redirect(pod: Pod, mirror: Pod | undefined): void {
    const entry = this.#entryOf(pod)
    const isNew = entry.target?.metadata.uid !== mirror?.metadata.uid
    if (entry.writing && !isNew) return
    entry.target = mirror
    entry.sent = mirror?.status ?? {}
    if (isNew && mirror) this.#write(entry)
  }

  /** The API's own view, for when someone else changed the status behind our back. */
  observe(pod: Pod): void {
    const entry = this.#entries.get(uidOf(pod))
    if (!entry || entry.writing) return
    entry.pod = pod
    entry.target = pod
    entry.sent = pod.status ?? {}
  }

  forget(uid: string): void {
    this.#entries.delete(uid)
  }

  stop(): void {
    this.#stopped = true
  }

  #entryOf(pod: Pod): Entry {
    let entry = this.#entries.get(uidOf(pod))
    if (!entry) {
      const sent = pod.status ?? {}
      const target = isStatic(pod) ? undefined : pod
      entry = { pod, target, sent, wanted: sent, finish: false, writing: false, failures: 0 }
      this.#entries.set(uidOf(pod), entry)
    }
    return entry
  }

  #write(entry: Entry): void {
    if (entry.writing || this.#stopped) return
    entry.writing = true
    const { target } = entry
    this.#send(entry)
      .then((again) => {
        entry.writing = false
        entry.failures = 0
        if (again || entry.target !== target) this.#write(entry)
      })
      .catch((error: unknown) => {
        this.#log.warn('pod status not written', { pod: nameOf(entry.pod), error: String(error) })
        const delay = Math.min(retryFirstMs * 2 ** entry.failures++, retryMaxMs)
        this.#clock.after(delay, () => {
          entry.writing = false
          if (this.#entries.get(uidOf(entry.pod)) === entry) this.#write(entry)
        })
      })
  }

  /** Returns whether there is more to send. */
  async #send(entry: Entry): Promise<boolean> {
    const { target: pod, wanted } = entry
    if (!pod) return false
    const pods = this.#client.of(coreV1.pods, namespaceOf(pod))
    const patch = statusPatch(uidOf(pod), entry.sent, wanted)
    try {
      if (patch) await pods.patchStatus(nameOf(pod), { type: 'strategic', patch })
      if (entry.target !== pod) return false
      entry.sent = wanted
      if (entry.wanted !== wanted) return true
      if (entry.finish) await pods.delete(nameOf(pod), { gracePeriodSeconds: 0, preconditions: { uid: uidOf(pod) } })
      return false
    } catch (error) {
      if (!isGone(error)) throw error
      if (entry.target === pod) entry.sent = wanted
      return false
    }
  }
}

/** The pod is not there any more, or another one has its name. */
function isGone(error: unknown): boolean {
  return error instanceof ApiError && (error.code === 404 || error.code === 409)
}
