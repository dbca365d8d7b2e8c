/**
 * Server-side apply (KEP-555): merges a configuration into the live object, removes what its manager gave up, and refuses
 * to change what others own. https://kubernetes.io/docs/reference/using-api/server-side-apply/
 */
import { badRequest } from '../errors.ts'
import { plainFailure } from '../patch/failures.ts'
import { assertDepth, isObject, type JsonObject, jsonEqual } from '../patch/json-value.ts'
import { conflictError } from './conflict.ts'
import { type ApplyContext, managerOf, phaseOf } from './context.ts'
import type { FieldSet } from './field-set.ts'
import { fieldsLastApplied, withLastApplied } from './last-applied.ts'
import { decodeOwners, encodeOwners, entriesOf, identityOf, type Owners, withEntries } from './managed-fields.ts'
import { mergeTyped } from './merge.ts'
import { type Conflicts, ownersAfterUpdate, release } from './ownership.ts'
import { prune } from './prune.ts'
import { withoutNulls } from './remove.ts'
import { untrackedFields } from './reset-fields.ts'
import { ElementError, fieldSetOf } from './typed-value.ts'
import { keepUnchangedTimes } from './update.ts'
import { joinErrors, validateTyped } from './validate.ts'

export interface ApplyRequest<T> extends ApplyContext {
  /** The stored object; undefined when the apply creates it. */
  live: T | undefined
  /** The applied configuration, parsed from YAML or JSON. */
  patch: unknown
  /** The `fieldManager` of the request; the caller has checked that it is there. */
  manager: string
  /** Takes fields over from others instead of failing. */
  force: boolean
}

/**
 * The merged object with its managed fields, not yet defaulted; shares unchanged parts with `live`, which is not changed.
 * Throws 400 for another kind or version or managed fields in the configuration, 409 with a cause for each conflict, 500 (as
 * upstream) when the configuration does not fit the schema.
 */
export function applyPatch<T extends object>(request: ApplyRequest<T>): T {
  const phase = phaseOf(request)
  const owners = new Map(phase(() => ownersBefore(request)))
  const config = phase(() => checkedConfig(request))
  const live = withEntries((request.live ?? {}) as JsonObject, [])
  try {
    const applied = apply(request, owners, live, config)
    const merged = phase(() => withEntries(applied.object, encodeOwners(applied.owners)))
    return phase(() => (request.live ? keepUnchangedTimes(request.live as JsonObject, merged) : merged)) as T
  } catch (error) {
    if (error instanceof ElementError) throw untypable('failed to create typed live object', request, live, error)
    throw error
  }
}

/** The configuration is typed by now, so what cannot be is the stored object. */
function untypable(failed: string, { type }: ApplyContext, object: JsonObject, error: ElementError): Error {
  const { metadata } = object
  const { namespace = '', name = '' } = isObject(metadata) ? metadata : {}
  const why = validateTyped(type, object).filter((text) => text.endsWith(error.message))
  const named = `${namespace}/${name}; ${goKind(object)}`
  const text = joinErrors(why.length > 0 ? why : [error.message])
  return plainFailure(`${failed.replace('object', `object (${named})`)}: ${text}`)
}

interface Applied {
  object: JsonObject
  owners: Owners
}

function apply(request: ApplyRequest<object>, owners: Owners, live: JsonObject, config: JsonObject): Applied {
  const phase = phaseOf(request)
  const self = managerOf(request, request.manager, 'Apply')
  const identity = identityOf(self)
  const merged = phase(() => mergeTyped(request.type, live, config)) as JsonObject
  const previous = owners.get(identity)
  owners.set(identity, { ...self, set: phase(() => appliedSet(request, config)), time: previous?.time })
  const next = prune({ context: request, merged, owners, previous })
  const { owners: left, conflicts } = release(owners, { context: request, live, next }, identity)
  const refused = request.force ? new Map() : refusedConflicts(request, live, conflicts)
  if (refused.size > 0) throw conflictError(refused, owners)
  const mine = left.get(identity)
  // Who only comes to share what is there already has no time.
  const time = phase(() => jsonEqual(live, next)) ? previous?.time : request.now
  if (mine) left.set(identity, { ...mine, time, set: mine.set.difference(untrackedFields) })
  const object = phase(() => withoutNulls(request.type, next)) as JsonObject
  return { owners: left, object: request.manager === 'kubectl' ? withLastApplied(object, config) : object }
}

function appliedSet(request: ApplyContext, config: JsonObject): FieldSet {
  const set = fieldSetOf(request.type, config)
  return request.ignored ? set.recursiveDifference(request.ignored) : set
}

/** An object that nobody tracked so far: all its fields go to "before-first-apply", so that a conflict shows them. */
function ownersBefore(request: ApplyRequest<object>): Owners {
  const owners = decode(request.live)
  if (owners.size > 0 || !request.live) return owners
  const live = withEntries(request.live as JsonObject, [])
  const manager = managerOf(request, 'before-first-apply', 'Update')
  try {
    return ownersAfterUpdate(owners, { context: request, live: {}, next: live }, manager)
  } catch (error) {
    if (!(error instanceof ElementError)) throw error
    const failed = 'failed to create manager for existing fields: failed to convert new object to smd typed'
    throw untypable(failed, request, live, error)
  }
}

function decode(live: object | undefined): Owners {
  try {
    return decodeOwners(entriesOf(live))
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof SyntaxError)) throw error
    throw plainFailure(`failed to decode managed fields: ${error.message}`)
  }
}

function refusedConflicts(request: ApplyRequest<object>, live: JsonObject, conflicts: Conflicts): Conflicts {
  if (request.manager !== 'kubectl' || conflicts.size === 0) return conflicts
  const allowed = fieldsLastApplied(request, live)
  const refused: Conflicts = new Map()
  for (const [identity, set] of conflicts) {
    const rest = set.difference(allowed)
    if (!rest.empty) refused.set(identity, rest)
  }
  return refused
}

function checkedConfig(request: ApplyRequest<object>): JsonObject {
  const { patch, kind, apiVersion, type } = request
  if (!isObject(patch)) throw badRequest('error decoding YAML: an applied configuration must be an object')
  assertDepth(patch)
  const kindText = goKind(patch)
  if (groupOf(patch.apiVersion) !== groupOf(apiVersion) || patch.kind !== kind) {
    throw badRequest(`invalid object type: ${kindText}`)
  }
  if (patch.apiVersion !== apiVersion) {
    throw badRequest(
      `Incorrect version specified in apply patch. Specified patch version: ${patch.apiVersion}, expected: ${apiVersion}`,
    )
  }
  const metadata = isObject(patch.metadata) ? patch.metadata : {}
  if (metadata.managedFields !== undefined && metadata.managedFields !== null) {
    throw badRequest('metadata.managedFields must be nil')
  }
  const errors = validateTyped(type, patch)
  if (errors.length > 0) {
    const named = `${metadata.namespace ?? ''}/${metadata.name ?? ''}; ${kindText}`
    throw plainFailure(`failed to create typed patch object (${named}): ${joinErrors(errors)}`)
  }
  return patch
}

function groupOf(apiVersion: unknown): string {
  const text = String(apiVersion ?? '')
  return text.includes('/') ? text.slice(0, text.indexOf('/')) : ''
}

/** Go's print of a group, version and kind: `apps/v1, Kind=Deployment`, `/v1, Kind=Pod`. */
function goKind({ apiVersion, kind }: JsonObject): string {
  const text = String(apiVersion ?? '')
  return `${text.includes('/') ? text : `/${text}`}, Kind=${String(kind ?? '')}`
}
