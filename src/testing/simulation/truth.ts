/**
 * What really happened: every commit in order, as the store made it durable. Checks compare with this what components
 * were told. Kept outside of everything that can crash.
 */
import { createHash } from 'node:crypto'
import type { KubeObject } from '../../api/meta.ts'
import type { Write } from '../../store/store.ts'
import type { Findings } from './findings.ts'
import type { LogRecord } from './log.ts'

export interface Change {
  revision: number
  key: string
  /** Undefined: deleted. */
  value: Uint8Array | undefined
  /** Undefined: created. */
  previous: Uint8Array | undefined
}

export type ChangeListener = (change: Change) => void

export class Truth {
  readonly #findings: Findings
  readonly #current = new Map<string, Uint8Array>()
  readonly #records = new Map<number, LogRecord>()
  readonly #byPrefix = new Map<string, Change[]>()
  readonly #listeners: { prefix: string; listener: ChangeListener }[] = []
  readonly #start: number
  #revision: number
  #acknowledged: number
  /** Revision up to which a store that is being recovered has come; undefined: it is running. */
  #recovered: number | undefined

  constructor(findings: Findings, start: { revision: number; items: readonly { key: string; value: Uint8Array }[] }) {
    this.#findings = findings
    this.#start = start.revision
    this.#revision = start.revision
    this.#acknowledged = start.revision
    for (const { key, value } of start.items) this.#current.set(key, value)
  }

  get revision(): number {
    return this.#revision
  }

  /** Called with each change of keys below `prefix`, in order. */
  onChange(prefix: string, listener: ChangeListener): void {
    this.#listeners.push({ prefix, listener })
  }

  /** All changes below the prefix of one resource, oldest first. */
  changesOf(storePrefix: string): readonly Change[] {
    return this.#listOf(storePrefix)
  }

  object<T extends KubeObject>(key: string): T | undefined {
    const value = this.#current.get(key)
    return value && decoded<T>(value)
  }

  /** Objects below the prefix, in order of their keys. */
  objects<T extends KubeObject>(prefix: string): T[] {
    const keys = [...this.#current.keys()].filter((key) => key.startsWith(prefix)).sort()
    return keys.map((key) => decoded<T>(this.#current.get(key)!))
  }

  /** SHA-256 of all keys and values. */
  digest(): string {
    const hash = createHash('sha256')
    for (const [key, value] of [...this.#current].sort(([a], [b]) => (a < b ? -1 : 1))) hash.update(key).update(value)
    return hash.digest('hex')
  }

  entries(): IterableIterator<[string, Uint8Array]> {
    return this.#current.entries()
  }

  /** A store begins to read the log anew. */
  recovering(): void {
    this.#recovered = this.#start
  }

  /** It has read all of it. */
  recovered(): void {
    const reached = this.#recovered ?? this.#revision
    this.#recovered = undefined
    if (reached >= this.#acknowledged) return
    const text = `revision ${this.#acknowledged} was acknowledged, after the crash the store is at ${reached}`
    this.#findings.report('no acknowledged write is lost', text)
  }

  commit(record: LogRecord, revision: number): void {
    const known = this.#records.get(revision)
    if (this.#recovered !== undefined) this.#recovered = revision
    if (known === record) return
    if (known || revision !== this.#revision + 1) {
      const keys = record.writes.map(({ key }) => key).join(', ')
      const text = `revision ${revision} was given to ${keys} after revision ${this.#revision}`
      return this.#findings.report('each commit has a revision of its own', text)
    }
    this.#records.set(revision, record)
    this.#revision = revision
    for (const write of record.writes) this.#apply(write, revision)
  }

  /** The store told a caller that this revision is durable. */
  acknowledged(revision: number): void {
    this.#acknowledged = Math.max(this.#acknowledged, revision)
  }

  #listOf(storePrefix: string): Change[] {
    let changes = this.#byPrefix.get(storePrefix)
    if (!changes) {
      changes = []
      this.#byPrefix.set(storePrefix, changes)
    }
    return changes
  }

  #apply(write: Write, revision: number): void {
    const { key } = write
    const previous = this.#current.get(key)
    const value = write.op === 'put' ? write.value : undefined
    if (value) this.#current.set(key, value)
    else if (!this.#current.delete(key)) return
    const change: Change = { revision, key, value, previous }
    this.#listOf(prefixOf(key)).push(change)
    for (const { prefix, listener } of this.#listeners) if (key.startsWith(prefix)) listener(change)
  }
}

/** `/registry/pods/` of `/registry/pods/default/web-0`; below `services` and below groups, resources are one word further. */
export function prefixOf(key: string): string {
  const [, , first = '', second = ''] = key.split('/')
  return first === 'services' || first.includes('.') ? `/registry/${first}/${second}/` : `/registry/${first}/`
}

const decoder = new TextDecoder()
/** Many look at the same value. */
const known = new WeakMap<Uint8Array, KubeObject>()

/** Shared; must not be changed. */
export function decoded<T extends KubeObject>(value: Uint8Array): T {
  let object = known.get(value)
  if (!object) {
    object = JSON.parse(decoder.decode(value)) as KubeObject
    known.set(value, object)
  }
  return object as T
}
