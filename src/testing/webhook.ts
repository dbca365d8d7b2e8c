/**
 * An admission webhook inside a test: a function that is asked as the real thing is, over TLS, with a certificate made for
 * it. https://kubernetes.io/docs/reference/access-authn-authz/extensible-admission-controllers/
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { KubeObject } from '../api/meta.ts'
import { issueAuthority, issueCertificate } from '../api/x509/certificate.ts'
import { limits } from '../limits.ts'
import { real } from './real.ts'

/** What the API server asks; the parts that tests read. */
export interface AdmissionRequest {
  uid: string
  operation: 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'
  name?: string
  namespace?: string
  subResource?: string
  dryRun?: boolean
  userInfo: { username: string; groups?: readonly string[] }
  resource: { group: string; version: string; resource: string }
  /** Null when it is being deleted. */
  object: KubeObject | null
  /** Null when it is being created. */
  oldObject: KubeObject | null
}

export interface AdmissionAnswer {
  allowed: boolean
  /** Why not. */
  status?: { code?: number; message?: string }
  /** JSON Patch operations, of a mutating webhook. */
  patch?: readonly { op: string; path: string; value?: unknown; from?: string }[]
  warnings?: readonly string[]
}

export interface TestWebhook extends AsyncDisposable {
  /** For a webhook configuration. */
  readonly clientConfig: { url: string; caBundle: string }
  /** All that it was asked, oldest first. */
  readonly asked: readonly AdmissionRequest[]
  close(): Promise<void>
}

const validityMs = 24 * 3_600_000
const path = '/admit'

/** Asks `review` until it is closed. What `review` throws is answered with 500, which the failure policy judges. */
export async function serveWebhook(
  review: (request: AdmissionRequest) => AdmissionAnswer | Promise<AdmissionAnswer>,
): Promise<TestWebhook> {
  const { caBundle, identity } = certified()
  const asked: AdmissionRequest[] = []
  const answer = async (incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> => {
    const { apiVersion, request } = JSON.parse(await bodyOf(incoming)) as {
      apiVersion: string
      request: AdmissionRequest
    }
    asked.push(request)
    const { patch, ...rest } = await review(request)
    const patched = patch && { patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(patch)).toString('base64') }
    const response = { uid: request.uid, ...rest, ...patched }
    outgoing.setHeader('content-type', 'application/json')
    outgoing.end(JSON.stringify({ kind: 'AdmissionReview', apiVersion, response }))
  }
  const listening = await real.net.serveHttps(
    { host: '127.0.0.1', port: 0, identity },
    {
      request(incoming, outgoing) {
        answer(incoming as IncomingMessage, outgoing as ServerResponse).catch((error: unknown) => {
          outgoing.statusCode = 500
          outgoing.end(String(error))
        })
      },
      upgrade: (_request, socket) => socket.destroy(),
    },
  )
  const close = (): Promise<void> => listening.close(0)
  const clientConfig = { url: `https://127.0.0.1:${listening.port}${path}`, caBundle }
  return { clientConfig, asked, close, [Symbol.asyncDispose]: close }
}

async function bodyOf(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > limits.responseBodyBytesMax) throw new RangeError('the review is too large')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString()
}

function certified() {
  const nowMs = real.clock.nowMs()
  const validity = { notBeforeMs: nowMs - 60_000, notAfterMs: nowMs + validityMs }
  const subject = (commonName: string) => ({ commonName, organizations: [] })
  const authority = issueAuthority({
    subject: subject('webhook-authority'),
    ...validity,
    serial: real.random.bytes(16),
  })
  const identity = issueCertificate(authority, {
    ...{ subject: subject('webhook'), ...validity, serial: real.random.bytes(16) },
    ...{ ipAddresses: ['127.0.0.1'], usages: ['serverAuth'] },
  })
  return { caBundle: Buffer.from(authority.certificatePem).toString('base64'), identity }
}
