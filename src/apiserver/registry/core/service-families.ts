/**
 * Which IP families a service gets on this cluster: what the client said, what follows from its addresses, and the
 * cluster's default. A service never moves between one and two families unless its policy says so.
 * Source: https://kubernetes.io/docs/concepts/services-networking/dual-stack/, KEP-563; texts are upstream's.
 */
import type { FieldError } from '../../../api/errors.ts'
import type { Service, ServiceSpec } from '../../../api/types/core/v1.ts'
import { ipFamily } from '../validation/addresses.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalid } from '../validation/field.ts'
import { isHeadless } from './service-allocation.ts'

export type IpFamily = 'IPv4' | 'IPv6'

/** The default family first. */
export type ClusterFamilies = readonly [IpFamily, ...IpFamily[]]

const policyPath = 'spec.ipFamilyPolicy'

/**
 * Completes `ipFamilyPolicy`, `ipFamilies` and `clusterIPs` in place as far as the rules allow, and returns what they
 * forbid. Done again on its own outcome, it changes nothing and finds the same.
 */
export function fillFamilies(service: Service, old: Service | undefined, cluster: ClusterFamilies): FieldError[] {
  const spec = service.spec
  if (!spec || spec.type === 'ExternalName' || staysPreferred(spec, old?.spec)) return []
  spec.ipFamilyPolicy ??= old?.spec?.ipFamilyPolicy ?? defaultPolicy(spec)
  const errors = old?.spec ? followPolicy(spec, old.spec) : []
  errors.push(...policyFits(spec), ...inferFamilies(spec, cluster))
  if (errors.length > 0) return errors
  if (isHeadless(spec) && hasNoSelector(spec)) {
    spec.ipFamilies = completed(spec, cluster[0])
    return []
  }
  errors.push(...clusterFits(spec, cluster))
  if (errors.length > 0) return errors
  spec.ipFamilies = cluster.length === 2 ? completed(spec, cluster[0]) : (nonEmpty(spec.ipFamilies) ?? [cluster[0]])
  return []
}

/** A cluster that became or ceased to be dual-stack changes no service that merely prefers it. */
function staysPreferred(spec: ServiceSpec, before: ServiceSpec | undefined): boolean {
  if (spec.ipFamilyPolicy !== 'PreferDualStack' || before?.ipFamilyPolicy !== 'PreferDualStack') return false
  return semanticEqual(spec.clusterIPs, before.clusterIPs) && semanticEqual(spec.ipFamilies, before.ipFamilies)
}

function defaultPolicy(spec: ServiceSpec): string {
  return isHeadless(spec) && hasNoSelector(spec) ? 'RequireDualStack' : 'SingleStack'
}

/** Turning to a single family gives up the second one; giving it up otherwise needs the policy to say so. */
function followPolicy(spec: ServiceSpec, before: ServiceSpec): FieldError[] {
  const { ipFamilyPolicy: policy, clusterIPs = [], ipFamilies = [] } = spec
  if (policy === 'SingleStack') {
    if (clusterIPs.length > 1 && semanticEqual(clusterIPs, before.clusterIPs)) spec.clusterIPs = clusterIPs.slice(0, 1)
    if (ipFamilies.length > 1 && semanticEqual(ipFamilies, before.ipFamilies)) spec.ipFamilies = ipFamilies.slice(0, 1)
    return []
  }
  const errors: FieldError[] = []
  if (isReduced(clusterIPs, before.clusterIPs)) {
    errors.push(invalid(policyPath, policy, "must be 'SingleStack' to release the secondary cluster IP"))
  }
  if (isReduced(ipFamilies, before.ipFamilies)) {
    errors.push(invalid(policyPath, policy, "must be 'SingleStack' to release the secondary IP family"))
  }
  return errors
}

function isReduced(after: readonly string[], before: readonly string[] = []): boolean {
  return after.length === 1 && before.length === 2 && after[0] === before[0]
}

function policyFits({ ipFamilyPolicy: policy, clusterIPs = [], ipFamilies = [] }: ServiceSpec): FieldError[] {
  if (policy !== 'SingleStack') return []
  const why = (what: string) => `must be 'RequireDualStack' or 'PreferDualStack' when multiple ${what} are specified`
  return [
    ...(clusterIPs.length === 2 ? [invalid(policyPath, policy, why('cluster IPs'))] : []),
    ...(ipFamilies.length === 2 ? [invalid(policyPath, policy, why('IP families'))] : []),
  ]
}

function inferFamilies(spec: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const errors: FieldError[] = []
  const families = [...(spec.ipFamilies ?? [])]
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address === 'None') break
    if (index < families.length) continue
    const family = ipFamily(address)
    if (!family) continue
    if (cluster.includes(family)) families.push(family)
    else {
      errors.push(invalid(`spec.clusterIPs[${index}]`, spec.clusterIPs, `${family} is not configured on this cluster`))
    }
  }
  if (families.length > 0) spec.ipFamilies = families
  return errors
}

function clusterFits(spec: ServiceSpec, cluster: ClusterFamilies): FieldError[] {
  const errors: FieldError[] = []
  if (spec.ipFamilyPolicy === 'RequireDualStack' && cluster.length < 2) {
    errors.push(invalid(policyPath, spec.ipFamilyPolicy, 'this cluster is not configured for dual-stack services'))
  }
  for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
    if (cluster.includes(family as IpFamily)) continue
    errors.push(invalid(`spec.ipFamilies[${index}]`, family, 'not configured on this cluster'))
  }
  return errors
}

/** With the other family, unless there is to be only one. */
function completed({ ipFamilies, ipFamilyPolicy }: ServiceSpec, standard: IpFamily): string[] {
  const families = nonEmpty(ipFamilies) ?? [standard]
  if (ipFamilyPolicy === 'SingleStack' || families.length > 1) return families
  return [...families, families[0] === 'IPv4' ? 'IPv6' : 'IPv4']
}

function nonEmpty(list: readonly string[] | undefined): string[] | undefined {
  return list && list.length > 0 ? [...list] : undefined
}

function hasNoSelector({ selector }: ServiceSpec): boolean {
  return Object.keys(selector ?? {}).length === 0
}
