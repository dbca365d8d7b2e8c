/** The server's OpenAPI endpoints, from what its scheme serves. */
import { createHash } from 'node:crypto'
import { groupVersionSchemas } from '../../api/schema/all.ts'
import { kindType } from '../../api/schema/registry.ts'
import type { Clock } from '../../platform/clock.ts'
import { inParts } from '../../platform/turn.ts'
import type { Aggregator } from '../aggregation/aggregator.ts'
import { pageNotFound } from '../http/status.ts'
import type { NonResource } from '../nonresource/endpoints.ts'
import type { Scheme } from '../scheme/scheme.ts'
import type { Served } from '../scheme/served.ts'
import { OpenApiDocuments } from './documents.ts'
import type { Dialect, OpenApiGroupVersion, OpenApiResource, OpenApiSource } from './source.ts'

interface OpenApiParts {
  /** `1.36` */
  version: string
  /** Answers for other documents. */
  others?: NonResource | undefined
  aggregator?: Aggregator | undefined
  clock?: Clock
}

/** `/openapi/v2` and `/openapi/v3`; hands other documents on to `others`. */
export function openApiEndpoints(scheme: Scheme, { version, others, aggregator, clock }: OpenApiParts): NonResource {
  const source = { ...schemeSource(scheme, version), ...(clock ? { nowMs: () => clock.nowMs() } : {}) }
  const documents = new OpenApiDocuments(aggregator ? { ...source, elsewhere: () => elsewhereOf(aggregator) } : source)
  return {
    async answer(exchange) {
      const { request, info } = exchange
      const asked = {
        path: info.path,
        hash: request.query.get('hash') ?? undefined,
        accept: request.headers.accept,
        ifNoneMatch: request.headers['if-none-match'],
        ifModifiedSince: request.headers['if-modified-since'],
      }
      const found = await inParts(() => documents.answer(asked))
      return found ?? (await others?.answer(exchange)) ?? pageNotFound()
    },
  }
}

function elsewhereOf({ generation, remotes }: Aggregator) {
  const groupVersions = [...remotes].map(({ spec: { group = '', version = '' }, documents: { v3Path, v2 } }) => ({
    ...{ group, version },
    ...(v3Path === undefined ? {} : { v3Path }),
    ...(v2 ? { v2 } : {}),
  }))
  return { generation, groupVersions }
}

/** The scheme as a source. Its group versions are remembered until the scheme changes. */
export function schemeSource(scheme: Scheme, version: string): OpenApiSource {
  let known: { generation: number; groupVersions: OpenApiGroupVersion[] } | undefined
  return {
    version,
    revision: () => `${schemaDigest()} ${scheme.generation}`,
    groupVersions() {
      if (known?.generation !== scheme.generation) {
        known = { generation: scheme.generation, groupVersions: groupVersionsOf(scheme) }
      }
      return known.groupVersions
    },
    revisionOf: (each) => `${schemaDigest()} ${each ? scheme.generationOf(each.group, each.version) : ''}`,
    type: kindType,
  }
}

let digest: string | undefined

/** Changes with every edit of the built-in types, so that clients do not keep documents of an older build. */
function schemaDigest(): string {
  digest ??= createHash('sha256').update(JSON.stringify(groupVersionSchemas)).digest('hex')
  return digest
}

function groupVersionsOf(scheme: Scheme): OpenApiGroupVersion[] {
  const groupVersions = [...scheme.groups].flatMap(([group, versions]) =>
    [...versions].map((version) => ({ group, version })),
  )
  return groupVersions.map(({ group, version }) => {
    const served = [...scheme.resourcesOf(group, version)]
    const definitions = (dialect: Dialect) =>
      new Map(served.flatMap((each) => [...(each.definitions?.(dialect) ?? [])]))
    return { group, version, resources: served.map(resourceOf), definitions }
  })
}

function resourceOf(served: Served): OpenApiResource {
  const { group, version, kind, plural, namespaced } = served.resource
  return {
    plural,
    namespaced,
    kind: { group, version, kind },
    verbs: served.verbs,
    subresources: [...served.subresources.values()],
    custom: served.custom ?? false,
    get type() {
      return served.type
    },
    get listType() {
      return served.listType
    },
  }
}
