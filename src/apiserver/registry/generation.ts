/**
 * How `metadata.generation` and `status` move with writes: a new object starts at 1 without status; a change of the spec
 * adds 1; a write to the main resource keeps status, a write to `status` keeps everything else.
 * Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/#object-spec-and-status.
 */
import type { KubeObject } from '../../api/meta.ts'
import { jsonEqual } from '../../api/patch/json-value.ts'
import { semanticEqual } from './validation/equal.ts'

interface WithStatus extends KubeObject {
  spec?: unknown
  status?: unknown
}

/** For kinds with a spec and a status. */
export function startWithoutStatus(object: WithStatus): void {
  object.metadata.generation = 1
  object.status = {}
}

export function keepStatus(object: WithStatus, old: WithStatus): void {
  if (old.status === undefined) delete object.status
  else object.status = old.status
  bumpGeneration(object, old)
}

/** Expects both to be defaulted. */
export function bumpGeneration(object: WithStatus, old: WithStatus): void {
  moveGeneration(object, old, semanticEqual(object.spec, old.spec))
}

/** For kinds whose specs upstream compares to the letter: an empty list is another than none. */
export function bumpGenerationExactly(object: WithStatus, old: WithStatus): void {
  moveGeneration(object, old, jsonEqual(object.spec, old.spec))
}

function moveGeneration(object: KubeObject, old: KubeObject, isSame: boolean): void {
  const before = old.metadata.generation
  if (before !== undefined) object.metadata.generation = before
  if (!isSame) object.metadata.generation = (before ?? 0) + 1
}

/** For `status` writes; labels and annotations may change with them, owner references may not. */
export function keepSpec(object: WithStatus, old: WithStatus): void {
  if (old.spec === undefined) delete object.spec
  else object.spec = old.spec
}

/** Of kinds without a generation: a new object has no status yet. */
export function dropStatus(object: WithStatus): void {
  delete object.status
}

/** Of kinds without a generation: an update of the object leaves its status alone. */
export function restoreStatus(object: WithStatus, old: WithStatus): void {
  if (old.status === undefined) delete object.status
  else object.status = old.status
}
