/** Whether a rule is about a request. Source: apiserver's `admission/plugin/webhook/predicates/rules/rules.go`. */
import type { Resource } from '../../../api/meta.ts'
import type { RuleWithOperations } from '../../../api/types/admissionregistration/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'

/** The request, seen as one of `resource`: its own, or an equivalent one. */
export function matchesRule(
  rule: RuleWithOperations,
  { operation, subresource, namespace }: AdmissionAttributes,
  resource: Resource,
): boolean {
  const has = (values: readonly string[] | undefined, value: string) =>
    values?.some((wanted) => wanted === '*' || wanted === value) ?? false
  return (
    has(rule.operations, operation) &&
    has(rule.apiGroups, resource.group) &&
    has(rule.apiVersions, resource.version) &&
    matchesScope(rule.scope ?? '*', resource, namespace) &&
    (rule.resources ?? []).some((wanted) => matchesResource(wanted, resource.plural, subresource))
  )
}

/** Namespaces themselves are cluster-scoped. */
function matchesScope(scope: string, { group, plural }: Resource, namespace: string): boolean {
  if (scope === '*') return true
  const namespaced = namespace !== '' && !(group === '' && plural === 'namespaces')
  return (scope === 'Namespaced') === namespaced
}

/** `pods`, `pods/log`, `pods/*`, `*`, `*\/*`. */
function matchesResource(wanted: string, plural: string, subresource: string): boolean {
  const slash = wanted.indexOf('/')
  const [resource, sub] = slash === -1 ? [wanted, ''] : [wanted.slice(0, slash), wanted.slice(slash + 1)]
  return (resource === '*' || resource === plural) && (sub === '*' || sub === subresource)
}
