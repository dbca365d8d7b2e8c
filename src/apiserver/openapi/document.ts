/** OpenAPI documents as plain objects: version 3 for one group version, version 2 for all together. */
import { createHash } from 'node:crypto'
import { apiVersionOf } from '../../api/meta.ts'
import type { JsonObject } from '../../api/patch/json-value.ts'
import { part } from '../../platform/turn.ts'
import { definitionsOf } from './definitions.ts'
import { fixedPaths, groupPath, versionPath } from './discovery-paths.ts'
import { type Operation, type PathItem, pathsOf } from './operations.ts'
import type { Parameter } from './parameters.ts'
import { type Dialect, type OpenApiGroupVersion, type OpenApiSource, v2, v3 } from './source.ts'

const bearerToken = {
  type: 'apiKey',
  description: 'Bearer Token authentication',
  name: 'authorization',
  in: 'header',
}

/** A document of version 3. */
export interface DocumentPart {
  /** As the index has it: `version`, `apis/apps`, `apis/apps/v1`. */
  path: string
  /** Absent where it is the same whatever is served. */
  groupVersion?: OpenApiGroupVersion
  items(): readonly PathItem[]
}

/** All documents of version 3, in order. Nothing of them is made before `items` is called. */
export function documentParts(source: OpenApiSource): DocumentPart[] {
  const groupVersions = source.groupVersions()
  const groups = new Set(groupVersions.filter((each) => !isCustom(each)).map(({ group }) => group))
  const parts: DocumentPart[] = [
    ...[...fixedPaths()].map(([path, item]) => ({ path, items: () => [item] })),
    ...[...groups].map((group) => ({ path: group === '' ? 'api' : `apis/${group}`, items: () => [groupPath(group)] })),
    ...groupVersions.map((groupVersion) => ({
      path: documentPath(groupVersion),
      groupVersion,
      items: () => itemsOf(source, groupVersion),
    })),
  ]
  return parts.sort((a, b) => (a.path < b.path ? -1 : 1))
}

function isCustom({ resources }: OpenApiGroupVersion): boolean {
  return resources.length > 0 && resources.every(({ custom }) => custom)
}

/** Upstream's documents of custom resources have no paths of discovery. */
function itemsOf(source: OpenApiSource, groupVersion: OpenApiGroupVersion): PathItem[] {
  const resources = pathsOf(source, groupVersion)
  return isCustom(groupVersion) ? resources : [versionPath(groupVersion), ...resources]
}

export function documentV3(source: OpenApiSource, { groupVersion, items }: DocumentPart): JsonObject {
  const made = part(1_000, items)
  const paths = part(2_000, () => pathObjects(made, v3))
  const schemas = definitionsOf(source, paths, groupVersion ? [groupVersion] : [], v3)
  const custom = groupVersion && isCustom(groupVersion)
  return {
    openapi: '3.0.0',
    info: custom ? { title: 'Kubernetes CRD Swagger', version: 'v0.1.0' } : infoOf(source),
    paths,
    components: {
      ...(Object.keys(schemas).length > 0 ? { schemas } : {}),
      ...(custom ? {} : { securitySchemes: { BearerToken: bearerToken } }),
    },
  }
}

export function documentV2(source: OpenApiSource): JsonObject {
  const [parts, groupVersions] = part(0, () => [documentParts(source), source.groupVersions()] as const)
  const made = parts.flatMap(({ items }) => part(400, items))
  const paths = part(10_000, () => pathObjects(made, v2))
  const definitions = definitionsOf(source, paths, groupVersions, v2)
  const parameters = part(5_000, () => shareParameters(paths))
  return {
    swagger: '2.0',
    info: infoOf(source),
    paths,
    definitions,
    parameters,
    securityDefinitions: { BearerToken: bearerToken },
    security: [{ BearerToken: [] }],
  }
}

function infoOf({ version }: OpenApiSource): JsonObject {
  return { title: 'Kubernetes', version }
}

function pathObjects(items: readonly PathItem[], dialect: Dialect): JsonObject {
  const paths = items.map((item): [string, JsonObject] => [item.path, pathObject(item, dialect)])
  return Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** Parameters that every operation has are the path's. */
function pathObject({ operations }: PathItem, dialect: Dialect): JsonObject {
  const item: JsonObject = {}
  const all = Object.values(operations)
  const shared = all[0]?.parameters.filter((each) => all.every(({ parameters }) => parameters.includes(each))) ?? []
  for (const [method, operation] of Object.entries(operations)) {
    item[method] = operationObject(operation, parametersOf(operation, shared, dialect), dialect)
  }
  return shared.length === 0 ? item : { ...item, parameters: parameterObjects(shared, dialect) }
}

/** Those of an operation alone; in version 2 the body is one of them. */
function parametersOf(operation: Operation, shared: readonly Parameter[], dialect: Dialect): JsonObject[] {
  const own = operation.parameters.filter((each) => !shared.includes(each))
  const parameters = parameterObjects(own, dialect)
  const { body } = operation
  if (!body || dialect.version === 3) return parameters
  const required = body.required ? { required: true } : {}
  return [...parameters, { name: 'body', in: 'body', ...required, schema: schemaRef(body.name, dialect) }].sort(byName)
}

function parameterObjects(parameters: readonly Parameter[], dialect: Dialect): JsonObject[] {
  return parameters.map((parameter) => parameterObject(parameter, dialect)).sort(byName)
}

function byName(left: JsonObject, right: JsonObject): number {
  const [a, b] = [`${left.name} ${left.in}`, `${right.name} ${right.in}`]
  return a < b ? -1 : a > b ? 1 : 0
}

function operationObject(operation: Operation, parameters: JsonObject[], dialect: Dialect): JsonObject {
  const result: JsonObject = {
    tags: [operation.tag],
    description: operation.description,
    operationId: operation.id,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(dialect.version === 3 ? contentV3(operation) : contentV2(operation)),
  }
  if (!operation.action || !operation.kind) return result
  const { group, kind, version } = operation.kind
  result['x-kubernetes-action'] = operation.action
  result['x-kubernetes-group-version-kind'] = { group, kind, version }
  return result
}

const parametersWritten: Record<Dialect['version'], WeakMap<Parameter, JsonObject>> = {
  2: new WeakMap(),
  3: new WeakMap(),
}

/** One object for all places: most parameters stand in hundreds. */
function parameterObject(parameter: Parameter, { version }: Dialect): JsonObject {
  const known = parametersWritten[version].get(parameter)
  if (known) return known
  const { name, in: place, type, description } = parameter
  const head: JsonObject = { name, in: place, description, ...(place === 'path' ? { required: true } : {}) }
  const written =
    version === 3 ? { ...head, schema: { type, uniqueItems: true } } : { ...head, type, uniqueItems: true }
  parametersWritten[version].set(parameter, written)
  return written
}

function schemaRef(name: string, { refPrefix }: Dialect): JsonObject {
  return name === 'string' ? { type: 'string' } : { $ref: refPrefix + name }
}

const codeTexts: Record<number, string> = { 200: 'OK', 201: 'Created', 202: 'Accepted' }

function contentV3(operation: Operation): JsonObject {
  const content = (types: readonly string[], name: string): JsonObject =>
    Object.fromEntries([...types].sort().map((type) => [type, { schema: schemaRef(name, v3) }]))
  const result: JsonObject = {}
  if (operation.body) {
    result.requestBody = {
      content: content(operation.consumes, operation.body.name),
      ...(operation.body.required ? { required: true } : {}),
    }
  }
  const answers = operation.codes.map((code): [string, JsonObject] => [
    `${code}`,
    { description: codeTexts[code], content: content(operation.produces, operation.answer) },
  ])
  result.responses = { ...Object.fromEntries(answers), 401: { description: 'Unauthorized' } }
  return result
}

function contentV2({ consumes, produces, codes, answer }: Operation): JsonObject {
  const answers = codes.map((code): [string, JsonObject] => [
    `${code}`,
    { description: codeTexts[code], schema: schemaRef(answer, v2) },
  ])
  return {
    ...(consumes.length > 0 ? { consumes } : {}),
    ...{ produces, schemes: ['https'] },
    responses: { ...Object.fromEntries(answers), 401: { description: 'Unauthorized' } },
  }
}

/** Names of kinds stand in some, and old kubectls look for others where they are used. */
const unshared: ReadonlySet<unknown> = new Set(['name', 'dryRun', 'fieldValidation'])
const metaPrefix = `${v2.refPrefix}io.k8s.apimachinery.`

/** Puts references in place of parameters, which are returned by name: there would be thousands. */
function shareParameters(paths: JsonObject): JsonObject {
  const shared = new Map<string, JsonObject>()
  const references = new Map<JsonObject, JsonObject>()
  const share = (parameter: JsonObject): JsonObject => {
    const known = references.get(parameter)
    if (known) return known
    const { name, schema } = parameter
    const isOwn = schema && !String((schema as JsonObject).$ref).startsWith(metaPrefix)
    if (unshared.has(name) || isOwn) return parameter
    const digest = createHash('sha224').update(JSON.stringify(parameter)).digest('base64url')
    const sharedName = `${name}-${digest.slice(0, 8)}`
    shared.set(sharedName, parameter)
    const reference = { $ref: `#/parameters/${sharedName}` }
    references.set(parameter, reference)
    return reference
  }
  const shareOf = (holder: JsonObject): void => {
    if (Array.isArray(holder.parameters)) holder.parameters = (holder.parameters as JsonObject[]).map(share)
  }
  for (const item of Object.values(paths) as JsonObject[]) {
    shareOf(item)
    for (const operation of Object.values(item)) if (!Array.isArray(operation)) shareOf(operation as JsonObject)
  }
  return Object.fromEntries([...shared].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** `api/v1`, `apis/apps/v1`: how the index names a group version. */
export function documentPath(groupVersion: { group: string; version: string }): string {
  return `${groupVersion.group === '' ? 'api' : 'apis'}/${apiVersionOf(groupVersion)}`
}
