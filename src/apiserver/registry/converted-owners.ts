/**
 * Who owns what across versions that only a webhook converts between. What is computed of owners cannot wait for it: where
 * it needs an object in another version that is not known yet, it is left, the webhook is asked, and it begins again.
 */
import type { ApplyContext, VersionView } from '../../api/apply/context.ts'
import { apiVersionOf } from '../../api/meta.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import type { Served } from '../scheme/served.ts'

export type VersionViews = NonNullable<ApplyContext['version']>

/** What `compute` makes with the views it is given; at once where no webhook is concerned. Throws what the webhook fails with. */
export function acrossVersions<T>(served: Served, compute: (views: VersionViews) => T | Promise<T>): T | Promise<T> {
  return served.inVersion ? learned(served, compute) : compute(ownViews(served))
}

/** As owners are seen without a webhook. */
export function ownViews(served: Served): VersionViews {
  return (apiVersion) => served.otherVersion?.(apiVersion)
}

async function learned<T>(served: Served, compute: (views: VersionViews) => T | Promise<T>): Promise<T> {
  const known = new Map<string, JsonObject>()
  const views = viewsOf(served, known)
  for (;;) {
    try {
      return await compute(views)
    } catch (error) {
      if (!(error instanceof NotConverted)) throw error
      known.set(error.key, await error.convert())
    }
  }
}

class NotConverted extends Error {
  readonly key: string
  readonly convert: () => Promise<JsonObject>
  constructor(key: string, convert: () => Promise<JsonObject>) {
    super('the object is not yet known in the other version')
    this.key = key
    this.convert = convert
  }
}

function viewsOf(served: Served, known: ReadonlyMap<string, JsonObject>): VersionViews {
  const own = apiVersionOf(served.resource)
  const into = (apiVersion: string) => (object: JsonObject) => {
    // Before a create there is nothing.
    if (object.kind === undefined) return object
    const key = JSON.stringify([apiVersion, object])
    const found = known.get(key)
    const version = served.inVersion?.(apiVersion)
    if (!found && version) throw new NotConverted(key, () => version.convert(object))
    return found ?? object
  }
  return (apiVersion): VersionView | undefined => {
    const version = served.inVersion?.(apiVersion)
    return version && { type: version.type, to: into(apiVersion), from: into(own) }
  }
}
