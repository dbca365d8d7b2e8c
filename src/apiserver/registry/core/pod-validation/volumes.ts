/**
 * Rules for pod volumes: one source each, in the order the API declares them.
 * Source: https://kubernetes.io/docs/concepts/storage/volumes/ and the recorded messages.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Label, isDns1123Subdomain } from '../../../../api/names.ts'
import { compareQuantities } from '../../../../api/quantity.ts'
import type { PersistentVolumeClaimTemplate, Volume } from '../../../../api/types/core/v1.ts'
import {
  duplicate,
  forbidden,
  invalid,
  invalidEach,
  messages,
  optionalOneOf,
  required,
} from '../../validation/field.ts'
import { localDescendingPath, localNonReservedPath, noBacksteps } from '../../validation/paths.ts'
import { validateTemplateMetadata } from '../../validation/template-metadata.ts'
import { validateClaimSpec } from './claim-spec.ts'
import { legacyVolumeRules, requireFields } from './legacy-volumes.ts'
import { validateDownwardFiles, validateProjected } from './projected-volumes.ts'

/** What the rules of one source look like; `path` ends at the source's own field. */
export type SourceRule = (
  path: string,
  source: Record<string, unknown>,
  volumeName: string,
  isPod?: boolean,
) => FieldError[]

const hostPathTypes = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]
/** How upstream writes some fields where they are one too many. */
const namesOfFurther: Readonly<Record<string, string>> = { cephfs: 'cephFS', downwardAPI: 'downwarAPI' }
const onlyOneType = 'may not specify more than 1 volume type'

type Items = readonly { key?: string; path?: string; mode?: number }[]

export function badMode(mode: unknown): boolean {
  return typeof mode === 'number' && (mode < 0 || mode > 0o777)
}

export function validateKeyToPath(path: string, item: Items[number]): FieldError[] {
  const errors = requireFields(path, item, ['key', 'path'])
  errors.push(...localNonReservedPath(`${path}.path`, item.path ?? ''))
  if (badMode(item.mode)) errors.push(invalid(`${path}.mode`, item.mode, messages.fileMode))
  return errors
}

function keyedSource(nameField: string): SourceRule {
  return (path, source) => {
    const errors = requireFields(path, source, [nameField])
    if (badMode(source.defaultMode)) errors.push(invalid(`${path}.defaultMode`, source.defaultMode, messages.fileMode))
    for (const [index, item] of ((source.items ?? []) as Items).entries()) {
      errors.push(...validateKeyToPath(`${path}.items[${index}]`, item))
    }
    return errors
  }
}

export const hostPathRule: SourceRule = (path, source) => {
  const target = (source.path ?? '') as string
  if (target === '') return [required(`${path}.path`)]
  return [
    ...noBacksteps(`${path}.path`, target),
    ...optionalOneOf(`${path}.type`, source.type as string | undefined, hostPathTypes),
  ]
}

const gitRepo: SourceRule = (path, source) => [
  ...requireFields(path, source, ['repository']),
  ...localDescendingPath(`${path}.directory`, (source.directory ?? '') as string),
]

const emptyDir: SourceRule = (path, source) =>
  source.sizeLimit !== undefined && compareQuantities(source.sizeLimit as string, '0') < 0
    ? [forbidden(`${path}.sizeLimit`, 'SizeLimit field must be a valid resource quantity')]
    : []

const csi: SourceRule = (path, source) => {
  const errors = validateCsiDriverName(`${path}.driver`, (source.driver ?? '') as string)
  const secret = source.nodePublishSecretRef as { name?: string } | undefined
  if (!secret) return errors
  if (!secret.name) return [...errors, required(`${path}.nodePublishSecretRef.name`)]
  return [...errors, ...invalidEach(`${path}.name`, secret.name, isDns1123Subdomain(secret.name))]
}

export function validateCsiDriverName(path: string, driver: string): FieldError[] {
  const errors: FieldError[] = []
  if (driver === '') return [required(path)]
  if (driver.length > 63) errors.push({ type: 'TooLong', path, detail: 'may not be more than 63 bytes' })
  return [
    ...errors,
    ...invalidEach(path, driver.toLowerCase(), isDns1123Subdomain(driver.toLowerCase())).map((error) => ({
      ...error,
      value: driver,
    })),
  ]
}

const ephemeral: SourceRule = (path, source) => {
  const template = source.volumeClaimTemplate as PersistentVolumeClaimTemplate | undefined
  if (!template) return [required(`${path}.volumeClaimTemplate`)]
  const at = `${path}.volumeClaimTemplate`
  return [
    ...validateTemplateMetadata(`${at}.metadata`, template.metadata),
    ...validateClaimSpec(`${at}.spec`, template.spec ?? {}),
  ]
}

/** Templates may leave the reference to whoever fills them in. */
const image: SourceRule = (path, source, _name, isPod) => [
  ...(isPod ? requireFields(path, source, ['reference']) : []),
  ...optionalOneOf(`${path}.pullPolicy`, (source.pullPolicy as string) || undefined, [
    'Always',
    'IfNotPresent',
    'Never',
  ]),
]

/** [field, path segment where it differs, rule] in the order upstream looks at them. */
const sourceRules: readonly (readonly [string, SourceRule, string?])[] = [
  ['emptyDir', emptyDir],
  ['hostPath', hostPathRule],
  ['gitRepo', gitRepo],
  ['gcePersistentDisk', legacyVolumeRules.gcePersistentDisk, 'persistentDisk'],
  ['awsElasticBlockStore', legacyVolumeRules.awsElasticBlockStore],
  ['secret', keyedSource('secretName')],
  ['nfs', legacyVolumeRules.nfs],
  ['iscsi', legacyVolumeRules.iscsi],
  ['glusterfs', legacyVolumeRules.glusterfs],
  ['flocker', legacyVolumeRules.flocker],
  ['persistentVolumeClaim', (path, source) => requireFields(path, source, ['claimName'])],
  ['rbd', legacyVolumeRules.rbd],
  ['cinder', legacyVolumeRules.cinder],
  ['cephfs', legacyVolumeRules.cephfs],
  ['quobyte', legacyVolumeRules.quobyte],
  ['downwardAPI', (path, source) => validateDownwardFiles(path, source)],
  ['fc', legacyVolumeRules.fc],
  ['flexVolume', legacyVolumeRules.flexVolume],
  ['configMap', keyedSource('name')],
  ['azureFile', legacyVolumeRules.azureFile],
  ['vsphereVolume', legacyVolumeRules.vsphereVolume],
  ['photonPersistentDisk', legacyVolumeRules.photonPersistentDisk],
  ['portworxVolume', legacyVolumeRules.portworxVolume],
  ['azureDisk', legacyVolumeRules.azureDisk],
  ['storageos', legacyVolumeRules.storageos],
  ['projected', (path, source) => validateProjected(path, source)],
  ['scaleIO', legacyVolumeRules.scaleIO],
  ['csi', csi],
  ['ephemeral', ephemeral],
  ['image', image],
]

/** `valid` holds the volumes that containers may mount: those without an error. */
export function validateVolumes(
  path: string,
  volumes: readonly Volume[],
  podName: string | undefined,
): { valid: Map<string, Volume>; errors: FieldError[] } {
  const errors: FieldError[] = []
  const valid = new Map<string, Volume>()
  const created = new Set(
    podName ? volumes.filter((volume) => volume.ephemeral).map(({ name }) => `${podName}-${name}`) : [],
  )
  for (const [index, volume] of volumes.entries()) {
    const at = `${path}[${index}]`
    const own = validateVolume(at, volume, podName)
    if (valid.has(volume.name)) own.push(duplicate(`${at}.name`, volume.name))
    if (own.length === 0) valid.set(volume.name, volume)
    errors.push(...own)
    const claim = volume.persistentVolumeClaim?.claimName ?? ''
    if (created.has(claim)) {
      const why = 'must not reference a PVC that gets created for an ephemeral volume'
      errors.push(invalid(`${at}.persistentVolumeClaim.claimName`, claim, why))
    }
  }
  return { valid, errors }
}

function validateVolume(path: string, volume: Volume, podName: string | undefined): FieldError[] {
  const name = volume.name ?? ''
  const errors: FieldError[] = []
  let found = 0
  for (const [field, rule, segment] of sourceRules) {
    const source = (volume as unknown as Record<string, Record<string, unknown> | undefined>)[field]
    if (!source) continue
    found += 1
    if (found > 1) errors.push(forbidden(`${path}.${namesOfFurther[field] ?? field}`, onlyOneType))
    else errors.push(...rule(`${path}.${segment ?? field}`, source, name, podName !== undefined))
  }
  if (found === 0) errors.push(required(path, 'must specify a volume type'))
  if (volume.ephemeral && podName && name) {
    const claim = `${podName}-${name}`
    for (const message of isDns1123Subdomain(claim)) {
      errors.push(invalid(`${path}.name`, name, `PVC name ${JSON.stringify(claim)}: ${message}`))
    }
  }
  return [
    ...errors,
    ...(name === '' ? [required(`${path}.name`)] : invalidEach(`${path}.name`, name, isDns1123Label(name))),
  ]
}
