/**
 * Growing delays between restarts (and pulls) of the same thing: 10 s doubling to 300 s, forgotten after twice the
 * longest delay without trouble. Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#restart-policy
 */
export interface BackOffLimits {
  initialMs: number
  maxMs: number
}

export const restartBackOff: BackOffLimits = { initialMs: 10_000, maxMs: 300_000 }

interface Entry {
  delayMs: number
  updatedMs: number
}

export class BackOff {
  readonly #limits: BackOffLimits
  readonly #entries = new Map<string, Entry>()
  constructor(limits: BackOffLimits = restartBackOff) {
    this.#limits = limits
  }

  /** The delay in force for the key; 0 when there is none. */
  delayMs(key: string): number {
    return this.#entries.get(key)?.delayMs ?? 0
  }

  /** Milliseconds until the key may be tried again, counted from `sinceMs` (when it failed); 0 when it may now. */
  remainingMs(key: string, sinceMs: number, nowMs: number): number {
    const entry = this.#entries.get(key)
    if (!entry || this.#isOld(entry, sinceMs)) return 0
    return Math.max(0, sinceMs + entry.delayMs - nowMs)
  }

  /** Notes a try: the next one has to wait for longer. */
  next(key: string, nowMs: number): void {
    const entry = this.#entries.get(key)
    const delayMs =
      !entry || this.#isOld(entry, nowMs) ? this.#limits.initialMs : Math.min(entry.delayMs * 2, this.#limits.maxMs)
    this.#entries.set(key, { delayMs, updatedMs: nowMs })
  }

  /** When the key was last tried; undefined when it never was. */
  updatedMs(key: string): number | undefined {
    return this.#entries.get(key)?.updatedMs
  }

  forget(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key)
  }

  #isOld(entry: Entry, nowMs: number): boolean {
    return nowMs - entry.updatedMs > 2 * this.#limits.maxMs
  }
}
