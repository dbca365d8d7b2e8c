/** The mutating or the validating steps of one resource, one after the other, and how long each took. Most have nothing to wait for. */
import type { Clock } from '../../platform/clock.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { AdmissionMetrics, AdmissionType } from '../metrics/security-metrics.ts'
import type { AdmissionPlugin } from './plugin.ts'

type Run = (attributes: AdmissionAttributes) => Promise<void> | void

interface Step {
  readonly name: string
  readonly run: Run
}

export class Steps {
  readonly #type: AdmissionType
  readonly #steps: readonly Step[]
  readonly #metrics: AdmissionMetrics | undefined
  readonly #clock: Clock | undefined

  constructor(
    type: AdmissionType,
    plugins: readonly AdmissionPlugin[],
    measure?: { metrics: AdmissionMetrics; clock: Clock },
  ) {
    this.#type = type
    this.#metrics = measure?.metrics
    this.#clock = measure?.clock
    this.#steps = plugins.flatMap((plugin) => {
      const method = type === 'admit' ? plugin.mutate : plugin.validate
      return method ? [{ name: plugin.name, run: method.bind(plugin) }] : []
    })
  }

  /** `again`: whether all are to be run once more. At once where none has to wait. */
  run(attributes: AdmissionAttributes, again: () => boolean): void | Promise<void> {
    const startMs = this.#nowMs()
    return this.#from(0, attributes, { again, startMs, stepMs: startMs })
  }

  #from(
    first: number,
    attributes: AdmissionAttributes,
    { again, startMs, stepMs: firstMs }: { again: () => boolean; startMs: number; stepMs: number },
  ): void | Promise<void> {
    let stepMs = firstMs
    for (let index = first; index < this.#steps.length; index++) {
      const step = this.#steps[index]!
      const refused = (error: unknown): never => {
        this.#observe(step, attributes, stepMs, true)
        this.#ended(attributes, startMs, true)
        throw error
      }
      try {
        const pending = step.run(attributes)
        if (pending !== undefined) {
          return pending.then(
            () =>
              this.#from(index + 1, attributes, { again, startMs, stepMs: this.#observe(step, attributes, stepMs) }),
            refused,
          )
        }
      } catch (error) {
        refused(error)
      }
      stepMs = this.#observe(step, attributes, stepMs)
    }
    if (again()) return this.#from(0, attributes, { again, startMs, stepMs })
    this.#ended(attributes, startMs, false)
  }

  /** When the next step begins. */
  #observe({ name }: Step, { operation }: AdmissionAttributes, startMs: number, rejected = false): number {
    if (!this.#metrics) return 0
    const nowMs = this.#nowMs()
    this.#metrics.controller(name, this.#type, operation, { rejected, seconds: (nowMs - startMs) / 1000 })
    return nowMs
  }

  #ended({ operation }: AdmissionAttributes, startMs: number, rejected: boolean): void {
    this.#metrics?.step(this.#type, operation, rejected, (this.#nowMs() - startMs) / 1000)
  }

  #nowMs(): number {
    return this.#clock?.monotonicMs() ?? 0
  }
}
