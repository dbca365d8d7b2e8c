/** MutatingAdmissionWebhook: web services that change what is about to be stored, asked one after the other, each seeing what those before it changed. */
import { ApiError, internalError } from '../../../api/errors.ts'
import { applyJsonPatch, type JsonPatchOperation } from '../../../api/patch/json-patch.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type { MutatingWebhook } from '../../../api/types/admissionregistration/v1.ts'
import { whenKnown } from '../../../platform/turn.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import { clone } from '../../registry/clone.ts'
import { semanticEqual } from '../../registry/validation/equal.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAdmissionConfiguration } from '../policy/exempt.ts'
import { patchFailure } from '../policy/patch-failure.ts'
import { Reinvocation } from '../reinvocation.ts'
import { decodeObject, replaceContents } from '../replaced.ts'
import { ask, CallError } from './ask.ts'
import { type Hook, HookSource } from './hooks.ts'
import { type Invocation, Selector } from './selection.ts'
import type { WebhookAdmissionParts } from './validating.ts'

const pluginName = 'MutatingAdmissionWebhook'

/** Which round, and which of the webhooks: how audit annotations tell calls apart. */
interface Place {
  readonly round: number
  readonly index: number
}

export function mutatingAdmissionWebhook(parts: WebhookAdmissionParts): AdmissionPlugin {
  const source = new HookSource<MutatingWebhook>(parts.objects, admissionregistrationV1.mutatingWebhookConfigurations)
  const dispatcher = new Dispatcher(parts)
  return {
    name: pluginName,
    mutate(attributes) {
      if (isAdmissionConfiguration(attributes)) return undefined
      return whenKnown(source.hooks(), (hooks) =>
        hooks.length > 0 ? dispatcher.dispatch(hooks, attributes) : undefined,
      )
    },
  }
}

class Dispatcher {
  readonly #parts: WebhookAdmissionParts
  readonly #selector: Selector

  constructor(parts: WebhookAdmissionParts) {
    this.#parts = parts
    this.#selector = new Selector(parts)
  }

  async dispatch(hooks: readonly Hook<MutatingWebhook>[], attributes: AdmissionAttributes): Promise<void> {
    const reinvocation = attributes.reinvocation ?? new Reinvocation()
    const memory = reinvocation.memoryOf(pluginName)
    if (reinvocation.again && memory.changedSince(attributes.object)) memory.changed()
    try {
      for (const [index, hook] of hooks.entries()) {
        const invocation = await this.select(hook, attributes)
        if (!invocation || (reinvocation.again && !memory.isDue(hook.key))) continue
        if (await this.apply(invocation, { round: reinvocation.again ? 1 : 0, index })) {
          memory.changed()
          reinvocation.wanted = true
        }
        if (hook.webhook.reinvocationPolicy === 'IfNeeded') memory.asked(hook.key)
      }
    } finally {
      memory.leave(attributes.object)
    }
  }

  select(hook: Invocation<MutatingWebhook>['hook'], attributes: AdmissionAttributes) {
    return this.#selector.select(hook, attributes)
  }

  /** Whether the object is another one now. */
  async apply(invocation: Invocation<MutatingWebhook>, place: Place): Promise<boolean> {
    const { configuration, webhook } = invocation.hook
    const { attributes } = invocation.subject
    const at = `round_${place.round}_index_${place.index}`
    let mutated = false
    try {
      const { patch } = await ask(this.#parts, invocation, true)
      if (patch.length === 0) return false
      mutated = await this.#patch(invocation, patch)
      const shown = { configuration, webhook: webhook.name, patch, patchType: 'JSONPatch' }
      // A patch may hold secrets: only those who record requests get to see it.
      attributes.annotate?.(`patch.webhook.admission.k8s.io/${at}`, JSON.stringify(shown), 'Request')
      return mutated
    } catch (error) {
      if (!(error instanceof CallError)) throw error
      if (webhook.failurePolicy !== 'Ignore') throw internalError(error.message)
      attributes.annotate?.(`failed-open.mutation.webhook.admission.k8s.io/${at}`, webhook.name)
      return false
    } finally {
      const shown = { configuration, webhook: webhook.name, mutated }
      attributes.annotate?.(`mutation.webhook.admission.k8s.io/${at}`, JSON.stringify(shown))
    }
  }

  async #patch({ hook, subject }: Invocation<MutatingWebhook>, patch: readonly unknown[]): Promise<boolean> {
    const { attributes, resource, object } = subject
    const { object: target } = attributes
    const { webhook } = hook
    if (!object || !target)
      throw internalError(
        `admission webhook ${JSON.stringify(webhook.name)} attempted to modify the object, which is not supported for this operation`,
      )
    const { equivalents } = this.#parts
    const served = equivalents.served(resource)
    try {
      const { object: patched } = decodeObject(served, applyJsonPatch(clone(object), patch))
      if (semanticEqual(object, patched)) return false
      const own = equivalents.served(attributes.resource)
      replaceContents(target, resource === attributes.resource ? patched : equivalents.convert(patched, resource, own))
      return true
    } catch (error) {
      if (error instanceof ApiError)
        throw internalError(patchFailure(object, patch as JsonPatchOperation[]) ?? error.message)
      throw error
    }
  }
}
