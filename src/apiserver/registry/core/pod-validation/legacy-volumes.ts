/**
 * Rules for the volume sources of single storage systems: mostly which fields must be there. Their in-tree drivers are
 * gone upstream, the fields and their checks stay. Source: core/v1 and the recorded messages.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Label } from '../../../../api/names.ts'
import { inclusiveRange, invalid, invalidEach, notSupported, optionalOneOf, required } from '../../validation/field.ts'
import type { SourceRule } from './volumes.ts'

type Fields = Record<string, unknown>
type SecretRef = { name?: string; namespace?: string } | undefined

/** A Required for each named field that is absent, empty or an empty list. */
export function requireFields(path: string, source: object, fields: readonly string[]): FieldError[] {
  return fields.filter((field) => isUnset((source as Fields)[field])).map((field) => required(`${path}.${field}`))
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)
}

function needs(...fields: string[]): SourceRule {
  return (path, source) => requireFields(path, source, fields)
}

function partitioned(idField: string): SourceRule {
  return (path, source) => {
    const partition = (source.partition ?? 0) as number
    const errors = requireFields(path, source, [idField])
    if (partition < 0 || partition > 255) errors.push(invalid(`${path}.partition`, partition, inclusiveRange(1, 255)))
    return errors
  }
}

/** A secret reference, when there is one, names a secret (and for volumes outside a namespace the namespace too). */
export function secretNamed(path: string, source: Fields, fields: readonly ('name' | 'namespace')[]): FieldError[] {
  const secret = source.secretRef as SecretRef
  return secret ? requireFields(`${path}.secretRef`, secret, fields) : []
}

const nfs: SourceRule = (path, source) => {
  const target = (source.path ?? '') as string
  const errors = requireFields(path, source, ['server', 'path'])
  if (!target.startsWith('/')) errors.push(invalid(`${path}.path`, target, 'must be an absolute path'))
  return errors
}

const iscsiFormats: Record<string, RegExp> = {
  iqn: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/,
  eui: /^eui.[A-Za-z0-9]{16}$/,
  naa: /^naa.[A-Za-z0-9]{32}$/,
}

export function validateInitiator(path: string, name: string): FieldError[] {
  const format = iscsiFormats[name.slice(0, 3)]
  if (!format) return [invalid(path, name, 'must be valid format starting with iqn, eui, or naa')]
  return format.test(name) ? [] : [invalid(path, name, 'must be valid format')]
}

const iscsi: SourceRule = (path, source, volumeName) => {
  const errors = requireFields(path, source, ['targetPortal', 'iqn'])
  const lun = (source.lun ?? 0) as number
  if (source.iqn) errors.push(...validateInitiator(`${path}.iqn`, source.iqn as string))
  if (lun < 0 || lun > 255) errors.push(invalid(`${path}.lun`, lun, inclusiveRange(0, 255)))
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef)
    errors.push(required(`${path}.secretRef`))
  if (source.initiatorName === undefined) return errors
  errors.push(...validateInitiator(`${path}.initiatorname`, source.initiatorName as string))
  if (`${volumeName}:${source.targetPortal ?? ''}`.length > 64) {
    const why =
      'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'
    errors.push(invalid(`${path.slice(0, path.lastIndexOf('.'))}.name`, volumeName, why))
  }
  return errors
}

const flocker: SourceRule = (path, source) => {
  const name = (source.datasetName ?? '') as string
  const errors: FieldError[] = []
  if (!name && !source.datasetUUID) errors.push(required(path, 'one of datasetName and datasetUUID is required'))
  if (name && source.datasetUUID) {
    errors.push(invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously'))
  }
  if (name.includes('/')) errors.push(invalid(`${path}.datasetName`, name, "must not contain '/'"))
  return errors
}

const quobyte: SourceRule = (path, source) => {
  const pairs = 'must be a host:port pair or multiple pairs separated by commas'
  const registry = (source.registry ?? '') as string
  const errors: FieldError[] = []
  if (registry === '') errors.push(required(`${path}.registry`, pairs))
  else if (((source.tenant ?? '') as string).length >= 65) {
    errors.push(required(`${path}.tenant`, 'must be a UUID and may not exceed a length of 64 characters'))
  } else if (!registry.split(',').every((pair) => /^[^:]+:[^:]*$/.test(pair))) {
    errors.push(invalid(`${path}.registry`, registry, pairs))
  }
  return [...errors, ...requireFields(path, source, ['volume'])]
}

const fc: SourceRule = (path, source) => {
  const targets = (source.targetWWNs ?? []) as string[]
  const wwids = (source.wwids ?? []) as string[]
  const lun = source.lun as number | undefined
  const errors: FieldError[] = []
  if (targets.length === 0 && wwids.length === 0) {
    errors.push(required(`${path}.targetWWNs`, 'must specify either targetWWNs or wwids, but not both'))
  }
  if (targets.length > 0 && wwids.length > 0) {
    errors.push(invalid(`${path}.targetWWNs`, targets, 'targetWWNs and wwids can not be specified simultaneously'))
  }
  if (targets.length > 0 && lun === undefined) {
    errors.push(required(`${path}.lun`, 'lun is required if targetWWNs is specified'))
  } else if (targets.length > 0 && lun !== undefined && (lun < 0 || lun > 255)) {
    errors.push(invalid(`${path}.lun`, lun, inclusiveRange(0, 255)))
  }
  return errors
}

const flexVolume: SourceRule = (path, source) => {
  const errors = requireFields(path, source, ['driver'])
  for (const key of Object.keys((source.options ?? {}) as object)) {
    const domain = `.${(key.split('/')[0] ?? '').toLowerCase()}`
    if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')) {
      errors.push(invalid(`${path}.options[${key}]`, key, 'kubernetes.io and k8s.io namespaces are reserved'))
    }
  }
  return errors
}

const azureDisk: SourceRule = (path, source) => {
  const kind = source.kind as string | undefined
  const uri = (source.diskURI ?? '') as string
  const managed = '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
  const blob = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'
  const errors = requireFields(path, source, ['diskName', 'diskURI'])
  errors.push(...optionalOneOf(`${path}.cachingMode`, source.cachingMode as string, ['None', 'ReadOnly', 'ReadWrite']))
  errors.push(...optionalOneOf(`${path}.kind`, kind, ['Dedicated', 'Managed', 'Shared']))
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/'))
    errors.push(notSupported(`${path}.diskURI`, uri, [managed]))
  if (kind !== undefined && kind !== 'Managed' && !uri.startsWith('https://')) {
    errors.push(notSupported(`${path}.diskURI`, uri, [blob]))
  }
  return errors
}

export function validateStorageOs(path: string, source: Fields): FieldError[] {
  const name = (source.volumeName ?? '') as string
  const namespace = (source.volumeNamespace ?? '') as string
  const errors =
    name === '' ? [required(`${path}.volumeName`)] : invalidEach(`${path}.volumeName`, name, isDns1123Label(name))
  if (namespace) errors.push(...invalidEach(`${path}.volumeNamespace`, namespace, isDns1123Label(namespace)))
  return errors
}

export const legacyVolumeRules = {
  gcePersistentDisk: partitioned('pdName'),
  awsElasticBlockStore: partitioned('volumeID'),
  nfs,
  iscsi,
  glusterfs: needs('endpoints', 'path'),
  flocker,
  rbd: needs('monitors', 'image'),
  cinder: (path, source) => [...requireFields(path, source, ['volumeID']), ...secretNamed(path, source, ['name'])],
  cephfs: needs('monitors'),
  quobyte,
  fc,
  flexVolume,
  azureFile: needs('secretName', 'shareName'),
  vsphereVolume: needs('volumePath'),
  photonPersistentDisk: needs('pdID'),
  portworxVolume: needs('volumeID'),
  azureDisk,
  storageos: (path, source) => [...validateStorageOs(path, source), ...secretNamed(path, source, ['name'])],
  scaleIO: needs('gateway', 'system', 'volumeName'),
} satisfies Record<string, SourceRule>
