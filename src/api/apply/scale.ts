/**
 * Managed fields between an object and its scale, in which the number wanted is `spec.replicas`: who owns the one owns the
 * other. As upstream has it, an entry that passed through a scale has no time, and one whose number another took over loses
 * only that. Source: apimachinery's `managedfields/scalehandler.go`.
 */
import type { ManagedFieldsEntry } from '../types/meta/v1.ts'
import { type FieldPath, FieldSet } from './field-set.ts'
import { decodeOwners, encodeOwners, identityOf, type Owned, type Owners } from './managed-fields.ts'

const scaleVersion = 'autoscaling/v1'
const replicasOfScale: FieldPath = ['f:spec', 'f:replicas']

export interface ScaledObject {
  entries: readonly ManagedFieldsEntry[] | undefined
  /** Of the request. */
  apiVersion: string
  /** Where the number wanted stands; undefined in versions that are not served. */
  replicasPath(apiVersion: string): FieldPath | undefined
}

/** What the scale shows of the object's managed fields. */
export function scaleEntries({ entries, replicasPath }: ScaledObject): ManagedFieldsEntry[] {
  const owners: Owners = new Map()
  for (const owned of decoded(entries).values()) {
    const path = replicasPath(owned.apiVersion)
    if (!path || !owned.set.has(path)) continue
    const shown = { ...managerOf(owned), apiVersion: scaleVersion, set: FieldSet.of(replicasOfScale), time: owned.time }
    owners.set(identityOf(owned), shown)
  }
  return encodeOwners(owners)
}

/** The object's managed fields once its scale has these. */
export function entriesAfterScale(
  { entries, apiVersion, replicasPath }: ScaledObject,
  scale: readonly ManagedFieldsEntry[] | undefined,
): ManagedFieldsEntry[] {
  const left: Owners = new Map()
  const ofScale = decoded(scale)
  for (const [identity, owned] of decoded(entries)) {
    const path = replicasPath(owned.apiVersion)
    if (!path) continue
    if (!owned.set.has(path) || ofScale.delete(identity)) left.set(identity, owned)
    else {
      const set = owned.set.difference(FieldSet.of(path))
      if (!set.empty) left.set(identity, { ...managerOf(owned), set, time: owned.time })
    }
  }
  const own = replicasPath(apiVersion)
  for (const [identity, owned] of ofScale) {
    if (!own || !owned.set.has(replicasOfScale)) continue
    left.set(identity, { ...managerOf(owned), apiVersion, set: FieldSet.of(own), time: undefined })
  }
  return encodeOwners(left)
}

function managerOf({ name, operation, apiVersion, subresource }: Owned) {
  return { name, operation, apiVersion, subresource }
}

function decoded(entries: readonly ManagedFieldsEntry[] | undefined): Owners {
  try {
    return decodeOwners(entries)
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return new Map()
    throw error
  }
}
