/** Runs a controller: feeds its queue from its informers and reconciles keys once all its caches have synced. */

import { ApiError } from '../api/errors.ts'
import { limits } from '../limits.ts'
import type { Clock } from '../platform/clock.ts'
import type { Logger } from '../platform/log.ts'
import { messageOf } from '../platform/log.ts'
import type { Controller, Outcome, RunningController } from './controller.ts'
import { type QueueObserver, WorkQueue } from './work-queue.ts'

export interface ControllerRunParts {
  clock: Clock
  log: Logger
  /** Called before each reconcile, with the controller's name. */
  onReconcile?(controller: string, key: string): void
  /** Sees what the controller's queue does. */
  queueObserver?: QueueObserver
}

/** Runs until the signal aborts or `stop` is called. Does not start the informers. */
export function runController(
  controller: Controller,
  parts: ControllerRunParts,
  signal: AbortSignal,
): RunningController {
  const run = new ControllerRun(controller, parts)
  run.start(signal)
  return run
}

class ControllerRun implements RunningController {
  readonly #controller: Controller
  readonly #log: Logger
  readonly #queue: WorkQueue
  readonly #stopping = new AbortController()
  readonly #running = new Set<Promise<void>>()
  readonly #onReconcile: ControllerRunParts['onReconcile']
  #started = false

  constructor(controller: Controller, { clock, log, onReconcile, queueObserver }: ControllerRunParts) {
    this.#onReconcile = onReconcile
    this.#controller = controller
    this.#log = log.with({ controller: controller.name })
    this.#queue = new WorkQueue(clock, () => this.#startWorkers(), queueObserver)
  }

  get idle(): boolean {
    return this.#started && this.#queue.idle
  }

  get nextRetryMs(): number | undefined {
    return this.#queue.nextRetryMs
  }

  get queueDepth(): number {
    return this.#queue.depth
  }

  start(signal: AbortSignal): void {
    const { sources } = this.#controller
    const unsubscribe = sources.map(({ informer, keysOf }) =>
      informer.onChange((change) => {
        for (const key of keysOf(change)) this.#queue.add(key)
      }),
    )
    const onAbort = (): void => void this.stop()
    this.#stopping.signal.addEventListener('abort', () => {
      for (const each of unsubscribe) each()
      signal.removeEventListener('abort', onAbort)
      this.#queue.close()
    })
    if (signal.aborted) {
      onAbort()
      return
    }
    signal.addEventListener('abort', onAbort, { once: true })
    void this.#startWhenSynced()
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all(this.#running)
  }

  async #startWhenSynced(): Promise<void> {
    try {
      await Promise.all(this.#controller.sources.map(({ informer }) => informer.synced()))
    } catch (error) {
      if (!this.#stopping.signal.aborted) this.#log.warn('controller not started', { error: messageOf(error) })
      return
    }
    if (this.#stopping.signal.aborted) return
    this.#started = true
    this.#controller.start?.(this.#queue, this.#stopping.signal)
    this.#startWorkers()
  }

  #startWorkers(): void {
    const { workers = limits.controllerWorkers } = this.#controller
    while (this.#started && this.#running.size < workers) {
      const key = this.#queue.take()
      if (key === undefined) return
      const work: Promise<void> = this.#work(key).finally(() => {
        this.#running.delete(work)
        this.#startWorkers()
      })
      this.#running.add(work)
    }
  }

  async #work(key: string): Promise<void> {
    const outcome = await this.#reconcile(key)
    this.#settle(key, outcome)
    this.#queue.done(key)
  }

  async #reconcile(key: string): Promise<Outcome> {
    this.#onReconcile?.(this.#controller.name, key)
    try {
      return await this.#controller.reconcile(key)
    } catch (error) {
      return { kind: 'retry', error }
    }
  }

  #settle(key: string, outcome: Outcome): void {
    switch (outcome.kind) {
      case 'done':
        this.#queue.forget(key)
        return
      case 'requeueAfter':
        this.#queue.forget(key)
        this.#queue.addAfter(key, outcome.delayMs)
        return
      case 'retry':
        if (this.#stopping.signal.aborted) return
        this.#logRetry(key, outcome.error)
        this.#queue.addWithBackoff(key)
        return
      case 'terminal':
        this.#queue.forget(key)
        this.#log.error('reconcile given up', { key, reason: outcome.message })
    }
  }

  #logRetry(key: string, error: unknown): void {
    const fields = { key, error: messageOf(error), failures: this.#queue.failuresOf(key) + 1 }
    // A lost race is the usual way to learn that a cache was behind.
    if (error instanceof ApiError && error.reason === 'Conflict') this.#log.debug('reconcile will be retried', fields)
    else this.#log.warn('reconcile will be retried', fields)
  }
}
