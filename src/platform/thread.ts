/**
 * A module in a thread of its own, for work that would hold up everybody else in this one. A pure function of what it is
 * sent: no door leads from there to the world.
 */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'

export interface OwnThreadOptions {
  /** Questions that may wait. Beyond: `ThreadBusyError`. */
  queuedMax: number
  /** How long an answer may take. Beyond: the thread is ended and asking fails with `ThreadFailedError`. */
  timeoutMs: number
  /** Memory of the thread. Beyond: it is ended, as above. */
  memoryMiBMax: number
  /** An idle thread is ended after this. */
  idleMs: number
}

export class ThreadBusyError extends Error {}
export class ThreadFailedError extends Error {}

interface Question {
  value: unknown
  resolve(answer: unknown): void
  reject(error: Error): void
}

/** Answers one question after the other. The thread starts with the first and never keeps the process alive. */
export class OwnThread {
  readonly #module: string
  readonly #options: OwnThreadOptions
  readonly #waiting: Question[] = []
  #worker: Worker | undefined
  #current: Question | undefined
  #timer: NodeJS.Timeout | undefined

  /** `module` is the address of a file that calls `answerInThread`. */
  constructor(module: string, options: OwnThreadOptions) {
    this.#module = module
    this.#options = options
  }

  /** The value is copied to the thread and the answer back. */
  ask(value: unknown): Promise<unknown> {
    if (this.#waiting.length >= this.#options.queuedMax) return Promise.reject(new ThreadBusyError('too many wait'))
    return new Promise((resolve, reject) => {
      this.#waiting.push({ value, resolve, reject })
      if (!this.#current) this.#next()
    })
  }

  #next(): void {
    clearTimeout(this.#timer)
    this.#current = this.#waiting.shift()
    if (!this.#current) {
      this.#timer = setTimeout(() => this.#end(), this.#options.idleMs).unref()
      return
    }
    this.#timer = setTimeout(() => this.#fail('took too long'), this.#options.timeoutMs).unref()
    this.#worker ??= this.#start()
    this.#worker.ref()
    this.#worker.postMessage(this.#current.value)
  }

  #start(): Worker {
    const { memoryMiBMax } = this.#options
    const worker = new Worker(new URL(this.#module), {
      workerData: this.#module,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: memoryMiBMax },
    })
    worker.on('message', (answer: unknown) => {
      worker.unref()
      const asked = this.#current
      this.#next()
      asked?.resolve(answer)
    })
    worker.on('error', (error) => {
      if (this.#worker === worker) this.#fail(error instanceof Error ? error.message : String(error))
    })
    return worker
  }

  #fail(why: string): void {
    const asked = this.#current
    this.#end()
    this.#next()
    asked?.reject(new ThreadFailedError(why))
  }

  #end(): void {
    void this.#worker?.terminate()
    this.#worker = undefined
  }
}

/** In a thread started for `module`: answers what it is asked. Elsewhere it does nothing. */
export function answerInThread(module: string, answer: (value: unknown) => unknown): void {
  if (isMainThread || workerData !== module || !parentPort) return
  const port = parentPort
  port.on('message', (value) => port.postMessage(answer(value)))
}
