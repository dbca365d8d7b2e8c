/** An admission step, and the refusals that all of them share. */
import { type ApiError, forbidden } from '../../api/errors.ts'
import { groupResource, type Resource } from '../../api/meta.ts'
import { whenKnown } from '../../platform/turn.ts'
import type { Admission, AdmissionAttributes } from '../admission.ts'
import { Reinvocation } from './reinvocation.ts'

export interface AdmissionPlugin {
  /** As in `--enable-admission-plugins`. */
  name: string
  /** What it is asked about, as `groupResource` names it, with all subresources. Absent: everything. */
  resources?: readonly string[]
  /** Changes the object in place or throws an `ApiError`. */
  mutate?(attributes: AdmissionAttributes): Promise<void> | void
  validate?(attributes: AdmissionAttributes): Promise<void> | void
}

/** Runs the plugins one after the other, in the order given, mutating ones twice when one of them asks for it; the first refusal ends it. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): Admission {
  const stepsFor = new StepsFor(plugins)
  return {
    mutate(attributes) {
      const { mutating } = stepsFor.of(attributes.resource)
      const round = () => inTurn(mutating, (plugin) => plugin.mutate?.(attributes))
      const reinvocation = new Reinvocation()
      attributes.reinvocation = reinvocation
      return whenKnown(round(), () => {
        if (!reinvocation.wanted) return undefined
        reinvocation.again = true
        return round()
      })
    },
    validate(attributes) {
      return inTurn(stepsFor.of(attributes.resource).validating, (plugin) => plugin.validate?.(attributes))
    },
  }
}

/** Each resource's own steps, found once: most are about a few resources only. */
class StepsFor {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #known = new WeakMap<Resource, { mutating: AdmissionPlugin[]; validating: AdmissionPlugin[] }>()

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins
  }

  of(resource: Resource): { mutating: readonly AdmissionPlugin[]; validating: readonly AdmissionPlugin[] } {
    let steps = this.#known.get(resource)
    if (!steps) {
      const name = groupResource(resource)
      const asked = this.#plugins.filter(({ resources }) => resources?.includes(name) ?? true)
      steps = { mutating: asked.filter(({ mutate }) => mutate), validating: asked.filter(({ validate }) => validate) }
      this.#known.set(resource, steps)
    }
    return steps
  }
}

/** Most steps have nothing to wait for. */
function inTurn(
  plugins: readonly AdmissionPlugin[],
  step: (plugin: AdmissionPlugin) => Promise<void> | void,
  from = 0,
): void | Promise<void> {
  for (let index = from; index < plugins.length; index++) {
    const pending = step(plugins[index]!)
    if (pending !== undefined) return pending.then(() => inTurn(plugins, step, index + 1))
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
