/** Endpoints, superseded by EndpointSlices but still read by many. Source: core/v1 Endpoints. */
import { defaultEndpoints } from '../../../api/defaults/service.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain, isPortNumber, isQualifiedName } from '../../../api/names.ts'
import { coreV1 } from '../../../api/resources.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '../../../api/types/core/v1.ts'
import type { Strategy } from '../strategy.ts'
import { isIp, nonSpecialIpErrors } from '../validation/addresses.ts'
import { semanticEqual } from '../validation/equal.ts'
import { invalidEach, required, requiredOneOf } from '../validation/field.ts'
import { protocols } from './pod-validation/containers.ts'

export const endpoints: Strategy<Endpoints> = {
  resource: coreV1.endpoints,
  metadataOnUpdate: ['changes', 'whole'],
  default: defaultEndpoints,
  validateCreate: validateEndpoints,
  validateUpdate: (object, old) => (semanticEqual(object.subsets, old.subsets) ? [] : validateEndpoints(object)),
  allowCreateOnUpdate: true,
  warnings: () => ['v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice'],
}

function validateEndpoints(object: Endpoints): FieldError[] {
  return (object.subsets ?? []).flatMap((subset, index) => validateSubset(`subsets[${index}]`, subset))
}

function validateSubset(path: string, subset: EndpointSubset): FieldError[] {
  const { addresses = [], notReadyAddresses = [], ports = [] } = subset
  const errors: FieldError[] = []
  if (addresses.length === 0 && notReadyAddresses.length === 0) {
    errors.push(required(path, 'must specify `addresses` or `notReadyAddresses`'))
  }
  for (const [index, address] of addresses.entries()) {
    errors.push(...validateAddress(`${path}.addresses[${index}]`, address))
  }
  for (const [index, address] of notReadyAddresses.entries()) {
    errors.push(...validateAddress(`${path}.notReadyAddresses[${index}]`, address))
  }
  for (const [index, port] of ports.entries()) {
    errors.push(...validatePort(`${path}.ports[${index}]`, port, ports.length > 1))
  }
  return errors
}

function validateAddress(path: string, { ip = '', hostname, nodeName }: EndpointAddress): FieldError[] {
  const errors = invalidEach(`${path}.ip`, ip, isIp(ip))
  if (hostname) errors.push(...invalidEach(`${path}.hostname`, hostname, isDns1123Label(hostname)))
  if (nodeName !== undefined) errors.push(...invalidEach(`${path}.nodeName`, nodeName, isDns1123Subdomain(nodeName)))
  return [...errors, ...invalidEach(`${path}.ip`, ip, nonSpecialIpErrors(ip))]
}

function validatePort(path: string, port: EndpointPort, needsName: boolean): FieldError[] {
  const { name = '', port: number = 0, appProtocol } = port
  const errors: FieldError[] = []
  if (name !== '') errors.push(...invalidEach(`${path}.name`, name, isDns1123Label(name)))
  else if (needsName) errors.push(required(`${path}.name`))
  errors.push(...invalidEach(`${path}.port`, number, isPortNumber(number)))
  errors.push(...requiredOneOf(`${path}.protocol`, port.protocol, protocols))
  if (appProtocol !== undefined)
    errors.push(...invalidEach(`${path}.appProtocol`, appProtocol, isQualifiedName(appProtocol)))
  return errors
}
