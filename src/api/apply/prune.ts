/**
 * What an applier no longer applies goes away, unless somebody else owns it. Removing a field takes along what stands below
 * it and is owned by nobody else, such as defaults.
 */
import { isObject, type JsonObject } from '../patch/json-value.ts'
import type { TypeNode } from '../schema/type-node.ts'
import { type ApplyContext, type Phase, phaseOf, type VersionView, viewOf } from './context.ts'
import { FieldSet } from './field-set.ts'
import type { Owned, Owners } from './managed-fields.ts'
import { removeFields, withNamedParents } from './remove.ts'
import { fieldSetOf } from './typed-value.ts'

export interface PruneRequest {
  context: ApplyContext
  merged: JsonObject
  /** With the applier's new set. */
  owners: Owners
  /** What the applier owned before. */
  previous: Owned | undefined
}

export function prune({ context, merged, owners, previous }: PruneRequest): JsonObject {
  if (!previous || previous.set.empty) return merged
  const view = viewOf(context, previous.apiVersion)
  if (!view) return merged
  const phase = phaseOf(context)
  const whole = view.to(merged)
  const last = phase(() => withNamedParents(view.type, previous.set))
  let kept = phase(() => view.from(asObject(removeFields(view.type, whole, last))))
  for (const [apiVersion, set] of phase(() => setsByVersion(owners, previous.apiVersion))) {
    const owned = viewOf(context, apiVersion)
    if (owned) kept = addBackOwned(phase, owned, { merged, kept, set })
  }
  const before = phase(() => membersOf(view.type, whole))
  const after = phase(() => membersOf(view.type, view.to(kept)))
  return phase(() => view.from(asObject(removeFields(view.type, whole, before.difference(after).intersection(last)))))
}

function addBackOwned(
  phase: Phase,
  view: VersionView,
  { merged, kept, set }: { merged: JsonObject; kept: JsonObject; set: FieldSet },
): JsonObject {
  const whole = view.to(merged)
  const left = phase(() => membersOf(view.type, view.to(kept)))
  const wanted = phase(() => left.union(withNamedParents(view.type, set)))
  const all = phase(() => membersOf(view.type, whole))
  return phase(() => view.from(asObject(removeFields(view.type, whole, all.difference(wanted)))))
}

/** All that somebody owns, by version, starting with the given one. */
function setsByVersion(owners: Owners, first: string): Map<string, FieldSet> {
  const sets = new Map<string, FieldSet>()
  const ordered = [...owners.values()].sort((a, b) => Number(b.apiVersion === first) - Number(a.apiVersion === first))
  for (const { apiVersion, set } of ordered) sets.set(apiVersion, (sets.get(apiVersion) ?? new FieldSet()).union(set))
  return sets
}

function membersOf(type: TypeNode, value: unknown): FieldSet {
  return withNamedParents(type, fieldSetOf(type, value))
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}
