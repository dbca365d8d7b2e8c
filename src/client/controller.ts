/**
 * The controller kit: a level-triggered reconciler gets a key and nothing else, after all its caches have synced. The
 * same key never runs twice at once; keys that change while they run are run again.
 */
import type { KubeObject } from '../api/meta.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import type { Random } from '../platform/random.ts'
import type { Client } from './client.ts'
import type { EventRecorder } from './events.ts'
import type { Change, Informer, Informers } from './informer.ts'
import type { Meters } from './meters.ts'

/** How a reconcile ended. A thrown error means `retry`. */
export type Outcome =
  /** Nothing more until something changes; forgets the key's back-off. */
  | { kind: 'done' }
  /** Look again after this long; forgets the key's back-off. */
  | { kind: 'requeueAfter'; delayMs: number }
  /** Look again with the key's growing back-off (5 ms doubling to 1,000 s). */
  | { kind: 'retry'; error: unknown }
  /** Trying again can't help until the object changes; logged once. */
  | { kind: 'terminal'; message: string }

export const done: Outcome = { kind: 'done' }

/** What makes a controller look at keys: each change of an informer's object names the keys to reconcile. */
export interface Source {
  informer: Informer
  keysOf(change: Change<KubeObject>): readonly string[]
}

/** Builds a `Source` with its object type kept. */
export function source<T extends KubeObject>(
  informer: Informer<T>,
  keysOf: (change: Change<T>) => readonly string[],
): Source {
  return { informer: informer as unknown as Informer, keysOf: keysOf as unknown as Source['keysOf'] }
}

export interface Controller {
  /** `deployment`, as in `--controllers` and in metrics. */
  name: string
  /** Reconciles at once. Default 5. */
  workers?: number
  sources: readonly Source[]
  reconcile(key: string): Promise<Outcome>
  /** Called once after caches synced, for controllers that also work by the clock. */
  start?(queue: KeyQueue, signal: AbortSignal): void
}

export interface KeyQueue {
  add(key: string): void
  addAfter(key: string, delayMs: number): void
}

/** What a controller is built from. Each takes from it what it needs, in its own constructor function. */
export interface ControllerParts {
  client: Client
  informers: Informers
  events: EventRecorder
  clock: Clock
  random: Random
  log: Logger
  /** Absent: nobody keeps counts. */
  meters?: Meters
  /** The same with the rights of a service account in `kube-system`; caches stay the manager's. Absent: all act as one. */
  as?(account: string): ControllerParts
}

export function asAccount(parts: ControllerParts, account: string): ControllerParts {
  return parts.as?.(account) ?? parts
}

export interface RunningController {
  /** No key waits or runs and no retry is due without time passing. */
  readonly idle: boolean
  /** Milliseconds until the earliest key that failed is tried again; undefined when none waits for that. */
  readonly nextRetryMs: number | undefined
  /** Keys that wait for a worker. */
  readonly queueDepth: number
  stop(): Promise<void>
}
