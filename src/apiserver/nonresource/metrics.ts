/** `/metrics` in the Prometheus text format: what the server knows about itself now. */
import type { Caches } from '../cache/caches.ts'
import type { InFlightLimit } from '../flow-control.ts'
import type { ApiResponse } from '../request.ts'

const contentType = 'text/plain; version=0.0.4; charset=utf-8'

export function metricsResponse(caches: Caches, inFlight: InFlightLimit): ApiResponse {
  const { reads, writes } = inFlight.current
  const memory = process.memoryUsage()
  const lines = [
    ...metric('apiserver_current_inflight_requests', 'gauge', 'Requests being served, by kind.', [
      [{ request_kind: 'readOnly' }, reads],
      [{ request_kind: 'mutating' }, writes],
    ]),
    ...metric('process_resident_memory_bytes', 'gauge', 'Resident memory.', [[{}, memory.rss]]),
    ...metric('nodejs_heap_used_bytes', 'gauge', 'Heap in use.', [[{}, memory.heapUsed]]),
    ...cacheMetrics(caches),
  ]
  return {
    status: 200,
    headers: { 'content-type': contentType },
    body: new TextEncoder().encode(`${lines.join('\n')}\n`),
  }
}

type Sample = [labels: Record<string, string>, value: number]

function cacheMetrics(caches: Caches): string[] {
  const sizes = [...caches.sizes()].map(([prefix, size]) => ({
    resource: prefix.slice('/registry/'.length, -1),
    ...size,
  }))
  return [
    ...metric(
      'apiserver_storage_objects',
      'gauge',
      'Objects in the caches that are loaded.',
      sizes.map(({ resource, objects }): Sample => [{ resource }, objects]),
    ),
    ...metric(
      'apiserver_longrunning_requests',
      'gauge',
      'Watches being served.',
      sizes.map(({ resource, watchers }): Sample => [{ resource, verb: 'WATCH' }, watchers]),
    ),
  ]
}

function metric(name: string, type: string, help: string, samples: readonly Sample[]): string[] {
  if (samples.length === 0) return []
  return [
    `# HELP ${name} ${help}`,
    `# TYPE ${name} ${type}`,
    ...samples.map(([labels, value]) => `${name}${labelText(labels)} ${value}`),
  ]
}

function labelText(labels: Record<string, string>): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${JSON.stringify(value)}`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}
