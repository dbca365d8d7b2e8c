/**
 * A runtime that is asked for few heavy things at once. Sixty sandboxes set up side by side on two cores take longer
 * than a few after the other, and none of them is ready early.
 */
import type { ContainerRuntime } from './runtime.ts'

/** Sandboxes made at once; the rest wait in order, behind containers of sandboxes that are there. */
export function pacedRuntime(inner: ContainerRuntime, sandboxesMax: number): ContainerRuntime {
  const gate = new Gate(sandboxesMax)
  const { runtime } = inner
  return {
    ...inner,
    runtime: {
      ...runtime,
      runPodSandbox: (config, handler) => gate.run(() => runtime.runPodSandbox(config, handler)),
    },
  }
}

/** Lets few pieces of work go on at once; the others wait in order. */
export class Gate {
  readonly #waiting: (() => void)[] = []
  #free: number
  constructor(places: number) {
    this.#free = places
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free++
    }
  }
}
