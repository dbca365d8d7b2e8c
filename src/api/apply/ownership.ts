/** Who owns what after a change: pure steps over owners, shared by updates and applies. */

import { limits } from '../../limits.ts'
import type { JsonObject } from '../patch/json-value.ts'
import type { Comparison } from './compare.ts'
import { type ApplyContext, comparer, type Phase, phaseOf } from './context.ts'
import { FieldSet } from './field-set.ts'
import { compare, identityOf, type Manager, mayTouch, type Owned, type Owners, seconds } from './managed-fields.ts'
import { untrackedFields } from './reset-fields.ts'

/** The fields of each other owner that a change from `live` to `next` would alter; owners without any are left out. */
export type Conflicts = Map<string, FieldSet>

export interface Change {
  context: ApplyContext
  live: JsonObject
  next: JsonObject
}

export interface Released {
  owners: Owners
  conflicts: Conflicts
}

/**
 * Takes from every owner but `self` (an identity) what the change altered or removed. Owners in versions no longer served,
 * and those left with nothing, disappear.
 */
export function release(owners: Owners, change: Change, self: string | undefined): Released {
  const { context, live, next } = change
  return releaseBy(owners, comparer(context, live, next), self, phaseOf(context))
}

/** Of so many each may be long; of more none is. */
const longOwnersMax = 20

function releaseBy(
  owners: Owners,
  compareIn: ReturnType<typeof comparer>,
  self: string | undefined,
  phase: Phase,
): Released {
  const step: Phase = owners.size > longOwnersMax ? (make) => make() : phase
  const left: Owners = new Map()
  const conflicts: Conflicts = new Map()
  for (const [identity, owned] of owners) {
    if (identity === self) {
      left.set(identity, owned)
      continue
    }
    const comparison = compareIn(owned.apiVersion)
    if (!comparison) continue
    const { added, modified, removed } = comparison
    if (!mayTouch(owned, [added, modified, removed])) {
      left.set(identity, owned)
      continue
    }
    const whole = step(() => owned.set)
    const { conflict, kept } = step(() => taken(whole, comparison))
    if (!conflict.empty) conflicts.set(identity, conflict)
    if (!kept.empty) left.set(identity, kept === whole ? owned : withSet(owned, kept))
  }
  return { owners: left, conflicts }
}

function taken(whole: FieldSet, { added, modified, removed }: Comparison): { conflict: FieldSet; kept: FieldSet } {
  const altered = modified.union(added)
  const conflict = whole.intersection(altered)
  const set = conflict.empty ? whole : whole.difference(altered)
  return { conflict, kept: set.intersection(removed).empty ? set : set.difference(removed) }
}

/** Owners after a create, update or non-apply patch by a manager: it owns what it changed, in addition to what it had. */
export function ownersAfterUpdate(owners: Owners, change: Change, manager: Manager): Owners {
  const { context, live, next } = change
  const compareIn = comparer(context, live, next)
  const phase = phaseOf(context)
  const { owners: left } = releaseBy(owners, compareIn, undefined, phase)
  const comparison = compareIn(context.apiVersion)
  if (!comparison) return left
  const changed = phase(() => comparison.modified.union(comparison.added).difference(untrackedFields))
  if (changed.empty) return left
  const identity = identityOf(manager)
  const set = phase(() => (left.get(identity)?.set ?? new FieldSet()).union(changed))
  left.set(identity, { ...manager, set, time: context.now })
  return left
}

/**
 * Keeps at most `limits.updateManagersMax` owners by update: the oldest of each API version are joined into one called
 * "ancient-changes".
 */
export function capUpdaters(owners: Owners): Owners {
  const updaters = [...owners.entries()].filter(([, owned]) => owned.operation === 'Update')
  if (updaters.length <= limits.updateManagersMax) return owners
  updaters.sort(([a, x], [b, y]) => seconds(x.time) - seconds(y.time) || compare(a, b))
  const result: Owners = new Map(owners)
  const firstOf = new Map<string, string>()
  let count = updaters.length
  for (const [identity, owned] of updaters) {
    if (count <= limits.updateManagersMax) break
    const { apiVersion } = owned
    const first = firstOf.get(apiVersion)
    if (first === undefined) {
      firstOf.set(apiVersion, identity)
      continue
    }
    const bucket: Manager = { name: 'ancient-changes', operation: 'Update', apiVersion, subresource: '' }
    const bucketIdentity = identityOf(bucket)
    const previous = result.get(bucketIdentity) ?? result.get(first)
    if (!result.has(bucketIdentity)) result.delete(first)
    result.delete(identity)
    result.set(bucketIdentity, { ...bucket, set: owned.set.union(previous?.set ?? new FieldSet()), time: owned.time })
    count--
  }
  return result
}

function withSet({ written: _, ...owned }: Owned, set: FieldSet): Owned {
  return { ...owned, set }
}
