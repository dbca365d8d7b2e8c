/** How many seats were wanted over a time: mean, spread and peak, from which priority levels learn what to lend. */
export interface Demand {
  mean: number
  deviation: number
  highWatermark: number
}

export class DemandIntegrator {
  #sinceMs: number
  #lastMs: number
  #value = 0
  #sum = 0
  #squares = 0
  #max = 0

  constructor(nowMs: number) {
    this.#sinceMs = nowMs
    this.#lastMs = nowMs
  }

  set(nowMs: number, value: number): void {
    this.#advance(nowMs)
    this.#value = value
    if (value > this.#max) this.#max = value
  }

  /** What was since the last time, and begins anew. */
  take(nowMs: number): Demand {
    this.#advance(nowMs)
    const elapsed = nowMs - this.#sinceMs
    const mean = elapsed > 0 ? this.#sum / elapsed : this.#value
    const variance = elapsed > 0 ? this.#squares / elapsed - mean * mean : 0
    const demand = { mean, deviation: Math.sqrt(Math.max(0, variance)), highWatermark: this.#max }
    this.#sinceMs = nowMs
    this.#sum = 0
    this.#squares = 0
    this.#max = this.#value
    return demand
  }

  #advance(nowMs: number): void {
    const elapsed = nowMs - this.#lastMs
    if (elapsed <= 0) return
    this.#sum += this.#value * elapsed
    this.#squares += this.#value * this.#value * elapsed
    this.#lastMs = nowMs
  }
}

/** Rises at once and sinks by and by. Source: upstream's coefficient. */
export function smoothed(before: number, { mean, deviation }: Demand): number {
  const envelope = mean + deviation
  return Math.max(envelope, smoothing * before + (1 - smoothing) * envelope)
}

const smoothing = 0.977
