/** An admission step, and the refusals that all of them share. */
import { type ApiError, forbidden } from '../../api/errors.ts'
import { groupResource, type Resource } from '../../api/meta.ts'
import { isPathSegmentName } from '../../api/names.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Admission, AdmissionAttributes } from '../admission.ts'
import type { AdmissionMetrics } from '../metrics/security-metrics.ts'
import { Reinvocation } from './reinvocation.ts'
import { Steps } from './steps.ts'

export interface AdmissionPlugin {
  /** As in `--enable-admission-plugins`. */
  name: string
  /** What it is asked about, as `groupResource` names it, with all subresources. Absent: everything. */
  resources?: readonly string[]
  /** Changes the object in place or throws an `ApiError`. */
  mutate?(attributes: AdmissionAttributes): Promise<void> | void
  validate?(attributes: AdmissionAttributes): Promise<void> | void
}

export interface AdmissionMeasure {
  metrics: AdmissionMetrics
  clock: Clock
}

/** Runs the plugins one after the other, in the order given, mutating ones twice when one of them asks for it; the first refusal ends it. */
export function admissionChain(plugins: readonly AdmissionPlugin[], measure?: AdmissionMeasure): Admission {
  const stepsFor = new StepsFor(plugins, measure)
  return {
    families: measure?.metrics.families ?? [],
    mutate(attributes) {
      const { mutating } = stepsFor.of(attributes.resource)
      const reinvocation = new Reinvocation()
      attributes.reinvocation = reinvocation
      return mutating.run(attributes, () => {
        if (!reinvocation.wanted || reinvocation.again) return false
        reinvocation.again = true
        return true
      })
    },
    validate(attributes) {
      return stepsFor.of(attributes.resource).validating.run(attributes, () => false)
    },
  }
}

/** Each resource's own steps, found once: most are about a few resources only. */
class StepsFor {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #measure: AdmissionMeasure | undefined
  readonly #known = new WeakMap<Resource, { mutating: Steps; validating: Steps }>()

  constructor(plugins: readonly AdmissionPlugin[], measure: AdmissionMeasure | undefined) {
    this.#plugins = plugins
    this.#measure = measure
  }

  of(resource: Resource): { mutating: Steps; validating: Steps } {
    let steps = this.#known.get(resource)
    if (!steps) {
      const name = groupResource(resource)
      const asked = this.#plugins.filter(({ resources }) => resources?.includes(name) ?? true)
      steps = {
        mutating: new Steps('admit', asked, this.#measure),
        validating: new Steps('validate', asked, this.#measure),
      }
      this.#known.set(resource, steps)
    }
    return steps
  }
}
/** The 403 of an admission step; an object without a name yet is called by its generateName. */
export function forbid({ resource, name, object }: AdmissionAttributes, why: string): ApiError {
  const shown = name || object?.metadata.name || object?.metadata.generateName || 'Unknown'
  return forbidden(resource, shown, why)
}

/** Whether the request is about this resource (`pods`, `ingresses.networking.k8s.io`) itself. */
export function isFor(
  attributes: AdmissionAttributes,
  resource: string,
  ...operations: AdmissionAttributes['operation'][]
) {
  return (
    attributes.subresource === '' &&
    groupResource(attributes.resource) === resource &&
    operations.includes(attributes.operation)
  )
}

/** Several messages as Go's aggregate error prints them. */
export function joined(messages: readonly string[]): string {
  const distinct = [...new Set(messages)]
  return distinct.length === 1 ? (distinct[0] ?? '') : `[${distinct.join(', ')}]`
}

/** What upstream's client says of a name that no object can have; undefined for a possible one. */
export function impossibleName(name: string): string | undefined {
  if (name === '') return 'resource name may not be empty'
  const wrong = isPathSegmentName(name)
  return wrong.length === 0 ? undefined : `invalid resource name ${JSON.stringify(name)}: [${wrong.join(' ')}]`
}
