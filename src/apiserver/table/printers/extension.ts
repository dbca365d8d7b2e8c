/** Rows of admissionregistration.k8s.io, apiextensions.k8s.io and apiregistration.k8s.io. */
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../../../api/types/admissionregistration/v1.ts'
import type { APIService } from '../../../api/types/apiregistration/v1.ts'
import { age, createdAt, selectorText, unset } from '../cells.ts'
import { type Printers, printer } from '../printer.ts'

export const admissionregistrationPrinters: Printers = {
  mutatingadmissionpolicies: printer<MutatingAdmissionPolicy>((policy, nowMs) => [
    policy.metadata.name,
    policy.spec?.mutations?.length ?? 0,
    paramKind(policy.spec?.paramKind),
    age(policy, nowMs),
  ]),
  mutatingadmissionpolicybindings: printer(printBinding),
  mutatingwebhookconfigurations: printer(printWebhooks),
  validatingadmissionpolicies: printer<ValidatingAdmissionPolicy>((policy, nowMs) => [
    policy.metadata.name,
    policy.spec?.validations?.length ?? 0,
    paramKind(policy.spec?.paramKind),
    age(policy, nowMs),
  ]),
  validatingadmissionpolicybindings: printer(printBinding),
  validatingwebhookconfigurations: printer(printWebhooks),
}

export const apiextensionsPrinters: Printers = {
  customresourcedefinitions: (definition) => [definition.metadata.name, createdAt(definition)],
}

export const apiregistrationPrinters: Printers = { apiservices: printer(printAPIService) }

function printWebhooks(
  configuration: MutatingWebhookConfiguration | ValidatingWebhookConfiguration,
  nowMs: number,
): unknown[] {
  return [configuration.metadata.name, configuration.webhooks?.length ?? 0, age(configuration, nowMs)]
}

function paramKind(kind: { apiVersion?: string; kind?: string } | undefined): string {
  return kind ? `${kind.apiVersion}/${kind.kind}` : unset
}

function printBinding(
  binding: ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding,
  nowMs: number,
): unknown[] {
  const param = binding.spec?.paramRef
  const named = param?.namespace ? `${param.namespace}/${param.name}` : param?.name
  const text = param?.name ? named : param?.selector ? selectorText(param.selector) : unset
  return [binding.metadata.name, binding.spec?.policyName ?? '', text, age(binding, nowMs)]
}

function printAPIService(service: APIService, nowMs: number): unknown[] {
  const backend = service.spec?.service
  const available = service.status?.conditions?.find(({ type }) => type === 'Available')
  const state = available?.status ?? 'Unknown'
  return [
    service.metadata.name,
    backend ? `${backend.namespace}/${backend.name}` : 'Local',
    state === 'True' || !available?.reason ? state : `${state} (${available.reason})`,
    age(service, nowMs),
  ]
}
