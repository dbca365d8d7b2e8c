/**
 * Writes that the informer has not shown yet. A controller that counts objects in its cache must not act again before
 * its own creations and deletions appear there, or it would create twice.
 */
import type { KubeObject } from '../api/meta.ts'
import type { Outcome } from '../client/controller.ts'
import type { Informer } from '../client/informer.ts'
import type { Clock } from '../platform/clock.ts'

/** A write that never shows up is forgotten after this long. */
const forgetAfterMs = 300_000

/** How to end a reconcile that can't act before its writes show up: they may do so without any change that is told. */
export const notSeenYet: Outcome = { kind: 'requeueAfter', delayMs: 5_000 }

interface Pending {
  objectKey: string
  uid: string
  kind: 'created' | 'deleted'
  /** The version the object was created at. */
  version: number
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
    const { namespace, name, uid = '', resourceVersion } = object.metadata
    const one = {
      objectKey: namespace ? `${namespace}/${name}` : `${name}`,
      uid,
      kind,
      version: Number(resourceVersion),
      sinceMs: this.#clock.monotonicMs(),
    }
    if (this.#seen(one)) return
    this.#pending.set(ownerKey, [...(this.#pending.get(ownerKey) ?? []), one])
    this.#goneUids.set(uid, ownerKey)
  }

  /** A cache that is past a creation and does not have the object has missed its deletion too: both have been. */
  #seen({ objectKey, uid, kind, version }: Pending): boolean {
    const cached = this.#informer.get(objectKey)
    const same = cached?.metadata.uid === uid ? cached : undefined
    if (kind === 'created') return same !== undefined || Number(this.#informer.resourceVersion) >= version
    return same === undefined || same.metadata.deletionTimestamp !== undefined
  }

  #settle(ownerKey: string, uid: string): void {
    this.#goneUids.delete(uid)
    const rest = (this.#pending.get(ownerKey) ?? []).filter((one) => one.uid !== uid)
    if (rest.length > 0) this.#pending.set(ownerKey, rest)
    else this.#pending.delete(ownerKey)
  }
}
