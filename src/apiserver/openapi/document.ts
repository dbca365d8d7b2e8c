/** OpenAPI documents as plain objects: version 3 for one group version, version 2 for all together. */
import { apiVersionOf } from '../../api/meta.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { type KindName, reachableTypes, typeByName } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import { discoveryTypes, groupPaths, versionPath } from './discovery-paths.ts'
import { type Operation, type PathItem, pathsOf } from './operations.ts'
import type { Parameter } from './parameters.ts'
import { scalarDefinitions, structSchema } from './schemas.ts'
import { type Dialect, deleteOptions, type OpenApiGroupVersion, type OpenApiSource, status, v2, v3 } from './source.ts'

const watchEvent: KindName = { group: '', version: 'v1', kind: 'WatchEvent' }
const everywhere = [deleteOptions, status, watchEvent]
const bearerToken = {
  type: 'apiKey',
  description: 'Bearer Token authentication',
  name: 'authorization',
  in: 'header',
}

export function documentV3(source: OpenApiSource, groupVersion: OpenApiGroupVersion): JsonObject {
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: source.version },
    paths: pathObjects([versionPath(groupVersion), ...pathsOf(source, groupVersion)], v3),
    components: {
      schemas: definitions(source, [groupVersion], v3),
      securitySchemes: { BearerToken: bearerToken },
    },
  }
}

export function documentV2(source: OpenApiSource): JsonObject {
  const all = source.groupVersions()
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: source.version },
    paths: pathObjects(
      [
        ...groupPaths(new Set(all.map(({ group }) => group))),
        ...all.flatMap((each) => [versionPath(each), ...pathsOf(source, each)]),
      ],
      v2,
    ),
    definitions: definitions(source, all, v2),
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  }
}

function definitions(
  source: OpenApiSource,
  groupVersions: readonly OpenApiGroupVersion[],
  dialect: Dialect,
): JsonObject {
  const kindsOf = kindIndex(source)
  const roots = [
    ...groupVersions.flatMap((each) => rootTypes(source, each)),
    ...everywhere.map((kind) => source.type(kind)),
    ...discoveryTypes(),
  ]
  const types = reachableTypes(roots.filter((node) => node !== undefined))
  const schemas = new Map<string, JsonObject>(Object.entries(scalarDefinitions(dialect)))
  for (const [name, node] of types) schemas.set(name, structSchema(node, dialect, kindsOf))
  for (const each of groupVersions)
    for (const [name, schema] of each.definitions?.(dialect) ?? []) schemas.set(name, schema)
  return Object.fromEntries([...schemas].sort(([a], [b]) => (a < b ? -1 : 1)))
}

function rootTypes(source: OpenApiSource, { resources }: OpenApiGroupVersion): (StructNode | undefined)[] {
  return resources.flatMap((resource) => [
    ...(resource.custom ? customRoots() : [resource.type]),
    ...(resource.verbs.includes('list') && !resource.custom ? [resource.listType] : []),
    ...resource.subresources.filter(({ kind }) => !kind.kind.endsWith('Options')).map(({ kind }) => source.type(kind)),
  ])
}

/** What ready schemas refer to. */
function customRoots(): StructNode[] {
  return [typeByName('meta/v1.ObjectMeta'), typeByName('meta/v1.ListMeta')]
}

/** Which kinds a type is the body of; those known to every group version are of all of them. */
function kindIndex(source: OpenApiSource): (node: StructNode) => KindName[] | undefined {
  const kinds = new Map<string, KindName[]>()
  const add = (node: StructNode | undefined, kind: KindName): void => {
    if (!node) return
    const known = kinds.get(node.openApiName) ?? []
    const same = known.some(
      (each) => each.group === kind.group && each.version === kind.version && each.kind === kind.kind,
    )
    if (!same) kinds.set(node.openApiName, [...known, kind])
  }
  for (const { group, version, resources } of source.groupVersions()) {
    for (const { kind } of everywhere) {
      const served = kind === 'Status' ? status : { group, version, kind }
      add(source.type({ ...deleteOptions, kind }), served)
    }
    for (const resource of resources) {
      if (resource.custom) continue
      add(resource.type, resource.kind)
      if (resource.verbs.includes('list'))
        add(resource.listType, { ...resource.kind, kind: `${resource.kind.kind}List` })
      for (const { kind } of resource.subresources) add(source.type(kind), kind)
    }
  }
  return (node) => kinds.get(node.openApiName)
}

function pathObjects(items: readonly PathItem[], dialect: Dialect): JsonObject {
  const paths = items.map(({ path, parameters, operations }): [string, JsonObject] => {
    const item: JsonObject = {}
    for (const [method, operation] of Object.entries(operations)) item[method] = operationObject(operation, dialect)
    item.parameters = parameters.map((parameter) => parameterObject(parameter, dialect))
    return [path, item]
  })
  return Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function operationObject(operation: Operation, dialect: Dialect): JsonObject {
  const parameters = operation.parameters.map((parameter) => parameterObject(parameter, dialect))
  const result: JsonObject = {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(dialect.version === 3 ? contentV3(operation, parameters) : contentV2(operation, parameters)),
  }
  if (!operation.action || !operation.kind) return result
  const { group, kind, version } = operation.kind
  result['x-kubernetes-action'] = operation.action
  result['x-kubernetes-group-version-kind'] = { group, kind, version }
  return result
}

function parameterObject({ name, in: place, type, description }: Parameter, { version }: Dialect): JsonObject {
  const head: JsonObject = { name, in: place, description }
  if (place === 'path') head.required = true
  return version === 3 ? { ...head, schema: { type, uniqueItems: true } } : { ...head, type, uniqueItems: true }
}

const objectTypes = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf']
const streamTypes = ['application/json;stream=watch', 'application/vnd.kubernetes.protobuf;stream=watch']

function producesOf({ answer, streams }: Operation): string[] {
  if (answer === 'string') return ['*/*']
  return streams ? [...objectTypes, ...streamTypes] : objectTypes
}

function schemaRef(name: string, { refPrefix }: Dialect): JsonObject {
  return name === 'string' ? { type: 'string' } : { $ref: refPrefix + name }
}

const codeTexts: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function contentV3(operation: Operation, parameters: JsonObject[]): JsonObject {
  const content = (types: readonly string[], name: string): JsonObject =>
    Object.fromEntries(types.map((type) => [type, { schema: schemaRef(name, v3) }]))
  const result: JsonObject = { parameters }
  if (operation.body) {
    result.requestBody = {
      content: content(operation.consumes, operation.body.name),
      ...(operation.body.required ? { required: true } : {}),
    }
  }
  const answers = operation.codes.map((code): [string, JsonObject] => [
    `${code}`,
    { description: codeTexts[code], content: content(producesOf(operation), operation.answer) },
  ])
  result.responses = { ...Object.fromEntries(answers), 401: { description: 'Unauthorized' } }
  return result
}

function contentV2(operation: Operation, parameters: JsonObject[]): JsonObject {
  const { body } = operation
  const bodyParameter = body && {
    name: 'body',
    in: 'body',
    ...(body.required ? { required: true } : {}),
    schema: schemaRef(body.name, v2),
  }
  const answers = operation.codes.map((code): [string, JsonObject] => [
    `${code}`,
    { description: codeTexts[code], schema: schemaRef(operation.answer, v2) },
  ])
  return {
    consumes: operation.consumes,
    produces: producesOf(operation),
    schemes: ['https'],
    parameters: bodyParameter ? [bodyParameter, ...parameters] : parameters,
    responses: { ...Object.fromEntries(answers), 401: { description: 'Unauthorized' } },
  }
}

/** `api/v1`, `apis/apps/v1`: how the index names a group version. */
export function documentPath(groupVersion: { group: string; version: string }): string {
  return `${groupVersion.group === '' ? 'api' : 'apis'}/${apiVersionOf(groupVersion)}`
}
