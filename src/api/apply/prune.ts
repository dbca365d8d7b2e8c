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
  const before = membersOf(phase, view.type, whole)
  const after = membersOf(phase, view.type, view.to(kept))
  const gone = phase(() => before.difference(after).intersection(last))
  return phase(() => view.from(asObject(removeFields(view.type, whole, gone))))
}

function addBackOwned(
  phase: Phase,
  view: VersionView,
  { merged, kept, set }: { merged: JsonObject; kept: JsonObject; set: FieldSet },
): JsonObject {
  const whole = view.to(merged)
  const left = membersOf(phase, view.type, view.to(kept))
  const owned = phase(() => withNamedParents(view.type, set))
  const wanted = phase(() => left.union(owned))
  const all = membersOf(phase, view.type, whole)
  const gone = phase(() => all.difference(wanted))
  return phase(() => view.from(asObject(removeFields(view.type, whole, gone))))
}

/** All that somebody owns, by version, starting with the given one. */
function setsByVersion(owners: Owners, first: string): Map<string, FieldSet> {
  const sets = new Map<string, FieldSet>()
  const ordered = [...owners.values()].sort((a, b) => Number(b.apiVersion === first) - Number(a.apiVersion === first))
  for (const { apiVersion, set } of ordered) sets.set(apiVersion, (sets.get(apiVersion) ?? new FieldSet()).union(set))
  return sets
}

function membersOf(phase: Phase, type: TypeNode, value: unknown): FieldSet {
  const fields = phase(() => fieldSetOf(type, value))
  return phase(() => withNamedParents(type, fields))
}

function asObject(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}
