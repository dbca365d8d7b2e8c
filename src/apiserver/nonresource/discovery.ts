/**
 * Discovery, plain and aggregated, made from the scheme and remembered until it changes.
 * https://kubernetes.io/docs/concepts/overview/kubernetes-api/#discovery-api
 */
import { createHash } from 'node:crypto'
import { apiVersionOf } from '../../api/meta.ts'
import { apiregistrationV1 } from '../../api/resources.ts'
import { typeByName } from '../../api/schema/registry.ts'
import type { StructNode } from '../../api/schema/type-node.ts'
import type { ServerAddressByClientCIDR } from '../../api/types/meta/v1.ts'
import type { Aggregator } from '../aggregation/aggregator.ts'
import { remoteResources } from '../aggregation/discovery.ts'
import { defaultPriority, type Priority } from '../aggregation/priorities.ts'
import { noSuchResource } from '../endpoints/router.ts'
import { type Encoding, encodingOf, mediaTypes, negotiate, parseAccept } from '../negotiation/accept.ts'
import { encodeAs } from '../negotiation/encode.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'
import type { Scheme } from '../scheme/scheme.ts'
import type { KindName, Served } from '../scheme/served.ts'

const discoveryGroup = 'apidiscovery.k8s.io'
const encodings: readonly Encoding[] = ['json', 'yaml', 'protobuf']

type AggregatedVersion = 'v2' | 'v2beta1'

interface Form {
  encoding: Encoding
  /** Undefined: the document of this path alone. */
  aggregated: AggregatedVersion | undefined
}

interface Document {
  kind: string
  [field: string]: unknown
}

/** What other servers answer for. */
type Elsewhere = Pick<Aggregator, 'generation' | 'remotes' | 'of' | 'priorityOf' | 'isListed'>

export class Discovery {
  readonly #scheme: Scheme
  readonly #elsewhere: Elsewhere | undefined
  readonly #everywhere: ServerAddressByClientCIDR[]
  readonly #answers = new Map<string, ApiResponse>()
  #generation = ''

  /** `address`: host and port for clients of any address. */
  constructor(scheme: Scheme, elsewhere?: Elsewhere, address = '') {
    this.#scheme = scheme
    this.#elsewhere = elsewhere
    this.#everywhere = [{ clientCIDR: '0.0.0.0/0', serverAddress: address }]
  }

  paths(): string[] {
    const paths = ['/api', '/api/v1', '/apis', '/apis/']
    for (const [group, versions] of this.#scheme.groups) {
      if (group === '') continue
      paths.push(`/apis/${group}`, ...[...versions].map((version) => `/apis/${group}/${version}`))
    }
    return paths
  }

  /** Undefined when nothing is served there. Throws a 406. */
  async answer(path: string, request: ApiRequest): Promise<ApiResponse | undefined> {
    const root = path === '/api' || path === '/apis'
    if (!root && !this.#isServed(path)) return undefined
    const form = formOf(request.headers.accept, root)
    const generation = `${this.#scheme.generation} ${this.#elsewhere?.generation}`
    if (this.#generation !== generation) {
      this.#generation = generation
      this.#answers.clear()
    }
    const key = `${path} ${form.encoding} ${form.aggregated}`
    let answer = this.#answers.get(key)
    if (!answer) {
      answer = await this.#made(path, form)
      if (!answer) return undefined
      this.#answers.set(key, answer)
    }
    const { etag } = answer.headers
    if (etag === undefined || request.headers['if-none-match'] !== etag) return answer
    return { status: 304, headers: answer.headers, body: new Uint8Array() }
  }

  async #made(path: string, { encoding, aggregated }: Form): Promise<ApiResponse | undefined> {
    const document = aggregated ? this.#aggregated(path === '/api', aggregated) : this.#document(path)
    if (!document) return undefined
    const body = encodeAs(encoding, encoding === 'protobuf' ? documentType(document) : undefined, document)
    const contentType = mediaTypes[encoding]
    if (!aggregated) return { status: 200, headers: { 'content-type': contentType }, body, document: true }
    const headers = {
      'content-type': `${contentType};g=${discoveryGroup};v=${aggregated};as=APIGroupDiscoveryList`,
      etag: `"${createHash('sha512').update(JSON.stringify(document)).digest('hex').toUpperCase()}"`,
      vary: 'Accept',
      'cache-control': 'public',
    }
    return { status: 200, headers, body, document: true }
  }

  /** Throws a 404 for an unknown version of a group that is known. */
  #isServed(path: string): boolean {
    const [, prefix, ...rest] = path.split('/')
    const [group = '', version] = prefix === 'api' ? ['', ...rest] : rest
    const versions = this.#versions(group)
    if (version === undefined ? versions.length > 0 : versions.includes(version)) return true
    if (this.#scheme.hasBuiltIn(group)) throw noSuchResource()
    return false
  }

  #document(path: string): Document | undefined {
    if (path === '/api') return { kind: 'APIVersions', versions: ['v1'], serverAddressByClientCIDRs: this.#everywhere }
    if (path === '/apis') {
      return {
        kind: 'APIGroupList',
        apiVersion: 'v1',
        groups: this.#groupNames().flatMap((name) => this.#group(name) ?? []),
      }
    }
    if (path === '/api/v1') return this.#resources('', 'v1')
    const [, , group = '', version] = path.split('/')
    if (version === undefined) {
      const found = this.#group(group)
      return found && { kind: 'APIGroup', apiVersion: 'v1', ...found }
    }
    return this.#scheme.hasVersion(group, version) ? this.#resources(group, version) : undefined
  }

  /** By falling priority, the highest of their versions'; the group of APIServices itself comes first. */
  #groupNames(): string[] {
    const remote = [...(this.#elsewhere?.remotes ?? [])].map(({ spec }) => spec.group ?? '')
    const names = new Set([...this.#scheme.groups.keys(), ...remote])
    names.delete('')
    const ranked = [...names].map((name) => ({ name, priority: this.#groupPriority(name) }))
    ranked.sort((left, right) => right.priority - left.priority || (left.name < right.name ? -1 : 1))
    return ranked.map(({ name }) => name)
  }

  #groupPriority(group: string): number {
    if (group === apiregistrationV1.apiServices.group) return Number.POSITIVE_INFINITY
    return Math.max(...this.#versions(group).map((version) => this.#priority(group, version).groupPriorityMinimum))
  }

  #priority(group: string, version: string): Priority {
    return this.#elsewhere?.priorityOf(group, version) ?? defaultPriority(group, version)
  }

  #versions(group: string): string[] {
    const remote = [...(this.#elsewhere?.remotes ?? [])].filter(({ spec }) => spec.group === group)
    const versions = [...(this.#scheme.groups.get(group) ?? []), ...remote.map(({ spec }) => spec.version ?? '')]
    const priority = (version: string) => this.#priority(group, version).versionPriority
    return [...new Set(versions)].sort((a, b) => priority(b) - priority(a) || byVersionPriority(a, b))
  }

  /** Undefined where none of its versions is listed. */
  #group(name: string): object | undefined {
    const listed = this.#versions(name).filter((version) => this.#elsewhere?.isListed(name, version) ?? true)
    const versions = listed.map((version) => ({ groupVersion: `${name}/${version}`, version }))
    return versions.length === 0 ? undefined : { name, versions, preferredVersion: versions[0] }
  }

  #served(group: string, version: string): Served[] {
    return [...this.#scheme.resourcesOf(group, version)].sort((left, right) =>
      left.resource.plural < right.resource.plural ? -1 : 1,
    )
  }

  #resources(group: string, version: string): Document {
    const groupVersion = apiVersionOf({ group, version })
    const resources = this.#served(group, version).flatMap(plainResources)
    // The core group's list has no apiVersion, as upstream has it.
    return { kind: 'APIResourceList', ...(group === '' ? {} : { apiVersion: 'v1' }), groupVersion, resources }
  }

  #aggregated(core: boolean, version: AggregatedVersion): Document {
    const groups = core ? [''] : this.#groupNames()
    const items = groups.map((group) => ({
      metadata: group === '' ? {} : { name: group },
      versions: this.#versions(group).map((version) => {
        const remote = this.#elsewhere?.of(group, version)
        return {
          version,
          resources: remote ? remoteResources(remote) : this.#served(group, version).map(aggregatedResource),
          freshness: remote && !remote.available ? 'Stale' : 'Current',
        }
      }),
    }))
    return { kind: 'APIGroupDiscoveryList', apiVersion: `${discoveryGroup}/${version}`, metadata: {}, items }
  }
}

function advertised({ resource, verbs, shortNames, categories, subresources, storedKind, advertisedVerbs }: Served) {
  return { resource, verbs: advertisedVerbs ?? verbs, shortNames, categories, subresources, storedKind }
}

function plainResources(served: Served): object[] {
  const { resource, verbs, shortNames, categories, storedKind } = advertised(served)
  const main = {
    name: resource.plural,
    singularName: resource.singular,
    namespaced: resource.namespaced,
    kind: resource.kind,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(verbs.includes('watch') ? { storageVersionHash: storageHash(storedKind) } : {}),
  }
  const subresources = [...served.subresources.values()].map(({ name, kind, verbs: subVerbs }) => ({
    name: `${resource.plural}/${name}`,
    singularName: '',
    namespaced: resource.namespaced,
    ...(kind.group === resource.group && kind.version === resource.version
      ? {}
      : { group: kind.group, version: kind.version }),
    kind: kind.kind,
    verbs: subVerbs,
  }))
  return [main, ...subresources]
}

function aggregatedResource(served: Served): object {
  const { resource, verbs, shortNames, categories, subresources } = advertised(served)
  const { group, version } = resource
  // Where it is that of the group version upstream leaves it to the reader, but for custom resources.
  const shown = (kind: KindName) =>
    served.custom || kind.group !== group || kind.version !== version
      ? kind
      : { group: '', version: '', kind: kind.kind }
  return {
    resource: resource.plural,
    responseKind: shown({ group, version, kind: resource.kind }),
    scope: resource.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: resource.singular,
    verbs,
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
    ...(subresources.size === 0
      ? {}
      : {
          subresources: [...subresources.values()].map((each) => ({
            subresource: each.name,
            responseKind: shown(each.kind),
            verbs: each.verbs,
          })),
        }),
  }
}

/** Upstream's hash of the version that is stored, which clients compare to see a storage migration. */
function storageHash({ group, version, kind }: KindName): string {
  return createHash('sha256').update(`${group}/${version}/${kind}`).digest().subarray(0, 8).toString('base64')
}

/** The first clause that this endpoint can satisfy decides; documents of all groups are given at the roots only. */
function formOf(accept: string | undefined, root: boolean): Form {
  for (const { mediaType, parameters } of parseAccept(accept ?? '')) {
    const as = parameters.get('as')
    const version = parameters.get('v')
    const encoding = encodingOf(mediaType, encodings)
    if (as === undefined && encoding) return { encoding, aggregated: undefined }
    if (!encoding || !root || as !== 'APIGroupDiscoveryList' || parameters.get('g') !== discoveryGroup) continue
    if (version === 'v2' || version === 'v2beta1') return { encoding, aggregated: version }
  }
  return { encoding: negotiate(accept, { views: [], encodings, looksItself: true }).encoding, aggregated: undefined }
}

/** Both versions of the aggregated document have the same fields. */
function documentType({ kind }: Document): StructNode {
  return typeByName(kind === 'APIGroupDiscoveryList' ? `apidiscovery/v2.${kind}` : `meta/v1.${kind}`)
}

/** GA before beta before alpha, newer first. Source: apimachinery's `version.CompareKubeAwareVersionStrings`. */
export function byVersionPriority(left: string, right: string): number {
  const [a, b] = [versionRank(left), versionRank(right)]
  for (let index = 0; index < a.length; index++) {
    if (a[index] !== b[index]) return (b[index] ?? 0) - (a[index] ?? 0)
  }
  return left < right ? -1 : 1
}

function versionRank(version: string): number[] {
  const match = /^v(\d+)(?:(alpha|beta)(\d+))?$/.exec(version)
  if (!match) return [0, 0, 0]
  const stage = match[2] === undefined ? 3 : match[2] === 'beta' ? 2 : 1
  return [stage, Number(match[1]), Number(match[3] ?? 0)]
}
