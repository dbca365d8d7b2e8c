/** What policies of both kinds do with a request before they differ: whether any is about it, and with which parameters. */
import type { KubeObject, Resource } from '../../../api/meta.ts'
import type {
  MutatingAdmissionPolicyBindingSpec,
  MutatingAdmissionPolicySpec,
} from '../../../api/types/admissionregistration/v1.ts'
import { whenKnown } from '../../../platform/turn.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import { isExemptFromPolicies } from './exempt.ts'
import { type Matcher, matchResources } from './matching.ts'
import { ConfigurationError, collectParameters, kindProblem, type ParameterReader } from './parameters.ts'
import type { Binding, Hook, Policy, PolicySource } from './source.ts'

/** Dispatches at once where the policies are known, and not at all where there is none. */
export function policyStep<P extends Policy, B extends Binding>(
  source: PolicySource<P, B>,
  dispatch: (hooks: readonly Hook<P, B>[], attributes: AdmissionAttributes) => Promise<void>,
) {
  return (attributes: AdmissionAttributes) => {
    if (isExemptFromPolicies(attributes)) return undefined
    return whenKnown(source.hooks(), (hooks) => (hooks.length > 0 ? dispatch(hooks, attributes) : undefined))
  }
}

/** A binding that is about the request. */
export interface Application<B> {
  /** Absent for what is wrong with the policy itself. */
  binding?: B
  /** As which the policy sees the request's. */
  resource: Resource
  params: readonly (KubeObject | undefined)[]
  /** Why its parameters cannot be had; there are none then. */
  problem?: string
}

type Matching<P, B> = Hook<
  P & { spec?: Pick<MutatingAdmissionPolicySpec, 'matchConstraints' | 'paramKind'> },
  B & { spec?: Pick<MutatingAdmissionPolicyBindingSpec, 'matchResources' | 'paramRef'> }
>

export async function applicationsOf<P, B>(
  { parts, matcher }: { parts: ParameterReader; matcher: Matcher },
  { policy, bindings }: Matching<P, B>,
  attributes: AdmissionAttributes,
): Promise<Application<B>[]> {
  const resource = await matchResources(matcher, policy.spec?.matchConstraints, attributes)
  if (!resource) return []
  const wrongKind = kindProblem(parts.scheme, policy.spec?.paramKind)
  if (wrongKind !== undefined) return [{ resource, params: [], problem: `failed to configure policy: ${wrongKind}` }]
  const found: Application<B>[] = []
  for (const binding of bindings) {
    if (!(await matchResources(matcher, binding.spec?.matchResources, attributes))) continue
    const wanted = { paramRef: binding.spec?.paramRef, namespace: attributes.namespace }
    try {
      found.push({ binding, resource, params: await collectParameters(parts, policy.spec?.paramKind, wanted) })
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error
      found.push({ binding, resource, params: [], problem: `failed to configure binding: ${error.message}` })
    }
  }
  return found
}

/** What is made of a policy when first needed, and anew when the policy changes. */
export function madeOnce<P extends object, T>(make: (policy: P) => T): (policy: P) => T {
  const made = new WeakMap<P, T>()
  return (policy) => {
    const known = made.get(policy)
    if (known) return known
    const one = make(policy)
    made.set(policy, one)
    return one
  }
}
