/**
 * A controller in a few lines, typed by what it is for: `defineController({ name, for: coreV1.namespaces, reconcile })`. What
 * it becomes is an ordinary controller of the kit: level-triggered, one key at a time, with back-off.
 */
import { groupResource, type KubeObject, keyOf, type Resource, splitKey } from '../api/meta.ts'
import type { ResourceClient } from './client.ts'
import { type Controller, type ControllerParts, done, type Outcome, type Source, source } from './controller.ts'
import type { Change, Informer } from './informer.ts'

/** What `reconcile` is given besides the object. */
export interface ReconcileContext extends Omit<ControllerParts, 'informers'> {
  /** `namespace/name`, or `name` of a cluster-scoped object. */
  key: string
  /** Empty for a cluster-scoped object. */
  namespace: string
  name: string
  /** Writes and fresh reads: `api(appsV1.deployments, 'shop').update(…)`. */
  api<T extends KubeObject>(resource: Resource<T>, namespace?: string): ResourceClient<T>
  /** The cache of a resource that the definition names in `for`, `owns` or `watches`. Throws for any other. */
  cached<T extends KubeObject>(resource: Resource<T>): Informer<T>
}

export interface ControllerDefinition<T extends KubeObject> {
  /** As in logs, in timelines, and as user agent of its requests. */
  name: string
  /** Its objects are what is reconciled. */
  for: Resource<T>
  /** Objects of these whose controller is one of `for` bring that one up again. */
  owns?: readonly Resource[]
  /** Others whose changes concern objects of `for`: made by `watching`. */
  watches?: readonly Watching[]
  /** Reconciles at once. Default 5. */
  workers?: number
  /**
   * Brings the world to what the object says. `undefined`: the object is gone. Cached objects must not be changed. Nothing
   * returned means done; a thrown error is tried again, ever more rarely.
   */
  // biome-ignore lint/suspicious/noConfusingVoidType: a function that returns nothing is the usual one
  reconcile(object: T | undefined, context: ReconcileContext): Promise<Outcome | void>
}

export interface Watching {
  resource: Resource
  keysOf(change: Change<KubeObject>): readonly string[]
}

/** `keysOf` names the keys of `for` that a change concerns. */
export function watching<T extends KubeObject>(
  resource: Resource<T>,
  keysOf: (change: Change<T>) => readonly string[],
): Watching {
  return { resource: resource as unknown as Resource, keysOf: keysOf as unknown as Watching['keysOf'] }
}

/** What `runController` and `cluster.run` start. */
export interface DefinedController {
  readonly name: string
  make(parts: ControllerParts): Controller
}

export function defineController<T extends KubeObject>(definition: ControllerDefinition<T>): DefinedController {
  return { name: definition.name, make: (parts) => made(definition, parts) }
}

function made<T extends KubeObject>(definition: ControllerDefinition<T>, parts: ControllerParts): Controller {
  const { name, owns = [], watches = [], workers, reconcile } = definition
  const { informers, ...others } = parts
  const primary = informers.of(definition.for)
  const named = new Map<string, Informer>()
  const cache = (resource: Resource): Informer => {
    const informer = informers.of(resource)
    named.set(idOf(resource), informer)
    return informer
  }
  named.set(idOf(definition.for), primary as unknown as Informer)
  const sources: Source[] = [
    source(primary, ({ object }) => [keyOf(object)]),
    ...owns.map((resource) => source(cache(resource), (change) => ownerKeys(change, definition.for))),
    ...watches.map(({ resource, keysOf }) => source(cache(resource), keysOf)),
  ]
  const cached = <O extends KubeObject>(resource: Resource<O>): Informer<O> => {
    const informer = named.get(idOf(resource))
    if (informer) return informer as unknown as Informer<O>
    throw new Error(`controller ${name}: name ${groupResource(resource)} in "owns" or "watches" to have it cached`)
  }
  const context = {
    ...others,
    cached,
    api: <O extends KubeObject>(resource: Resource<O>, namespace?: string) => parts.client.of(resource, namespace),
  }
  return {
    name,
    sources,
    ...(workers === undefined ? {} : { workers }),
    reconcile: async (key) => (await reconcile(primary.get(key), { ...context, key, ...splitKey(key) })) ?? done,
  }
}

function idOf(resource: Resource): string {
  return `${groupResource(resource)} ${resource.version}`
}

/** Of the object's controller, where that is one of `resource`; after a change of owner, of both. */
function ownerKeys(change: Change<KubeObject>, resource: Resource): string[] {
  const states = change.type === 'updated' ? [change.previous, change.object] : [change.object]
  const keys = states.flatMap(({ metadata }) => {
    const owner = metadata.ownerReferences?.find(({ controller }) => controller)
    if (owner?.kind !== resource.kind || groupOf(owner.apiVersion) !== resource.group) return []
    return [resource.namespaced ? `${metadata.namespace}/${owner.name}` : owner.name]
  })
  return [...new Set(keys)]
}

function groupOf(apiVersion: string): string {
  return apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : ''
}
