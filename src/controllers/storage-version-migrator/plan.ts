/**
 * What comes next for a StorageVersionMigration. Of several for one resource one runs at a time, the oldest first.
 * Source: https://kubernetes.io/docs/tasks/manage-kubernetes-objects/storage-version-migration/
 */
import type { Condition } from '../../api/types/meta/v1.ts'
import type { StorageVersionMigration } from '../../api/types/storagemigration/v1beta1.ts'

export type MigrationStep =
  /** Nothing, or nothing before another one ends. */
  | { kind: 'none' }
  | { kind: 'run' }
  /** Note up to which version objects are rewritten. */
  | { kind: 'noteVersion' }
  | { kind: 'rewrite'; upTo: string }
  /** It ended: it runs no more. */
  | { kind: 'conclude'; succeeded: boolean }

/** Pure. `others`: the further migrations of the same resource. */
export function nextStep(
  migration: StorageVersionMigration,
  others: readonly StorageVersionMigration[],
): MigrationStep {
  const { status = {} } = migration
  const running = holds(migration, 'Running')
  if (isOver(migration))
    return running ? { kind: 'conclude', succeeded: holds(migration, 'Succeeded') } : { kind: 'none' }
  if (running) {
    return status.resourceVersion ? { kind: 'rewrite', upTo: status.resourceVersion } : { kind: 'noteVersion' }
  }
  const waits = others.some((other) => holds(other, 'Running') || (!isOver(other) && comesBefore(other, migration)))
  return { kind: waits ? 'none' : 'run' }
}

export function isSameResource(one: StorageVersionMigration, other: StorageVersionMigration): boolean {
  return (
    one.spec?.resource.resource === other.spec?.resource.resource &&
    one.spec?.resource.group === other.spec?.resource.group
  )
}

/** With the condition of this type added, or as it says now. */
export function withCondition(migration: StorageVersionMigration, condition: Condition): StorageVersionMigration {
  const { conditions = [] } = migration.status ?? {}
  const others = conditions.filter(({ type }) => type !== condition.type)
  return { ...migration, status: { ...migration.status, conditions: [...others, condition] } }
}

/** Whether an object of this version was written before the other, or is that one. Versions grow as numbers do. */
export function isUpTo(version: string, limit: string): boolean {
  return BigInt(version) <= BigInt(limit)
}

function holds({ status }: StorageVersionMigration, type: string): boolean {
  return status?.conditions?.some((one) => one.type === type && one.status === 'True') ?? false
}

function isOver(migration: StorageVersionMigration): boolean {
  return holds(migration, 'Succeeded') || holds(migration, 'Failed')
}

function comesBefore(
  { metadata: one }: StorageVersionMigration,
  { metadata: other }: StorageVersionMigration,
): boolean {
  const [made, otherMade] = [one.creationTimestamp ?? '', other.creationTimestamp ?? '']
  return made === otherMade ? (one.name ?? '') < (other.name ?? '') : made < otherMade
}
