/** What to do with an object, given what is known of its owners and dependents. */
import type { KubeObject } from '../../api/meta.ts'
import type { OwnerReference } from '../../api/types/meta/v1.ts'

export const foregroundFinalizer = 'foregroundDeletion'
export const orphanFinalizer = 'orphan'

export type OwnerState =
  | 'present'
  | 'absent'
  /** Being deleted in the foreground: its dependents go first, also those that it does not wait for. */
  | 'waiting'

export type Verdict =
  | { kind: 'keep' }
  /** Some owners are left: only the references to the others go. */
  | { kind: 'dropReferences'; uids: string[] }
  /** `unblock`: owners need not wait for it, since it may wait for one of them. */
  | { kind: 'delete'; propagationPolicy: 'Background' | 'Foreground' | 'Orphan'; unblock?: true }

/** `states` has one entry per owner reference, same order. */
export function planDependent(
  object: KubeObject,
  states: readonly OwnerState[],
  dependents: readonly { deleting: boolean; finalizers: readonly string[] }[],
): Verdict {
  const owners = object.metadata.ownerReferences ?? []
  if (owners.length === 0) return { kind: 'keep' }
  const uidsIn = (...wanted: OwnerState[]) =>
    owners.filter((_, index) => wanted.includes(states[index] ?? 'present')).map(({ uid }) => uid)
  const gone = uidsIn('absent', 'waiting')
  if (uidsIn('present').length > 0) return gone.length === 0 ? { kind: 'keep' } : { kind: 'dropReferences', uids: gone }
  if (uidsIn('waiting').length > 0 && dependents.length > 0) {
    const mayBeCircle = dependents.some(
      ({ deleting, finalizers }) => deleting && finalizers.includes(foregroundFinalizer),
    )
    return { kind: 'delete', propagationPolicy: 'Foreground', ...(mayBeCircle ? { unblock: true } : {}) }
  }
  return { kind: 'delete', propagationPolicy: policyByFinalizer(object) }
}

/** An object that was told how to go keeps that way when its owner takes it along. */
function policyByFinalizer(object: KubeObject): 'Background' | 'Foreground' | 'Orphan' {
  const finalizers = object.metadata.finalizers ?? []
  if (finalizers.includes(orphanFinalizer)) return 'Orphan'
  if (finalizers.includes(foregroundFinalizer)) return 'Foreground'
  return 'Background'
}

/** Whether a dependent holds up its owner's foreground deletion. */
export function blocks(dependent: { owners: readonly OwnerReference[] }, ownerUid: string): boolean {
  return dependent.owners.some(({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion === true)
}
