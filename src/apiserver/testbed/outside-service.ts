/** A small HTTPS service with an authority of its own that does what a test tells it: an issuer, a webhook, a hostile one. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import { realPlatform } from '../../platform/real/platform.ts'

/** Answers with JSON, or does with the response what it likes and returns undefined. */
export type ServiceBehaviour = (
  call: { path: string; body: unknown; headers: IncomingMessage['headers'] },
  raw: ServerResponse,
) => object | undefined

export interface OutsideService {
  /** `https://localhost:…` */
  readonly url: string
  readonly caPem: string
  readonly calls: { path: string; body: unknown }[]
  behave(behaviour: ServiceBehaviour): void
  /** As a file of the API server names it. */
  kubeconfig(path?: string): string
  close(): Promise<void>
}

const { net, random, clock } = realPlatform()

/** `name`: what its certificate is for. */
export async function startOutsideService(name = 'localhost'): Promise<OutsideService> {
  const { authority, leaf } = identityFor(name)
  const calls: OutsideService['calls'] = []
  let behaviour: ServiceBehaviour = () => ({})
  const listening = await net.serveHttps(
    { host: '127.0.0.1', port: 0, identity: leaf },
    {
      request: (request, response) => void answer(request as IncomingMessage, response as ServerResponse),
      upgrade: (_request, socket) => socket.destroy(),
    },
  )
  async function answer(request: IncomingMessage, raw: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    const text = Buffer.concat(chunks).toString()
    const call = { path: request.url ?? '', body: text === '' ? undefined : (JSON.parse(text) as unknown) }
    calls.push(call)
    const reply = behaviour({ ...call, headers: request.headers }, raw)
    if (reply === undefined) return
    raw.setHeader('content-type', 'application/json')
    raw.end(JSON.stringify(reply))
  }
  const url = `https://localhost:${listening.port}`
  const ca = Buffer.from(authority.certificatePem).toString('base64')
  return {
    url,
    caPem: authority.certificatePem,
    calls,
    behave: (next) => {
      behaviour = next
    },
    kubeconfig: (path = '/ask') =>
      JSON.stringify({
        clusters: [{ name: 's', cluster: { server: `${url}${path}`, 'certificate-authority-data': ca } }],
        users: [{ name: 'u', user: { token: 'secret-of-the-api-server' } }],
        contexts: [{ name: 'c', context: { cluster: 's', user: 'u' } }],
        'current-context': 'c',
      }),
    close: () => listening.close(0),
  }
}

function identityFor(name: string) {
  const validity = { notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 }
  const subjectOf = (commonName: string) => ({ commonName, organizations: [] })
  const authority = issueAuthority({ subject: subjectOf('authority'), ...validity, serial: random.bytes(16) })
  const more = { dnsNames: [name], ipAddresses: [], usages: ['serverAuth' as const] }
  return {
    authority,
    leaf: issueCertificate(authority, {
      subject: subjectOf('service'),
      ...more,
      ...validity,
      serial: random.bytes(16),
    }),
  }
}

/** Answers for ever without an end. */
export const hanging: ServiceBehaviour = (_call, raw) => {
  raw.writeHead(200, { 'content-type': 'application/json' })
  raw.write('{')
  return undefined
}

export const wordy: ServiceBehaviour = (_call, raw) => {
  raw.writeHead(200, { 'content-type': 'application/json' })
  raw.end(`"${'x'.repeat(2 * 1024 * 1024)}"`)
  return undefined
}

export function redirecting(to: string): ServiceBehaviour {
  return (_call, raw) => {
    raw.writeHead(307, { location: to })
    raw.end()
    return undefined
  }
}
