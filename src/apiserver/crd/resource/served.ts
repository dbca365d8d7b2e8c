/**
 * A definition's versions as the scheme serves them. What a version needs its schema for (type, rules, columns) is made
 * when first asked for, from the stored definition, so that thousands of definitions cost little more than their bytes.
 */
import type { VersionView } from '../../../api/apply/context.ts'
import { apiVersionOf, groupResource, type KubeObject, type Resource } from '../../../api/meta.ts'
import type { JsonObject } from '../../../api/patch/json-value.ts'
import type { StructNode } from '../../../api/schema/type-node.ts'
import type {
  CustomResourceDefinition,
  CustomResourceDefinitionVersion,
  CustomResourceSubresourceScale,
  JSONSchemaProps,
} from '../../../api/types/apiextensions/v1.ts'
import { part } from '../../../platform/turn.ts'
import { encodeStored, type Splice, Stored, spliceOf } from '../../cache/stored.ts'
import { byVersionPriority } from '../../nonresource/discovery.ts'
import type { Dialect } from '../../openapi/source.ts'
import { clone } from '../../registry/clone.ts'
import type { Strategy } from '../../registry/strategy.ts'
import type { Conversion, KindName, Served, ServedSubresource } from '../../scheme/served.ts'
import { customStorePrefix } from '../../scheme/store-prefix.ts'
import type { RowPrinter } from '../../table/printer.ts'
import { parseJsonPath } from '../json-path.ts'
import { definitionsOf } from '../openapi.ts'
import { listTypeOf, typeOfSchema } from '../schema/type.ts'
import type { RuleTimes } from '../value/rule-times.ts'
import { ruleSetOf } from '../value/rules.ts'
import { type CustomTable, customTable } from './columns.ts'
import { customStrategy, pruneAndDefault } from './strategy.ts'
import { type ConverterParts, type WebhookConverter, webhookConverter } from './webhook.ts'

/** All of a definition's served versions. `load` reads the definition again; it must be the one given. */
export function servedVersions(
  definition: CustomResourceDefinition,
  load: () => CustomResourceDefinition,
  { webhooks, ruleTimes }: { webhooks: ConverterParts['webhooks']; ruleTimes: RuleTimes },
): CustomVersion[] {
  const siblings = new Map<string, CustomVersion>()
  const isByWebhook = definition.spec.conversion?.strategy === 'Webhook'
  const conversion = () => load().spec.conversion ?? { strategy: 'None' }
  const converter = isByWebhook ? webhookConverter({ webhooks, conversion }) : undefined
  for (const version of definition.spec.versions) {
    if (version.served)
      siblings.set(version.name, new CustomVersion(definition, version.name, { load, siblings, converter, ruleTimes }))
  }
  return [...siblings.values()]
}

const verbs = ['delete', 'deletecollection', 'get', 'list', 'patch', 'create', 'update', 'watch']
const verbsAtEnd = ['delete', 'deletecollection', 'get', 'list', 'watch']
const subresourceVerbs = ['get', 'patch', 'update']
const scaleKind: KindName = { group: 'autoscaling', version: 'v1', kind: 'Scale' }

interface Sources {
  load(): CustomResourceDefinition
  /** Versions of the same definition, by name. */
  siblings: ReadonlyMap<string, CustomVersion>
  /** Undefined where versions differ in nothing but their name. */
  converter: WebhookConverter | undefined
  ruleTimes: RuleTimes
}

export class CustomVersion implements Served {
  readonly custom = true
  readonly verbs = verbs
  readonly resource: Resource
  readonly listKind: string
  readonly shortNames: readonly string[]
  readonly categories: readonly string[]
  readonly subresources: ReadonlyMap<string, ServedSubresource>
  readonly advertisedVerbs: readonly string[]
  readonly storePrefix: string
  readonly storedKind: KindName
  readonly splice: Splice
  readonly conversion: Conversion | undefined
  readonly deprecation: string | undefined
  readonly prepare?: (stored: readonly Stored[]) => Promise<void>
  readonly bytesOf?: (object: KubeObject) => Promise<Uint8Array>
  readonly inVersion?: NonNullable<Served['inVersion']>
  readonly #sources: Sources
  readonly #terminating: boolean
  readonly #clean = new WeakSet<Uint8Array>()
  readonly #views = new WeakMap<Uint8Array, Stored>()
  #type: StructNode | undefined
  #listType: StructNode | undefined
  #strategy: Strategy | undefined
  #table: CustomTable | undefined
  #version: CustomResourceDefinitionVersion | undefined

  constructor(definition: CustomResourceDefinition, name: string, sources: Sources) {
    const { spec, metadata } = definition
    const names = definition.status?.acceptedNames ?? spec.names
    const { group } = spec
    const version = versionOf(definition, name)
    const { kind, plural } = names
    this.#sources = sources
    this.resource = {
      group,
      version: name,
      plural,
      singular: names.singular ?? '',
      kind,
      namespaced: spec.scope === 'Namespaced',
    }
    this.listKind = names.listKind ?? `${kind}List`
    this.shortNames = names.shortNames ?? []
    this.categories = names.categories ?? []
    this.subresources = subresourcesOf(version, { group, version: name, kind })
    this.#terminating = metadata.deletionTimestamp !== undefined
    this.advertisedVerbs = this.#terminating ? verbsAtEnd : verbs
    this.storePrefix = customStorePrefix({ group, plural })
    const storage = spec.versions.find((each) => each.storage)?.name ?? name
    this.storedKind = { group, version: storage, kind }
    this.splice = { ...spliceOf({ kind, apiVersion: `${group}/${name}` }), itemStart: 1 }
    this.conversion = storage === name ? undefined : onlyVersion(`${group}/${storage}`, `${group}/${name}`)
    this.deprecation = deprecationOf(spec, version)
    const { converter } = sources
    if (!converter) return
    this.prepare = (stored) => this.#prepare(converter, stored)
    this.inVersion = (apiVersion) => this.#inVersion(converter, apiVersion)
    if (storage !== name) this.bytesOf = (object) => this.#bytesOf(converter, object)
  }

  get type(): StructNode {
    this.#type ??= typeOfSchema(this.resource, this.schema)
    return this.#type
  }

  get listType(): StructNode {
    this.#listType ??= listTypeOf(this.type, this.listKind)
    return this.#listType
  }

  get storedType(): StructNode {
    return this.type
  }

  get columns(): CustomTable['columns'] {
    return this.#tableOf().columns
  }

  get print(): RowPrinter {
    return this.#tableOf().print
  }

  get scale(): CustomResourceSubresourceScale | undefined {
    return this.version.subresources?.scale
  }

  get schema(): JSONSchemaProps {
    return this.version.schema?.openAPIV3Schema ?? {}
  }

  get version(): CustomResourceDefinitionVersion {
    this.#version ??= versionOf(this.#sources.load(), this.resource.version)
    return this.#version
  }

  get strategy(): Strategy {
    this.#strategy ??= customStrategy({
      resource: this.resource,
      type: this.type,
      schema: this.schema,
      hasStatus: this.subresources.has('status'),
      scale: this.scale,
      rules: ruleSetOf(this.schema, this.#sources.ruleTimes),
      selectableFields: selectableFieldsOf(this.version),
      terminating: this.#terminating,
    })
    return this.#strategy
  }

  /**
   * The stored object as this version shows it today: converted, pruned, defaulted. Made once for each stored state; of a
   * large one each step is enough for one turn (`inParts`).
   */
  view(stored: Stored): Stored {
    const { value } = stored
    if (this.#clean.has(value)) return stored
    const known = this.#views.get(value)
    if (known) return known
    const object = part(value.length * microsecondsOfByte, () => stored.decode())
    if (this.#sources.converter && object.apiVersion !== apiVersionOf(this.resource))
      throw new Error(`${groupResource(this.resource)} in version ${this.resource.version} was not converted`)
    return this.#keep(stored, object)
  }

  seen(stored: Stored): Stored {
    const known = this.#views.get(stored.value)
    return known ?? (this.#sources.converter ? stored : this.view(stored))
  }

  otherVersion(apiVersion: string): VersionView | undefined {
    const version = apiVersion.slice(apiVersion.indexOf('/') + 1)
    const other = this.#sources.siblings.get(version)
    if (!other || apiVersionOf(other.resource) !== apiVersion) return undefined
    const own = apiVersionOf(this.resource)
    if (this.#sources.converter) return { type: this.type, to: (object) => object, from: (object) => object }
    const as = (text: string) => (object: JsonObject) => ({ ...object, apiVersion: text })
    return { type: other.type, to: as(apiVersion), from: as(own) }
  }

  definitions(dialect: Dialect): ReadonlyMap<string, JsonObject> {
    return definitionsOf(this, dialect)
  }

  async #prepare(converter: WebhookConverter, stored: readonly Stored[]): Promise<void> {
    const waiting = stored.filter(({ value }) => !this.#clean.has(value) && !this.#views.has(value))
    if (waiting.length === 0) return
    const objects = waiting.map((each) => each.decode())
    const converted = await converter.convert(objects, apiVersionOf(this.resource))
    for (const [index, each] of waiting.entries()) this.#keep(each, withVersionOf(converted[index]!, each))
  }

  async #bytesOf(converter: WebhookConverter, object: KubeObject): Promise<Uint8Array> {
    const { group, version } = this.storedKind
    const [converted] = await converter.convert([clone(object)], `${group}/${version}`)
    const storage = this.#sources.siblings.get(version)
    if (storage) pruneAndDefault(storage.type, converted!)
    return encodeStored(converted!, this.type)
  }

  #inVersion(converter: WebhookConverter, apiVersion: string): ReturnType<NonNullable<Served['inVersion']>> {
    const other = [...this.#sources.siblings.values()].find(({ resource }) => apiVersionOf(resource) === apiVersion)
    if (!other) return undefined
    const convert = async (object: JsonObject) => {
      const [converted] = await converter.convert([clone(object as unknown as KubeObject)], apiVersion)
      pruneAndDefault(other.type, converted!)
      return converted as unknown as JsonObject
    }
    return { type: other.type, convert }
  }

  #keep(stored: Stored, object: KubeObject): Stored {
    const { key, value, revision } = stored
    const cost = value.length * microsecondsOfByte
    part(cost, () => this.#cleanse(object))
    const bytes = part(cost, () => encodeStored(object, this.type))
    if (Buffer.compare(bytes, value) === 0) {
      this.#clean.add(value)
      return stored
    }
    const shown = new Stored({ key, value: bytes, modRevision: revision })
    this.#views.set(value, shown)
    return shown
  }

  #cleanse(object: KubeObject): void {
    object.apiVersion = apiVersionOf(this.resource)
    pruneAndDefault(this.type, object)
  }

  #tableOf(): CustomTable {
    this.#table ??= customTable(this.version.additionalPrinterColumns)
    return this.#table
  }
}

/** What reading, cleaning or writing takes. */
const microsecondsOfByte = 0.02

/** Metadata is the stored one's, whatever the webhook made of it. */
function withVersionOf(object: KubeObject, { revision }: Stored): KubeObject {
  object.metadata.resourceVersion = String(revision)
  return object
}

function versionOf(definition: CustomResourceDefinition, name: string): CustomResourceDefinitionVersion {
  const version = definition.spec.versions.find((each) => each.name === name)
  if (!version) throw new Error(`definition ${definition.metadata.name} has no version ${name}`)
  return version
}

function subresourcesOf(
  { subresources }: CustomResourceDefinitionVersion,
  kind: KindName,
): Map<string, ServedSubresource> {
  const found = new Map<string, ServedSubresource>()
  if (subresources?.status) found.set('status', { name: 'status', kind, verbs: subresourceVerbs })
  if (subresources?.scale) found.set('scale', { name: 'scale', kind: scaleKind, verbs: subresourceVerbs })
  return found
}

/** Versions without a webhook differ in nothing but their name. */
function onlyVersion(stored: string, served: string): Conversion {
  const as = (apiVersion: string) => (object: KubeObject) => {
    object.apiVersion = apiVersion
    return object
  }
  return { toStored: as(stored), fromStored: as(served) }
}

function selectableFieldsOf({ selectableFields }: CustomResourceDefinitionVersion): Strategy['selectableFields'] {
  const entries = (selectableFields ?? []).map(({ jsonPath }) => {
    const path = parseJsonPath(jsonPath)
    const text = (object: KubeObject) => {
      const [value] = path.find(object)
      return value === undefined || value === null ? '' : String(value)
    }
    return [jsonPath.replace(/^\./, ''), text] as const
  })
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
}

function deprecationOf(
  { group, names, versions }: CustomResourceDefinition['spec'],
  { name, deprecated, deprecationWarning }: CustomResourceDefinitionVersion,
): string | undefined {
  if (!deprecated) return undefined
  if (deprecationWarning) return deprecationWarning
  const [newest] = versions
    .filter((each) => each.served && !each.deprecated && byVersionPriority(each.name, name) < 0)
    .map((each) => each.name)
    .sort(byVersionPriority)
  const text = `${group}/${name} ${names.kind} is deprecated`
  return newest === undefined ? text : `${text}; use ${group}/${newest} ${names.kind}`
}

export function definitionName({ resource }: Served): string {
  return groupResource(resource)
}
