/** The rules of services, in upstream's order. Source: core/v1 ServiceSpec and the recorded messages. */
import { isExternallyAccessible } from '../../../api/defaults/service.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from '../../../api/names.ts'
import type { Service, ServicePort, ServiceSpec } from '../../../api/types/core/v1.ts'
import { ipFamily, isCidr, isIp, nonSpecialIpErrors } from '../validation/addresses.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  notSupported,
  optionalOneOf,
  required,
  requiredOneOf,
} from '../validation/field.ts'
import { validateLabels } from '../validation/labels.ts'
import { protocols } from './pod-validation/containers.ts'
import { validatePort } from './pod-validation/probes.ts'
import { isHeadless, needsHealthCheckPort } from './service-allocation.ts'
import { type ClusterFamilies, fillFamilies } from './service-families.ts'
import { validateAddressChange, validateClusterIps } from './service-ip-validation.ts'

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']
const onlyLoadBalancer = "may only be used when `type` is 'LoadBalancer'"
const affinitySecondsMax = 86_400
const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const hintsAnnotation = 'service.kubernetes.io/topology-aware-hints'
const topologyAnnotation = 'service.kubernetes.io/topology-mode'

export function validateService(service: Service, cluster: ClusterFamilies): FieldError[] {
  const unusable = validateAddresses(service, undefined, cluster)
  return unusable.length > 0 ? unusable : validateRest(service, undefined)
}

/** Upstream allocates before it validates: addresses and families that can't be used are all it reports. */
function validateAddresses(service: Service, old: Service | undefined, cluster: ClusterFamilies): FieldError[] {
  const wrong = validateClusterIps(service.spec ?? {}, old?.spec?.clusterIPs)
  return wrong.length > 0 ? wrong : fillFamilies(structuredClone(service), old, cluster)
}

function validateRest(service: Service, old: Service | undefined): FieldError[] {
  const spec = service.spec ?? {}
  return [
    ...validateTopologyAnnotations(service),
    ...validateTypeFields(spec),
    ...validatePorts(spec),
    ...validateLabels('spec.selector', spec.selector),
    ...validateAffinity(spec),
    ...validateExternalIps(spec.externalIPs ?? [], old?.spec?.externalIPs),
    ...requiredOneOf('spec.type', spec.type, types),
    ...validateNodePorts(spec),
    ...validateSourceRanges(service, spec, old),
    ...validateLoadBalancerFields(spec),
    ...validateTrafficPolicies(spec),
  ]
}

export function validateServiceUpdate(service: Service, old: Service, cluster: ClusterFamilies): FieldError[] {
  const spec = service.spec ?? {}
  const before = old.spec ?? {}
  const unusable = validateAddresses(service, old, cluster)
  if (unusable.length > 0) return unusable
  const errors = validateAddressChange(spec, before)
  const bothBalanced = spec.type === 'LoadBalancer' && before.type === 'LoadBalancer'
  if (bothBalanced && spec.loadBalancerClass !== before.loadBalancerClass) {
    errors.push(invalid('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'))
  }
  errors.push(...validateLoadBalancerClass(spec))
  if (
    needsHealthCheckPort(spec) &&
    needsHealthCheckPort(before) &&
    spec.healthCheckNodePort !== before.healthCheckNodePort
  ) {
    errors.push(forbidden('spec.healthCheckNodePort', 'field is immutable'))
  }
  return [...errors, ...validateRest(service, old)]
}

function validateTopologyAnnotations(service: Service): FieldError[] {
  const hints = service.metadata.annotations?.[hintsAnnotation]
  const mode = service.metadata.annotations?.[topologyAnnotation]
  if (hints === undefined || mode === undefined || hints === mode) return []
  const why = `must match annotations[${hintsAnnotation}] when both are specified`
  return [invalid(`metadata.annotations[${topologyAnnotation}]`, mode, why)]
}

function validateTypeFields(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const headless = isHeadless(spec)
  if ((spec.ports ?? []).length === 0 && !headless && spec.type !== 'ExternalName') errors.push(required('spec.ports'))
  if (headless && (spec.type === 'LoadBalancer' || spec.type === 'NodePort')) {
    errors.push(invalid('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`))
  }
  if (spec.type !== 'ExternalName') return errors
  const why = 'may not be set for ExternalName services'
  if ((spec.clusterIPs ?? []).length > 0) errors.push(forbidden('spec.clusterIPs', why))
  if ((spec.ipFamilies ?? []).length > 0) errors.push(forbidden('spec.ipFamilies', why))
  if (spec.ipFamilyPolicy !== undefined) errors.push(forbidden('spec.ipFamilyPolicy', why))
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  if (name === '') return [...errors, required('spec.externalName')]
  return [...errors, ...invalidEach('spec.externalName', name, isDns1123Subdomain(name))]
}

function validatePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? []
  const names = new Set<string>()
  return ports.flatMap((port, index) => validateServicePort(`spec.ports[${index}]`, port, ports.length > 1, names))
}

function validateServicePort(path: string, port: ServicePort, needsName: boolean, names: Set<string>): FieldError[] {
  const { name = '', port: number = 0, appProtocol } = port
  const errors: FieldError[] = []
  if (name === '') {
    if (needsName) errors.push(required(`${path}.name`))
  } else {
    errors.push(...invalidEach(`${path}.name`, name, isDns1123Label(name)))
    if (names.has(name)) errors.push(duplicate(`${path}.name`, name))
    names.add(name)
  }
  errors.push(...invalidEach(`${path}.port`, number, isPortNumber(number)))
  errors.push(...requiredOneOf(`${path}.protocol`, port.protocol, protocols))
  errors.push(...validatePort(`${path}.targetPort`, port.targetPort))
  if (appProtocol !== undefined)
    errors.push(...invalidEach(`${path}.appProtocol`, appProtocol, isQualifiedName(appProtocol)))
  return errors
}

function validateAffinity(spec: ServiceSpec): FieldError[] {
  const path = 'spec.sessionAffinityConfig'
  const errors = requiredOneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None'])
  const config = spec.sessionAffinityConfig
  if (spec.sessionAffinity === 'None' && config) {
    errors.push(forbidden(path, 'must not be set when session affinity is None'))
  }
  if (spec.sessionAffinity !== 'ClientIP') return errors
  const why = 'when session affinity type is ClientIP'
  if (!config) return [...errors, required(path, why)]
  if (!config.clientIP) return [...errors, required(`${path}.clientIP`, why)]
  const seconds = config.clientIP.timeoutSeconds
  if (seconds === undefined) return [...errors, required(`${path}.clientIP.timeoutSeconds`, why)]
  if (seconds > 0 && seconds <= affinitySecondsMax) return errors
  const range = `must be greater than 0 and less than ${affinitySecondsMax}`
  return [...errors, invalid(`${path}.clientIP.timeoutSeconds`, seconds, range)]
}

function validateExternalIps(addresses: readonly string[], old: readonly string[] = []): FieldError[] {
  const held = new Set(old)
  return addresses.flatMap((address, index) => {
    const path = `spec.externalIPs[${index}]`
    const errors = invalidEach(path, address, isIp(address, held))
    return errors.length > 0 ? errors : invalidEach(path, address, nonSpecialIpErrors(address))
  })
}

/** A duplicate port is shown as the pair that is compared. */
function validateNodePorts(spec: ServiceSpec): FieldError[] {
  const ports = spec.ports ?? []
  const errors: FieldError[] = []
  for (const [index, port] of ports.entries()) {
    if (spec.type !== 'ClusterIP' || !port.nodePort) continue
    errors.push(forbidden(`spec.ports[${index}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
  }
  const isNodePortTaken = repetitions()
  for (const [index, { protocol, nodePort }] of ports.entries()) {
    if (!nodePort || !isNodePortTaken(protocol, nodePort)) continue
    errors.push(invalid(`spec.ports[${index}].nodePort`, nodePort, 'provided port is already allocated'))
  }
  const isPortTaken = repetitions()
  for (const [index, { protocol, port }] of ports.entries()) {
    if (!isPortTaken(protocol, port)) continue
    const pair = { Name: '', Protocol: protocol, AppProtocol: null, Port: port, TargetPort: 0, NodePort: 0 }
    errors.push(duplicate(`spec.ports[${index}]`, pair))
  }
  return errors
}

/** Tells whether it was asked for a port of the protocol before. */
function repetitions(): (protocol: string | undefined, port: number | undefined) => boolean {
  const seen = new Set<string>()
  return (protocol, port) => {
    const before = seen.size
    return seen.add(`${protocol}/${port}`).size === before
  }
}

/** Upstream writes this field's path with a capital. */
function validateSourceRanges(service: Service, spec: ServiceSpec, old: Service | undefined): FieldError[] {
  const held = new Set((old?.spec?.loadBalancerSourceRanges ?? []).map((range) => range.trim()))
  const ranges = spec.loadBalancerSourceRanges ?? []
  const annotation = service.metadata.annotations?.[sourceRangesAnnotation]
  const errors: FieldError[] = []
  if (ranges.length > 0) {
    const path = 'spec.LoadBalancerSourceRanges'
    if (spec.type !== 'LoadBalancer') errors.push(forbidden(path, onlyLoadBalancer))
    for (const [index, range] of ranges.entries()) {
      errors.push(...invalidEach(`${path}[${index}]`, range.trim(), isCidr(range.trim(), held)))
    }
  } else if (annotation !== undefined) {
    const path = `metadata.annotations[${sourceRangesAnnotation}]`
    if (spec.type !== 'LoadBalancer') errors.push(forbidden(path, onlyLoadBalancer))
    const isKept = old?.metadata.annotations?.[sourceRangesAnnotation] === annotation
    const parts = isKept || annotation.trim() === '' ? [] : annotation.trim().split(',')
    for (const range of parts) errors.push(...invalidEach(path, range.trim(), isCidr(range.trim())))
  }
  return errors
}

function validateLoadBalancerFields(spec: ServiceSpec): FieldError[] {
  const errors: FieldError[] = []
  const allocate = spec.allocateLoadBalancerNodePorts
  if (allocate !== undefined && spec.type !== 'LoadBalancer') {
    errors.push(forbidden('spec.allocateLoadBalancerNodePorts', onlyLoadBalancer))
  }
  if (allocate === undefined && spec.type === 'LoadBalancer') errors.push(required('allocateLoadBalancerNodePorts'))
  return [...errors, ...validateLoadBalancerClass(spec)]
}

function validateLoadBalancerClass(spec: ServiceSpec): FieldError[] {
  const name = spec.loadBalancerClass
  if (name === undefined) return []
  if (spec.type !== 'LoadBalancer') return [forbidden('spec.loadBalancerClass', onlyLoadBalancer)]
  return invalidEach('spec.loadBalancerClass', name, isQualifiedName(name))
}

function validateTrafficPolicies(spec: ServiceSpec): FieldError[] {
  const external = spec.externalTrafficPolicy ?? ''
  const errors: FieldError[] = []
  if (isExternallyAccessible(spec)) {
    errors.push(...requiredOneOf('spec.externalTrafficPolicy', external, ['Cluster', 'Local']))
  } else if (external !== '') {
    errors.push(invalid('spec.externalTrafficPolicy', external, 'may only be set for externally-accessible services'))
  }
  const healthPort = spec.healthCheckNodePort ?? 0
  if (healthPort !== 0 && !needsHealthCheckPort(spec)) {
    const why = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    errors.push(invalid('spec.healthCheckNodePort', healthPort, why))
  } else if (healthPort !== 0)
    errors.push(...invalidEach('spec.healthCheckNodePort', healthPort, isPortNumber(healthPort)))
  const internal = spec.internalTrafficPolicy
  if (internal === undefined && ['NodePort', 'LoadBalancer', 'ClusterIP'].includes(spec.type ?? '')) {
    errors.push(required('spec.internalTrafficPolicy'))
  }
  errors.push(...optionalOneOf('spec.internalTrafficPolicy', internal, ['Cluster', 'Local']))
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
  return [...errors, ...optionalOneOf('spec.trafficDistribution', spec.trafficDistribution, distributions)]
}

export function validateLoadBalancerStatus(path: string, { spec, status }: Service, old: Service): FieldError[] {
  const held = new Set((old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []))
  const ingress = status?.loadBalancer?.ingress ?? []
  if (ingress.length > 0 && spec?.type !== 'LoadBalancer') {
    return [forbidden(`${path}.ingress`, "may only be used when `spec.type` is 'LoadBalancer'")]
  }
  const errors: FieldError[] = []
  for (const [index, { ip = '', hostname = '', ipMode }] of ingress.entries()) {
    const at = `${path}.ingress[${index}]`
    if (ip) errors.push(...invalidEach(`${at}.ip`, ip, isIp(ip, held)))
    if (ipMode === undefined) {
      if (ip) errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'))
    } else if (!ip) errors.push(forbidden(`${at}.ipMode`, 'may not be specified when `ip` is not set'))
    else if (ipMode !== 'VIP' && ipMode !== 'Proxy') errors.push(notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']))
    if (!hostname) continue
    errors.push(...invalidEach(`${at}.hostname`, hostname, isDns1123Subdomain(hostname)))
    if (ipFamily(hostname)) errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'))
  }
  return errors
}
