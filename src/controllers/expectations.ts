/**
 * Writes that the informer has not shown yet. A controller that counts objects in its cache must not act again before
 * its own creations and deletions appear there, or it would create twice.
 */
import type { KubeObject } from '../api/meta.ts'
import type { Informer } from '../client/informer.ts'
import type { Clock } from '../platform/clock.ts'

/** A write that never shows up (lost watch event, hand deletion in between) is forgotten after this long. */
const forgetAfterMs = 300_000

interface Pending {
  objectKey: string
  uid: string
  kind: 'created' | 'deleted'
  sinceMs: number
}

export class Expectations<T extends KubeObject> {
  readonly #clock: Clock
  readonly #informer: Informer<T>
  readonly #pending = new Map<string, Pending[]>()
  readonly #goneUids = new Map<string, string>()

  constructor(clock: Clock, informer: Informer<T>) {
    this.#clock = clock
    this.#informer = informer
    informer.onChange((change) => {
      if (change.type !== 'deleted') return
      const owner = this.#goneUids.get(change.object.metadata.uid ?? '')
      if (owner !== undefined) this.#settle(owner, change.object.metadata.uid ?? '')
    })
  }

  created(ownerKey: string, object: T): void {
    this.#expect(ownerKey, object, 'created')
  }

  deleted(ownerKey: string, object: T): void {
    this.#expect(ownerKey, object, 'deleted')
  }

  /** Whether the cache shows every write made for this owner. */
  satisfied(ownerKey: string): boolean {
    const pending = this.#pending.get(ownerKey)
    if (!pending) return true
    const nowMs = this.#clock.monotonicMs()
    const open = pending.filter((one) => nowMs - one.sinceMs < forgetAfterMs && !this.#seen(one))
    for (const one of pending) if (!open.includes(one)) this.#goneUids.delete(one.uid)
    if (open.length > 0) this.#pending.set(ownerKey, open)
    else this.#pending.delete(ownerKey)
    return open.length === 0
  }

  forget(ownerKey: string): void {
    for (const one of this.#pending.get(ownerKey) ?? []) this.#goneUids.delete(one.uid)
    this.#pending.delete(ownerKey)
  }

  #expect(ownerKey: string, object: T, kind: Pending['kind']): void {
    const { namespace, name, uid = '' } = object.metadata
    const one = {
      objectKey: namespace ? `${namespace}/${name}` : `${name}`,
      uid,
      kind,
      sinceMs: this.#clock.monotonicMs(),
    }
    if (this.#seen(one)) return
    this.#pending.set(ownerKey, [...(this.#pending.get(ownerKey) ?? []), one])
    this.#goneUids.set(uid, ownerKey)
  }

  #seen({ objectKey, uid, kind }: Pending): boolean {
    const cached = this.#informer.get(objectKey)
    const same = cached?.metadata.uid === uid ? cached : undefined
    return kind === 'created' ? same !== undefined : same === undefined || same.metadata.deletionTimestamp !== undefined
  }

  #settle(ownerKey: string, uid: string): void {
    this.#goneUids.delete(uid)
    const rest = (this.#pending.get(ownerKey) ?? []).filter((one) => one.uid !== uid)
    if (rest.length > 0) this.#pending.set(ownerKey, rest)
    else this.#pending.delete(ownerKey)
  }
}
