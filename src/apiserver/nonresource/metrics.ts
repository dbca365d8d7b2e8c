/** `/metrics`: what the server knows about itself now, in the Prometheus text format or as OpenMetrics. */
import type { APIService } from '../../api/types/apiregistration/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import { processFacts } from '../../platform/process.ts'
import type { Caches } from '../cache/caches.ts'
import type { RequestLimit } from '../flow-control/request-limit.ts'
import { cacheFamilies } from '../metrics/cache-metrics.ts'
import { counter, type Family, type Format, familiesText, gauge } from '../metrics/families.ts'
import type { RequestMetrics } from '../metrics/request-metrics.ts'
import type { StoreMetrics } from '../metrics/store-metrics.ts'
import { parseAccept } from '../negotiation/accept.ts'
import type { ApiResponse } from '../request.ts'
import { featureGates, type Gates } from '../scheme/feature-gates.ts'
import type { Scheme } from '../scheme/scheme.ts'
import { versionInfo } from './version.ts'

export interface MetricsParts {
  requests: RequestMetrics
  store: StoreMetrics
  /** Of who came, what admission said, and what is recorded. */
  security: () => readonly Family[]
  /** Of others in the process. */
  further?: (() => readonly Family[]) | undefined
  caches: Caches
  scheme: Scheme
  inFlight: RequestLimit
  clock: Clock
  gates: Gates
  /** Of the store; undefined when it does not say. */
  storeBytes: number | undefined
}

const contentTypes: Readonly<Record<Format, string>> = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
}

export function metricsResponse(parts: MetricsParts, accept: string | undefined): ApiResponse {
  const families = [
    ...parts.requests.families,
    ...parts.store.families,
    ...parts.security(),
    ...loadFamilies(parts),
    ...cacheFamilies(parts.caches, parts.scheme),
    ...sizeFamilies(parts.storeBytes),
    unavailableFamily(parts),
    featureFamily(parts.gates),
    ...processFamilies(parts.clock),
    ...(parts.further?.() ?? []),
  ]
  return familiesResponse(families, accept)
}

/** The store counts as the first of upstream's. */
function sizeFamilies(bytes: number | undefined): Family[] {
  if (bytes === undefined) return []
  const help = 'Bytes that the store takes where it keeps everything.'
  return [gauge('apiserver_storage_size_bytes', help, [[{ storage_cluster_id: 'etcd-0' }, bytes]])]
}

export function familiesResponse(families: readonly Family[], accept: string | undefined): ApiResponse {
  const format = wantsOpenMetrics(accept) ? 'openmetrics' : 'prometheus'
  const body = new TextEncoder().encode(familiesText(families, format))
  return { status: 200, headers: { 'content-type': contentTypes[format], vary: 'Accept' }, body }
}

function wantsOpenMetrics(accept = ''): boolean {
  const first = parseAccept(accept).find(({ mediaType }) =>
    /^(text\/(plain|\*)|\*\/\*|application\/openmetrics-text)$/.test(mediaType),
  )
  return first?.mediaType === 'application/openmetrics-text'
}

function loadFamilies({ inFlight }: MetricsParts): Family[] {
  const { reads, writes } = inFlight.current
  return [
    gauge('apiserver_current_inflight_requests', 'Requests being served, by kind.', [
      [{ request_kind: 'readOnly' }, reads],
      [{ request_kind: 'mutating' }, writes],
    ]),
    ...inFlight.metrics(),
  ]
}

/** Groups that other servers answer, and whether they do. */
function unavailableFamily({ scheme, caches }: MetricsParts): Family {
  const served = scheme.find('apiregistration.k8s.io', 'v1', 'apiservices')
  const services = served ? caches.of(served).list({ prefix: served.storePrefix, limit: 0 }).items : []
  return gauge(
    'aggregator_unavailable_apiservice',
    'Whether the server behind each APIService cannot be reached.',
    services.map(({ shared }) => {
      const { metadata, status } = shared as APIService
      const isUp = status?.conditions?.some((each) => each.type === 'Available' && each.status === 'True')
      return [{ name: metadata.name ?? '' }, isUp ? 0 : 1]
    }),
  )
}

/** Stable gates have no stage there. */
export function featureFamily(gates: Gates): Family {
  const stageOf = (name: string) => featureGates.get(name)?.stage ?? (name === 'AllAlpha' ? 'ALPHA' : 'BETA')
  return gauge(
    'kubernetes_feature_enabled',
    'Whether each feature gate is open.',
    [...gates].map(([name, on]) => {
      const stage = stageOf(name)
      return [{ name, stage: stage === 'GA' ? '' : stage }, on ? 1 : 0]
    }),
  )
}

/** Of this process, whatever runs in it. */
export function processFamilies(clock: Clock): Family[] {
  const { rss, heapUsed, heapTotal, external } = process.memoryUsage()
  const { user, system } = process.cpuUsage()
  const { gitVersion, major, minor, platform } = versionInfo()
  const one = (name: string, help: string, value: number): Family => gauge(name, help, [[{}, value]])
  return [
    counter('process_cpu_seconds_total', 'Processor time of the process.', (user + system) / 1e6),
    one('process_resident_memory_bytes', 'Resident memory.', rss),
    one(
      'process_start_time_seconds',
      'When the process started, in Unix time.',
      clock.nowMs() / 1000 - process.uptime(),
    ),
    ...limitFamilies(),
    one('nodejs_heap_size_used_bytes', 'Heap in use.', heapUsed),
    one('nodejs_heap_size_total_bytes', 'Heap that was set aside.', heapTotal),
    one('nodejs_external_memory_bytes', 'Memory of buffers outside the heap.', external),
    gauge('kubernetes_build_info', 'The release whose interface is kept.', [
      [{ major, minor, git_version: gitVersion, platform }, 1],
    ]),
  ]
}

function limitFamilies(): Family[] {
  const facts = processFacts()
  if (!facts) return []
  // Prometheus' own clients write an unlimited address space as the largest number of 64 bits.
  const { virtualMemoryMaxBytes: most } = facts
  return [
    gauge('process_open_fds', 'Open file descriptors.', [[{}, facts.openFiles]]),
    gauge('process_max_fds', 'How many may be open.', [[{}, facts.openFilesMax]]),
    gauge('process_virtual_memory_bytes', 'Address space in use.', [[{}, facts.virtualMemoryBytes]]),
    gauge('process_virtual_memory_max_bytes', 'How much may be in use.', [
      [{}, Number.isFinite(most) ? most : 2 ** 64],
    ]),
  ]
}
