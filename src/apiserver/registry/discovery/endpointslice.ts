/** Endpoint slices. Source: https://kubernetes.io/docs/concepts/services-networking/endpoint-slices/. */
import { defaultEndpointSlice } from '../../../api/defaults/service.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from '../../../api/names.ts'
import { discoveryV1 } from '../../../api/resources.ts'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '../../../api/types/discovery/v1.ts'
import { protocols } from '../core/pod-validation/containers.ts'
import type { Strategy } from '../strategy.ts'
import { ipFamily, nonSpecialIpErrors } from '../validation/addresses.ts'
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
  default: defaultEndpointSlice,
  prepareForCreate(slice) {
    slice.metadata.generation = 1
  },
  prepareForUpdate(slice, old) {
    const before = old.metadata.generation ?? 0
    const { metadata: _new, ...content } = slice
    const { metadata: _old, ...held } = old
    const labels = semanticEqual(slice.metadata.labels, old.metadata.labels)
    slice.metadata.generation = labels && semanticEqual(content, held) ? before : before + 1
  },
  validateCreate: validateSlice,
  validateUpdate(slice, old) {
    const errors = validateSlice(slice)
    if (slice.addressType === old.addressType) return errors
    return [...errors, invalid('addressType', slice.addressType ?? '', messages.immutable)]
  },
  allowCreateOnUpdate: true,
}

function validateSlice(slice: EndpointSlice): FieldError[] {
  const type = slice.addressType ?? ''
  const errors: FieldError[] = []
  if (type === '') errors.push(required('addressType'))
  else if (!addressTypes.includes(type)) errors.push(notSupported('addressType', type, addressTypes))
  const endpoints = slice.endpoints ?? []
  if (endpoints.length > limits.endpoints) errors.push(tooMany('endpoints', endpoints.length, limits.endpoints))
  else {
    for (const [index, endpoint] of endpoints.entries()) {
      errors.push(...validateEndpoint(`endpoints[${index}]`, endpoint, type))
    }
  }
  return [...errors, ...validatePorts('ports', slice.ports ?? [])]
}

function validateEndpoint(path: string, endpoint: Endpoint, type: string): FieldError[] {
  const { addresses = [], hostname, nodeName, deprecatedTopology = {}, hints } = endpoint
  const errors: FieldError[] = []
  if (addresses.length === 0) errors.push(required(`${path}.addresses`, 'must contain at least 1 address'))
  else if (addresses.length > limits.addresses)
    errors.push(tooMany(`${path}.addresses`, addresses.length, limits.addresses))
  for (const [index, address] of addresses.entries()) {
    errors.push(...validateAddress(`${path}.addresses[${index}]`, address, type))
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
  const family = ipFamily(address)
  if (!family) return [invalid(path, address, 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)')]
  const errors = family === type ? [] : [invalid(path, address, `must be a valid ${type} address`)]
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
    const seen = new Set<string>()
    for (const [index, { name = '' }] of entries.entries()) {
      const at = `${path}.${field}[${index}].name`
      if (seen.has(name)) errors.push(duplicate(at, name))
      seen.add(name)
      const wrong = field === 'forZones' ? validateLabelName(at, name) : invalidEach(at, name, isDns1123Subdomain(name))
      errors.push(...wrong)
    }
  }
  return errors
}

function validatePorts(path: string, ports: readonly EndpointPort[]): FieldError[] {
  if (ports.length > limits.ports) return [tooMany(path, ports.length, limits.ports)]
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, { name = '', protocol, port, appProtocol }] of ports.entries()) {
    const at = `${path}[${index}]`
    if (name !== '') errors.push(...invalidEach(`${at}.name`, name, isDns1123Label(name)))
    if (names.has(name)) errors.push(duplicate(`${at}.name`, name))
    names.add(name)
    if (!protocol) errors.push(required(`${at}.protocol`))
    else if (!protocols.includes(protocol)) errors.push(notSupported(`${at}.protocol`, protocol, protocols))
    if (port !== undefined) errors.push(...invalidEach(`${at}.port`, port, isPortNumber(port)))
    if (appProtocol !== undefined)
      errors.push(...invalidEach(`${at}.appProtocol`, appProtocol, isQualifiedName(appProtocol)))
  }
  return errors
}
