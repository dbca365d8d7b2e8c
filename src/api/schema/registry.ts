/**
 * Everything that is known about built-in kinds and resources, looked up by name. Nothing is parsed before it is asked
 * for, so that loading this costs milliseconds.
 */
import type { GroupVersion, Resource } from '../meta.ts'
import { groupVersionSchemas } from './all.ts'
import { TypeResolver } from './resolve.ts'
import {
  type ColumnDeclaration,
  type GroupVersionSchema,
  parseColumns,
  parseResources,
  type ResourceDeclaration,
} from './schema.ts'
import type { StructNode, TypeNode } from './type-node.ts'

export interface KindName extends GroupVersion {
  kind: string
}

export interface SubresourceInfo extends KindName {
  name: string
  verbs: readonly string[]
}

export interface ResourceInfo {
  resource: Resource
  /** The kind of its bodies, of another group version for a few (as for subresources). */
  body: KindName
  verbs: readonly string[]
  shortNames: readonly string[]
  categories: readonly string[]
  subresources: readonly SubresourceInfo[]
  /** Of server-side tables; Name and Age where the schema gives none. */
  columns: readonly ColumnDeclaration[]
}

export interface GroupVersionInfo extends GroupVersion {
  /** Served unless switched off; false for alpha and beta versions. */
  served: boolean
  /** In alphabetical order. */
  resources: readonly ResourceInfo[]
  kinds: readonly string[]
}

const resolver = new TypeResolver(groupVersionSchemas)
const schemas = new Map(groupVersionSchemas.map((schema) => [versionKey(schema), schema]))
const infos = new Map<GroupVersionSchema, GroupVersionInfo>()

/** Kinds that every group version knows: bodies of deletes, query parameters, events of a watch. */
const everywhere = new Set([
  'CreateOptions',
  'DeleteOptions',
  'GetOptions',
  'ListOptions',
  'PatchOptions',
  'UpdateOptions',
  'WatchEvent',
])

const defaultColumns: readonly ColumnDeclaration[] = [
  { name: 'Name', type: 'string', format: 'name', priority: 0 },
  { name: 'Age', type: 'string', format: '', priority: 0 },
]

/** The type of a kind or of a kind's list (`PodList`); undefined when it is no built-in one. */
export function kindType({ group, version, kind }: KindName): StructNode | undefined {
  const schema = schemas.get(versionKey({ group, version }))
  if (!schema) return undefined
  const own = resolver.find(`${schema.key}.${kind}`)
  const node = own ?? metaKind(schema, kind)
  return node?.kind === 'struct' && node.isKind ? node : undefined
}

/** The core version also answers for meta's own kinds (`v1` Status, Table, APIResourceList). */
function metaKind(schema: GroupVersionSchema, kind: string): TypeNode | undefined {
  return schema.key === 'core/v1' || everywhere.has(kind) ? resolver.find(`meta/v1.${kind}`) : undefined
}

/** As `kindType`, from an object's own `apiVersion` and `kind`. */
export function objectType(object: { apiVersion?: string; kind?: string }): StructNode | undefined {
  return kindType({ ...parseApiVersion(object.apiVersion ?? ''), kind: object.kind ?? '' })
}

/** Any type by its name, `core/v1.PodSpec`. Throws when there is none. */
export function typeByName(name: string): StructNode {
  const node = resolver.find(name)
  if (node?.kind !== 'struct') throw new Error(`find type "${name}": the schema has none of this name`)
  return node
}

/** `v1` is of the core group. */
export function parseApiVersion(apiVersion: string): GroupVersion {
  const slash = apiVersion.indexOf('/')
  return { group: apiVersion.slice(0, Math.max(slash, 0)), version: apiVersion.slice(slash + 1) }
}

export function resourceInfo(name: GroupVersion & { plural: string }): ResourceInfo | undefined {
  return groupVersionInfo(name)?.resources.find(({ resource }) => resource.plural === name.plural)
}

export function groupVersionInfo(name: GroupVersion): GroupVersionInfo | undefined {
  const schema = schemas.get(versionKey(name))
  return schema && infoOf(schema)
}

/** All group versions with resources, served or not, by folder name. */
export function groupVersionInfos(): GroupVersionInfo[] {
  return groupVersionSchemas.filter((schema) => schema.resources !== undefined).map(infoOf)
}

/** Every message type of the given group versions and what they refer to, each once, by OpenAPI name. */
export function reachableTypes(roots: Iterable<StructNode>): Map<string, StructNode> {
  const found = new Map<string, StructNode>()
  const waiting: TypeNode[] = [...roots]
  for (let node = waiting.pop(); node; node = waiting.pop()) {
    if (node.kind === 'list') waiting.push(node.element)
    else if (node.kind === 'map') waiting.push(node.value)
    else if (node.kind === 'struct' && !found.has(node.openApiName)) {
      found.set(node.openApiName, node)
      for (const field of node.fields.values()) waiting.push(field.type)
    }
  }
  return found
}

function infoOf(schema: GroupVersionSchema): GroupVersionInfo {
  const known = infos.get(schema)
  if (known) return known
  const columns = parseColumns(schema.columns ?? '')
  const resources = parseResources(schema.key, schema.resources ?? '').map((each) =>
    resourceInfoOf(schema, each, columns.get(each.plural) ?? defaultColumns),
  )
  const { group, version, served } = schema
  const kinds = Object.keys(schema.types).filter((name) => schema.types[name]?.startsWith('[kind'))
  const info = { group, version, served, resources, kinds }
  infos.set(schema, info)
  return info
}

function resourceInfoOf(
  schema: GroupVersionSchema,
  declaration: ResourceDeclaration,
  columns: readonly ColumnDeclaration[],
): ResourceInfo {
  const { group, version } = schema
  const { plural, singular, kind, namespaced, verbs, shortNames, categories } = declaration
  return {
    resource: { group, version, plural, singular, kind, namespaced },
    body: { ...keyVersion(schema, declaration.kindKey), kind },
    verbs,
    shortNames,
    categories,
    subresources: declaration.subresources.map((each) => ({
      name: each.name,
      ...keyVersion(schema, each.kindKey),
      kind: each.kind,
      verbs: each.verbs,
    })),
    columns,
  }
}

function keyVersion(schema: GroupVersionSchema, key: string | undefined): GroupVersion {
  const other = key === undefined ? schema : groupVersionSchemas.find((each) => each.key === key)
  if (!other) throw new Error(`find schema "${key}": there is none`)
  return { group: other.group, version: other.version }
}

function versionKey({ group, version }: GroupVersion): string {
  return `${group}/${version}`
}
