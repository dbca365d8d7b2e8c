/** networking.k8s.io v1beta1: resources, types and table columns. The format is described in `../schema.ts`. */
import type { GroupVersionSchema } from '../schema.ts'

export const networkingV1beta1Schema: GroupVersionSchema = {
  key: 'networking/v1beta1',
  group: 'networking.k8s.io',
  version: 'v1beta1',
  protoPackage: 'k8s.io.api.networking.v1beta1',
  served: false,
  resources: `
    ipaddresses ipaddress IPAddress cluster: all; short ip
    servicecidrs servicecidr ServiceCIDR cluster: all
      /status ServiceCIDR: get patch update`,
  types: {
    HTTPIngressPath: `
      path 1 string
      pathType 3 *string
      backend 2 IngressBackend always`,
    HTTPIngressRuleValue: `
      paths 1 []HTTPIngressPath atomic always`,
    IPAddress: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IPAddressSpec required | What is wanted.`,
    IPAddressSpec: `
      parentRef 1 *ParentReference required`,
    Ingress: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressSpec | What is wanted.
      status 3 IngressStatus | What was last observed; written by the system.`,
    IngressBackend: `
      serviceName 1 string
      servicePort 2 intOrString
      resource 3 *core/v1.TypedLocalObjectReference`,
    IngressClass: `[kind]
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressClassSpec | What is wanted.`,
    IngressClassList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []IngressClass always`,
    IngressClassParametersReference: `
      apiGroup 1 *string
      kind 2 string always
      name 3 string always
      scope 4 *string always
      namespace 5 *string`,
    IngressClassSpec: `
      controller 1 string
      parameters 2 *IngressClassParametersReference`,
    IngressList: `[kind]
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []Ingress always`,
    IngressLoadBalancerIngress: `
      ip 1 string
      hostname 2 string
      ports 4 []IngressPortStatus atomic`,
    IngressLoadBalancerStatus: `
      ingress 1 []IngressLoadBalancerIngress atomic`,
    IngressPortStatus: `
      port 1 int32 always
      protocol 2 string always
      error 3 *string`,
    IngressRule: `
      host 1 string
      ...IngressRuleValue 2`,
    IngressRuleValue: `
      http 1 *HTTPIngressRuleValue`,
    IngressSpec: `
      ingressClassName 4 *string
      backend 1 *IngressBackend
      tls 2 []IngressTLS atomic
      rules 3 []IngressRule atomic`,
    IngressStatus: `
      loadBalancer 1 IngressLoadBalancerStatus`,
    IngressTLS: `
      hosts 1 []string atomic
      secretName 2 string`,
    ParentReference: `
      group 1 string
      resource 2 string required
      namespace 3 string
      name 4 string required`,
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
