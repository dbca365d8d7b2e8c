/**
 * Changes an object: optimistic concurrency, managed fields, mutating admission, the strategy's preparation and rules,
 * validating admission, one durable write, or none when nothing changed. Updates, patches and most subresources come
 * here. Source: apiserver's `registry/generic/registry/store.go` and `registry/rest/update.go`.
 */
import { dropEmpties } from '../../api/codec/empties.ts'
import { badRequest, conflict, invalid, notFound } from '../../api/errors.ts'
import type { KubeObject } from '../../api/meta.ts'
import { jsonEqual } from '../../api/patch/json-value.ts'
import { limits } from '../../limits.ts'
import { ownTurn } from '../../platform/turn.ts'
import type { CommitResult } from '../../store/store.ts'
import { Stored } from '../cache/stored.ts'
import { objectKey, type Served } from '../scheme/served.ts'
import { acrossVersions, ownViews, type VersionViews } from './converted-owners.ts'
import { createObject } from './create.ts'
import { trackUpdate, withUnchangedTimes } from './field-ownership.ts'
import { dedupOwnerReferences } from './metadata.ts'
import { wrongVersion } from './options.ts'
import {
  admissionAttributes,
  type Caller,
  computed,
  type RegistryParts,
  type Target,
  type WriteOptions,
  type Written,
  writeContext,
} from './parts.ts'
import { bytesToStore, currentOf, dryEncoded, fromStored, storedOf } from './persistence.ts'
import { prepareUpdate, validateUpdated, writesSpec } from './update-rules.ts'
import { semanticEqual } from './validation/equal.ts'

export const modifiedMessage =
  'the object has been modified; please apply your changes to the latest version and try again'

export interface UpdateInput {
  target: Target
  caller: Caller
  options: WriteOptions
  /**
   * The wanted object, decoded, defaulted and private to the call, made from the stored one, which it must not change or
   * share anything with. Called again when another write came between. Its resourceVersion, when set, must be the stored
   * one's. `pause` is the caller's; there is one, too, where what is stored is large.
   */
  change(live: KubeObject | undefined, pause: Caller['pause']): Promise<KubeObject> | KubeObject
  /** The uid that the stored object must have. */
  uid?: string | undefined
  /** Server-side apply creates what does not exist and brings its own managed fields. */
  apply?: boolean
  /** Of what a patch makes, admission sees owners who are named twice. */
  patched?: boolean
  /** Called before a create by update, to check that the caller may create. */
  mayCreate?(): Promise<void>
  /** What admission sees instead of the object, where the subresource has a kind of its own. */
  admitted?: Admitted
}

export interface Admitted {
  show(object: KubeObject): KubeObject
  /** Brings what admission changed into the object, in place. */
  take(object: KubeObject, shown: KubeObject): void
}

export async function updateObject(parts: RegistryParts, input: UpdateInput): Promise<Written> {
  const { target } = input
  let stored = await currentOf(parts, target)
  for (let attempt = 1; ; attempt++) {
    if (!stored) return await createInstead(parts, input)
    const outcome = await attemptUpdate(parts, inSteps(input, stored), stored)
    if ('object' in outcome) return outcome
    const isOurs = outcome.key === objectKey(target.served, target.namespace, target.name)
    if (attempt >= (isOurs ? limits.patchAttemptsMax : limits.claimAttemptsMax))
      throw conflict(target.served.resource, target.name, modifiedMessage)
    if (!isOurs) stored = await currentOf(parts, target)
    else stored = await storedOf(target.served, outcome.current)
  }
}

/** The least change of a large object has all of it looked at. */
function inSteps(input: UpdateInput, { value }: Stored): UpdateInput {
  if (input.caller.pause || value.length < limits.pauseFromBytes) return input
  return { ...input, caller: { ...input.caller, pause: ownTurn } }
}

type Lost = Extract<CommitResult, { ok: false }>

async function attemptUpdate(parts: RegistryParts, input: UpdateInput, stored: Stored): Promise<Written | Lost> {
  const { target, caller } = input
  const { served } = target
  if (caller.pause) await caller.pause()
  const read = (): KubeObject => fromStored(served, stored)
  const old = await computed(caller, read)
  requireUid(input, old)
  const wanted = await changed(parts, input, old)
  requireVersion(input, wanted, stored)
  wanted.metadata.resourceVersion = String(stored.revision)
  const prepared = prepareUpdate(target, wanted, old, writeContext(parts, caller))
  if (caller.pause) await caller.pause()
  const object = withUnchangedTimes(old, prepared)
  if (caller.pause) await caller.pause()
  const errors = await validateUpdated(target, { object, old, gates: parts.gates, caller })
  if (caller.pause) await caller.pause()
  if (errors.length > 0) throw invalid(served.storedKind, target.name, errors)
  // Those who write a status cannot mend the spec.
  const warnings = (): string[] => (writesSpec(target) && served.strategy.warnings?.(object, old)) || []
  for (const warning of await computed(caller, warnings)) caller.warn(warning)
  await parts.admission.validate(attributesOf(input, object, old))
  return await commitUpdate(parts, input, { object, old, stored })
}

async function changed(parts: RegistryParts, input: UpdateInput, old: KubeObject): Promise<KubeObject> {
  const { target, caller } = input
  if (caller.pause) await caller.pause()
  const wanted = await input.change(old, caller.pause)
  if (!input.patched) warnOfDuplicates(wanted, caller, 'sent')
  if (caller.pause) await caller.pause()
  const tracked = input.apply ? wanted : await trackedUpdate(parts, input, old, wanted)
  if (caller.pause) await caller.pause()
  const attributes = attributesOf(input, tracked, old)
  await parts.admission.mutate(attributes)
  if (attributes.object) input.admitted?.take(tracked, attributes.object)
  warnOfDuplicates(tracked, caller, 'admitted')
  if (caller.pause) await caller.pause()
  target.served.strategy.default?.(tracked)
  return tracked
}

async function trackedUpdate(
  parts: RegistryParts,
  { target, caller }: UpdateInput,
  old: KubeObject,
  wanted: KubeObject,
): Promise<KubeObject> {
  const track = (views: VersionViews) =>
    computed(caller, () => trackUpdate(parts, target, old, wanted, caller.manager, views))
  try {
    return await acrossVersions(target.served, track)
  } catch (error) {
    // What is written may be in the stored version, which needs no webhook.
    if (!target.served.inVersion) throw error
    return await track(ownViews(target.served))
  }
}

function attributesOf({ target, caller, options, admitted }: UpdateInput, object: KubeObject, old: KubeObject) {
  const show = (one: KubeObject) => (admitted ? admitted.show(one) : one)
  const change = { operation: 'UPDATE', object: show(object), oldObject: show(old) } as const
  return admissionAttributes(target, caller, { ...change, dryRun: options.dryRun, options: options.raw })
}

interface Change {
  object: KubeObject
  old: KubeObject
  stored: Stored
}

/** Whether a custom resource lies in the store in a version that is no longer the one to be stored. */
async function isOfOldVersion(served: Served, object: KubeObject, stored: Stored): Promise<boolean> {
  if (!served.custom) return false
  const next = new Stored({ key: stored.key, value: await bytesToStore(served, object), modRevision: stored.revision })
  return next.decode().apiVersion !== stored.decode().apiVersion
}

async function commitUpdate(
  parts: RegistryParts,
  { target, caller, options }: UpdateInput,
  change: Change,
): Promise<Written | Lost> {
  const { object, old, stored } = change
  const { served } = target
  const key = objectKey(served, target.namespace, target.name)
  if (!served.custom) dropEmpties(served.type, object)
  if (finished(served, object, old)) return await commitDelete(parts, { target, options, key, change })
  if (caller.pause) await caller.pause()
  const unchanged = served.custom ? jsonEqual(object, old) : semanticEqual(object, old)
  if (unchanged && !stored.stale && !(await isOfOldVersion(served, object, stored))) return { object, created: false }
  const { dryRun } = options
  const allocation = target.subresource === '' ? await served.strategy.allocate?.(object, old, { dryRun }) : undefined
  try {
    if (dryRun) {
      await dryEncoded(served, object)
      await allocation?.release()
      return { object, created: false }
    }
    const ttlSeconds = served.strategy.ttlSeconds?.(object)
    if (caller.pause) await caller.pause()
    const value = await bytesToStore(served, object)
    const ttl = ttlSeconds === undefined ? {} : { ttlSeconds }
    const result = await parts.store.commit([
      { op: 'put', key, value, expected: stored.revision, ...ttl },
      ...(allocation?.writes ?? []),
    ])
    if (!result.ok) {
      await allocation?.release()
      return result
    }
    await allocation?.settle()
    object.metadata.resourceVersion = String(result.revision)
    return { object, created: false, stored: new Stored({ key, value, modRevision: result.revision }) }
  } catch (error) {
    await allocation?.release()
    throw error
  }
}

/** An object that is being deleted goes when its last finalizer does. */
function finished(served: Served, object: KubeObject, old: KubeObject): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = old.metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds > 0 || (object.metadata.finalizers ?? []).length > 0)
    return false
  const isNamespace = served.resource.group === '' && served.resource.kind === 'Namespace'
  const spec = (object as { spec?: { finalizers?: string[] } }).spec
  return !isNamespace || (spec?.finalizers ?? []).length === 0
}

async function commitDelete(
  parts: RegistryParts,
  { target, options, key, change }: { target: Target; options: WriteOptions; key: string; change: Change },
): Promise<Written | Lost> {
  const { object, stored } = change
  if (options.dryRun) return { object, created: false }
  const result = await parts.store.commit([
    { op: 'delete', key, expected: stored.revision },
    ...(target.served.strategy.removals?.(object) ?? []),
  ])
  if (!result.ok) return result
  await target.served.strategy.released?.(object)
  object.metadata.resourceVersion = String(result.revision)
  return { object, created: false }
}

async function createInstead(parts: RegistryParts, input: UpdateInput): Promise<Written> {
  const { target, caller, options } = input
  const { strategy, resource } = target.served
  if (target.subresource !== '' || !(strategy.allowCreateOnUpdate || input.apply)) throw notFound(resource, target.name)
  const object = await input.change(undefined, caller.pause)
  if (input.uid) throw notFound(resource, target.name)
  requireNoUid(target, object)
  await input.mayCreate?.()
  object.metadata.name ??= target.name
  delete object.metadata.resourceVersion
  return await createObject(parts, { target, object, caller, options, managed: input.apply ?? false })
}

/** Who names a uid means an object that was there. */
function requireNoUid({ served, name }: Target, { metadata: { uid } }: KubeObject): void {
  if (!uid) return
  const why = `uid mismatch: the provided object specified uid ${uid}, and no existing object was found`
  throw conflict(served.resource, name, why)
}

function requireUid({ target, uid }: UpdateInput, old: KubeObject): void {
  if (!uid || uid === old.metadata.uid) return
  const key = objectKey(target.served, target.namespace, target.name).slice('/registry'.length)
  const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${old.metadata.uid}`
  throw conflict(
    target.served.resource,
    target.name,
    `StorageError: invalid object, Code: 4, Key: ${key}, ResourceVersion: 0, AdditionalErrorMsg: ${why}`,
  )
}

function requireVersion({ target }: UpdateInput, object: KubeObject, stored: Stored): void {
  const { resource, strategy } = target.served
  const version = object.metadata.resourceVersion
  if (!version || version === '0') {
    if (strategy.allowUnconditionalUpdate !== false) return
    const detail = 'must be specified for an update'
    const error = { type: 'Invalid', path: 'metadata.resourceVersion', value: 0, detail } as const
    throw invalid({ group: resource.group, kind: resource.plural }, target.name, [error])
  }
  const wrong = wrongVersion(version)
  if (wrong !== undefined) throw badRequest(wrong)
  if (Number(version) !== stored.revision) throw conflict(resource, target.name, modifiedMessage)
}

function warnOfDuplicates(object: KubeObject, caller: Caller, step: 'sent' | 'admitted'): void {
  const warning = dedupOwnerReferences(object.metadata, step)
  if (warning) caller.warn(warning)
}
