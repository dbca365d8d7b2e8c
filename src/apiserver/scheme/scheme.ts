/** The served resources by group and version. Custom resources come and go at run time. */
import type { VersionView } from '../../api/apply/context.ts'
import { apiVersionOf, groupResource, type KubeObject, type Resource } from '../../api/meta.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { groupVersionInfos, kindType, parseApiVersion, type ResourceInfo } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { type DropDisabled, dropDisabledFields } from '../registry/disabled-fields.ts'
import type { Strategy } from '../registry/strategy.ts'
import { defaultGates, type Gates } from './feature-gates.ts'
import { type Conversion, type KindName, type Served, spliceFor } from './served.ts'
import { builtInStorePrefix } from './store-prefix.ts'

export class Scheme {
  /** By `group/version`, then by plural. */
  readonly #served = new Map<string, Map<string, Served>>()
  readonly #generations = new Map<string, number>()
  readonly #versions = new Map<string, Set<string>>()
  readonly #listeners = new Set<() => void>()
  /** Grows with each change, for caches of what is made from the scheme (discovery, OpenAPI). */
  #generation = 0

  get generation(): number {
    return this.#generation
  }

  /** Versions of each group, in the order in which they came. */
  get groups(): ReadonlyMap<string, ReadonlySet<string>> {
    return this.#versions
  }

  find(group: string, version: string, plural: string): Served | undefined {
    return this.#served.get(`${group}/${version}`)?.get(plural)
  }

  of({ group, version, plural }: Resource): Served {
    const served = this.find(group, version, plural)
    if (!served) throw new Error(`${groupResource({ group, plural })} in version ${version} is not served`)
    return served
  }

  hasVersion(group: string, version: string): boolean {
    return this.#versions.get(group)?.has(version) ?? false
  }

  /** Whether a group is served, and not because a CustomResourceDefinition made it. */
  hasBuiltIn(group: string): boolean {
    const [version = ''] = this.#versions.get(group) ?? []
    const [served] = this.resourcesOf(group, version)
    return served !== undefined && !served.custom
  }

  *all(): Iterable<Served> {
    for (const resources of this.#served.values()) yield* resources.values()
  }

  /** What one group version serves. */
  resourcesOf(group: string, version: string): Iterable<Served> {
    return this.#served.get(`${group}/${version}`)?.values() ?? []
  }

  /** The `generation` at which what a group version serves changed last. */
  generationOf(group: string, version: string): number {
    return this.#generations.get(`${group}/${version}`) ?? 0
  }

  add(served: Served): void {
    const { group, version, plural } = served.resource
    const key = `${group}/${version}`
    const resources = this.#served.get(key) ?? new Map<string, Served>()
    resources.set(plural, served)
    this.#served.set(key, resources)
    const versions = this.#versions.get(group) ?? new Set()
    versions.add(version)
    this.#versions.set(group, versions)
    this.#changed(key)
  }

  remove({ resource: { group, version, plural } }: Served): void {
    const key = `${group}/${version}`
    const resources = this.#served.get(key)
    resources?.delete(plural)
    if (resources?.size === 0) {
      this.#served.delete(key)
      this.#versions.get(group)?.delete(version)
    }
    if (this.#versions.get(group)?.size === 0) this.#versions.delete(group)
    this.#changed(key)
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #changed(groupVersion: string): void {
    this.#generation += 1
    this.#generations.set(groupVersion, this.#generation)
    for (const listener of this.#listeners) listener()
  }
}

export interface BuiltInOptions {
  /** By `plural.group` (`pods`, `deployments.apps`) or `plural.group/version` where versions differ. */
  strategies: ReadonlyMap<string, Strategy>
  /** Versions served as another version than the one stored, by `plural.group/version`. */
  conversions: ReadonlyMap<string, { stored: KindName; conversion: Conversion }>
  /** Whether a resource is served. Default: those of stable versions. */
  enabled?(resource: Resource, stable: boolean): boolean
  /** Default: those of a server without `--feature-gates`. */
  gates?: Gates
}

/** All built-in resources that are on. */
export function builtInScheme(options: BuiltInOptions): Scheme {
  const scheme = new Scheme()
  const { enabled = (_resource, stable) => stable } = options
  for (const { served, resources } of groupVersionInfos()) {
    for (const info of resources) if (enabled(info.resource, served)) scheme.add(builtIn(info, options))
  }
  return scheme
}

function builtIn(info: ResourceInfo, options: BuiltInOptions): Served {
  const { resource, body } = info
  const name = groupResource(resource)
  const versioned = `${name}/${resource.version}`
  const converted = options.conversions.get(versioned)
  const storedKind = converted?.stored ?? body
  let drop: DropDisabled | undefined
  const types: { own?: StructNode; list?: StructNode; stored?: StructNode } = {}
  return {
    resource,
    verbs: info.verbs,
    shortNames: info.shortNames,
    categories: info.categories,
    columns: info.columns,
    subresources: new Map(
      info.subresources.map(({ name: subresource, group, version, kind, verbs }) => [
        subresource,
        { name: subresource, kind: { group, version, kind }, verbs },
      ]),
    ),
    strategy: options.strategies.get(versioned) ?? options.strategies.get(name) ?? { resource },
    get type() {
      types.own ??= typeOfKind(body)
      return types.own
    },
    get listType() {
      types.list ??= typeOfKind({ ...body, kind: `${body.kind}List` })
      return types.list
    },
    get storedType() {
      types.stored ??= typeOfKind(storedKind)
      return types.stored
    },
    dropDisabled(object, old) {
      drop ??= dropDisabledFields(this.type, options.gates ?? defaultGates)
      drop(object, old)
    },
    storePrefix: builtInStorePrefix(resource),
    storedKind,
    conversion: converted?.conversion,
    ...otherVersions(body, { storedKind, conversion: converted?.conversion }, options),
    splice: spliceFor(storedKind),
  }
}

/** How this version's objects look in the other versions of their kind; undefined when it has no other. */
function otherVersions(
  own: KindName,
  { storedKind, conversion }: Pick<Served, 'storedKind' | 'conversion'>,
  { conversions }: BuiltInOptions,
): Pick<Served, 'otherVersion'> {
  const others = new Map<string, Conversion | undefined>([[apiVersionOf(storedKind), undefined]])
  for (const [name, { stored, conversion: other }] of conversions) {
    if (stored.group !== storedKind.group || stored.kind !== storedKind.kind) continue
    const [plurals = '', version = ''] = name.split('/')
    const group = plurals.includes('.') ? plurals.slice(plurals.indexOf('.') + 1) : ''
    others.set(apiVersionOf({ group, version }), other)
  }
  if (others.size === 1) return {}
  const otherVersion = (apiVersion: string): VersionView | undefined => {
    if (!others.has(apiVersion)) return undefined
    const other = others.get(apiVersion)
    const through = (from: Conversion | undefined, to: Conversion | undefined) => (object: JsonObject) => {
      const stored = from ? from.toStored(structuredClone(object) as unknown as KubeObject) : object
      return (to ? to.fromStored(structuredClone(stored) as KubeObject) : stored) as unknown as JsonObject
    }
    return {
      type: typeOfKind({ ...parseApiVersion(apiVersion), kind: own.kind }),
      to: through(conversion, other),
      from: through(other, conversion),
    }
  }
  return { otherVersion }
}

/** Throws when the schema has no such kind. */
export function typeOfKind(name: KindName): StructNode {
  const type = kindType(name)
  if (!type) throw new Error(`the schema has no kind ${name.kind} in ${name.group}/${name.version}`)
  return type
}
