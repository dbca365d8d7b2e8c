/** Claims. Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims, KEP-1790 (recover from resize). */
import { defaultClaim } from '../../../api/defaults/storage.ts'
import type { FieldError } from '../../../api/errors.ts'
import { isQualifiedName } from '../../../api/names.ts'
import { compareQuantities, wholeValue } from '../../../api/quantity.ts'
import { coreV1 } from '../../../api/resources.ts'
import type {
  PersistentVolumeClaim,
  PersistentVolumeClaimSpec,
  TypedLocalObjectReference,
} from '../../../api/types/core/v1.ts'
import { defaultGates } from '../../scheme/feature-gates.ts'
import { keepSpec } from '../generation.ts'
import type { Strategy, WriteContext } from '../strategy.ts'
import { semanticEqual } from '../validation/equal.ts'
import { forbidden, invalid, invalidEach, messages, notSupported, required } from '../validation/field.ts'
import { goStruct } from '../validation/go-struct.ts'
import { structDiff } from '../validation/struct-diff.ts'
import { claimWarnings } from '../warnings/storage-warnings.ts'
import { validateClaimSpec } from './pod-validation/claim-spec.ts'

const onlyBoundMayChange =
  'spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims'
const resizeStates = [
  'ControllerResizeInProgress',
  'ControllerResizeInfeasible',
  'NodeResizeInProgress',
  'NodeResizeInfeasible',
  'NodeResizePending',
].sort()

export const persistentVolumeClaims: Strategy<PersistentVolumeClaim> = {
  resource: coreV1.persistentVolumeClaims,
  metadataOnUpdate: ['changes', 'whole'],
  default: defaultClaim,
  prepareForCreate(claim, write) {
    if (claim.spec) settleDataSources(claim.spec, write)
    claim.status = { phase: 'Pending' }
  },
  prepareForUpdate(claim, old, write) {
    if (claim.spec) settleDataSources(claim.spec, write, old.spec)
    claim.status = old.status ?? { phase: 'Pending' }
  },
  validateCreate: (claim) => validateClaimSpec('spec', claim.spec ?? {}),
  warnings: claimWarnings,
  validateUpdate: validateClaimUpdate,
  status: { prepareForUpdate: keepSpec, validateUpdate: validateStatus },
}

/**
 * The older and the newer field say the same, unless the newer one reaches into another namespace, for which the gate
 * CrossNamespaceVolumeDataSource must be open. What the older one may not name is dropped from it where it stands alone.
 */
function settleDataSources(
  spec: PersistentVolumeClaimSpec,
  { gates = defaultGates }: Pick<WriteContext, 'gates'>,
  old: PersistentVolumeClaimSpec = {},
): void {
  const closed = !gates.get('CrossNamespaceVolumeDataSource')
  if (closed && spec.dataSourceRef?.namespace && !old.dataSourceRef) delete spec.dataSourceRef
  const isNew = !old.dataSource && !old.dataSourceRef
  if (isNew && !spec.dataSourceRef && spec.dataSource && !isClaimOrSnapshot(spec.dataSource)) delete spec.dataSource
  if (spec.dataSource && !spec.dataSourceRef) spec.dataSourceRef = { ...spec.dataSource }
  else if (spec.dataSourceRef && !spec.dataSource && !spec.dataSourceRef.namespace) {
    const { namespace: _, ...local } = spec.dataSourceRef
    spec.dataSource = local
  }
}

function isClaimOrSnapshot({ kind, apiGroup = '' }: TypedLocalObjectReference): boolean {
  if (kind === 'PersistentVolumeClaim') return apiGroup === ''
  return kind === 'VolumeSnapshot' && apiGroup === 'snapshot.storage.k8s.io'
}

function validateClaimUpdate(claim: PersistentVolumeClaim, old: PersistentVolumeClaim): FieldError[] {
  const spec = claim.spec ?? {}
  const before = old.spec ?? {}
  const errors = validateClaimSpec('spec', spec)
  const { wanted, held } = comparable(claim, old)
  if (!semanticEqual(wanted, held)) {
    const shown = structDiff(goStruct('PersistentVolumeClaimSpec', held), goStruct('PersistentVolumeClaimSpec', wanted))
    errors.push(forbidden('spec', `${onlyBoundMayChange}\n${shown}`))
  }
  const size = spec.resources?.requests?.storage ?? '0'
  const capacity = claim.status?.capacity?.storage ?? old.status?.capacity?.storage ?? '0'
  if (
    compareQuantities(size, before.resources?.requests?.storage ?? '0') < 0 &&
    compareQuantities(size, capacity) <= 0
  ) {
    errors.push(forbidden('spec.resources.requests.storage', 'field can not be less than status.capacity'))
  }
  if (spec.volumeMode !== before.volumeMode)
    errors.push(invalid('volumeMode', spec.volumeMode ?? null, messages.immutable))
  return [...errors, ...validateAttributesClass(spec, before)]
}

/** Both specs without what may change: a name set once, and size and class of bound claims. */
function comparable(claim: PersistentVolumeClaim, old: PersistentVolumeClaim) {
  const wanted: PersistentVolumeClaimSpec = structuredClone(claim.spec ?? {})
  const held: PersistentVolumeClaimSpec = structuredClone(old.spec ?? {})
  if (!held.volumeName && wanted.volumeName) held.volumeName = wanted.volumeName
  if (held.storageClassName === undefined && wanted.storageClassName !== undefined) delete wanted.storageClassName
  if (claim.status?.phase !== 'Bound') return { wanted, held }
  const size = held.resources?.requests?.storage
  if (wanted.resources?.requests && size !== undefined) wanted.resources.requests.storage = size
  if (wanted.volumeAttributesClassName !== undefined) {
    if (held.volumeAttributesClassName === undefined) delete wanted.volumeAttributesClassName
    else wanted.volumeAttributesClassName = held.volumeAttributesClassName
  }
  return { wanted, held }
}

function validateAttributesClass(spec: PersistentVolumeClaimSpec, before: PersistentVolumeClaimSpec): FieldError[] {
  const path = 'spec.volumeAttributesClassName'
  if (before.volumeAttributesClassName === undefined) return []
  const name = spec.volumeAttributesClassName
  if (name === undefined) return [forbidden(path, 'update from non-nil value to nil is forbidden')]
  return name === '' ? [forbidden(path, 'update from non-nil value to an empty string is forbidden')] : []
}

function validateStatus(claim: PersistentVolumeClaim): FieldError[] {
  const errors = (claim.spec?.accessModes ?? []).length === 0 ? [required('Spec.accessModes')] : []
  for (const [name, quantity] of Object.entries(claim.status?.capacity ?? {})) {
    errors.push(...amount(`status.capacity[${name}]`, quantity))
  }
  for (const [name, state] of Object.entries(claim.status?.allocatedResourceStatuses ?? {})) {
    errors.push(...resourceKey('status.allocatedResourceStatuses', name))
    if (!resizeStates.includes(state)) errors.push(notSupported('status.allocatedResourceStatuses', name, resizeStates))
  }
  for (const [name, quantity] of Object.entries(claim.status?.allocatedResources ?? {})) {
    const wrong = resourceKey('status.allocatedResources', name)
    errors.push(...(wrong.length > 0 ? wrong : amount(`status.allocatedResources[${name}]`, quantity)))
  }
  return errors
}

function amount(path: string, quantity: string): FieldError[] {
  return wholeValue(quantity) < 0 ? [invalid(path, wholeValue(quantity), 'must be a valid resource quantity')] : []
}

function resourceKey(path: string, name: string): FieldError[] {
  const errors = invalidEach(path, name, isQualifiedName(name))
  const native = !name.includes('/') || name.includes('kubernetes.io/')
  return errors.length === 0 && native && name !== 'storage' ? [notSupported(path, name, ['storage'])] : errors
}
