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
    HTTPIngressPath: `A path and where it leads.
      path 1 string | The path.
      pathType 3 *string! enum(Exact,ImplementationSpecific,Prefix) | Exact, Prefix or ImplementationSpecific.
      backend 2 IngressBackend! | Where it leads.`,
    HTTPIngressRuleValue: `Paths of a host.
      paths 1 []HTTPIngressPath! atomic | The paths.`,
    IPAddress: `[kind] An address that is taken; its name is the address.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IPAddressSpec required | What is wanted.`,
    IPAddressSpec: `Who has an address.
      parentRef 1 *ParentReference required | The object that has it.`,
    IPBlock: `A range of addresses.
      cidr 1 string! | The range.
      except 2 []string atomic | Ranges within it that are left out.`,
    Ingress: `[kind] Leads HTTP traffic from outside to Services.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressSpec | What is wanted.
      status 3 IngressStatus | What was last observed; written by the system.`,
    IngressBackend: `Where traffic leads; one of these.
      service 4 *IngressServiceBackend | A Service.
      resource 3 *core/v1.TypedLocalObjectReference | Another object.`,
    IngressClass: `[kind] An implementation of Ingress.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 IngressClassSpec | What is wanted.`,
    IngressClassParametersReference: `Names an object with settings.
      apiGroup 1 *string | Its API group.
      kind 2 string! | Its kind.
      name 3 string! | Its name.
      scope 4 *string always | Cluster or Namespace.
      namespace 5 *string | Its namespace.`,
    IngressClassSpec: `Which controller, with which settings.
      controller 1 string | Name of the controller.
      parameters 2 *IngressClassParametersReference | Its settings.`,
    IngressLoadBalancerIngress: `Where traffic is taken.
      ip 1 string | The address.
      hostname 2 string | The name.
      ports 4 []IngressPortStatus atomic | State of the ports.`,
    IngressLoadBalancerStatus: `State of the load balancer.
      ingress 1 []IngressLoadBalancerIngress atomic | Where traffic is taken.`,
    IngressPortStatus: `State of a port.
      port 1 int32! | The number.
      protocol 2 string! enum(SCTP,TCP,UDP) | TCP, UDP or SCTP.
      error 3 *string | What is wrong with it.`,
    IngressRule: `Paths of one host.
      host 1 string | Name of the host; *. at its start takes any one label; all when absent.
      ...IngressRuleValue 2`,
    IngressRuleValue: `What a rule is about.
      http 1 *HTTPIngressRuleValue | Paths.`,
    IngressServiceBackend: `A port of a Service.
      name 1 string! | Name of the Service.
      port 2 ServiceBackendPort | The port.`,
    IngressSpec: `Which traffic leads where.
      ingressClassName 4 *string | The class; the default one when absent.
      defaultBackend 1 *IngressBackend | Where traffic leads that no rule takes.
      tls 2 []IngressTLS atomic | Certificates.
      rules 3 []IngressRule atomic | The rules.`,
    IngressStatus: `State of an ingress.
      loadBalancer 1 IngressLoadBalancerStatus | State of the load balancer.`,
    IngressTLS: `A certificate for hosts.
      hosts 1 []string atomic | The hosts.
      secretName 2 string | Secret with certificate and key.`,
    NetworkPolicy: `[kind] Bounds the traffic of pods.
      metadata 1 ObjectMeta | Name, labels and the other data that every object has.
      spec 2 NetworkPolicySpec | What is wanted.`,
    NetworkPolicyEgressRule: `Traffic that may leave; both parts must fit.
      ports 1 []NetworkPolicyPort atomic | To these ports; all when empty.
      to 2 []NetworkPolicyPeer atomic | To these peers; all when empty.`,
    NetworkPolicyIngressRule: `Traffic that may enter; both parts must fit.
      ports 1 []NetworkPolicyPort atomic | To these ports; all when empty.
      from 2 []NetworkPolicyPeer atomic | From these peers; all when empty.`,
    NetworkPolicyPeer: `The other side of traffic.
      podSelector 1 *LabelSelector | Pods, of the policy's namespace unless namespaceSelector is set.
      namespaceSelector 2 *LabelSelector | Pods of these namespaces.
      ipBlock 3 *IPBlock | A range of addresses.`,
    NetworkPolicyPort: `A port or a range of ports.
      protocol 1 *string enum(SCTP,TCP,UDP) | TCP (the default), UDP or SCTP.
      port 2 *intOrString | Number or name; all when absent.
      endPort 3 *int32 | End of the range that begins at port.`,
    NetworkPolicySpec: `Which pods, and what is allowed; all else is not.
      podSelector 1 LabelSelector always | The pods; {} is all of the namespace.
      ingress 2 []NetworkPolicyIngressRule atomic | What may enter.
      egress 3 []NetworkPolicyEgressRule atomic | What may leave.
      policyTypes 4 []string atomic enum(Egress,Ingress) | Ingress, Egress or both: which directions are bounded.`,
    ParentReference: `Names an object.
      group 1 string | Its API group.
      resource 2 string required | Its resource.
      namespace 3 string | Its namespace.
      name 4 string required | Its name.`,
    ServiceBackendPort: `[atomic] A port of a Service; one of these.
      name 1 string | Its name.
      number 2 int32 | Its number.`,
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
