/**
 * Rules for the spec of a claim, wherever it stands: a PersistentVolumeClaim, a StatefulSet's template, an ephemeral volume.
 * Source: https://kubernetes.io/docs/concepts/storage/persistent-volumes/#persistentvolumeclaims.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../../api/names.ts'
import type { PersistentVolumeClaimSpec } from '../../../../api/types/core/v1.ts'
import { forbidden, invalid, invalidEach, notSupported, optionalOneOf, required } from '../../validation/field.ts'
import { validateLabelSelector } from '../../validation/labels.ts'
import { positiveQuantity } from '../../validation/resources.ts'

export const accessModes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod']
export const volumeModes = ['Block', 'Filesystem']

export function validateClaimSpec(path: string, spec: PersistentVolumeClaimSpec): FieldError[] {
  const errors: FieldError[] = []
  if ((spec.accessModes ?? []).length === 0) {
    errors.push(required(`${path}.accessModes`, 'at least 1 access mode is required'))
  }
  errors.push(...validateLabelSelector(`${path}.selector`, spec.selector))
  errors.push(...validateAccessModes(`${path}.accessModes`, spec.accessModes ?? []))
  const storage = spec.resources?.requests?.storage
  if (storage === undefined) errors.push(required(`${path}.resources[storage]`))
  else errors.push(...positiveQuantity(`${path}.resources[storage]`, storage))
  errors.push(...validateClassName(`${path}.storageClassName`, spec.storageClassName))
  errors.push(...optionalOneOf(`${path}.volumeMode`, spec.volumeMode, volumeModes))
  errors.push(...validateDataSources(path, spec))
  return [...errors, ...validateClassName(`${path}.volumeAttributesClassName`, spec.volumeAttributesClassName)]
}

/** ReadWriteOncePod stands alone. */
export function validateAccessModes(path: string, modes: readonly string[]): FieldError[] {
  const errors = modes
    .filter((mode) => !accessModes.includes(mode))
    .map((mode) => notSupported(path, mode, accessModes))
  const known = new Set(modes.filter((mode) => accessModes.includes(mode)))
  if (known.has('ReadWriteOncePod') && known.size > 1) {
    errors.push(forbidden(path, 'may not use ReadWriteOncePod with other access modes'))
  }
  return errors
}

function validateClassName(path: string, name: string | undefined): FieldError[] {
  return name ? invalidEach(path, name, isDns1123Subdomain(name)) : []
}

function validateDataSources(path: string, spec: PersistentVolumeClaimSpec): FieldError[] {
  const { dataSource, dataSourceRef } = spec
  const errors: FieldError[] = []
  if (dataSource) errors.push(...validateDataSource(`${path}.dataSource`, dataSource))
  if (dataSourceRef) {
    errors.push(...validateDataSource(`${path}.dataSourceRef`, dataSourceRef))
    const namespace = dataSourceRef.namespace
    if (namespace) errors.push(...invalidEach(`${path}.dataSourceRef.namespace`, namespace, isDns1123Label(namespace)))
  }
  if (!dataSource || !dataSourceRef) return errors
  // Upstream shows a path instead of the value, and a path has nothing to show.
  const shown = {}
  if (dataSourceRef.namespace) {
    errors.push(invalid(path, shown, 'may not be specified when dataSourceRef.namespace is specified'))
  } else if (
    dataSource.apiGroup !== dataSourceRef.apiGroup ||
    dataSource.kind !== dataSourceRef.kind ||
    dataSource.name !== dataSourceRef.name
  ) {
    errors.push(invalid(path, shown, 'must match dataSourceRef'))
  }
  return errors
}

function validateDataSource(path: string, source: { apiGroup?: string; kind?: string; name?: string }): FieldError[] {
  const group = source.apiGroup ?? ''
  const errors: FieldError[] = []
  if (!source.name) errors.push(required(`${path}.name`))
  if (!source.kind) errors.push(required(`${path}.kind`))
  if (group === '' && source.kind !== 'PersistentVolumeClaim') {
    const why = "must be 'PersistentVolumeClaim' when referencing the default apiGroup"
    errors.push(invalid(path, source.kind ?? '', why))
  }
  if (group) errors.push(...invalidEach(`${path}.apiGroup`, group, isDns1123Subdomain(group)))
  return errors
}
