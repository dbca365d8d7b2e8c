/** A component's own HTTPS port: health, metrics, what it was started with. Callers are asked for at the API server. */

import { ApiError } from '../../api/errors.ts'
import { httpHandlers } from '../../apiserver/http/front.ts'
import { errorResponse, jsonResponse, pageNotFound } from '../../apiserver/http/status.ts'
import type { Family } from '../../apiserver/metrics/families.ts'
import { DebugPages } from '../../apiserver/nonresource/debug-pages.ts'
import { type Checks, Health } from '../../apiserver/nonresource/health.ts'
import { familiesResponse } from '../../apiserver/nonresource/metrics.ts'
import { versionInfo } from '../../apiserver/nonresource/version.ts'
import type { ApiRequest, ApiResponse } from '../../apiserver/request.ts'
import type { Gates } from '../../apiserver/scheme/feature-gates.ts'
import type { Clock } from '../../platform/clock.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import type { HttpsServerOptions, Listening, Net } from '../../platform/net.ts'
import type { DelegatedAccess } from './access.ts'

export interface PortParts {
  net: Net
  log: Logger
  clock: Clock
  listen: HttpsServerOptions
  access: DelegatedAccess
  /** `kube-scheduler` and the like. */
  component: string
  gates: Gates
  /** As they hold, by name. */
  flags: ReadonlyMap<string, string>
  /** What `/configz` shows, by the name it has there. */
  configuration: Readonly<Record<string, unknown>>
  checks: Checks
  families(): readonly Family[]
}

export function openPort(parts: PortParts): Promise<Listening> {
  const { net, log, listen } = parts
  const pages = new Pages(parts)
  const handle = async (request: ApiRequest): Promise<ApiResponse> => {
    try {
      await parts.access.check(request)
      return (await pages.answer(request)) ?? pageNotFound()
    } catch (error) {
      if (!(error instanceof ApiError)) log.warn('a request to this component failed', { error: messageOf(error) })
      return errorResponse(error)
    }
  }
  return net.serveHttps(listen, httpHandlers({ handle, upgrade: handle }, log))
}

class Pages {
  readonly #parts: PortParts
  readonly #health: Health
  readonly #debug: DebugPages

  constructor(parts: PortParts) {
    this.#parts = parts
    this.#health = new Health(parts.checks)
    const paths = () => ['/configz', '/flagz', '/metrics', '/statusz', '/version', ...Object.keys(parts.checks())]
    this.#debug = new DebugPages({ ...parts, paths })
  }

  async answer(request: ApiRequest): Promise<ApiResponse | undefined> {
    const { path, headers } = request
    switch (path) {
      case '/metrics':
        return familiesResponse(this.#parts.families(), headers.accept)
      case '/metrics/slis':
        return familiesResponse(await this.#health.families(), headers.accept)
      case '/configz':
        return jsonResponse(200, this.#parts.configuration)
      case '/version':
        return jsonResponse(200, versionInfo())
      default:
        return this.#debug.answer(path) ?? (await this.#health.answer(path, request))
    }
  }
}
