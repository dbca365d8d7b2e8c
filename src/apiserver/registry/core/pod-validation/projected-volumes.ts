/**
 * Rules for projected and downward API volumes and for references to a pod's own fields.
 * Source: https://kubernetes.io/docs/concepts/storage/projected-volumes/, https://kubernetes.io/docs/concepts/workloads/pods/downward-api/.
 */

import type { FieldError } from '../../../../api/errors.ts'
import { isDns1123Subdomain, isQualifiedName } from '../../../../api/names.ts'
import { compareQuantities, milliValue } from '../../../../api/quantity.ts'
import type {
  DownwardAPIVolumeFile,
  ObjectFieldSelector,
  ProjectedVolumeSource,
  ResourceFieldSelector,
  VolumeProjection,
} from '../../../../api/types/core/v1.ts'
import { forbidden, invalid, invalidEach, messages, notSupported, required } from '../../validation/field.ts'
import { validateLabelSelector } from '../../validation/labels.ts'
import { localNonReservedPath } from '../../validation/paths.ts'
import { badMode, validateKeyToPath } from './volumes.ts'

const volumeFieldPaths = [
  'metadata.annotations',
  'metadata.labels',
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
]
const resourcePaths = [
  'limits.cpu',
  'limits.ephemeral-storage',
  'limits.memory',
  'requests.cpu',
  'requests.ephemeral-storage',
  'requests.memory',
]
const byteDivisors = ['1', '1k', '1M', '1G', '1T', '1P', '1E', '1Ki', '1Mi', '1Gi', '1Ti', '1Pi', '1Ei']
/** Field paths that exist at all; each use allows a part of them. */
const knownFieldPaths = new Set([
  ...volumeFieldPaths,
  'spec.nodeName',
  'spec.restartPolicy',
  'spec.serviceAccountName',
  'spec.schedulerName',
  'status.phase',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
  'status.nominatedNodeName',
])

export function validateFieldSelector(
  path: string,
  selector: ObjectFieldSelector,
  allowed: readonly string[],
): FieldError[] {
  const { apiVersion = '', fieldPath = '' } = selector
  if (apiVersion === '') return [required(`${path}.apiVersion`)]
  if (fieldPath === '') return [required(`${path}.fieldPath`)]
  const subscripted = /^(.*)\['(.*)'\]$/.exec(fieldPath)
  const base = subscripted?.[1] ?? fieldPath
  if (apiVersion !== 'v1') {
    const why = `error converting fieldPath: unsupported pod version: ${apiVersion}`
    return [invalid(`${path}.fieldPath`, fieldPath, why)]
  }
  if (!knownFieldPaths.has(base) || (subscripted && !base.startsWith('metadata.'))) {
    return [
      invalid(`${path}.fieldPath`, fieldPath, `error converting fieldPath: field label not supported: ${fieldPath}`),
    ]
  }
  if (!subscripted) {
    return allowed.includes(base) ? [] : [notSupported(`${path}.fieldPath`, base, allowed)]
  }
  const key = subscripted[2] ?? ''
  if (base === 'metadata.annotations') return invalidEach(path, key.toLowerCase(), isQualifiedName(key.toLowerCase()))
  if (base === 'metadata.labels') return invalidEach(path, key, isQualifiedName(key))
  return [invalid(path, base, 'does not support subscript')]
}

export function validateResourceSelector(
  path: string,
  selector: ResourceFieldSelector,
  inVolume: boolean,
): FieldError[] {
  const { containerName = '', resource = '', divisor } = selector
  const errors: FieldError[] = []
  if (inVolume && containerName === '') errors.push(required(`${path}.containerName`))
  else if (resource === '') errors.push(required(`${path}.resource`))
  else if (!resourcePaths.includes(resource) && !/^(requests|limits)\.hugepages-/.test(resource)) {
    errors.push(notSupported(`${path}.resource`, resource, resourcePaths))
  }
  return [...errors, ...validateDivisor(`${path}.divisor`, resource, divisor)]
}

function validateDivisor(path: string, resource: string, divisor: string | undefined): FieldError[] {
  if (!divisor || compareQuantities(divisor, '0') === 0) return []
  const name = resource.replace(/^(limits|requests)\./, '')
  if (name === 'cpu') {
    const fits = milliValue(divisor) === 1 || milliValue(divisor) === 1000
    return fits ? [] : [invalid(path, resource, "only divisor's values 1m and 1 are supported with the cpu resource")]
  }
  const kind = name.startsWith('hugepages-')
    ? 'hugepages'
    : name === 'ephemeral-storage'
      ? 'local ephemeral storage'
      : name
  if (kind !== 'memory' && kind === name && kind !== 'hugepages') return []
  if (byteDivisors.some((allowed) => compareQuantities(allowed, divisor) === 0)) return []
  const why = `only divisor's values ${byteDivisors.join(', ')} are supported with the ${kind} resource`
  return [invalid(path, resource, why)]
}

export function validateDownwardFiles(path: string, source: object): FieldError[] {
  const { defaultMode, items = [] } = source as { defaultMode?: number; items?: DownwardAPIVolumeFile[] }
  const errors = badMode(defaultMode) ? [invalid(`${path}.defaultMode`, defaultMode, messages.fileMode)] : []
  return [...errors, ...items.flatMap((file) => validateDownwardFile(path, file))]
}

/** Upstream reports these at the list's parent, without an index. */
function validateDownwardFile(path: string, file: DownwardAPIVolumeFile): FieldError[] {
  const target = file.path ?? ''
  const errors = target === '' ? [required(`${path}.path`)] : []
  errors.push(...localNonReservedPath(`${path}.path`, target))
  if (file.fieldRef) {
    errors.push(...validateFieldSelector(`${path}.fieldRef`, file.fieldRef, volumeFieldPaths))
    if (file.resourceFieldRef) {
      errors.push(invalid(path, 'resource', 'fieldRef and resourceFieldRef can not be specified simultaneously'))
    }
  } else if (file.resourceFieldRef) {
    errors.push(...validateResourceSelector(`${path}.resourceFieldRef`, file.resourceFieldRef, true))
  } else errors.push(required(path, 'one of fieldRef and resourceFieldRef is required'))
  if (badMode(file.mode)) errors.push(invalid(`${path}.mode`, file.mode, messages.fileMode))
  return errors
}

export function validateProjected(path: string, volume: object): FieldError[] {
  const { defaultMode, sources } = volume as ProjectedVolumeSource
  const errors = badMode(defaultMode) ? [invalid(`${path}.defaultMode`, defaultMode, messages.fileMode)] : []
  const taken = new Set<string>()
  for (const [index, source] of (sources ?? []).entries()) {
    errors.push(...validateProjection(path, `${path}.sources[${index}]`, source, taken))
  }
  return errors
}

function validateProjection(path: string, at: string, source: VolumeProjection, taken: Set<string>): FieldError[] {
  const errors: FieldError[] = []
  for (const field of ['secret', 'configMap'] as const) {
    const keyed = source[field]
    if (!keyed) continue
    if (!keyed.name) errors.push(required(`${at}.${field}.name`))
    for (const [index, item] of (keyed.items ?? []).entries()) {
      errors.push(...validateKeyToPath(`${at}.${field}.items[${index}]`, item))
      errors.push(...claimPath(path, item.path, keyed.name ?? '', taken))
    }
  }
  for (const file of source.downwardAPI?.items ?? []) {
    errors.push(...validateDownwardFile(`${at}.downwardAPI`, file), ...claimPath(path, file.path, file.path, taken))
  }
  if (source.serviceAccountToken)
    errors.push(...validateToken(path, `${at}.serviceAccountToken`, source.serviceAccountToken))
  if (source.clusterTrustBundle) {
    errors.push(...validateTrustBundle(`${at}.clusterTrustBundle`, source.clusterTrustBundle))
    errors.push(...claimPath(path, source.clusterTrustBundle.path, source.clusterTrustBundle.path, taken))
  }
  const kinds = [
    'secret',
    'configMap',
    'downwardAPI',
    'serviceAccountToken',
    'clusterTrustBundle',
    'podCertificate',
  ] as const
  if (kinds.filter((kind) => (source as Record<string, unknown>)[kind]).length > 1) {
    errors.push(forbidden(at, 'may not specify more than 1 volume type per source'))
  }
  return errors
}

function claimPath(
  path: string,
  target: string | undefined,
  shown: string | undefined,
  taken: Set<string>,
): FieldError[] {
  if (!target) return []
  if (taken.has(target)) return [invalid(path, shown, 'conflicting duplicate paths')]
  taken.add(target)
  return []
}

function validateToken(path: string, at: string, token: { expirationSeconds?: number; path?: string }): FieldError[] {
  const seconds = token.expirationSeconds ?? 0
  const errors: FieldError[] = []
  if (seconds < 600) {
    errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes'))
  }
  if (seconds > 2 ** 32) {
    errors.push(invalid(`${at}.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds'))
  }
  return [...errors, ...(token.path ? localNonReservedPath(`${path}.path`, token.path) : [required(`${path}.path`)])]
}

function validateTrustBundle(path: string, bundle: NonNullable<VolumeProjection['clusterTrustBundle']>): FieldError[] {
  const errors: FieldError[] = []
  const { name, signerName, labelSelector } = bundle
  if (name !== undefined && signerName !== undefined) {
    errors.push(invalid(path, bundle, 'only one of name and signerName may be used'))
  } else if (name !== undefined) {
    if (name === '') errors.push(required(`${path}.name`, 'must be a valid object name'))
    const wrong = isDns1123Subdomain(name.slice(name.lastIndexOf(':') + 1))
    errors.push(
      ...invalidEach(
        `${path}.name`,
        name,
        wrong.map((message) => `not a valid clustertrustbundlename: ${message}`),
      ),
    )
    if (labelSelector)
      errors.push(invalid(`${path}.labelSelector`, labelSelector, 'labelSelector must be unset if name is specified'))
  } else if (signerName !== undefined) {
    if (signerName === '') errors.push(required(`${path}.signerName`, 'must be a valid signer name'))
    errors.push(...validateLabelSelector(`${path}.labelSelector`, labelSelector))
  } else errors.push(required(path, 'either name or signerName must be specified'))
  if (!bundle.path) errors.push(required(`${path}.path`))
  return [...errors, ...localNonReservedPath(`${path}.path`, bundle.path ?? '')]
}
