/** Defaults of ingresses and network policies. Source: https://kubernetes.io/docs/concepts/services-networking/. */
import type { IngressClass, NetworkPolicy } from '../types/networking/v1.ts'

export function defaultNetworkPolicy(policy: NetworkPolicy): void {
  policy.spec ??= {}
  const spec = policy.spec
  spec.podSelector ??= {}
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP'
  }
  if ((spec.policyTypes ?? []).length > 0) return
  spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
}

export function defaultIngressClass(ingressClass: IngressClass): void {
  ingressClass.spec ??= {}
  if (ingressClass.spec.parameters) ingressClass.spec.parameters.scope ??= 'Cluster'
}
