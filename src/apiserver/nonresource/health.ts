/** `/healthz`, `/livez` and `/readyz` with their named checks. */
import type { EndpointParts } from '../endpoints/parts.ts'
import { textResponse } from '../http/status.ts'
import { type Family, gauge } from '../metrics/families.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'
import { startSteps } from './start-steps.ts'

export interface Check {
  name: string
  /** Undefined when well, else what is wrong. */
  run(): Promise<string | undefined> | string | undefined
}

/** By path, `/healthz` and the like; asked for each time, since what runs may change. */
export type Checks = () => Readonly<Record<string, readonly Check[]>>

export function apiServerChecks({ registry, stopping }: EndpointParts): Checks {
  const ping: Check = { name: 'ping', run: () => undefined }
  const store: Check = { name: 'etcd', run: () => registry.store.health() }
  const behind: Check = { name: 'informer-sync', run: () => freshOrNot(registry.caches.hub) }
  const shutdown: Check = { name: 'shutdown', run: () => (stopping.aborted ? 'the server is stopping' : undefined) }
  const started = startSteps.map((name): Check => ({ name, run: () => undefined }))
  const certificate: Check = { name: 'loopback-serving-certificate', run: () => undefined }
  const checks = {
    '/healthz': [ping, store, ...started, certificate],
    '/livez': [ping, store, ...started, certificate],
    '/readyz': [ping, store, { ...store, name: 'etcd-readiness' }, behind, ...started, shutdown],
  }
  return () => checks
}

export class Health {
  readonly #checks: Checks
  /** How often each check was done, by its labels as they are written. */
  readonly #counts = new Map<string, { labels: Record<string, string>; count: number }>()

  constructor(checks: Checks) {
    this.#checks = checks
  }

  paths(): string[] {
    return Object.entries(this.#checks()).flatMap(([root, checks]) => [
      root,
      ...checks.map(({ name }) => `${root}/${name}`),
    ])
  }

  /** Undefined for a path that is no check. */
  async answer(path: string, { query }: Pick<ApiRequest, 'query'>): Promise<ApiResponse | undefined> {
    const known = this.#checks()
    const checks = known[path]
    if (checks) return await this.#all(path.slice(1), checks, query)
    const slash = path.indexOf('/', 1)
    const single = known[path.slice(0, slash)]?.find(({ name }) => name === path.slice(slash + 1))
    if (!single) return undefined
    const problem = await this.#run(path.slice(1, slash), single.name, single.run)
    return problem === undefined ? textResponse(200, 'ok') : textResponse(500, `internal server error: ${problem}\n`)
  }

  /** Every check done now, and how often each was done before. */
  async families(): Promise<Family[]> {
    const now: [Record<string, string>, number][] = []
    for (const [root, checks] of Object.entries(this.#checks())) {
      for (const { name, run } of checks) {
        const problem = await this.#run(root.slice(1), name, run)
        now.push([{ name, type: root.slice(1) }, problem === undefined ? 1 : 0])
      }
    }
    const counts = [...this.#counts.values()].map(({ labels, count }): [Record<string, string>, number] => [
      labels,
      count,
    ])
    return [
      gauge('kubernetes_healthcheck', 'Outcome of each check, 1 when all is well.', now),
      { ...gauge('kubernetes_healthchecks_total', 'Checks done, by outcome.', counts), type: 'counter' },
    ]
  }

  async #run(type: string, name: string, run: Check['run']): Promise<string | undefined> {
    const problem = await run()
    const status = problem === undefined ? 'success' : 'error'
    const key = `${type} ${name} ${status}`
    const known = this.#counts.get(key) ?? { labels: { name, status, type }, count: 0 }
    known.count += 1
    this.#counts.set(key, known)
    return problem
  }

  async #all(endpoint: string, checks: readonly Check[], query: URLSearchParams): Promise<ApiResponse> {
    const excluded = new Set(query.getAll('exclude'))
    const lines: string[] = []
    let failed = false
    for (const { name, run } of checks) {
      if (excluded.delete(name)) {
        lines.push(`[+]${name} excluded: ok`)
        continue
      }
      const problem = await this.#run(endpoint, name, run)
      failed ||= problem !== undefined
      lines.push(problem === undefined ? `[+]${name} ok` : `[-]${name} failed: reason withheld`)
    }
    if (excluded.size > 0)
      lines.push(
        `warn: some health checks cannot be excluded: no matches for ${[...excluded].map((name) => JSON.stringify(name)).join(', ')}`,
      )
    if (failed) return textResponse(500, `${lines.join('\n')}\n${endpoint} check failed\n`)
    return textResponse(200, query.has('verbose') ? `${lines.join('\n')}\n${endpoint} check passed\n` : 'ok')
  }
}

async function freshOrNot(hub: { fresh(): boolean | Promise<boolean> }): Promise<string | undefined> {
  return (await hub.fresh()) ? undefined : 'the caches are behind the store'
}
