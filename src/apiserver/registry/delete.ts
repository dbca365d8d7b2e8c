/**
 * Deletes an object: at once, gracefully (pods), or as soon as its finalizers are gone. What to do is decided by a pure
 * plan. Source: apiserver's `registry/rest/delete.go` and `registry/generic/registry/store.go`.
 */
import { conflict, notFound } from '../../api/errors.ts'
import { groupResource, type KubeObject } from '../../api/meta.ts'
import type { DeleteOptions, Status } from '../../api/types/meta/v1.ts'
import { limits } from '../../limits.ts'
import { rfc3339 } from '../../platform/clock.ts'
import { ownTurn } from '../../platform/turn.ts'
import type { CommitResult, Write } from '../../store/store.ts'
import type { Stored } from '../cache/stored.ts'
import { objectKey, type Served } from '../scheme/served.ts'
import { clone } from './clone.ts'
import { foregroundFinalizer, orphanFinalizer } from './metadata.ts'
import { admissionAttributes, type Caller, type RegistryParts, type Target } from './parts.ts'
import { bytesToStore, currentOf, fromStored, storedOf } from './persistence.ts'
import { modifiedMessage } from './update.ts'
import { semanticEqual } from './validation/equal.ts'

export interface DeleteInput {
  target: Target
  caller: Caller
  options: DeleteOptions
}

/** `gone`: the object has left the store (or would have, dry run). `object` is its last state. */
export interface Deleted {
  object: KubeObject
  gone: boolean
}

export type DeletionPlan =
  /** Remove it now. `object` is what to answer. */
  | { kind: 'remove'; object: KubeObject }
  /** Keep it, marked as being deleted. */
  | { kind: 'mark'; object: KubeObject }
  /** It is already being deleted and nothing changes. */
  | { kind: 'pending' }

export async function deleteObject(parts: RegistryParts, input: DeleteInput): Promise<Deleted> {
  const { target } = input
  let stored = await currentOf(parts, target)
  for (let attempt = 1; ; attempt++) {
    if (!stored) throw notFound(target.served.resource, target.name)
    const outcome = await attemptDelete(parts, input, stored)
    if ('object' in outcome) return outcome
    if (attempt >= limits.patchAttemptsMax) throw conflict(target.served.resource, target.name, modifiedMessage)
    stored = await storedOf(target.served, outcome.current)
  }
}

type Lost = Extract<CommitResult, { ok: false }>

async function attemptDelete(parts: RegistryParts, input: DeleteInput, stored: Stored): Promise<Deleted | Lost> {
  const { target, caller, options } = input
  const { served } = target
  const pause = stored.value.length < limits.pauseFromBytes ? undefined : ownTurn
  if (pause) await pause()
  const old = fromStored(served, stored)
  requirePreconditions(target, old, options)
  const dryRun = (options.dryRun ?? []).length > 0
  const raw = { ...options, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1' }
  const attributes = admissionAttributes(target, caller, {
    operation: 'DELETE',
    object: undefined,
    oldObject: old,
    dryRun,
    options: raw,
  })
  await parts.admission.mutate(attributes)
  await parts.admission.validate(attributes)
  if (pause) await pause()
  const plan = planDeletion(served, old, options, parts.clock.nowMs())
  if (plan.kind === 'pending') return { object: old, gone: false }
  if (dryRun) return { object: plan.object, gone: plan.kind === 'remove' }
  const key = objectKey(served, target.namespace, target.name)
  if (pause) await pause()
  const write: Write =
    plan.kind === 'remove'
      ? { op: 'delete', key, expected: stored.revision }
      : { op: 'put', key, value: await bytesToStore(served, plan.object), expected: stored.revision }
  if (plan.kind === 'mark' && semanticEqual(plan.object, old)) return { object: old, gone: false }
  const result = await parts.store.commit([
    write,
    ...(plan.kind === 'remove' ? (served.strategy.removals?.(plan.object) ?? []) : []),
  ])
  if (!result.ok) return result
  if (plan.kind === 'remove') await served.strategy.released?.(plan.object)
  plan.object.metadata.resourceVersion = String(result.revision)
  if (pause) await pause()
  return { object: plan.object, gone: plan.kind === 'remove' }
}

/** Pure. `old` is not changed. */
export function planDeletion(served: Served, old: KubeObject, options: DeleteOptions, nowMs: number): DeletionPlan {
  const object = clone(old)
  if (!object.metadata.deletionTimestamp) served.strategy.prepareForDelete?.(object, nowMs)
  if (isNamespace(served)) return planNamespaceDeletion(object, options, nowMs)
  const grace = gracePeriodOf(served, object, options)
  if (grace === 'pending') return { kind: 'pending' }
  setFinalizers(served, object, options)
  const finalizing = (object.metadata.finalizers ?? []).length > 0
  if (grace === 'none') {
    if (!finalizing) return { kind: 'remove', object }
    if (!object.metadata.deletionTimestamp) markDeleting(object, 0, nowMs)
    return { kind: 'mark', object }
  }
  shorten(object, grace, nowMs)
  return finalizing || grace > 0 ? { kind: 'mark', object } : { kind: 'remove', object }
}

/** A namespace stays, terminating, until its finalizers (of spec and metadata) are gone. */
function planNamespaceDeletion(object: KubeObject, options: DeleteOptions, nowMs: number): DeletionPlan {
  const namespace = object as KubeObject & { spec?: { finalizers?: string[] }; status?: { phase?: string } }
  const emptied = (namespace.spec?.finalizers ?? []).length === 0
  if (namespace.metadata.deletionTimestamp) {
    if (emptied && (namespace.metadata.finalizers ?? []).length === 0) return { kind: 'remove', object }
    return { kind: 'pending' }
  }
  setGarbageFinalizers(object, options, 'Background')
  if (emptied && (namespace.metadata.finalizers ?? []).length === 0) return { kind: 'remove', object }
  namespace.metadata.deletionTimestamp = rfc3339(nowMs)
  namespace.status = { ...namespace.status, phase: 'Terminating' }
  return { kind: 'mark', object }
}

/** Seconds, `none` where the kind has no graceful deletion, `pending` when a deletion runs that this does not shorten. */
function gracePeriodOf(served: Served, object: KubeObject, options: DeleteOptions): number | 'none' | 'pending' {
  const { strategy } = served
  const { deletionTimestamp, deletionGracePeriodSeconds } = object.metadata
  if (!strategy.gracefulDeletionSeconds) return 'none'
  const requested = options.gracePeriodSeconds
  const wanted = requested === undefined || requested === null ? undefined : requested < 0 ? 1 : requested
  if (!deletionTimestamp) return strategy.gracefulDeletionSeconds(object, wanted)
  if (deletionGracePeriodSeconds === undefined) return 'none'
  if (wanted === undefined || wanted >= deletionGracePeriodSeconds) {
    return deletionGracePeriodSeconds === 0 && wanted === 0 && noFinalizers(object) ? 0 : 'pending'
  }
  return wanted
}

function noFinalizers(object: KubeObject): boolean {
  return (object.metadata.finalizers ?? []).length === 0
}

/** The last second that RFC 3339 can write; grace may be longer than that. */
const latestMs = Date.parse('9999-12-31T23:59:59Z')

/** Starts a graceful deletion, or moves one that runs to an earlier end. */
function shorten(object: KubeObject, graceSeconds: number, nowMs: number): void {
  const { metadata } = object
  const { deletionTimestamp, deletionGracePeriodSeconds } = metadata
  if (!deletionTimestamp || deletionGracePeriodSeconds === undefined) {
    markDeleting(object, graceSeconds, nowMs)
    return
  }
  const startedMs = Date.parse(deletionTimestamp) - Number(deletionGracePeriodSeconds) * 1000
  metadata.deletionTimestamp = rfc3339(Math.min(startedMs + graceSeconds * 1000, latestMs))
  metadata.deletionGracePeriodSeconds = graceSeconds
}

function markDeleting(object: KubeObject, graceSeconds: number, nowMs: number): void {
  const { metadata } = object
  if (!metadata.deletionTimestamp && (metadata.generation ?? 0) > 0)
    metadata.generation = (metadata.generation ?? 0) + 1
  metadata.deletionTimestamp ??= rfc3339(Math.min(nowMs + graceSeconds * 1000, latestMs))
  metadata.deletionGracePeriodSeconds = graceSeconds
}

function setFinalizers(served: Served, object: KubeObject, options: DeleteOptions): void {
  setGarbageFinalizers(object, options, served.strategy.defaultPropagation ?? 'Background')
}

/** The garbage collector's finalizers as the propagation policy demands them; others stay. */
function setGarbageFinalizers(object: KubeObject, options: DeleteOptions, standard: 'Orphan' | 'Background'): void {
  const { metadata } = object
  const before = metadata.finalizers ?? []
  const finalizers = before.filter((each) => each !== orphanFinalizer && each !== foregroundFinalizer)
  if (wants(orphanFinalizer, before, options, standard)) finalizers.push(orphanFinalizer)
  else if (wants(foregroundFinalizer, before, options, standard)) finalizers.push(foregroundFinalizer)
  if (finalizers.length > 0) metadata.finalizers = finalizers
  else delete metadata.finalizers
}

function wants(
  finalizer: typeof orphanFinalizer | typeof foregroundFinalizer,
  before: readonly string[],
  options: DeleteOptions,
  standard: 'Orphan' | 'Background',
): boolean {
  const isOrphan = finalizer === orphanFinalizer
  if (options.orphanDependents !== undefined) return isOrphan && options.orphanDependents
  if (options.propagationPolicy !== undefined) return options.propagationPolicy === (isOrphan ? 'Orphan' : 'Foreground')
  if (before.includes(orphanFinalizer)) return isOrphan
  if (before.includes(foregroundFinalizer)) return !isOrphan
  return isOrphan && standard === 'Orphan'
}

/** Throws the 409 of what was changed or made anew since it was looked at. */
export function requirePreconditions(target: Target, old: KubeObject, { preconditions }: DeleteOptions): void {
  const { resource } = target.served
  const named = { group: resource.group, plural: resource.kind }
  const name = old.metadata.name ?? ''
  const { uid, resourceVersion } = preconditions ?? {}
  if (uid !== undefined && uid !== old.metadata.uid) {
    const why = `the UID in the precondition (${uid}) does not match the UID in record (${old.metadata.uid}). The object might have been deleted and then recreated`
    throw conflict(named, name, why)
  }
  if (resourceVersion !== undefined && resourceVersion !== old.metadata.resourceVersion) {
    const why = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${old.metadata.resourceVersion}). The object might have been modified`
    throw conflict(named, name, why)
  }
}

function isNamespace({ resource }: Served): boolean {
  return resource.group === '' && resource.kind === 'Namespace'
}

/** Kinds whose deletion answers with the object instead of a Status. Source: each resource's ReturnDeletedObject. */
export const answersObject: ReadonlySet<string> = new Set([
  'pods',
  'services',
  'serviceaccounts',
  'persistentvolumes',
  'persistentvolumeclaims',
  'podtemplates',
  'resourcequotas',
  'storageclasses.storage.k8s.io',
  'csidrivers.storage.k8s.io',
  'csinodes.storage.k8s.io',
  'volumeattachments.storage.k8s.io',
  'volumeattributesclasses.storage.k8s.io',
  'deviceclasses.resource.k8s.io',
  'devicetaintrules.resource.k8s.io',
  'resourceclaims.resource.k8s.io',
  'resourceclaimtemplates.resource.k8s.io',
  'resourcepoolstatusrequests.resource.k8s.io',
  'resourceslices.resource.k8s.io',
])

/** What a delete answers: the object while it lives on, else (for most kinds) a Status. */
export function deletionAnswer({ resource }: Served, deleted: Deleted): KubeObject | Status {
  if (!deleted.gone || answersObject.has(groupResource(resource))) return deleted.object
  const { name, uid } = deleted.object.metadata
  const details = {
    name: name ?? '',
    ...(resource.group === '' ? {} : { group: resource.group }),
    kind: resource.plural,
    uid: uid ?? '',
  }
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details }
}
