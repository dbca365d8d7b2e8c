/** What a valid Service or Ingress says in vain, or in an older way. Texts are upstream's. */
import type { Service } from '../../../api/types/core/v1.ts'
import type { Ingress } from '../../../api/types/networking/v1.ts'
import { isHeadless } from '../core/service-allocation.ts'
import { addressWarning, cidrWarning } from './address-warnings.ts'

const hints = 'service.kubernetes.io/topology-aware-hints'
const mode = 'service.kubernetes.io/topology-mode'
const ingressClass = 'kubernetes.io/ingress.class'

export function serviceWarnings({ metadata, spec = {} }: Service): string[] {
  const warnings: string[] = []
  if (metadata.annotations?.[hints] !== undefined) {
    warnings.push(`annotation ${hints} is deprecated, please use ${mode} instead`)
  }
  for (const [index, address] of (spec.clusterIPs ?? []).entries()) {
    if (address !== 'None') warnings.push(...addressWarning(`spec.clusterIPs[${index}]`, address))
  }
  for (const [index, address] of (spec.externalIPs ?? []).entries()) {
    warnings.push(...addressWarning(`spec.externalIPs[${index}]`, address))
  }
  if ((spec.externalIPs ?? []).length > 0 && !isHeadless(spec) && spec.type !== 'ExternalName') {
    warnings.push('spec.externalIPs is deprecated and may no longer be implemented in some clusters')
  }
  if (spec.loadBalancerIP) warnings.push(...addressWarning('spec.loadBalancerIP', spec.loadBalancerIP))
  for (const [index, cidr] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    warnings.push(...cidrWarning(`spec.loadBalancerSourceRanges[${index}]`, cidr.trim()))
  }
  if (spec.type === 'ExternalName' && (spec.externalIPs ?? []).length > 0) {
    warnings.push('spec.externalIPs is ignored when spec.type is "ExternalName"')
  }
  if (spec.type !== 'ExternalName' && spec.externalName) {
    warnings.push('spec.externalName is ignored when spec.type is not "ExternalName"')
  }
  if (spec.trafficDistribution === 'PreferClose') {
    warnings.push('spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"')
  }
  if (!isHeadless(spec)) return warnings
  if (spec.loadBalancerIP) warnings.push('spec.loadBalancerIP is ignored for headless services')
  if ((spec.externalIPs ?? []).length > 0) warnings.push('spec.externalIPs is ignored for headless services')
  if (spec.sessionAffinity && spec.sessionAffinity !== 'None') {
    warnings.push('spec.SessionAffinity is ignored for headless services')
  }
  return warnings
}

export function ingressWarnings({ metadata }: Ingress, old: Ingress | undefined): string[] {
  if (old || metadata.annotations?.[ingressClass] === undefined) return []
  return [`annotation ${JSON.stringify(ingressClass)} is deprecated, please use 'spec.ingressClassName' instead`]
}
