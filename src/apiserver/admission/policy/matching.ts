/** Whether a policy or a binding is about a request. Source: apiserver's `admission/plugin/policy/matching/matching.go`. */
import type { Resource } from '../../../api/meta.ts'
import type { MatchResources, NamedRuleWithOperations } from '../../../api/types/admissionregistration/v1.ts'
import type { AdmissionAttributes } from '../../admission.ts'
import type { Objects } from '../../objects.ts'
import type { Equivalents } from '../matching/equivalents.ts'
import { matchesRule } from '../matching/rules.ts'
import { matchesNamespace, matchesObject } from '../matching/selectors.ts'

export interface Matcher {
  readonly objects: Objects
  readonly equivalents: Equivalents
}

/** The resource as which the policy sees the request; undefined when it is not about it. */
export async function matchResources(
  { objects, equivalents }: Matcher,
  wanted: MatchResources | undefined,
  attributes: AdmissionAttributes,
): Promise<Resource | undefined> {
  if (!wanted) return attributes.resource
  const { resourceRules = [], excludeResourceRules = [], matchPolicy } = wanted
  const find = (rules: readonly NamedRuleWithOperations[]) => ruleMatch(equivalents, { rules, matchPolicy }, attributes)
  // Rules cost least, so they are looked at first; the outcome is the same.
  const matched = resourceRules.length === 0 ? attributes.resource : find(resourceRules)
  if (!matched || find(excludeResourceRules)) return undefined
  if (!matchesObject(wanted.objectSelector, attributes)) return undefined
  return (await matchesNamespace(objects, wanted.namespaceSelector, attributes)) ? matched : undefined
}

interface Rules {
  readonly rules: readonly NamedRuleWithOperations[]
  readonly matchPolicy: string | undefined
}

function ruleMatch(
  equivalents: Equivalents,
  { rules, matchPolicy }: Rules,
  attributes: AdmissionAttributes,
): Resource | undefined {
  const { resource, subresource, name } = attributes
  const matches = (as: Resource) =>
    rules.some(
      (rule) =>
        matchesRule(rule, attributes, as) &&
        ((rule.resourceNames ?? []).length === 0 || rule.resourceNames?.includes(name)),
    )
  if (matches(resource)) return resource
  if (rules.length === 0 || matchPolicy !== 'Equivalent') return undefined
  return equivalents.of(resource, subresource).find((served) => matches(served.resource))?.resource
}
