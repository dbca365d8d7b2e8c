/** networking.k8s.io v1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const networkingV1Schema: GroupVersionSchema = {
  key: 'networking/v1',
  group: 'networking.k8s.io',
  version: 'v1',
  protoPackage: 'k8s.io.api.networking.v1',
  served: true,
  resources: `
    ingressclasses ingressclass IngressClass cluster: all
    ingresses ingress Ingress namespaced: all; short ing
      /status Ingress: get patch update
    ipaddresses ipaddress IPAddress cluster: all; short ip
    networkpolicies networkpolicy NetworkPolicy namespaced: all; short netpol
    servicecidrs servicecidr ServiceCIDR cluster: all
      /status ServiceCIDR: get patch update`,
  columns: `
    ingressclasses: Name/name, Controller, Parameters, Age
    ingresses: Name/name, Class, Hosts, Address, Ports, Age
    ipaddresses: Name/name, ParentRef
    networkpolicies: Name/name, Pod-Selector, Age
    servicecidrs: Name/name, CIDRs, Age`,
  types: {
    HTTPIngressPath: `
      path 1 string
      pathType 3 *string!
      backend 2 IngressBackend!`,
    HTTPIngressRuleValue: `
      paths 1 []HTTPIngressPath! atomic`,
    IPAddress: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IPAddressSpec required | What is wanted.`,
    IPAddressSpec: `
      parentRef 1 *ParentReference required`,
    IPBlock: `
      cidr 1 string!
      except 2 []string atomic`,
    Ingress: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressSpec | What is wanted.
      status 3 IngressStatus | What was last observed; written by the system.`,
    IngressBackend: `
      service 4 *IngressServiceBackend
      resource 3 *core/v1.TypedLocalObjectReference`,
    IngressClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressClassSpec | What is wanted.`,
    IngressClassParametersReference: `
      apiGroup 1 *string
      kind 2 string!
      name 3 string!
      scope 4 *string always
      namespace 5 *string`,
    IngressClassSpec: `
      controller 1 string
      parameters 2 *IngressClassParametersReference`,
    IngressLoadBalancerIngress: `
      ip 1 string
      hostname 2 string
      ports 4 []IngressPortStatus atomic`,
    IngressLoadBalancerStatus: `
      ingress 1 []IngressLoadBalancerIngress atomic`,
    IngressPortStatus: `
      port 1 int32!
      protocol 2 string!
      error 3 *string`,
    IngressRule: `
      host 1 string
      ...IngressRuleValue 2`,
    IngressRuleValue: `
      http 1 *HTTPIngressRuleValue`,
    IngressServiceBackend: `
      name 1 string!
      port 2 ServiceBackendPort`,
    IngressSpec: `
      ingressClassName 4 *string
      defaultBackend 1 *IngressBackend
      tls 2 []IngressTLS atomic
      rules 3 []IngressRule atomic`,
    IngressStatus: `
      loadBalancer 1 IngressLoadBalancerStatus`,
    IngressTLS: `
      hosts 1 []string atomic
      secretName 2 string`,
    NetworkPolicy: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 NetworkPolicySpec | What is wanted.`,
    NetworkPolicyEgressRule: `
      ports 1 []NetworkPolicyPort atomic
      to 2 []NetworkPolicyPeer atomic`,
    NetworkPolicyIngressRule: `
      ports 1 []NetworkPolicyPort atomic
      from 2 []NetworkPolicyPeer atomic`,
    NetworkPolicyPeer: `
      podSelector 1 *LabelSelector
      namespaceSelector 2 *LabelSelector
      ipBlock 3 *IPBlock`,
    NetworkPolicyPort: `
      protocol 1 *string
      port 2 *intOrString
      endPort 3 *int32`,
    NetworkPolicySpec: `
      podSelector 1 LabelSelector always
      ingress 2 []NetworkPolicyIngressRule atomic
      egress 3 []NetworkPolicyEgressRule atomic
      policyTypes 4 []string atomic`,
    ParentReference: `
      group 1 string
      resource 2 string required
      namespace 3 string
      name 4 string required`,
    ServiceBackendPort: `[atomic]
      name 1 string
      number 2 int32`,
    ServiceCIDR: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ServiceCIDRSpec | What is wanted.
      status 3 ServiceCIDRStatus | What was last observed; written by the system.`,
    ServiceCIDRSpec: `
      cidrs 1 []string atomic`,
    ServiceCIDRStatus: `
      conditions 1 []Condition map(type) patch=merge(type)`,
  },
}
