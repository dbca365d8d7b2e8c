/**
 * Groups of the Kubernetes project itself need an annotation that says who approved the API.
 * Source: https://github.com/kubernetes/enhancements/pull/1111, apiextensions-apiserver's `apihelpers`.
 */
import type { FieldError } from '../../../api/errors.ts'
import type { CustomResourceDefinition } from '../../../api/types/apiextensions/v1.ts'
import { invalid, required } from '../../registry/validation/field.ts'
import type { NewCondition } from './conditions.ts'

const annotation = 'api-approved.kubernetes.io'
const path = `metadata.annotations[${annotation}]`
const seeAlso = 'see https://github.com/kubernetes/enhancements/pull/1111'

type State = 'missing' | 'bypassed' | 'approved' | 'invalid'

export function validateApproval(definition: CustomResourceDefinition, old?: CustomResourceDefinition): FieldError[] {
  if (!isProtected(definition.spec.group)) return []
  const { state, reason } = approvalOf(definition)
  if (old && approvalOf(old).state === state) return []
  if (state === 'missing') return [required(path, reason)]
  return state === 'invalid' ? [invalid(path, definition.metadata.annotations?.[annotation] ?? '', reason)] : []
}

const reasons: Readonly<Record<State, string>> = {
  missing: 'MissingAnnotation',
  bypassed: 'UnapprovedAnnotation',
  approved: 'ApprovedAnnotation',
  invalid: 'InvalidAnnotation',
}

/** One for protected groups, none for others. */
export function approvalCondition(definition: CustomResourceDefinition): NewCondition[] {
  if (!isProtected(definition.spec.group)) return []
  const { state, reason } = approvalOf(definition)
  const status = state === 'approved' ? 'True' : 'False'
  return [{ type: 'KubernetesAPIApprovalPolicyConformant', status, reason: reasons[state], message: reason }]
}

function isProtected(group = ''): boolean {
  return ['k8s.io', 'kubernetes.io'].some((owner) => group === owner || group.endsWith(`.${owner}`))
}

function approvalOf({ metadata }: CustomResourceDefinition): { state: State; reason: string } {
  const value = metadata.annotations?.[annotation] ?? ''
  const needs = `protected groups must have approval annotation ${JSON.stringify(annotation)}`
  if (value === '') return { state: 'missing', reason: `${needs}, ${seeAlso}` }
  if (value.startsWith('unapproved')) return { state: 'bypassed', reason: `not approved: ${JSON.stringify(value)}` }
  if (/^[a-zA-Z][a-zA-Z0-9+.-]*:\/\/[^/?#]/.test(value) && URL.canParse(value))
    return { state: 'approved', reason: `approved in ${value}` }
  return { state: 'invalid', reason: `${needs} with either a URL or a reason starting with "unapproved", ${seeAlso}` }
}
