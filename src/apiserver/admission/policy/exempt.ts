/** Policies and webhooks are never asked about themselves: nobody could put right what they lock out. */
import { groupResource } from '../../../api/meta.ts'
import type { AdmissionAttributes } from '../../admission.ts'

const configurations = new Set([
  'validatingadmissionpolicies',
  'validatingadmissionpolicybindings',
  'mutatingadmissionpolicies',
  'mutatingadmissionpolicybindings',
  'validatingwebhookconfigurations',
  'mutatingwebhookconfigurations',
])

/** Answers to questions, which nobody stores. */
const reviews = new Set([
  'selfsubjectreviews.authentication.k8s.io',
  'tokenreviews.authentication.k8s.io',
  'localsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectaccessreviews.authorization.k8s.io',
  'selfsubjectrulesreviews.authorization.k8s.io',
  'subjectaccessreviews.authorization.k8s.io',
])

export function isAdmissionConfiguration({ resource }: AdmissionAttributes): boolean {
  return resource.group === 'admissionregistration.k8s.io' && configurations.has(resource.plural)
}

export function isExemptFromPolicies(attributes: AdmissionAttributes): boolean {
  return isAdmissionConfiguration(attributes) || reviews.has(groupResource(attributes.resource))
}
