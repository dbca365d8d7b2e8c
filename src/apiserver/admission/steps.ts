/** The mutating or the validating steps of one resource, one after the other, and how long each took. Most have nothing to wait for. */
import type { Clock } from '../../platform/clock.ts'
import type { AdmissionAttributes } from '../admission.ts'
import type { AdmissionMetrics, AdmissionType, Observer } from '../metrics/security-metrics.ts'
import type { AdmissionPlugin } from './plugin.ts'

type Run = (attributes: AdmissionAttributes) => Promise<void> | void

interface Step {
  readonly name: string
  readonly run: Run
}

/** Where the seconds of one operation go while nobody refuses it. */
interface Observers {
  readonly all: Observer
  /** By step. */
  readonly each: readonly Observer[]
}

interface Course {
  /** Whether all are to be run once more. */
  readonly again: () => boolean
  readonly observers: Observers | undefined
  readonly startMs: number
  /** When the step at hand began. */
  stepMs: number
}

export class Steps {
  readonly #type: AdmissionType
  readonly #steps: readonly Step[]
  readonly #metrics: AdmissionMetrics | undefined
  readonly #clock: Clock | undefined
  readonly #observers = new Map<string, Observers>()

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
    const observers = this.#metrics && this.#observersOf(attributes.operation, this.#metrics)
    return this.#from(0, attributes, { again, observers, startMs, stepMs: startMs })
  }

  #from(first: number, attributes: AdmissionAttributes, course: Course): void | Promise<void> {
    for (let index = first; index < this.#steps.length; index++) {
      const step = this.#steps[index]!
      let pending: Promise<void> | void
      try {
        pending = step.run(attributes)
      } catch (error) {
        this.#refused(step, attributes, course)
        throw error
      }
      if (pending !== undefined) {
        const done = () => {
          this.#done(index, course)
          return this.#from(index + 1, attributes, course)
        }
        return pending.then(done, (error: unknown) => {
          this.#refused(step, attributes, course)
          throw error
        })
      }
      this.#done(index, course)
    }
    if (course.again()) return this.#from(0, attributes, course)
    course.observers?.all.observe((course.stepMs - course.startMs) / 1000)
  }

  #done(index: number, course: Course): void {
    if (!course.observers) return
    const nowMs = this.#nowMs()
    course.observers.each[index]!.observe((nowMs - course.stepMs) / 1000)
    course.stepMs = nowMs
  }

  #refused({ name }: Step, { operation }: AdmissionAttributes, { startMs, stepMs }: Course): void {
    const nowMs = this.#nowMs()
    this.#metrics?.controller(name, this.#type, operation, true).observe((nowMs - stepMs) / 1000)
    this.#metrics?.steps(this.#type, operation, true).observe((nowMs - startMs) / 1000)
  }

  #observersOf(operation: string, metrics: AdmissionMetrics): Observers {
    const known = this.#observers.get(operation) ?? {
      all: metrics.steps(this.#type, operation, false),
      each: this.#steps.map(({ name }) => metrics.controller(name, this.#type, operation, false)),
    }
    this.#observers.set(operation, known)
    return known
  }

  #nowMs(): number {
    return this.#clock?.monotonicMs() ?? 0
  }
}
