/** The schemas that a document's paths speak of, and those that these speak of in turn. */
import type { JsonObject } from '../../api/patch/json-value.ts'
import { groupVersionInfos, type KindName, reachableTypes, typeByName } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { part } from '../../platform/turn.ts'
import { discoveryTypes } from './discovery-paths.ts'
import { scalarDefinitions, structSchema } from './schemas.ts'
import {
  type Dialect,
  deleteOptions,
  type OpenApiGroupVersion,
  type OpenApiSource,
  status,
  watchEvent,
} from './source.ts'

/** In order of their names. `groupVersions` are those whose paths they are. */
export function definitionsOf(
  source: OpenApiSource,
  paths: JsonObject,
  groupVersions: readonly OpenApiGroupVersion[],
  dialect: Dialect,
): JsonObject {
  const schemaOf = part(10_000, () => lookup(source, groupVersions, dialect))
  const found = new Map<string, JsonObject>()
  const waiting = [...part(10_000, () => collectReferences(paths, dialect))]
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue
    const needed = name
    const { schema, references } = part(20, () => {
      const schema = schemaOf(needed)
      if (!schema) throw new Error(`a document speaks of ${needed}, which nothing defines`)
      return { schema, references: collectReferences(schema, dialect) }
    })
    found.set(name, schema)
    for (const reference of references) waiting.push(reference)
  }
  return Object.fromEntries([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Plain recursion: a document has a hundred thousand values. */
function collectReferences(value: unknown, { refPrefix }: Dialect): string[] {
  const into: string[] = []
  const visit = (each: unknown): void => {
    if (typeof each !== 'object' || each === null) return
    if (Array.isArray(each)) return each.forEach(visit)
    const { $ref } = each as JsonObject
    if (typeof $ref === 'string' && $ref.startsWith(refPrefix)) into.push($ref.slice(refPrefix.length))
    for (const key in each) visit((each as JsonObject)[key])
  }
  visit(value)
  return into
}

function lookup(source: OpenApiSource, groupVersions: readonly OpenApiGroupVersion[], dialect: Dialect) {
  const custom = new Map(groupVersions.flatMap((each) => [...(each.definitions?.(dialect) ?? [])]))
  const scalars = new Map(Object.entries(scalarDefinitions(dialect)))
  const roots = [
    ...groupVersions.flatMap((each) => rootTypes(source, each)),
    ...[deleteOptions, status, watchEvent].map(metaType),
    ...discoveryTypes(),
  ]
  const types = reachableTypes(roots.filter((node) => node !== undefined))
  const kindsOf = kindIndex(source, groupVersions, dialect)
  return (name: string): JsonObject | undefined => {
    const node = types.get(name)
    return custom.get(name) ?? scalars.get(name) ?? (node && structSchema(node, dialect, kindsOf(node)))
  }
}

function metaType({ kind }: KindName): StructNode {
  return typeByName(`meta/v1.${kind}`)
}

function rootTypes(source: OpenApiSource, { resources }: OpenApiGroupVersion): (StructNode | undefined)[] {
  return resources.flatMap((resource) => [
    ...(resource.custom
      ? [typeByName('meta/v1.ObjectMeta'), typeByName('meta/v1.ListMeta')]
      : [resource.type, resource.listType]),
    ...resource.subresources.map(({ kind }) => source.type(kind)),
  ])
}

/** Which kinds a type is the body of. */
function kindIndex(source: OpenApiSource, groupVersions: readonly OpenApiGroupVersion[], dialect: Dialect) {
  const kinds = new Map<string, KindName[]>()
  const add = (node: StructNode | undefined, kind: KindName): void => {
    if (node && !kinds.has(node.openApiName)) kinds.set(node.openApiName, [kind])
  }
  for (const node of discoveryTypes().filter(({ isKind }) => isKind)) {
    add(node, { ...status, kind: node.name.slice(node.name.lastIndexOf('.') + 1) })
  }
  add(metaType(status), status)
  for (const shared of [deleteOptions, watchEvent]) {
    kinds.set(metaType(shared).openApiName, kindsEverywhere(shared, groupVersions, dialect))
  }
  for (const { resources } of source.groupVersions()) {
    for (const resource of resources) {
      for (const { kind } of resource.subresources) add(source.type(kind), kind)
      if (resource.custom) continue
      add(resource.type, resource.kind)
      add(resource.listType, { ...resource.kind, kind: `${resource.kind.kind}List` })
    }
  }
  return (node: StructNode) => kinds.get(node.openApiName)
}

/** What every group version has: of one built-in version that and the core's, else of all that there are. */
function kindsEverywhere(
  { kind }: KindName,
  groupVersions: readonly OpenApiGroupVersion[],
  { version }: Dialect,
): KindName[] {
  const [only] = groupVersions
  const custom = only?.resources.some((resource) => resource.custom)
  const names =
    version === 3 && !custom
      ? new Set(['/v1', ...(only ? [`${only.group}/${only.version}`] : [])])
      : new Set([...ownVersions(), ...formerVersions])
  return [...names]
    .filter((name) => !custom || version === 2 || !notWithCustom.test(name))
    .sort()
    .map((name) => {
      const [group = '', groupVersion = ''] = name.split('/')
      return { group, version: groupVersion, kind }
    })
}

/** Groups of other servers than that which upstream has for custom resources. */
const notWithCustom = /^(admission|apiextensions|apiregistration|imagepolicy)\.k8s\.io/

/** Metrics come from a server behind this one upstream. */
function ownVersions(): string[] {
  const own = groupVersionInfos().filter(({ group }) => group !== 'metrics.k8s.io')
  return own.map(({ group, version }) => `${group}/${version}`)
}

/** Versions that upstream's code still knows, and that are no part of this server's schema. */
const formerVersions = `
  admission.k8s.io/v1 admission.k8s.io/v1beta1 apiextensions.k8s.io/v1beta1 apiregistration.k8s.io/v1beta1
  apps/v1beta1 apps/v1beta2 authentication.k8s.io/v1alpha1 authentication.k8s.io/v1beta1
  authorization.k8s.io/v1beta1 batch/v1beta1 discovery.k8s.io/v1beta1 events.k8s.io/v1beta1 extensions/v1beta1
  flowcontrol.apiserver.k8s.io/v1beta1 flowcontrol.apiserver.k8s.io/v1beta2 flowcontrol.apiserver.k8s.io/v1beta3
  imagepolicy.k8s.io/v1alpha1 internal.apiserver.k8s.io/v1alpha1 node.k8s.io/v1alpha1 node.k8s.io/v1beta1
  policy/v1beta1 rbac.authorization.k8s.io/v1alpha1 rbac.authorization.k8s.io/v1beta1
  scheduling.k8s.io/v1beta1 storage.k8s.io/v1alpha1`
  .trim()
  .split(/\s+/)
