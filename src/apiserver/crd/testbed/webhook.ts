/** A webhook over TLS for tests, with a certificate of an authority of its own. */
import { issueAuthority, issueCertificate } from '../../../api/x509/certificate.ts'
import type { Net } from '../../../platform/net.ts'

export interface TestWebhook {
  port: number
  url: string
  /** Base64 of the authority's certificate. */
  caBundle: string
  /** What was asked, in order. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at questions of every kind
  asked: any[]
  close(): Promise<void>
}

export interface WebhookAnswer {
  status?: number
  headers?: Record<string, string>
  body: unknown
}

// biome-ignore lint/suspicious/noExplicitAny: see above
export type WebhookHandler = (question: any, path: string) => WebhookAnswer

export async function startWebhook(net: Net, handler: WebhookHandler, dnsNames: string[] = []): Promise<TestWebhook> {
  const period = { notBeforeMs: Date.UTC(2020, 0), notAfterMs: Date.UTC(2100, 0) }
  const subject = (commonName: string) => ({ commonName, organizations: [] })
  const authority = issueAuthority({ subject: subject('webhooks'), serial: Uint8Array.of(1, 2, 3, 4), ...period })
  const leaf = { subject: subject('webhook'), serial: Uint8Array.of(5, 6, 7, 8), ...period }
  const names = { dnsNames, ipAddresses: ['127.0.0.1'] }
  const identity = issueCertificate(authority, { ...leaf, ...names, usages: ['serverAuth'] })
  const asked: unknown[] = []
  const listening = await net.serveHttps(
    { host: '127.0.0.1', port: 0, identity },
    {
      request(request, response) {
        const chunks: Uint8Array[] = []
        request.on('data', (chunk: Uint8Array) => chunks.push(chunk))
        request.on('end', () => {
          const question: unknown = JSON.parse(Buffer.concat(chunks).toString() || 'null')
          asked.push(question)
          const { status = 200, headers = {}, body } = handler(question, request.url ?? '')
          response.statusCode = status
          for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
          response.end(typeof body === 'string' ? body : JSON.stringify(body))
        })
      },
      upgrade: (_request, socket) => void socket.destroy(),
    },
  )
  return {
    port: listening.port,
    url: `https://127.0.0.1:${listening.port}/convert`,
    caBundle: Buffer.from(authority.certificatePem).toString('base64'),
    asked,
    close: () => listening.close(0),
  }
}
