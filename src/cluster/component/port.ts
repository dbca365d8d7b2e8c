/** A component's own HTTPS port: health, metrics, what it was started with. */
import type { ServerResponse } from 'node:http'
import { type Family, familiesText } from '../../apiserver/metrics/families.ts'
import { versionInfo } from '../../apiserver/nonresource/version.ts'
import type { Logger } from '../../platform/log.ts'
import type { HttpRequest, Listening, Net, TlsIdentity } from '../../platform/net.ts'
import type { DelegatedAccess } from './access.ts'

export interface PortParts {
  net: Net
  log: Logger
  host: string
  port: number
  identity: TlsIdentity
  clientCaPem?: string
  access: DelegatedAccess
  /** By flag, as `/configz` and `/flagz` show it. */
  configuration: ReadonlyMap<string, string>
  /** Under this name in `/configz`. */
  configurationName: string
  families(): readonly Family[]
  /** What is wrong; undefined when all is well. */
  problem(): string | undefined
}

interface Page {
  status: number
  type: string
  text: string
}

export function openPort(parts: PortParts): Promise<Listening> {
  const { net, host, port, identity, clientCaPem, log } = parts
  return net.serveHttps(
    { host, port, identity, ...(clientCaPem === undefined ? {} : { clientCaPem }) },
    {
      request(request, response) {
        answer(parts, request).then(
          (page) => send(response as ServerResponse, page),
          (error: unknown) => {
            log.warn('a request to this component failed', { error: String(error) })
            send(response as ServerResponse, plain(500, 'Internal Server Error'))
          },
        )
      },
      upgrade: (_request, socket) => socket.destroy(),
    },
  )
}

async function answer(parts: PortParts, request: HttpRequest): Promise<Page> {
  const path = (request.url ?? '/').split('?')[0] ?? '/'
  const verdict = await parts.access.check(request, path)
  if (!verdict.allowed) return plain(verdict.status, verdict.message)
  if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'Method Not Allowed')
  const { configuration, configurationName } = parts
  switch (path) {
    case '/healthz':
    case '/livez':
    case '/readyz':
      return health(parts.problem())
    case '/metrics':
      return page('text/plain; version=0.0.4; charset=utf-8', familiesText(parts.families(), 'prometheus'))
    case '/configz':
      return page(
        'application/json',
        JSON.stringify({ [configurationName]: Object.fromEntries([...configuration].sort()) }),
      )
    case '/flagz':
      return plain(
        200,
        `${[...configuration]
          .sort()
          .map((flag) => flag.join('='))
          .join('\n')}\n`,
      )
    case '/version':
      return page('application/json', JSON.stringify(versionInfo()))
    default:
      return plain(404, '404 page not found')
  }
}

function health(problem: string | undefined): Page {
  return problem === undefined ? plain(200, 'ok') : plain(500, `unhealthy: ${problem}`)
}

function plain(status: number, text: string): Page {
  return { status, type: 'text/plain; charset=utf-8', text }
}

function page(type: string, text: string): Page {
  return { status: 200, type, text }
}

function send(response: ServerResponse, { status, type, text }: Page): void {
  response.writeHead(status, { 'content-type': type, 'x-content-type-options': 'nosniff' })
  response.end(text)
}
