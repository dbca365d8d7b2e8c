/** Objects that admission makes anew: decoded against their type, so that nothing gets in that a body could not bring. */
import { badRequest } from '../../api/errors.ts'
import { apiVersionOf, type KubeObject } from '../../api/meta.ts'
import { objectType } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { decodeTyped } from '../scheme/codec.ts'
import type { Served } from '../scheme/served.ts'

export interface DecodedObject {
  readonly object: KubeObject
  /** Fields that the type does not have; they are gone. */
  readonly strictErrors: readonly string[]
}

/** The resource's own type, or that of its subresource's own kind (Scale, PodExecOptions). */
export function typeFor(served: Served, { kind = '', apiVersion = '' }: KubeObject): StructNode {
  const { resource } = served
  const own = (kind === '' || kind === resource.kind) && (apiVersion === '' || apiVersion === apiVersionOf(resource))
  return own ? served.type : (objectType({ apiVersion, kind }) ?? served.type)
}

/** Takes the value over. Throws `ApiError` when it does not fit the type. */
export function decodeObject(served: Served, value: unknown): DecodedObject {
  const { kind = '', apiVersion = '' } = value as KubeObject
  const { resource } = served
  const type = typeFor(served, value as KubeObject)
  const cannot = `${kind} in version ${JSON.stringify(resource.version)} cannot be handled as a ${kind}:`
  const { object, strictErrors } = decodeTyped(type, { value: value as object, duplicates: [] }, (why) =>
    badRequest(`${cannot} ${why}`),
  )
  const typed = object as KubeObject
  typed.kind = kind || resource.kind
  typed.apiVersion = apiVersion || apiVersionOf(resource)
  typed.metadata ??= {}
  if (type === served.type) served.strategy.default?.(typed)
  return { object: typed, strictErrors }
}

/** The request's object keeps its identity: everybody who holds it sees the new contents. */
export function replaceContents(object: KubeObject, next: KubeObject): void {
  const contents = object as unknown as Record<string, unknown>
  for (const key of Object.keys(contents)) delete contents[key]
  Object.assign(contents, next)
}
