/** The rules of an ingress's hosts, paths and backends. Source: networking/v1 and the recorded messages. */
import type { FieldError } from '../../../api/errors.ts'
import {
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isPathSegmentName,
  isPortName,
  isPortNumber,
  isWildcardDns1123Subdomain,
} from '../../../api/names.ts'
import type { TypedLocalObjectReference } from '../../../api/types/core/v1.ts'
import type {
  HTTPIngressPath,
  Ingress,
  IngressBackend,
  IngressRule,
  IngressStatus,
} from '../../../api/types/networking/v1.ts'
import { ipFamily, isIp } from '../validation/addresses.ts'
import { invalid, invalidEach, notSupported, required } from '../validation/field.ts'

const pathTypes = ['Exact', 'ImplementationSpecific', 'Prefix']
const pathSequencesForbidden = ['//', '/./', '/../', '%2f', '%2F']
const pathEndingsForbidden = ['/..', '/.']

export function validateIngress({ spec }: Ingress): FieldError[] {
  const errors: FieldError[] = []
  const backend = spec?.defaultBackend
  const rules = spec?.rules ?? []
  if (rules.length === 0 && !backend) {
    errors.push(invalid('spec', spec?.rules ?? null, 'either `defaultBackend` or `rules` must be specified'))
  }
  if (backend) errors.push(...validateBackend('spec.defaultBackend', backend))
  for (const [index, rule] of rules.entries()) errors.push(...validateRule(`spec.rules[${index}]`, rule))
  for (const [index, tls] of (spec?.tls ?? []).entries()) {
    const path = `spec.tls[${index}]`
    for (const [hostIndex, host] of (tls.hosts ?? []).entries()) {
      errors.push(...validateHost(`${path}.hosts[${hostIndex}]`, host))
    }
    if (tls.secretName)
      errors.push(...invalidEach(`${path}.secretName`, tls.secretName, isDns1123Subdomain(tls.secretName)))
  }
  const className = spec?.ingressClassName
  if (className === undefined) return errors
  return [...errors, ...invalidEach('spec.ingressClassName', className, isDns1123Subdomain(className))]
}

function validateHost(path: string, host: string): FieldError[] {
  return invalidEach(path, host, host.includes('*') ? isWildcardDns1123Subdomain(host) : isDns1123Subdomain(host))
}

function validateRule(path: string, { host = '', http }: IngressRule): FieldError[] {
  const errors: FieldError[] = []
  if (host !== '') {
    if (ipFamily(host)) errors.push(invalid(`${path}.host`, host, 'must be a DNS name, not an IP address'))
    errors.push(...validateHost(`${path}.host`, host))
  }
  if (!http) return errors
  const paths = http.paths ?? []
  if (paths.length === 0) errors.push(required(`${path}.http.paths`))
  return [...errors, ...paths.flatMap((entry, index) => validatePath(`${path}.http.paths[${index}]`, entry))]
}

function validatePath(path: string, entry: HTTPIngressPath): FieldError[] {
  const { pathType, path: target = '', backend } = entry
  if (pathType === undefined) return [required(`${path}.pathType`, 'pathType must be specified')]
  const errors: FieldError[] = []
  if (pathType === 'Exact' || pathType === 'Prefix') {
    if (!target.startsWith('/')) errors.push(invalid(`${path}.path`, target, 'must be an absolute path'))
    if (target !== '') {
      for (const sequence of pathSequencesForbidden) {
        if (target.includes(sequence)) errors.push(invalid(`${path}.path`, target, `must not contain '${sequence}'`))
      }
      for (const ending of pathEndingsForbidden) {
        if (target.endsWith(ending)) errors.push(invalid(`${path}.path`, target, `cannot end with '${ending}'`))
      }
    }
  } else if (pathType === 'ImplementationSpecific') {
    if (target !== '' && !target.startsWith('/'))
      errors.push(invalid(`${path}.path`, target, 'must be an absolute path'))
  } else errors.push(notSupported(`${path}.pathType`, pathType, pathTypes))
  return [...errors, ...validateBackend(`${path}.backend`, backend ?? {})]
}

function validateBackend(path: string, { resource, service }: IngressBackend): FieldError[] {
  if (resource && service) return [invalid(path, '', 'cannot set both resource and service backends')]
  if (resource) return validateTypedReference(`${path}.resource`, resource)
  if (!service) return [invalid(path, '', 'resource or service backend is required')]
  const { name = '', port } = service
  const errors =
    name === '' ? [required(`${path}.service.name`)] : invalidEach(`${path}.service.name`, name, serviceName(name))
  const number = port?.number ?? 0
  const portName = port?.name ?? ''
  if (portName !== '' && number !== 0) return [...errors, invalid(path, '', 'cannot set both port name & port number')]
  if (number !== 0) return [...errors, ...invalidEach(`${path}.service.port.number`, number, isPortNumber(number))]
  if (portName === '') return [...errors, required(path, 'port name or number is required')]
  return [...errors, ...invalidEach(`${path}.service.port.name`, portName, isPortName(portName))]
}

/** Names of services may begin with a digit since v1.34. */
function serviceName(name: string): string[] {
  return isDns1035Label(name).length === 0 ? [] : isDns1123Label(name)
}

/** Of a backend's resource and of an ingress class's parameters. */
export function validateTypedReference(
  path: string,
  { apiGroup, kind = '', name = '' }: Partial<TypedLocalObjectReference>,
): FieldError[] {
  const errors: FieldError[] = []
  if (apiGroup !== undefined) errors.push(...invalidEach(`${path}.apiGroup`, apiGroup, isDns1123Subdomain(apiGroup)))
  for (const [field, value] of [
    ['kind', kind],
    ['name', name],
  ] as const) {
    if (value === '') errors.push(required(`${path}.${field}`))
    else errors.push(...invalidEach(`${path}.${field}`, value, isPathSegmentName(value)))
  }
  return errors
}

export function validateIngressStatus(
  path: string,
  status: IngressStatus | undefined,
  old: IngressStatus | undefined,
): FieldError[] {
  const held = new Set((old?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => ip ?? []))
  const errors: FieldError[] = []
  for (const [index, { ip = '', hostname = '' }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    const at = `${path}.ingress[${index}]`
    if (ip !== '') errors.push(...invalidEach(`${at}.ip`, ip, isIp(ip, held)))
    if (hostname === '') continue
    errors.push(...invalidEach(`${at}.hostname`, hostname, isDns1123Subdomain(hostname)))
    if (ipFamily(hostname)) errors.push(invalid(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'))
  }
  return errors
}
