/** Endpoint slices. Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/. */
import { defaultEndpointSlice } from '../../../api/defaults/service.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain, isLabelValue, isQualifiedName } from '../../../api/names.ts'
import { discoveryV1 } from '../../../api/resources.ts'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../../api/types/discovery/v1.ts'
import { protocols } from '../core/pod-validation/containers.ts'
import type { Strategy } from '../strategy.ts'
import { ipFamily, isCanonicalIp, isIp, nonSpecialIpErrors } from '../validation/addresses.ts'
import { semanticEqual } from '../validation/equal.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  messages,
  notSupported,
  required,
  tooMany,
} from '../validation/field.ts'
import { validateLabelName } from '../validation/labels.ts'

const addressTypes = ['FQDN', 'IPv4', 'IPv6']
const limits = { addresses: 100, topologyKeys: 16, ports: 20_000, endpoints: 1000, hintZones: 8, hintNodes: 8 }
const hostnameKey = 'kubernetes.io/hostname'

export const endpointSlices: Strategy<EndpointSlice> = {
  resource: discoveryV1.endpointSlices,
  metadataOnUpdate: ['whole'],
  default: defaultEndpointSlice,
  prepareForCreate(slice) {
    slice.metadata.generation = 1
    dropTopology(slice)
  },
  prepareForUpdate(slice, old) {
    const before = old.metadata.generation ?? 0
    const { metadata: _new, ...content } = slice
    const { metadata: _old, ...held } = old
    const labels = semanticEqual(slice.metadata.labels, old.metadata.labels)
    slice.metadata.generation = labels && semanticEqual(content, held) ? before : before + 1
    if (!old.endpoints?.some(hasTopology)) dropTopology(slice)
  },
  validateCreate: (slice) => validateSlice(slice, new Set()),
  validateUpdate(slice, old) {
    const errors = validateSlice(slice, new Set((old.endpoints ?? []).flatMap(({ addresses = [] }) => addresses)))
    if (slice.addressType === old.addressType) return errors
    return [...errors, invalid('addressType', slice.addressType ?? '', messages.immutable)]
  },
  warnings: ({ addressType }) => (addressType === 'FQDN' ? ['spec.addressType: FQDN endpoints are deprecated'] : []),
}

/** Clients of v1 can't add what v1beta1 had, only keep it. */
function dropTopology(slice: EndpointSlice): void {
  for (const endpoint of slice.endpoints ?? []) delete endpoint.deprecatedTopology
}

function hasTopology({ deprecatedTopology }: Endpoint): boolean {
  return Object.keys(deprecatedTopology ?? {}).length > 0
}

/** Addresses that are `held` already are not looked at again. */
function validateSlice(slice: EndpointSlice, held: ReadonlySet<string>): FieldError[] {
  const type = slice.addressType ?? ''
  const errors: FieldError[] = []
  if (type === '') errors.push(required('addressType'))
  else if (!addressTypes.includes(type)) errors.push(notSupported('addressType', type, addressTypes))
  const endpoints = slice.endpoints ?? []
  if (endpoints.length > limits.endpoints) errors.push(tooMany('endpoints', endpoints.length, limits.endpoints))
  else {
    for (const [index, endpoint] of endpoints.entries()) {
      errors.push(...validateEndpoint(`endpoints[${index}]`, endpoint, { type, held }))
    }
  }
  return [...errors, ...validatePorts('ports', slice.ports ?? [])]
}

function validateEndpoint(
  path: string,
  endpoint: Endpoint,
  { type, held }: { type: string; held: ReadonlySet<string> },
): FieldError[] {
  const { addresses = [], hostname, nodeName, deprecatedTopology = {}, hints } = endpoint
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'))
  else if (addresses.length > limits.addresses)
    errors.push(tooMany(`${path}.addresses`, addresses.length, limits.addresses))
  for (const [index, address] of addresses.entries()) {
    if (!held.has(address)) errors.push(...validateAddress(`${path}.addresses[${index}]`, address, type))
  }
  if (nodeName !== undefined) errors.push(...invalidEach(`${path}.nodeName`, nodeName, isDns1123Subdomain(nodeName)))
  const keys = Object.keys(deprecatedTopology)
  if (keys.length > limits.topologyKeys)
    errors.push(tooMany(`${path}.deprecatedTopology`, keys.length, limits.topologyKeys))
  for (const key of keys) {
    errors.push(...validateLabelName(`${path}.deprecatedTopology[${key}]`, key))
    if (key === hostnameKey) {
      errors.push(
        forbidden(`${path}.deprecatedTopology[${key}]`, 'hostname cannot be set. use nodeName field instead.'),
      )
    }
  }
  if (hostname !== undefined) errors.push(...invalidEach(`${path}.hostname`, hostname, isDns1123Label(hostname)))
  if (hints) errors.push(...validateHints(`${path}.hints`, hints))
  return errors
}

function validateAddress(path: string, address: string, type: string): FieldError[] {
  if (type === 'FQDN') return invalidEach(path, address, isDns1123Subdomain(address))
  if (type !== 'IPv4' && type !== 'IPv6') return []
  const wrong = invalidEach(path, address, type === 'IPv4' ? isIp(address) : isCanonicalIp(address))
  if (wrong.length > 0) return wrong
  const list = path.replace(/\[\d+\]$/, '')
  const errors = ipFamily(address) === type ? [] : [invalid(list, address, `must be an ${type} address`)]
  return [...errors, ...invalidEach(path, address, nonSpecialIpErrors(address))]
}

function validateHints(path: string, hints: EndpointHints): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['forZones', 'forNodes'] as const) {
    const entries = hints[field] ?? []
    const most = field === 'forZones' ? limits.hintZones : limits.hintNodes
    if (entries.length > most) {
      errors.push(tooMany(`${path}.${field}`, entries.length, most))
      continue
    }
    const rule = field === 'forZones' ? isLabelValue : isDns1123Subdomain
    const seen = new Set<string>()
    for (const [index, { name = '' }] of entries.entries()) {
      const at = `${path}.${field}[${index}].name`
      if (seen.has(name)) errors.push(duplicate(at, name))
      seen.add(name)
      errors.push(...invalidEach(at, name, rule(name)))
    }
  }
  return errors
}

function validatePorts(path: string, ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > limits.ports) return [tooMany(path, ports.length, limits.ports)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, { name = '', protocol, appProtocol }] of ports.entries()) {
    const at = `${path}[${index}]`
    if (name !== '') errors.push(...invalidEach(`${at}.name`, name, isDns1123Label(name)))
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    names.add(name)
    if (protocol === undefined) errors.push(required(`${at}.protocol`))
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols))
    if (appProtocol !== undefined)
      errors.push(...invalidEach(`${at}.appProtocol`, appProtocol, isQualifiedName(appProtocol)))
  }
  return errors
}
