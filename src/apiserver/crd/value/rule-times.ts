/**
 * How long rules of custom resources take, by upstream's names (`apiserver_cel_*`), which count these expressions and no
 * others: https://kubernetes.io/docs/reference/instrumentation/metrics/
 */
import type { Clock } from '../../../platform/clock.ts'
import { type Family, Histogram } from '../../metrics/families.ts'

const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

export class RuleTimes {
  readonly #clock: Pick<Clock, 'monotonicMs'>
  readonly #compilation = new Histogram(
    'apiserver_cel_compilation_duration_seconds',
    'How long it took to compile the rules of a schema.',
    [],
    secondsBuckets,
  )
  readonly #evaluation = new Histogram(
    'apiserver_cel_evaluation_duration_seconds',
    'How long it took to evaluate the rules of a schema over an object.',
    [],
    secondsBuckets,
  )

  constructor(clock: Pick<Clock, 'monotonicMs'>) {
    this.#clock = clock
  }

  get families(): readonly Family[] {
    return [this.#compilation, this.#evaluation]
  }

  compiling<T>(work: () => T): T {
    const startMs = this.#clock.monotonicMs()
    const result = work()
    this.#compilation.observe([], this.#secondsSince(startMs))
    return result
  }

  /** From the first turn to the last, with what others did between them. */
  *evaluating<T>(work: Generator<void, T>): Generator<void, T> {
    const startMs = this.#clock.monotonicMs()
    const result = yield* work
    this.#evaluation.observe([], this.#secondsSince(startMs))
    return result
  }

  #secondsSince(startMs: number): number {
    return (this.#clock.monotonicMs() - startMs) / 1000
  }
}
