/**
 * MutatingAdmissionPolicy: changes in CEL that a cluster's owner gives.
 * Source: https://kubernetes.io/docs/reference/access-authn-authz/mutating-admission-policy/
 */
import type { ApiError } from '../../../api/errors.ts'
import type { KubeObject, Resource } from '../../../api/meta.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
} from '../../../api/types/admissionregistration/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import { semanticEqual } from '../../registry/validation/equal.ts'
import { Equivalents } from '../matching/equivalents.ts'
import { type AdmissionPlugin, forbid } from '../plugin.ts'
import { Reinvocation } from '../reinvocation.ts'
import { replaceContents } from '../replaced.ts'
import { bindingsOf } from './bindings.ts'
import type { Matcher } from './matching.ts'
import { MutationError, Mutator } from './mutator.ts'
import { Turn } from './run.ts'
import { type Hook, PolicySource } from './source.ts'
import { applicationsOf, madeOnce, policyStep } from './step.ts'
import { subjectOf } from './subject.ts'
import type { PolicyParts } from './validating.ts'

type MutatingHook = Hook<MutatingAdmissionPolicy, MutatingAdmissionPolicyBinding>

const pluginName = 'MutatingAdmissionPolicy'

/** One policy with one binding and one parameter object. */
interface Invocation {
  readonly policy: MutatingAdmissionPolicy
  readonly binding: MutatingAdmissionPolicyBinding
  readonly resource: Resource
  readonly params: KubeObject | undefined
}

export function mutatingAdmissionPolicy(parts: PolicyParts): AdmissionPlugin {
  const source = new PolicySource(parts.objects, {
    policies: admissionregistrationV1.mutatingAdmissionPolicies,
    bindings: admissionregistrationV1.mutatingAdmissionPolicyBindings,
  })
  const dispatcher = new Dispatcher(parts)
  return {
    name: pluginName,
    mutate: policyStep(source, (hooks, attributes) => dispatcher.dispatch(hooks, attributes)),
  }
}

class Dispatcher {
  readonly #parts: PolicyParts
  readonly #matcher: Matcher
  readonly #mutator = madeOnce((policy: MutatingAdmissionPolicy) => new Mutator(policy))

  constructor(parts: PolicyParts) {
    this.#parts = parts
    this.#matcher = { objects: parts.objects, equivalents: new Equivalents(parts.scheme) }
  }

  async dispatch(hooks: readonly MutatingHook[], attributes: AdmissionAttributes): Promise<void> {
    const failures: string[] = []
    const invocations: Invocation[] = []
    for (const hook of hooks) invocations.push(...(await this.#invocations(hook, attributes, failures)))
    if (invocations.length > 0) await this.#invokeAll(invocations, attributes, failures)
    if (failures.length > 0) throw refused(attributes, failures)
  }

  /** Which bindings are about the request, with their parameters. */
  async #invocations(hook: MutatingHook, attributes: AdmissionAttributes, failures: string[]): Promise<Invocation[]> {
    const invocations: Invocation[] = []
    const about = { parts: this.#parts, matcher: this.#matcher }
    for (const { binding, resource, params, problem } of await applicationsOf(about, hook, attributes)) {
      const { policy } = hook
      if (problem !== undefined) failures.push(...failureOf({ policy, binding }, problem))
      if (!binding) continue
      for (const one of params) invocations.push({ policy, binding, resource, params: one })
    }
    return invocations
  }

  async #invokeAll(
    invocations: readonly Invocation[],
    attributes: AdmissionAttributes,
    failures: string[],
  ): Promise<void> {
    const reinvocation = attributes.reinvocation ?? new Reinvocation()
    const memory = reinvocation.memoryOf(pluginName)
    if (reinvocation.again && memory.changedSince(attributes.object)) memory.changed()
    const { clock, metrics } = this.#parts
    for (const invocation of invocations) {
      const key = keyOf(invocation)
      const startMs = clock.monotonicMs()
      const before = failures.length
      const count = (failed: boolean) => {
        const names = { policy: invocation.policy.metadata.name ?? '', binding: invocation.binding.metadata.name ?? '' }
        metrics?.mutatingPolicy(names, failed, (clock.monotonicMs() - startMs) / 1000)
      }
      try {
        const isDue = () => !reinvocation.again || memory.isDue(key)
        const failed = (why: string) => failures.push(...failureOf(invocation, why))
        const changed = await this.#invoke(invocation, attributes, { isDue, failed })
        if (changed === undefined) continue
        count(failures.length > before)
        if (changed) {
          memory.changed()
          reinvocation.wanted = true
        }
      } catch (error) {
        if (!(error instanceof MutationError)) throw error
        count(true)
        failures.push(...failureOf(invocation, error.message))
      }
      if (invocation.policy.spec?.reinvocationPolicy === 'IfNeeded') memory.asked(key)
    }
    memory.leave(attributes.object)
  }

  /** Whether it changed the object; undefined when the policy is not about it. Throws `MutationError`. */
  async #invoke(
    { policy, resource, params }: Invocation,
    attributes: AdmissionAttributes,
    { isDue, failed }: { isDue(): boolean; failed(why: string): void },
  ): Promise<boolean | undefined> {
    const mutator = this.#mutator(policy)
    const turn = new Turn(() => this.#parts.clock.monotonicMs())
    const subject = await subjectOf(this.#matcher, attributes, resource)
    const bindings = (object: KubeObject | undefined) =>
      bindingsOf({ ...subject, object, params }, this.#parts.authorizer)
    if (!(await mutator.matches(bindings(subject.object), turn)) || !isDue()) return undefined
    const { object: target } = attributes
    if (!target || !subject.object) return false
    const served = this.#matcher.equivalents.served(resource)
    let object = subject.object
    for (let index = 0; index < mutator.count; index++) {
      try {
        object = await mutator.mutate(index, object, { served, bindings: bindings(object), turn })
      } catch (error) {
        if (!(error instanceof MutationError)) throw error
        failed(error.message)
      }
    }
    if (semanticEqual(subject.object, object)) return false
    replaceContents(target, this.#back(object, resource, attributes.resource))
    return true
  }

  #back(object: KubeObject, from: Resource, to: Resource): KubeObject {
    const { equivalents } = this.#matcher
    return from === to ? object : equivalents.convert(object, from, equivalents.served(to))
  }
}

function keyOf({ policy, binding, params }: Invocation): string {
  const { namespace = '', name = '' } = params?.metadata ?? {}
  return [policy.metadata.name, binding.metadata.name, namespace, name].join(' ')
}

/** Nothing when the policy says that errors do not matter. */
function failureOf(
  { policy, binding }: { policy: MutatingAdmissionPolicy; binding: MutatingAdmissionPolicyBinding | undefined },
  why: string,
): string[] {
  if (policy.spec?.failurePolicy === 'Ignore') return []
  const { name } = policy.metadata
  const by = binding ? `'${name}' with binding '${binding.metadata.name}'` : JSON.stringify(name)
  return [`policy ${by} denied request: ${why}`]
}

function refused(attributes: AdmissionAttributes, failures: readonly string[]): ApiError {
  const error = forbid(attributes, 'admission request denied by policy')
  Object.assign(error.status, { message: failures[0], reason: 'Invalid' })
  error.status.details = { ...error.status.details, causes: failures.map((message) => ({ message })) }
  return error
}
