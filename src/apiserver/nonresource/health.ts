/** `/healthz`, `/livez` and `/readyz` with their named checks. */
import type { EndpointParts } from '../endpoints/parts.ts'
import { textResponse } from '../http/status.ts'
import type { ApiRequest, ApiResponse } from '../request.ts'

interface Check {
  name: string
  /** Undefined when well, else what is wrong. */
  run(): Promise<string | undefined> | string | undefined
}

export class Health {
  readonly #checks: Readonly<Record<string, readonly Check[]>>

  constructor({ registry, stopping }: EndpointParts) {
    const ping: Check = { name: 'ping', run: () => undefined }
    const store: Check = { name: 'etcd', run: () => registry.store.health() }
    const behind: Check = { name: 'informer-sync', run: () => freshOrNot(registry.caches.hub) }
    const shutdown: Check = { name: 'shutdown', run: () => (stopping.aborted ? 'the server is stopping' : undefined) }
    this.#checks = {
      '/healthz': [ping, store],
      '/livez': [ping, store],
      '/readyz': [ping, store, { ...store, name: 'etcd-readiness' }, behind, shutdown],
    }
  }

  paths(): string[] {
    return Object.entries(this.#checks).flatMap(([root, checks]) => [
      root,
      ...checks.map(({ name }) => `${root}/${name}`),
    ])
  }

  /** Undefined for a path that is no check. */
  async answer(path: string, request: ApiRequest): Promise<ApiResponse | undefined> {
    const checks = this.#checks[path]
    if (checks) return await this.#all(path.slice(1), checks, request.query)
    const slash = path.indexOf('/', 1)
    const single = this.#checks[path.slice(0, slash)]?.find(({ name }) => name === path.slice(slash + 1))
    if (!single) return undefined
    const problem = await single.run()
    return problem === undefined ? textResponse(200, 'ok') : textResponse(500, `internal server error: ${problem}\n`)
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
      const problem = await run()
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

async function freshOrNot(hub: { fresh(): Promise<boolean> }): Promise<string | undefined> {
  return (await hub.fresh()) ? undefined : 'the caches are behind the store'
}
