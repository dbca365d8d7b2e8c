/** What CSI drivers say of themselves: drivers, nodes, capacities. Source: https://kubernetes-csi.github.io/docs/. */
import { defaultCsiDriver } from '../../../api/defaults/storage.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Subdomain } from '../../../api/names.ts'
import { storageV1 } from '../../../api/resources.ts'
import type {
  CSIDriver,
  CSIDriverSpec,
  CSINode,
  CSINodeDriver,
  CSIStorageCapacity,
} from '../../../api/types/storage/v1.ts'
import { validateCsiDriverName } from '../core/pod-validation/volumes.ts'
import { bumpGeneration } from '../generation.ts'
import type { Strategy } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { duplicate, invalid, invalidEach, messages, notSupported, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { validateLabelName, validateLabelSelector } from '../validation/labels.ts'
import { nonNegativeQuantity } from '../validation/resources.ts'

const lifecycleModes = ['Persistent', 'Ephemeral']
const groupPolicies = ['File', 'None', 'ReadWriteOnceWithFSType']
const nodeIdBytesMax = 256

export const csiDrivers: Strategy<CSIDriver> = {
  resource: storageV1.csiDrivers,
  default: defaultCsiDriver,
  prepareForUpdate: bumpWhenCounted,
  validateCreate: (driver) => validateDriverSpec(driver.spec ?? {}),
  warnings({ spec = {} }, old) {
    if (
      (old && semanticEqual(spec.tokenRequests, old.spec?.tokenRequests)) ||
      !spec.tokenRequests?.length ||
      spec.serviceAccountTokenInSecrets !== undefined
    )
      return []
    const why = 'to prevent possible logging of tokens in volume attributes'
    return [`spec.serviceAccountTokenInSecrets is unset; if supported by this CSI driver, set to true ${why}`]
  },
  validateUpdate(driver, old) {
    const spec = driver.spec ?? {}
    const before = old.spec ?? {}
    const errors = validateDriverSpec(spec)
    for (const field of ['attachRequired', 'volumeLifecycleModes'] as const) {
      if (semanticEqual(spec[field], before[field])) continue
      const path = field === 'attachRequired' ? 'spec.attachedRequired' : `spec.${field}`
      errors.push(invalid(path, spec[field] ?? null, messages.immutable))
    }
    return errors
  },
  allowUnconditionalUpdate: false,
}

/** Drivers made before v1.22 have no generation. */
function bumpWhenCounted(driver: CSIDriver, old: CSIDriver): void {
  if (old.metadata.generation !== undefined || !semanticEqual(driver.spec, old.spec)) bumpGeneration(driver, old)
}

function validateDriverSpec(spec: CSIDriverSpec): FieldError[] {
  const errors: FieldError[] = []
  for (const [field, value] of [
    ['attachedRequired', spec.attachRequired],
    ['podInfoOnMount', spec.podInfoOnMount],
    ['storageCapacity', spec.storageCapacity],
  ] as const) {
    if (value === undefined) errors.push(required(`spec.${field}`))
  }
  if (spec.fsGroupPolicy === undefined) errors.push(required('spec.fsGroupPolicy'))
  else if (!groupPolicies.includes(spec.fsGroupPolicy))
    errors.push(notSupported('spec.fsGroupPolicy', spec.fsGroupPolicy, groupPolicies))
  errors.push(...validateTokenRequests('spec.tokenRequests', spec.tokenRequests ?? []))
  for (const mode of spec.volumeLifecycleModes ?? []) {
    if (!lifecycleModes.includes(mode)) errors.push(notSupported('spec.volumeLifecycleModes', mode, lifecycleModes))
  }
  const seconds = spec.nodeAllocatableUpdatePeriodSeconds
  if (seconds !== undefined && seconds < 10) {
    errors.push(
      invalid('spec.nodeAllocatableUpdatePeriodSeconds', seconds, 'must be greater than or equal to 10 seconds'),
    )
  }
  if (spec.serviceAccountTokenInSecrets !== undefined && !spec.tokenRequests?.length) {
    const why = 'serviceAccountTokenInSecrets is set but no tokenRequests are specified'
    errors.push(invalid('spec.serviceAccountTokenInSecrets', spec.serviceAccountTokenInSecrets, why))
  }
  return errors
}

function validateTokenRequests(
  path: string,
  requests: readonly { audience?: string; expirationSeconds?: number }[],
): FieldError[] {
  const errors: FieldError[] = []
  const audiences = new Set<string>()
  for (const [index, { audience = '', expirationSeconds: seconds }] of requests.entries()) {
    const at = `${path}[${index}]`
    if (audiences.has(audience)) errors.push(duplicate(`${at}.audience`, audience))
    else audiences.add(audience)
    if (seconds === undefined) continue
    if (seconds < 600)
      errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
    if (seconds > 2 ** 32)
      errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'))
  }
  return errors
}

export const csiNodes: Strategy<CSINode> = {
  resource: storageV1.csiNodes,
  metadataOnUpdate: ['whole'],
  validateCreate: validateNode,
  validateUpdate(node, old) {
    const errors = validateNode(node)
    for (const driver of node.spec?.drivers ?? []) {
      const before = (old.spec?.drivers ?? []).find(({ name }) => name === driver.name)
      if (!before || semanticEqual({ ...driver, allocatable: 0 }, { ...before, allocatable: 0 })) continue
      errors.push(
        invalid('spec.drivers', goStruct('CSINodeDriver', { ...driver, allocatable: null }), messages.immutable),
      )
    }
    return errors
  },
  allowUnconditionalUpdate: false,
}

function validateNode({ spec }: CSINode): FieldError[] {
  const errors: FieldError[] = []
  const names = new Set<string>()
  for (const [index, driver] of (spec?.drivers ?? []).entries()) {
    const path = `spec.drivers[${index}]`
    errors.push(...validateNodeDriver(path, driver))
    if (names.has(driver.name)) errors.push(duplicate(`${path}.name`, driver.name))
    names.add(driver.name)
  }
  return errors
}

function validateNodeDriver(path: string, driver: CSINodeDriver): FieldError[] {
  const { name = '', nodeID = '', topologyKeys = [], allocatable } = driver
  const errors = validateCsiDriverName(`${path}.name`, name)
  if (nodeID === '') errors.push(required(`${path}.nodeID`))
  if (nodeID.length > nodeIdBytesMax)
    errors.push(invalid(`${path}.nodeID`, nodeID, `must be ${nodeIdBytesMax} characters or less`))
  const count = allocatable?.count
  if (count !== undefined && count < 0) errors.push(invalid(`${path}.allocatable.count`, count, messages.negative))
  for (const [index, key] of topologyKeys.entries()) {
    if (topologyKeys.indexOf(key) < index) errors.push(duplicate(path, key))
    if (key === '') errors.push(required(path))
    errors.push(...validateLabelName(path, key))
  }
  return errors
}

export const csiStorageCapacities: Strategy<CSIStorageCapacity> = {
  resource: storageV1.csiStorageCapacities,
  metadataOnUpdate: ['whole', 'changes'],
  validateCreate: validateCapacity,
  validateUpdate(capacity, old) {
    const errors = validateCapacity(capacity)
    for (const field of ['nodeTopology', 'storageClassName'] as const) {
      if (semanticEqual(capacity[field], old[field])) continue
      errors.push(invalid(field, capacity[field] ?? null, messages.immutable))
    }
    return errors
  },
  allowUnconditionalUpdate: false,
}

function validateCapacity(object: CSIStorageCapacity): FieldError[] {
  const { nodeTopology, storageClassName = '', capacity } = object
  return [
    ...validateLabelSelector('nodeTopology', nodeTopology),
    ...invalidEach('storageClassName', storageClassName, isDns1123Subdomain(storageClassName)),
    ...(capacity === undefined ? [] : nonNegativeQuantity('capacity', capacity)),
  ]
}
