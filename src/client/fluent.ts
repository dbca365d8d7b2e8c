/**
 * A client that reads as the API does: `cluster.core.v1.pods('default').get('web-0')`. Groups go by their first label,
 * resources by the camel-case plurals of `src/api/resources.ts`, from which the types come.
 */
import type { KubeObject, Resource } from '../api/meta.ts'
import * as resources from '../api/resources.ts'
import type { Client, ResourceClient } from './client.ts'
import { type CustomDefinition, type CustomObject, customResource, type VersionOf } from './custom.ts'
import type { LiveInformer, LiveInformers, LiveSelection } from './live-informer.ts'

type Constants = typeof resources
type GroupVersionName = keyof Constants & string
type GroupOf<Name> = Name extends `${infer Group}V${number}${string}` ? Group : never

export interface FluentResource<T extends KubeObject> extends ResourceClient<T> {
  /** A cache that can be looped over: `for await (const { type, object } of pods.informer()) …`. */
  informer(selection?: LiveSelection): LiveInformer<T>
}

/** `namespace` absent: all namespaces, or a cluster-scoped resource. */
type Resources<Set> = {
  readonly [Plural in keyof Set]: Set[Plural] extends Resource<infer T>
    ? (namespace?: string) => FluentResource<T>
    : never
}

type Versions<Group extends string> = {
  readonly [Name in GroupVersionName as Name extends `${Group}V${infer Rest}` ? `v${Rest}` : never]: Resources<
    Constants[Name]
  >
}

export type FluentClient = {
  readonly [Group in GroupOf<GroupVersionName>]: Versions<Group>
} & {
  /** Custom resources, with types from the schema of their definition; default: the version that is stored. */
  custom<const Definition extends CustomDefinition, Version extends VersionOf<Definition> = VersionOf<Definition>>(
    definition: Definition,
    version?: Version,
  ): (namespace?: string) => FluentResource<CustomObject<Definition, Version>>
}

/** Nothing is built before it is named. */
export function fluent(client: Client, informers: LiveInformers): FluentClient {
  return lazily((group) => {
    if (group === 'custom') {
      return (definition: CustomDefinition, version?: string) =>
        ofNamespace(client, customResource(definition, version) as Resource, informers)
    }
    const versions = lazily((version) => {
      const constants = constantsOf(group, version)
      return constants && lazily((plural) => constants[plural] && ofNamespace(client, constants[plural], informers))
    })
    return Object.keys(resources).some((name) => name.startsWith(`${group}V`)) ? versions : undefined
  }) as FluentClient
}

function constantsOf(group: string, version: string): Record<string, Resource | undefined> | undefined {
  const name = `${group}V${version.slice(1)}`
  return (resources as unknown as Record<string, Record<string, Resource | undefined> | undefined>)[name]
}

function ofNamespace(
  client: Client,
  resource: Resource,
  informers: LiveInformers,
): (namespace?: string) => FluentResource<KubeObject> {
  return (namespace) => {
    const own = namespace === undefined ? {} : { namespace }
    return Object.assign(client.of(resource, namespace), {
      informer: (selection: LiveSelection = {}) => informers(resource, { ...own, ...selection }),
    })
  }
}

/** An object whose properties are made by `make` when first read; undefined ones don't exist. */
function lazily(make: (name: string) => unknown): object {
  const made = new Map<string, unknown>()
  return new Proxy(Object.create(null) as object, {
    get(_target, name) {
      if (typeof name !== 'string') return undefined
      if (!made.has(name)) made.set(name, make(name))
      return made.get(name)
    },
  })
}
