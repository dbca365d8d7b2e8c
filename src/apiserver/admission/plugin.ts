/** An admission step, and the refusals that all of them share. */
import { type ApiError, forbidden } from '../../api/errors.ts'
import { groupResource } from '../../api/meta.ts'
import type { Admission, AdmissionAttributes } from '../admission.ts'
import { Reinvocation } from './reinvocation.ts'

export interface AdmissionPlugin {
  /** As in `--enable-admission-plugins`. */
  name: string
  /** Changes the object in place or throws an `ApiError`. */
  mutate?(attributes: AdmissionAttributes): Promise<void> | void
  validate?(attributes: AdmissionAttributes): Promise<void> | void
}

/** Runs the plugins one after the other, in the order given, mutating ones twice when one of them asks for it; the first refusal ends it. */
export function admissionChain(plugins: readonly AdmissionPlugin[]): Admission {
  const mutating = plugins.filter((plugin) => plugin.mutate)
  const validating = plugins.filter((plugin) => plugin.validate)
  return {
    async mutate(attributes) {
      const reinvocation = new Reinvocation()
      attributes.reinvocation = reinvocation
      await inTurn(mutating, (plugin) => plugin.mutate?.(attributes))
      if (!reinvocation.wanted) return
      reinvocation.again = true
      await inTurn(mutating, (plugin) => plugin.mutate?.(attributes))
    },
    async validate(attributes) {
      await inTurn(validating, (plugin) => plugin.validate?.(attributes))
    },
  }
}

/** Most steps have nothing to wait for. */
async function inTurn(
  plugins: readonly AdmissionPlugin[],
  step: (plugin: AdmissionPlugin) => Promise<void> | void,
): Promise<void> {
  for (const plugin of plugins) {
    const pending = step(plugin)
    if (pending !== undefined) await pending
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
