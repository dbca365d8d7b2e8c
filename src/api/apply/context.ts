/** What server-side apply has to know of the request, and the comparison of objects in every version that owners use. */
import type { JsonObject } from '../patch/json-value.ts'
import type { TypeNode } from '../schema/type-node.ts'
import { type Comparison, compareTyped, withoutFields } from './compare.ts'
import type { FieldSet } from './field-set.ts'
import type { Manager } from './managed-fields.ts'

export interface ApplyContext {
  /** The kind's type at `apiVersion`. */
  type: TypeNode
  kind: string
  apiVersion: string
  /** Empty for the main endpoint. */
  subresource: string
  /** Fields this endpoint never changes, so that nobody comes to own them here; see `resetFields`. */
  ignored?: FieldSet
  /** RFC 3339 in whole seconds. */
  now: string
  /**
   * Other versions in which owners may have written. Undefined for a version that is not served (any more): its owners are
   * dropped. Absent: all versions have the same fields.
   */
  version?(apiVersion: string): VersionView | undefined
  /** Makes each phase of an apply or an update's bookkeeping, which changes nothing. Absent: all of them at once. */
  phase?: Phase
}

export type Phase = <T>(make: () => T) => T

export function phaseOf({ phase }: ApplyContext): Phase {
  return phase ?? ((make) => make())
}

/** One version of the kind, with conversion between it and the request's version. */
export interface VersionView {
  type: TypeNode
  ignored?: FieldSet
  to(object: JsonObject): JsonObject
  from(object: JsonObject): JsonObject
}

const same = (object: JsonObject): JsonObject => object

export function viewOf(context: ApplyContext, apiVersion: string): VersionView | undefined {
  if (apiVersion !== context.apiVersion && context.version) {
    const other = context.version(apiVersion)
    return other && context.ignored ? { ignored: context.ignored, ...other } : other
  }
  const view: VersionView = { type: context.type, to: same, from: same }
  if (context.ignored) view.ignored = context.ignored
  return view
}

/** Compares two objects in a version, each version once. Undefined when the version is no longer served. */
export function comparer(
  context: ApplyContext,
  left: JsonObject,
  right: JsonObject,
): (apiVersion: string) => Comparison | undefined {
  const known = new Map<string, Comparison | undefined>()
  const phase = phaseOf(context)
  return (apiVersion) => {
    if (known.has(apiVersion)) return known.get(apiVersion)
    const view = viewOf(context, apiVersion)
    const comparison =
      view && phase(() => withoutFields(compareTyped(view.type, view.to(left), view.to(right)), view.ignored))
    known.set(apiVersion, comparison)
    return comparison
  }
}

export function managerOf(context: ApplyContext, name: string, operation: Manager['operation']): Manager {
  return { name, operation, apiVersion: context.apiVersion, subresource: context.subresource }
}
