/** What a commit changes, decided before anything is written; the same rules for every store. */
import { limits } from '../limits.ts'
import type { KeyValue, StoreEvent, Write } from './store.ts'

export interface CommitChange {
  write: Write
  current: KeyValue | undefined
}

export type CommitPlan =
  | { ok: true; changes: CommitChange[] }
  | { ok: false; key: string; current: KeyValue | undefined }

/** A caller's mistakes: too many writes, an empty key, or a key written twice. */
export function checkWrites(writes: readonly Write[]): void {
  if (writes.length > limits.storeWritesPerCommitMax) {
    throw new RangeError(`commit: ${writes.length} writes, at most ${limits.storeWritesPerCommitMax} are allowed`)
  }
  for (const write of writes) {
    const { key } = write
    if (write.op === 'put' && !(write.value instanceof Uint8Array)) throw new TypeError(`commit: "${key}" has no bytes`)
    if (key === '') throw new TypeError('commit: a key must not be empty')
  }
  if (writes.length === 1) return
  const keys = new Set<string>()
  for (const { key } of writes) {
    if (keys.has(key)) throw new TypeError(`commit: a key must be written once, got "${key}" twice`)
    keys.add(key)
  }
}

/** Deleting what is not there changes nothing; a commit without changes leaves the revision as it is. */
export function planCommit(writes: readonly Write[], lookUp: (key: string) => KeyValue | undefined): CommitPlan {
  const changes: CommitChange[] = []
  for (const write of writes) {
    const current = lookUp(write.key)
    if (write.expected !== undefined && write.expected !== (current?.modRevision ?? 0)) {
      return { ok: false, key: write.key, current }
    }
    if (write.op === 'put' || current) changes.push({ write, current })
  }
  return { ok: true, changes }
}

export function eventOf({ write, current }: CommitChange, revision: number): StoreEvent {
  if (write.op === 'delete') return { type: 'delete', key: write.key, revision, previous: current }
  const createRevision = current?.createRevision ?? revision
  const item: KeyValue = { key: write.key, value: write.value, createRevision, modRevision: revision }
  return { type: 'put', item, previous: current }
}

export function keyOfEvent(event: StoreEvent): string {
  return event.type === 'put' ? event.item.key : event.key
}

/** The first key that does not start with `prefix`, in key order; undefined when there is none. */
export function prefixEnd(prefix: string): string | undefined {
  if (prefix === '') return undefined
  const last = prefix.length - 1
  return prefix.slice(0, last) + String.fromCharCode(prefix.charCodeAt(last) + 1)
}
