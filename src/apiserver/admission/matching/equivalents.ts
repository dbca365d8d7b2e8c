/**
 * The same objects under other names: HorizontalPodAutoscalers of autoscaling/v1 and v2, Events of both groups. A rule
 * with match policy Equivalent about one of them sees requests for the others, converted.
 */
import { withoutOmittedEmpties } from '../../../api/codec/empties.ts'
import type { KubeObject, Resource } from '../../../api/meta.ts'
import { clone } from '../../registry/clone.ts'
import type { Scheme } from '../../scheme/scheme.ts'
import type { Served } from '../../scheme/served.ts'

export class Equivalents {
  readonly #scheme: Scheme
  #byPrefix: Map<string, Served[]> | undefined

  constructor(scheme: Scheme) {
    this.#scheme = scheme
    scheme.onChange(() => {
      this.#byPrefix = undefined
    })
  }

  /** Without the resource itself. */
  of(resource: Resource, subresource: string): readonly Served[] {
    const own = this.#scheme.find(resource.group, resource.version, resource.plural)
    if (!own) return []
    const same = this.#table().get(own.storePrefix) ?? []
    return same.filter((served) => served !== own && (subresource === '' || served.subresources.has(subresource)))
  }

  /** A private copy of the object as `to` shows it; subresources' own kinds are the same everywhere. */
  convert(object: KubeObject, from: Resource, to: Served): KubeObject {
    const source = this.#scheme.of(from)
    if (object.kind !== undefined && object.kind !== source.resource.kind) return clone(object)
    const stored = source.conversion ? source.conversion.toStored(clone(object)) : clone(object)
    const converted = to.conversion ? to.conversion.fromStored(stored) : stored
    const { group, version, kind } = to.resource
    return Object.assign(converted, { kind, apiVersion: group === '' ? version : `${group}/${version}` })
  }

  /** An object of a request as who looks at it sees it: in their version, without what is empty and left out in JSON; a subresource's as it is. */
  shown<T extends KubeObject | undefined>(object: T, from: Resource, to: Resource): T {
    if (!object) return object
    const served = this.served(to)
    const converted = from === to ? object : this.convert(object, from, served)
    const isOwn = object.kind === undefined || object.kind === served.resource.kind
    return (isOwn && !served.custom ? withoutOmittedEmpties(served.type, converted) : converted) as T
  }

  served(resource: Resource): Served {
    return this.#scheme.of(resource)
  }

  #table(): Map<string, Served[]> {
    if (this.#byPrefix) return this.#byPrefix
    const table = new Map<string, Served[]>()
    for (const served of this.#scheme.all()) {
      const list = table.get(served.storePrefix)
      if (list) list.push(served)
      else table.set(served.storePrefix, [served])
    }
    this.#byPrefix = table
    return table
  }
}
