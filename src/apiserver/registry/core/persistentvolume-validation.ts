/** The rules of a volume's spec. Source: core/v1 PersistentVolumeSpec and the recorded messages. */
import type { FieldError } from '../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../api/names.ts'
import type { CSIPersistentVolumeSource, PersistentVolumeSpec } from '../../../api/types/core/v1.ts'
import { forbidden, invalidEach, notSupported, optionalOneOf, required } from '../validation/field.ts'
import { noBacksteps } from '../validation/paths.ts'
import { positiveQuantity, validateResourceAmount } from '../validation/resources.ts'
import { validateNodeSelector } from './pod-validation/affinity.ts'
import { validateAccessModes, volumeModes } from './pod-validation/claim-spec.ts'
import { legacyVolumeRules, requireFields, secretNamed, validateStorageOs } from './pod-validation/legacy-volumes.ts'
import { hostPathRule, type SourceRule, validateCsiDriverName } from './pod-validation/volumes.ts'

const onlyOneType = 'may not specify more than 1 volume type'
const reclaimPolicies = ['Delete', 'Recycle', 'Retain']
const secretRefs = [
  'controllerPublishSecretRef',
  'nodeStageSecretRef',
  'nodePublishSecretRef',
  'controllerExpandSecretRef',
  'nodeExpandSecretRef',
] as const

const csi: SourceRule = (path, source) => {
  const volume = source as unknown as CSIPersistentVolumeSource
  const errors = validateCsiDriverName(`${path}.driver`, volume.driver ?? '')
  if (!volume.volumeHandle) errors.push(required(`${path}.volumeHandle`))
  for (const field of secretRefs) {
    const secret = volume[field]
    if (secret) errors.push(...validateSecretRef(`${path}.${field}`, secret))
  }
  return errors
}

function validateSecretRef(
  path: string,
  { name = '', namespace = '' }: { name?: string; namespace?: string },
): FieldError[] {
  const errors = name === '' ? [required(`${path}.name`)] : invalidEach(`${path}.name`, name, isDns1123Subdomain(name))
  if (namespace === '') return [...errors, required(`${path}.namespace`)]
  return [...errors, ...invalidEach(`${path}.namespace`, namespace, isDns1123Label(namespace))]
}

const local: SourceRule = (path, source) => {
  const target = (source.path ?? '') as string
  return target === '' ? [required(`${path}.path`)] : noBacksteps(`${path}.path`, target)
}

const rules: readonly (readonly [field: string, rule: SourceRule, segment?: string])[] = [
  ['hostPath', hostPathRule],
  ['gcePersistentDisk', legacyVolumeRules.gcePersistentDisk, 'persistentDisk'],
  ['awsElasticBlockStore', legacyVolumeRules.awsElasticBlockStore],
  ['glusterfs', legacyVolumeRules.glusterfs],
  ['flocker', legacyVolumeRules.flocker],
  ['nfs', legacyVolumeRules.nfs],
  ['rbd', legacyVolumeRules.rbd],
  ['quobyte', legacyVolumeRules.quobyte],
  ['cephfs', legacyVolumeRules.cephfs],
  ['iscsi', legacyVolumeRules.iscsi],
  [
    'cinder',
    (path, source) => [
      ...requireFields(path, source, ['volumeID']),
      ...secretNamed(path, source, ['name', 'namespace']),
    ],
  ],
  ['fc', legacyVolumeRules.fc],
  ['flexVolume', legacyVolumeRules.flexVolume],
  ['azureFile', legacyVolumeRules.azureFile],
  ['vsphereVolume', legacyVolumeRules.vsphereVolume],
  ['photonPersistentDisk', legacyVolumeRules.photonPersistentDisk],
  ['portworxVolume', legacyVolumeRules.portworxVolume],
  ['azureDisk', legacyVolumeRules.azureDisk],
  ['scaleIO', legacyVolumeRules.scaleIO],
  ['local', local],
  [
    'storageos',
    (path, source) => [...validateStorageOs(path, source), ...secretNamed(path, source, ['name', 'namespace'])],
  ],
  ['csi', csi],
]

export function persistentSourceOf(spec: PersistentVolumeSpec): Record<string, unknown> {
  const all = spec as unknown as Record<string, unknown>
  return Object.fromEntries(rules.filter(([field]) => all[field] !== undefined).map(([field]) => [field, all[field]]))
}

/** `inline` is the spec inside a VolumeAttachment: less is allowed, less is needed. */
export function validateVolumeSpec(
  path: string,
  spec: PersistentVolumeSpec,
  name: string,
  inline = false,
): FieldError[] {
  const errors: FieldError[] = []
  if (inline && spec.claimRef)
    errors.push(forbidden(`${path}.claimRef`, 'may not be specified in the context of inline volumes'))
  if ((spec.accessModes ?? []).length === 0) errors.push(required(`${path}.accessModes`))
  errors.push(...validateAccessModes(`${path}.accessModes`, spec.accessModes ?? []))
  if (!inline) errors.push(...validateCapacity(`${path}.capacity`, spec.capacity))
  else if (spec.capacity)
    errors.push(forbidden(`${path}.capacity`, 'may not be specified in the context of inline volumes'))
  errors.push(...validateReclaimPolicy(path, spec, inline), ...validateNodeAffinity(path, spec))
  errors.push(...validateSources(path, spec, name))
  if (spec.hostPath && /^\/+$/.test(spec.hostPath.path ?? '') && spec.persistentVolumeReclaimPolicy === 'Recycle') {
    const why = "may not be 'recycle' for a hostPath mount of '/'"
    errors.push(forbidden(`${path}.persistentVolumeReclaimPolicy`, why))
  }
  return [...errors, ...validateClass(path, spec, inline)]
}

function validateCapacity(path: string, capacity: Record<string, string> | undefined): FieldError[] {
  const errors = Object.keys(capacity ?? {}).length === 0 ? [required(path)] : []
  const storage = capacity?.storage
  if (storage === undefined || Object.keys(capacity ?? {}).length > 1) {
    errors.push(notSupported(path, capacity ?? null, ['storage']))
  }
  for (const [name, quantity] of Object.entries(capacity ?? {})) {
    errors.push(
      ...validateResourceAmount(`${path}[${name}]`, name, quantity),
      ...positiveQuantity(`${path}[${name}]`, quantity),
    )
  }
  return errors
}

function validateReclaimPolicy(path: string, spec: PersistentVolumeSpec, inline: boolean): FieldError[] {
  const policy = spec.persistentVolumeReclaimPolicy
  const at = `${path}.persistentVolumeReclaimPolicy`
  if (!policy) return []
  if (inline && policy !== 'Retain') return [forbidden(at, 'may only be Retain in the context of inline volumes')]
  return optionalOneOf(at, policy, reclaimPolicies)
}

function validateNodeAffinity(path: string, spec: PersistentVolumeSpec): FieldError[] {
  const affinity = spec.nodeAffinity
  const errors: FieldError[] = []
  if (affinity?.required) errors.push(...validateNodeSelector(`${path}.nodeAffinity.required`, affinity.required))
  else if (affinity) errors.push(required(`${path}.nodeAffinity.required`, 'must specify required node constraints'))
  else if (spec.local) errors.push(required(`${path}.nodeAffinity`, 'Local volume requires node affinity'))
  return errors
}

function validateSources(path: string, spec: PersistentVolumeSpec, name: string): FieldError[] {
  const errors: FieldError[] = []
  let found = 0
  for (const [field, rule, segment] of rules) {
    const source = (spec as unknown as Record<string, Record<string, unknown> | undefined>)[field]
    if (!source) continue
    found += 1
    // Flex volumes are let stand beside others.
    if (found > 1 && field !== 'flexVolume')
      errors.push(forbidden(`${path}.${field === 'cephfs' ? 'cephFS' : field}`, onlyOneType))
    else errors.push(...rule(`${path}.${segment ?? field}`, source, name))
  }
  return found === 0 ? [...errors, required(path, 'must specify a volume type')] : errors
}

function validateClass(path: string, spec: PersistentVolumeSpec, inline: boolean): FieldError[] {
  const { storageClassName = '', volumeMode, volumeAttributesClassName: attributes } = spec
  const errors: FieldError[] = []
  if (storageClassName && inline) {
    errors.push(forbidden(`${path}.storageClassName`, 'may not be specified in the context of inline volumes'))
  } else if (storageClassName) {
    errors.push(...invalidEach(`${path}.storageClassName`, storageClassName, isDns1123Subdomain(storageClassName)))
  }
  if (!inline) errors.push(...optionalOneOf(`${path}.volumeMode`, volumeMode, volumeModes))
  else if (volumeMode !== undefined && volumeMode !== 'Filesystem') {
    const why = 'may not specify volumeMode other than Filesystem in the context of inline volumes'
    errors.push(forbidden(`${path}.volumeMode`, why))
  }
  if (attributes === undefined) return errors
  if (attributes === '') errors.push(required(`${path}.volumeAttributesClassName`, 'an empty string is disallowed'))
  else errors.push(...invalidEach(`${path}.volumeAttributesClassName`, attributes, isDns1123Subdomain(attributes)))
  if (spec.csi) return errors
  return [...errors, required(`${path}.csi`, 'has to be specified when using volumeAttributesClassName')]
}
