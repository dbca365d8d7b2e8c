/** What was given to a claim, and for whom it is reserved. Source: kubernetes `pkg/apis/resource/validation`, read as facts. */
import type { FieldError } from '../../../api/errors.ts'
import type {
  AllocatedDeviceStatus,
  AllocationResult,
  DeviceAllocationConfiguration,
  DeviceRequestAllocationResult,
  NetworkDeviceData,
  ResourceClaim,
  ResourceClaimConsumerReference,
} from '../../../api/types/resource/v1.ts'
import { validateNodeSelector } from '../core/pod-validation/affinity.ts'
import { isInterfaceAddress } from '../validation/addresses.ts'
import { validateConditionList } from '../validation/conditions.ts'
import { semanticEqual } from '../validation/equal.ts'
import {
  byteLength,
  forbidden,
  invalid,
  invalidEach,
  messages,
  required,
  requiredOneOf,
  tooLong,
  tooMany,
} from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { requestNames, validateClaimConfiguration, validateRequestReference } from './claim-validation.ts'
import {
  validateBindingConditions,
  validateDriver,
  validateLabelNamed,
  validateList,
  validatePoolName,
  validateRaw,
} from './device-values.ts'

const limits = {
  reservedFor: 256,
  results: 32,
  config: 64,
  dataBytes: 10 * 1024,
  interfaceNameBytes: 256,
  hardwareAddressBytes: 128,
  ips: 16,
  conditions: 8,
}
const sources = ['FromClaim', 'FromClass']
type DeviceId = 'driver' | 'pool' | 'device' | 'shareID'
const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

export function validateClaimStatus(claim: ResourceClaim, old: ResourceClaim): FieldError[] {
  const { spec, status } = claim
  const { reservedFor = [], devices = [], allocation } = status ?? {}
  const allocated = new Set((allocation?.devices?.results ?? []).map(deviceKey))
  const errors = [
    ...validateList('status.reservedFor', reservedFor, {
      max: limits.reservedFor,
      each: validateConsumer,
      key: ({ uid }) => uid ?? '',
    }),
    ...validateList('status.devices', devices, {
      each: (path, device) => validateDeviceStatus(path, device, allocated),
      key: deviceKey,
    }),
    ...validateReservation(reservedFor, claim, old),
  ]
  const before = old.status?.allocation
  if (!allocation) return errors
  if (!before)
    return [...errors, ...validateAllocation('status.allocation', allocation, requestNames(spec?.devices ?? {}))]
  if (semanticEqual(allocation, before)) return errors
  return [...errors, invalid('status.allocation', goStruct('AllocationResult', allocation), messages.immutable)]
}

function validateReservation(
  reservedFor: readonly ResourceClaimConsumerReference[],
  { status, metadata }: ResourceClaim,
  old: ResourceClaim,
): FieldError[] {
  const path = 'status.reservedFor'
  if (reservedFor.length === 0) return []
  if (!status?.allocation) return [forbidden(path, 'may not be specified when `allocated` is not set')]
  if (!metadata.deletionTimestamp) return []
  const before = old.status?.reservedFor ?? []
  if (reservedFor.every((one) => before.some((other) => semanticEqual(one, other)))) return []
  const why = 'new entries may not be added while `deallocationRequested` or `deletionTimestamp` are set'
  return [forbidden(path, why)]
}

function validateConsumer(path: string, consumer: ResourceClaimConsumerReference): FieldError[] {
  return (['resource', 'name', 'uid'] as const).flatMap((field) =>
    consumer[field] ? [] : [required(`${path}.${field}`)],
  )
}

function deviceKey({ driver, pool, device, shareID }: Pick<AllocatedDeviceStatus, DeviceId>): string {
  return [driver, pool, device, ...(shareID === undefined ? [] : [shareID])].join('/')
}

function validateDeviceStatus(path: string, status: AllocatedDeviceStatus, allocated: Set<string>): FieldError[] {
  const errors = [...validateDeviceName(path, status), ...validateShare(path, status.shareID)]
  if (!allocated.has(deviceKey(status))) {
    const shown = goStruct('SharedDeviceID', status)
    errors.push(invalid(path, shown, 'must be an allocated device in the claim'))
  }
  const conditions = status.conditions ?? []
  if (conditions.length > limits.conditions) {
    errors.push(tooMany(`${path}.conditions`, conditions.length, limits.conditions))
  }
  errors.push(...validateConditionList(`${path}.conditions`, conditions))
  if (status.data !== undefined) errors.push(...validateRaw(`${path}.data`, status.data, limits.dataBytes))
  return [...errors, ...validateNetworkData(`${path}.networkData`, status.networkData ?? {})]
}

function validateDeviceName(path: string, named: Partial<Pick<AllocatedDeviceStatus, DeviceId>>): FieldError[] {
  const { driver = '', pool = '', device = '' } = named
  return [
    ...validateDriver(`${path}.driver`, driver),
    ...validatePoolName(`${path}.pool`, pool),
    ...validateLabelNamed(`${path}.device`, device),
  ]
}

function validateShare(path: string, shareID: string | undefined): FieldError[] {
  if (shareID === undefined || uuid.test(shareID)) return []
  if (!parsesAsUuid(shareID)) {
    const why = `error validating uid: invalid UUID length: ${byteLength(shareID)}`
    return [invalid(`${path}.shareID`, shareID, why)]
  }
  const why =
    'uid must be in RFC 4122 normalized form, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx` with lowercase hexadecimal characters'
  return [invalid(`${path}.shareID`, shareID, why)]
}

/** The forms that upstream's library reads: plain, without dashes, in braces, as a URN. */
function parsesAsUuid(text: string): boolean {
  return [32, 36, 38, 45].includes(byteLength(text))
}

function validateNetworkData(path: string, data: NetworkDeviceData): FieldError[] {
  const { interfaceName = '', hardwareAddress = '', ips = [] } = data
  const errors: FieldError[] = []
  if (byteLength(interfaceName) > limits.interfaceNameBytes) {
    errors.push(tooLong(`${path}.interfaceName`, limits.interfaceNameBytes))
  }
  if (byteLength(hardwareAddress) > limits.hardwareAddressBytes) {
    errors.push(tooLong(`${path}.hardwareAddress`, limits.hardwareAddressBytes))
  }
  const each = (at: string, address: string) => invalidEach(at, address, isInterfaceAddress(address))
  return [...errors, ...validateList(`${path}.ips`, ips, { max: limits.ips, each, key: (address) => address })]
}

function validateAllocation(
  path: string,
  { devices = {}, nodeSelector }: AllocationResult,
  known: ReadonlySet<string>,
) {
  const errors = [
    ...validateList(`${path}.devices.results`, devices.results ?? [], {
      max: limits.results,
      each: (at, result) => validateResult(at, result, known),
    }),
    ...validateList(`${path}.devices.config`, devices.config ?? [], {
      max: limits.config,
      each: (at, entry: DeviceAllocationConfiguration) => [
        ...requiredOneOf(`${at}.source`, entry.source, sources),
        ...validateClaimConfiguration(at, entry, known),
      ],
    }),
  ]
  return nodeSelector ? [...errors, ...validateNodeSelector(`${path}.nodeSelector`, nodeSelector)] : errors
}

function validateResult(path: string, result: DeviceRequestAllocationResult, known: ReadonlySet<string>): FieldError[] {
  return [
    ...validateRequestReference(`${path}.request`, result.request ?? '', known),
    ...validateDeviceName(path, result),
    ...validateBindingConditions(path, result),
    ...validateShare(path, result.shareID),
  ]
}
