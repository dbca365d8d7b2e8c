/** ValidatingAdmissionWebhook: web services that may refuse a write, all asked at once. */
import { internalError } from '../../../api/errors.ts'
import { admissionregistrationV1 } from '../../../api/resources.ts'
import type { ValidatingWebhook } from '../../../api/types/admissionregistration/v1.ts'
import { whenKnown } from '../../../platform/turn.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { AdmissionPlugin } from '../plugin.ts'
import { isAdmissionConfiguration } from '../policy/exempt.ts'
import { type AskParts, ask, CallError } from './ask.ts'
import { type Hook, HookSource } from './hooks.ts'
import { type Invocation, type SelectionParts, Selector } from './selection.ts'

export type WebhookAdmissionParts = AskParts & SelectionParts

export function validatingAdmissionWebhook(parts: WebhookAdmissionParts): AdmissionPlugin {
  const source = new HookSource<ValidatingWebhook>(
    parts.objects,
    admissionregistrationV1.validatingWebhookConfigurations,
  )
  const selector = new Selector(parts)
  return {
    name: 'ValidatingAdmissionWebhook',
    validate(attributes) {
      if (isAdmissionConfiguration(attributes)) return undefined
      return whenKnown(source.hooks(), (hooks) =>
        hooks.length > 0 ? judgeAll(parts, attributes, { hooks, selector }) : undefined,
      )
    },
  }
}

async function judgeAll(
  parts: AskParts,
  attributes: AdmissionAttributes,
  { hooks, selector }: { hooks: readonly Hook<ValidatingWebhook>[]; selector: Selector },
): Promise<void> {
  const invocations: Invocation<ValidatingWebhook>[] = []
  for (const hook of hooks) {
    const invocation = await selector.select(hook, attributes)
    if (invocation) invocations.push(invocation)
  }
  const outcomes = await Promise.allSettled(invocations.map((one, index) => judge(parts, one, { attributes, index })))
  const refused = outcomes.find(({ status }) => status === 'rejected')
  if (refused?.status === 'rejected') throw refused.reason
}

async function judge(
  parts: AskParts,
  invocation: Invocation<ValidatingWebhook>,
  { attributes, index }: { attributes: AdmissionAttributes; index: number },
): Promise<void> {
  const { webhook } = invocation.hook
  try {
    await ask(parts, invocation, false)
  } catch (error) {
    if (!(error instanceof CallError)) throw error
    if (webhook.failurePolicy !== 'Ignore') throw internalError(error.message)
    attributes.annotate?.(`failed-open.validating.webhook.admission.k8s.io/round_0_index_${index}`, webhook.name)
  }
}
