/**
 * What every object's metadata must satisfy, and what the server fills in or keeps. Texts are upstream's
 * (apimachinery's `api/validation/objectmeta.go`, apiserver's `registry/rest`).
 */
import type { FieldError } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { isDns1123Label, isDns1123Subdomain, isPathSegmentName, isQualifiedName } from '../../api/names.ts'
import type { ObjectMeta, OwnerReference } from '../../api/types/meta/v1.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { nameSuffix, type Random } from '../../platform/random.ts'
import { forbidden, invalid, invalidEach, required } from './validation/field.ts'
import { validateAnnotations, validateLabels } from './validation/labels.ts'

export const orphanFinalizer = 'orphan'
export const foregroundFinalizer = 'foregroundDeletion'
export const standardFinalizers: ReadonlySet<string> = new Set(['kubernetes', orphanFinalizer, foregroundFinalizer])

/** A generated name is cut to this before its suffix. */
const generatedBaseLengthMax = 58

export interface NameRules {
  namespaced: boolean
  validateName?: ((name: string, prefix: boolean) => string[]) | undefined
  /** Finalizers may lack a domain. */
  anyFinalizers?: boolean | undefined
}

/** Clears what only the server sets, then sets it. In place. */
export function fillSystemFields(
  object: KubeObject,
  parts: { nowMs: number; random: Random; namespace: string },
): void {
  const { metadata } = object
  clearSystemFields(metadata)
  metadata.uid = parts.random.uuid()
  metadata.creationTimestamp = rfc3339(parts.nowMs)
  if (parts.namespace === '') delete metadata.namespace
  else metadata.namespace = parts.namespace
}

/** Removes what clients can't give. In place. */
export function clearSystemFields(metadata: ObjectMeta): void {
  delete metadata.creationTimestamp
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  delete metadata.selfLink
  delete metadata.uid
}

/** The name to create under: given, or made from generateName. */
export function chooseName(metadata: ObjectMeta, random: Random): string {
  if (metadata.name) return metadata.name
  if (!metadata.generateName) return ''
  return metadata.generateName.slice(0, generatedBaseLengthMax) + nameSuffix(random)
}

/** Whatever a kind takes as a name, it must be able to stand in a URL and a key of the store. */
function anyName(name: string, ownRule: (name: string, prefix: boolean) => string[]): string[] {
  const own = ownRule(name, false)
  return own.length > 0 ? own : isPathSegmentName(name)
}

export function validateMetadata(metadata: ObjectMeta, rules: NameRules): FieldError[] {
  const errors: FieldError[] = []
  const nameErrors = rules.validateName ?? defaultNameRule
  if (metadata.generateName) {
    errors.push(...invalidEach('metadata.generateName', metadata.generateName, nameErrors(metadata.generateName, true)))
  }
  if (!metadata.name) errors.push(required('metadata.name', 'name or generateName is required'))
  else errors.push(...invalidEach('metadata.name', metadata.name, anyName(metadata.name, nameErrors)))
  errors.push(...namespaceErrors(metadata, rules.namespaced))
  if ((metadata.generation ?? 0) < 0) {
    errors.push(invalid('metadata.generation', metadata.generation, 'must be greater than or equal to 0'))
  }
  errors.push(...commonErrors(metadata), ...finalizerErrors(metadata.finalizers ?? [], rules.anyFinalizers ?? false))
  return errors
}

/** Rules between an object's old and new metadata. */
export function validateMetadataUpdate(metadata: ObjectMeta, old: ObjectMeta): FieldError[] {
  const errors: FieldError[] = []
  if (old.deletionTimestamp) errors.push(...newFinalizerErrors(metadata.finalizers ?? [], old.finalizers ?? []))
  if (!metadata.resourceVersion) {
    errors.push(invalid('metadata.resourceVersion', metadata.resourceVersion ?? '', 'must be specified for an update'))
  }
  if ((metadata.generation ?? 0) < (old.generation ?? 0)) {
    errors.push(invalid('metadata.generation', metadata.generation ?? 0, 'must not be decremented'))
  }
  for (const field of immutableFields) {
    if ((metadata[field] ?? null) !== (old[field] ?? null)) {
      errors.push(invalid(`metadata.${field}`, metadata[field] ?? null, 'field is immutable'))
    }
  }
  errors.push(...commonErrors(metadata))
  return errors
}

/** Keeps in an update what a client may leave out or may not change. In place. */
export function keepSystemFields(metadata: ObjectMeta, old: ObjectMeta): void {
  delete metadata.selfLink
  keep(metadata, old, 'creationTimestamp')
  keep(metadata, old, 'generation')
  if (!metadata.uid) keep(metadata, old, 'uid')
  if (!metadata.name) keep(metadata, old, 'name')
  if (!metadata.namespace) keep(metadata, old, 'namespace')
  if (old.deletionTimestamp) keep(metadata, old, 'deletionTimestamp')
  if (old.deletionGracePeriodSeconds !== undefined && metadata.deletionGracePeriodSeconds === undefined) {
    keep(metadata, old, 'deletionGracePeriodSeconds')
  }
}

/** Several references to one owner become one. Returns the warning to give, if any. */
export function dedupOwnerReferences(metadata: ObjectMeta, step: 'sent' | 'admitted'): string | undefined {
  const references = metadata.ownerReferences
  if (!references || references.length < 2) return undefined
  const seen = new Set<string>()
  const uids = new Set<string>()
  const kept = references.filter((reference) => {
    const identity = JSON.stringify(Object.entries(reference).sort())
    if (seen.has(identity)) uids.add(reference.uid)
    return !seen.has(identity) && seen.add(identity)
  })
  if (kept.length === references.length) return undefined
  metadata.ownerReferences = kept
  const when = step === 'admitted' ? ' after mutating admission happens' : ''
  return `.metadata.ownerReferences contains duplicate entries${when}; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: ${[...uids].join(', ')}`
}

const immutableFields = [
  'name',
  'namespace',
  'uid',
  'creationTimestamp',
  'deletionTimestamp',
  'deletionGracePeriodSeconds',
] as const

function keep<K extends keyof ObjectMeta>(metadata: ObjectMeta, old: ObjectMeta, field: K): void {
  if (old[field] === undefined) delete metadata[field]
  else metadata[field] = old[field]
}

function defaultNameRule(name: string, prefix: boolean): string[] {
  return isDns1123Subdomain(prefix ? maskTrailingDash(name) : name)
}

/** A generateName may end in a dash, which a name may not. */
export function maskTrailingDash(name: string): string {
  return name.length > 1 && name.endsWith('-') ? `${name.slice(0, -2)}a` : name
}

function namespaceErrors(metadata: ObjectMeta, namespaced: boolean): FieldError[] {
  const path = 'metadata.namespace'
  if (!namespaced) return metadata.namespace ? [forbidden(path, 'not allowed on this type')] : []
  if (!metadata.namespace) return [required(path)]
  return invalidEach(path, metadata.namespace, isDns1123Label(metadata.namespace))
}

function commonErrors(metadata: ObjectMeta): FieldError[] {
  return [
    ...validateLabels('metadata.labels', metadata.labels),
    ...validateAnnotations('metadata.annotations', metadata.annotations),
    ...ownerErrors(metadata.ownerReferences ?? []),
  ]
}

function ownerErrors(references: readonly OwnerReference[]): FieldError[] {
  const path = 'metadata.ownerReferences'
  const errors = references.flatMap((reference) => ownerReferenceErrors(path, reference))
  const controllers = references.filter(({ controller }) => controller === true)
  for (const extra of controllers.slice(1)) {
    const [first] = controllers
    const detail = `Only one reference can have Controller set to true. Found "true" in references for ${first?.kind}/${first?.name} and ${extra.kind}/${extra.name}`
    errors.push(invalid(path, references, detail))
  }
  return errors
}

function ownerReferenceErrors(path: string, reference: OwnerReference): FieldError[] {
  const errors: FieldError[] = []
  const parts = (reference.apiVersion ?? '').split('/')
  if (parts.length > 2 || parts.at(-1) === '')
    errors.push(invalid(`${path}.apiVersion`, reference.apiVersion ?? '', 'version must not be empty'))
  for (const field of ['kind', 'name', 'uid'] as const) {
    if (!reference[field]) errors.push(invalid(`${path}.${field}`, reference[field] ?? '', 'must not be empty'))
  }
  if (reference.apiVersion === 'v1' && reference.kind === 'Event') {
    errors.push(invalid(path, reference, '/v1, Kind=Event is disallowed from being an owner'))
  }
  return errors
}

function finalizerErrors(finalizers: readonly string[], anyFinalizers: boolean): FieldError[] {
  const path = 'metadata.finalizers'
  const errors = finalizers.flatMap((finalizer) => invalidEach(path, finalizer, isQualifiedName(finalizer)))
  if (finalizers.includes(orphanFinalizer) && finalizers.includes(foregroundFinalizer)) {
    const detail = `finalizer ${orphanFinalizer} and ${foregroundFinalizer} cannot be both set`
    errors.push(invalid(path, finalizers, detail))
  }
  return anyFinalizers ? errors : [...errors, ...unqualifiedFinalizers({ finalizers })]
}

/** Upstream's own groups know their finalizers without a domain. */
export function unqualifiedFinalizers({ finalizers = [] }: { finalizers?: readonly string[] }): FieldError[] {
  const detail = 'name is neither a standard finalizer name nor is it fully qualified'
  return finalizers.flatMap((finalizer, index) =>
    finalizer.includes('/') || standardFinalizers.has(finalizer)
      ? []
      : [invalid(`metadata.finalizers[${index}]`, finalizer, detail)],
  )
}

function newFinalizerErrors(finalizers: readonly string[], old: readonly string[]): FieldError[] {
  const added = finalizers.filter((finalizer) => !old.includes(finalizer)).sort()
  if (added.length === 0) return []
  const list = added.map((finalizer) => JSON.stringify(finalizer)).join(', ')
  const detail = `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`
  return [forbidden('metadata.finalizers', detail)]
}
