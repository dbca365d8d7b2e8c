/** Plain HTTPS requests as any program could send them, well-formed or not. */
import { type Agent, Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { connect as tlsConnect } from 'node:tls'
import type { TlsIdentity } from '../../src/platform/net.ts'
import type { Bed } from './harness.ts'

export interface Reply {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look at answers of every kind
  json: any
}

export interface Asked {
  method?: string
  headers?: Record<string, string | string[]>
  body?: string | Uint8Array | object
  /** Who asks. Default the administrator; null: nobody. */
  identity?: TlsIdentity | null
  token?: string
}

export class HttpClient {
  readonly #bed: Bed
  readonly #agents = new Map<TlsIdentity | null, Agent>()

  constructor(bed: Bed) {
    this.#bed = bed
  }

  async send(path: string, asked: Asked = {}): Promise<Reply> {
    const { method = 'GET', body, token, identity = token ? null : this.#bed.pki.leafs.admin } = asked
    const isObject = typeof body === 'object' && !(body instanceof Uint8Array)
    const bytes = isObject ? JSON.stringify(body) : body
    const headers = {
      ...(body === undefined
        ? {}
        : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(bytes ?? '') }),
      ...(token ? { authorization: `Bearer ${token}` } : {}),
      ...asked.headers,
    }
    const { port } = new URL(this.#bed.url)
    return await new Promise<Reply>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path, method, headers, agent: this.#agent(identity) }
      const request = httpsRequest(options, (response) => {
        const chunks: Uint8Array[] = []
        response.on('data', (chunk: Uint8Array) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, json: parsed(text) })
        })
      })
      request.on('error', reject)
      request.setTimeout(10_000, () =>
        request.destroy(new Error(`${method} ${path.slice(0, 80)}: no answer within 10 s`)),
      )
      request.end(bytes)
    })
  }

  /** Sends raw bytes over TLS; resolves with what came until the server closed. */
  async raw(text: string | Uint8Array): Promise<string> {
    const { port } = new URL(this.#bed.url)
    const ca = this.#bed.pki.ca.certificatePem
    return await new Promise<string>((resolve, reject) => {
      const socket = tlsConnect({ host: '127.0.0.1', port: Number(port), ca, ALPNProtocols: ['http/1.1'] })
      const chunks: Uint8Array[] = []
      socket.on('secureConnect', () => void socket.write(text))
      socket.on('data', (chunk: Uint8Array) => chunks.push(chunk))
      socket.on('close', () => resolve(Buffer.concat(chunks).toString()))
      socket.on('error', (error: NodeJS.ErrnoException) =>
        error.code === 'ECONNRESET' || error.code === 'EPIPE' ? undefined : reject(error),
      )
      socket.setTimeout(10_000, () => socket.destroy(new Error('the server neither answered nor closed')))
    })
  }

  close(): void {
    for (const agent of this.#agents.values()) agent.destroy()
  }

  #agent(identity: TlsIdentity | null): Agent {
    const known = this.#agents.get(identity)
    if (known) return known
    const client = identity ? { cert: identity.certificatePem, key: identity.keyPem } : {}
    const agent = new HttpsAgent({ ca: this.#bed.pki.ca.certificatePem, keepAlive: true, maxSockets: 60, ...client })
    this.#agents.set(identity, agent)
    return agent
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
