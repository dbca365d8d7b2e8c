/**
 * What is counted about requests, under upstream's names, so that dashboards and alerts made for it work.
 * https://kubernetes.io/docs/reference/instrumentation/metrics/
 */

import { removedIn } from '../endpoints/deprecations.ts'
import type { ApiRequest, ApiResponse, RequestInfo } from '../request.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { Counter, type Family, gauge, Histogram, type Sample } from './families.ts'

const resourceLabels = ['verb', 'group', 'version', 'resource', 'subresource', 'scope', 'component']
const requestLabels = ['verb', 'dry_run', ...resourceLabels.slice(1)]

/** Bounds in seconds. Source: apiserver's `endpoints/metrics`. */
const durationBuckets = [
  0.005, 0.025, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1, 1.25, 1.5, 2, 3, 4, 5, 6, 8, 10, 15, 20, 30, 45, 60,
]
/** Bounds in bytes: 50 kB to 3 MB. */
const bodyBuckets = Array.from({ length: 31 }, (_, index) => 50_000 + index * 100_000)
const storingVerbs: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', APPLY: 'patch' }
/** Bounds in bytes: 1 kB to 1 GB. */
const sizeBuckets = [1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9]

const verbs: Readonly<Record<string, string>> = {
  get: 'GET',
  list: 'LIST',
  watch: 'WATCH',
  create: 'POST',
  update: 'PUT',
  patch: 'PATCH',
  delete: 'DELETE',
  deletecollection: 'DELETE',
}
const connecting = new Set(['attach', 'exec', 'log', 'portforward', 'proxy'])
/** Paths beside resources that are told apart; what else is asked for may be anything. */
const knownPaths = /^\/(apis?|flagz|healthz|livez|metrics|openapi|openid|readyz|statusz|version)(?=\/|$)/

/** Answers that protect the server. */
const givenUp: ReadonlySet<number> = new Set([429, 503, 504])

/** The series that one kind of request and answer adds to. */
interface Counted {
  counters: { count: number }[]
  durations: { observe(value: number): void }[]
  sizes: { observe(value: number): void } | undefined
  bodies: { observe(value: number): void } | undefined
}

export class RequestMetrics {
  readonly #scheme: Scheme
  /** As few as there are series. */
  readonly #counted = new Map<string, Counted>()
  readonly #requests = new Counter('apiserver_request_total', 'Requests by verb, resource and code of the answer.', [
    ...requestLabels,
    'code',
  ])
  readonly #durations = new Histogram(
    'apiserver_request_duration_seconds',
    'Time until a request was answered, without those that last by design.',
    requestLabels,
    durationBuckets,
  )
  readonly #sliDurations = new Histogram(
    'apiserver_request_sli_duration_seconds',
    'The same for service level objectives.',
    resourceLabels,
    durationBuckets.filter((bound) => bound >= 0.05),
  )
  readonly #sizes = new Histogram(
    'apiserver_response_sizes',
    'Bytes of answers to GET and LIST.',
    resourceLabels,
    sizeBuckets,
  )
  readonly #bodies = new Histogram(
    'apiserver_request_body_size_bytes',
    'Bytes of what was sent to be stored.',
    ['resource', 'verb', 'group'],
    bodyBuckets,
  )
  readonly #validations = new Histogram(
    'field_validation_request_duration_seconds',
    'The same by what was asked for unknown fields.',
    ['field_validation'],
    durationBuckets.filter((bound) => bound >= 0.05),
  )
  readonly #handshakes = new Counter('apiserver_tls_handshake_errors_total', 'Connections without a TLS handshake.', [])
  /** One for each deprecated resource that somebody asked for. */
  readonly #deprecated = new Map<string, Sample>()
  readonly #ended = new Counter(
    'apiserver_request_terminations_total',
    'Requests refused or given up to protect the server.',
    [...resourceLabels, 'code'],
  )
  readonly #own = new Counter('rest_client_requests_total', "Requests of the server's own clients.", [
    'code',
    'host',
    'method',
  ])

  constructor(scheme: Scheme) {
    this.#scheme = scheme
    this.#handshakes.series([])
  }

  get families(): readonly Family[] {
    return [
      ...[this.#requests, this.#durations, this.#sliDurations, this.#sizes, this.#bodies],
      ...[this.#ended, this.#own, this.#validations, this.#handshakes],
      gauge(
        'apiserver_requested_deprecated_apis',
        'Deprecated resources that somebody asked for, with the release that will be without them.',
        this.#deprecated.values(),
      ),
    ]
  }

  handshakeFailed(): void {
    this.#handshakes.add([])
  }

  answered(request: ApiRequest, info: RequestInfo, response: ApiResponse, seconds: number): void {
    const labels = this.#labels(request, info)
    const dryRun = request.query.has('dryRun') ? 'All' : ''
    const own = request.remoteAddress === '' && knownMethods.has(request.method) ? request.method : ''
    const validation = validationOf(request)
    const key = `${labels.join(' ')} ${dryRun} ${response.status} ${own} ${validation}`
    let counted = this.#counted.get(key)
    if (!counted) {
      counted = this.#series(labels, { dryRun, own, validation }, response)
      this.#counted.set(key, counted)
      this.#noteDeprecated(info, labels)
    }
    for (const counter of counted.counters) counter.count += 1
    if (!(response.body instanceof Uint8Array)) return
    for (const histogram of counted.durations) histogram.observe(seconds)
    counted.sizes?.observe(response.body.length)
    counted.bodies?.observe(request.body.length)
  }

  #series(
    [verb = '', ...where]: string[],
    { dryRun, own: ownMethod, validation }: { dryRun: string; own: string; validation: string },
    { status }: ApiResponse,
  ): Counted {
    const code = String(status)
    const counters = [this.#requests.series([verb, dryRun, ...where, code])]
    if (givenUp.has(status)) counters.push(this.#ended.series([verb, ...where, code]))
    if (ownMethod !== '') counters.push(this.#own.series([code, 'in-process', ownMethod]))
    const finite = verb !== 'WATCH' && verb !== 'CONNECT'
    const [group = '', , resource = ''] = where
    const stored = resource === '' ? undefined : storingVerbs[verb]
    return {
      counters,
      bodies: stored === undefined ? undefined : this.#bodies.series([resource, stored, group]),
      durations: finite
        ? [
            this.#durations.series([verb, dryRun, ...where]),
            this.#sliDurations.series([verb, ...where]),
            this.#validations.series([validation]),
          ]
        : [],
      sizes: verb === 'GET' || verb === 'LIST' ? this.#sizes.series([verb, ...where]) : undefined,
    }
  }

  #noteDeprecated({ apiGroup, apiVersion, resource }: RequestInfo, labels: readonly string[]): void {
    const served = this.#scheme.find(apiGroup, apiVersion, resource)
    const release = served && removedIn(served.resource)
    if (release === undefined) return
    const [, group = '', version = '', plural = '', subresource = ''] = labels
    const sample: Sample = [{ group, version, resource: plural, subresource, removed_release: release }, 1]
    this.#deprecated.set(`${group}/${version}/${plural}/${subresource}`, sample)
  }

  /** Only names that the server itself knows: a client must not be able to make series. */
  #labels(request: ApiRequest, info: RequestInfo): string[] {
    const served = this.#scheme.find(info.apiGroup, info.apiVersion, info.resource)
    if (!served) {
      const path = knownPaths.exec(info.path)?.[0] ?? ''
      return [knownMethods.has(request.method) ? request.method : 'OTHER', '', '', '', path, '', '']
    }
    const { group, version, plural } = served.resource
    const subresource = served.subresources.has(info.subresource) ? info.subresource : ''
    const scope = scopeOf(info)
    return [verbOf(request, info, subresource), group, version, plural, subresource, scope, 'apiserver']
  }
}

/** Only words that the server knows. */
function validationOf({ query }: ApiRequest): string {
  const asked = query.get('fieldValidation') ?? ''
  return ['', 'Ignore', 'Strict', 'Warn'].includes(asked) ? asked : 'invalid'
}

function scopeOf({ verb, name, namespace }: RequestInfo): string {
  const isOne = verb === 'create' || (name !== '' && verb !== 'list' && verb !== 'watch')
  return isOne ? 'resource' : namespace === '' ? 'cluster' : 'namespace'
}

const knownMethods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'])

function verbOf({ headers }: ApiRequest, { verb }: RequestInfo, subresource: string): string {
  if (connecting.has(subresource)) return 'CONNECT'
  if (verb === 'patch' && headers['content-type']?.startsWith('application/apply-patch')) return 'APPLY'
  return verbs[verb] ?? 'OTHER'
}
