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
  columns: `
    ipaddresses: Name/name, ParentRef
    servicecidrs: Name/name, CIDRs, Age`,
  types: {
    HTTPIngressPath: `A path and where it leads.
      path 1 string | The path.
      pathType 3 *string | Exact, Prefix or ImplementationSpecific.
      backend 2 IngressBackend always | Where it leads.`,
    HTTPIngressRuleValue: `Paths of a host.
      paths 1 []HTTPIngressPath atomic always | The paths.`,
    IPAddress: `[kind] An address that is taken; its name is the address.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IPAddressSpec required | What is wanted.`,
    IPAddressSpec: `Who has an address.
      parentRef 1 *ParentReference required | The object that has it.`,
    Ingress: `[kind] Leads HTTP traffic from outside to Services.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressSpec | What is wanted.
      status 3 IngressStatus | What was last observed; written by the system.`,
    IngressBackend: `Where traffic leads.
      serviceName 1 string | Name of the Service.
      servicePort 2 intOrString | Number or name of its port.
      resource 3 *core/v1.TypedLocalObjectReference | Another object.`,
    IngressClass: `[kind] An implementation of Ingress.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressClassSpec | What is wanted.`,
    IngressClassList: `[kind] A list of IngressClass objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []IngressClass always | The objects.`,
    IngressClassParametersReference: `Names an object with settings.
      apiGroup 1 *string | Its API group.
      kind 2 string always | Its kind.
      name 3 string always | Its name.
      scope 4 *string always | Cluster or Namespace.
      namespace 5 *string | Its namespace.`,
    IngressClassSpec: `Which controller, with which settings.
      controller 1 string | Name of the controller.
      parameters 2 *IngressClassParametersReference | Its settings.`,
    IngressList: `[kind] A list of Ingress objects.
      metadata 1 ListMeta | Name, labels and the other data that every object has.
      items 2 []Ingress always | The objects.`,
    IngressLoadBalancerIngress: `Where traffic is taken.
      ip 1 string | The address.
      hostname 2 string | The name.
      ports 4 []IngressPortStatus atomic | State of the ports.`,
    IngressLoadBalancerStatus: `State of the load balancer.
      ingress 1 []IngressLoadBalancerIngress atomic | Where traffic is taken.`,
    IngressPortStatus: `State of a port.
      port 1 int32 always | The number.
      protocol 2 string always enum(SCTP,TCP,UDP) | TCP, UDP or SCTP.
      error 3 *string | What is wrong with it.`,
    IngressRule: `Paths of one host.
      host 1 string | Name of the host; *. at its start takes any one label; all when absent.
      ...IngressRuleValue 2`,
    IngressRuleValue: `What a rule is about.
      http 1 *HTTPIngressRuleValue | Paths.`,
    IngressSpec: `Which traffic leads where.
      ingressClassName 4 *string | The class; the default one when absent.
      backend 1 *IngressBackend | Where traffic leads that no rule takes.
      tls 2 []IngressTLS atomic | Certificates.
      rules 3 []IngressRule atomic | The rules.`,
    IngressStatus: `State of an ingress.
      loadBalancer 1 IngressLoadBalancerStatus | State of the load balancer.`,
    IngressTLS: `A certificate for hosts.
      hosts 1 []string atomic | The hosts.
      secretName 2 string | Secret with certificate and key.`,
    ParentReference: `Names an object.
      group 1 string | Its API group.
      resource 2 string required | Its resource.
      namespace 3 string | Its namespace.
      name 4 string required | Its name.`,
    ServiceCIDR: `[kind] A range of addresses for Services.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 ServiceCIDRSpec | What is wanted.
      status 3 ServiceCIDRStatus | What was last observed; written by the system.`,
    ServiceCIDRSpec: `The range.
      cidrs 1 []string atomic | One range per IP family.`,
    ServiceCIDRStatus: `State of a range.
      conditions 1 []Condition map(type) patch=merge(type) | Aspects of the state.`,
  },
}
