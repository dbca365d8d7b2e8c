/** What only tests use: an API server with webhooks, and a webhook server over TLS that does what it is told. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { issueAuthority, issueCertificate } from '../../../../api/x509/certificate.ts'
import type { Listening } from '../../../../platform/net.ts'
import { realPlatform } from '../../../../platform/real/platform.ts'
import type { AdmissionAttributes } from '../../../admission.ts'
import { AuthorizerChain } from '../../../authorization/decision.ts'
import { Rbac } from '../../../authorization/rbac.ts'
import { AdmissionMetrics } from '../../../metrics/security-metrics.ts'
import { TestCaller } from '../../../testbed/caller.ts'
import { startTestApiServer } from '../../../testbed/server.ts'
import { defaultAdmission } from '../../chain.ts'
import { dynamicAdmission } from '../../dynamic.ts'

export interface Review {
  apiVersion: string
  request: { uid: string; name?: string; operation: string; object: Record<string, unknown> | null } & Record<
    string,
    unknown
  >
}

/** Answers with a response, or does with the socket what it likes. */
export type Behaviour = (review: Review, reply: { send(response: object): void; raw: ServerResponse }) => void

export interface WebhookServer {
  readonly port: number
  /** Base64 of the authority that signed its certificate. */
  readonly caBundle: string
  readonly asked: Review[]
  readonly paths: string[]
  behave(behaviour: Behaviour): void
  close(): Promise<void>
}

const { net, random, clock } = realPlatform()

function identityFor(names: readonly string[]) {
  const validity = {
    notBeforeMs: clock.nowMs() - 60_000,
    notAfterMs: clock.nowMs() + 3_600_000,
    serial: random.bytes(16),
  }
  const authority = issueAuthority({ subject: { commonName: 'webhooks', organizations: [] }, ...validity })
  const leaf = issueCertificate(authority, {
    subject: { commonName: 'webhook', organizations: [] },
    dnsNames: names,
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth'],
    ...validity,
    serial: random.bytes(16),
  })
  return { authority, leaf }
}

export async function startWebhookServer(names: readonly string[] = ['localhost']): Promise<WebhookServer> {
  const { authority, leaf } = identityFor(names)
  const asked: Review[] = []
  const paths: string[] = []
  let behaviour: Behaviour = (_review, { send }) => send({ allowed: true })
  const listening: Listening = await net.serveHttps(
    { host: '127.0.0.1', port: 0, identity: leaf },
    {
      request: (request, response) => void answer(request as IncomingMessage, response as ServerResponse),
      upgrade: (_request, socket) => socket.destroy(),
    },
  )
  async function answer(request: IncomingMessage, raw: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    paths.push(request.url ?? '')
    const review = JSON.parse(Buffer.concat(chunks).toString()) as Review
    asked.push(review)
    const send = (response: object) => {
      const { apiVersion } = review
      raw.setHeader('content-type', 'application/json')
      raw.end(
        JSON.stringify({ kind: 'AdmissionReview', apiVersion, response: { uid: review.request.uid, ...response } }),
      )
    }
    behaviour(review, { send, raw })
  }
  return {
    port: listening.port,
    caBundle: Buffer.from(authority.certificatePem).toString('base64'),
    asked,
    paths,
    behave: (next) => {
      behaviour = next
    },
    close: () => listening.close(0),
  }
}

export interface Cluster {
  readonly caller: TestCaller
  readonly annotations: Map<string, { value: string; level: string }>
  stop(): Promise<void>
}

/** In memory, on real time and sockets, with the default admission steps. */
export async function startCluster(): Promise<Cluster> {
  const annotations = new Map<string, { value: string; level: string }>()
  const server = await startTestApiServer({
    clock,
    random,
    security: async ({ objects, scheme }) => {
      const rbac = new Rbac()
      await rbac.start(objects)
      const authorizer = new AuthorizerChain([rbac])
      const metrics = new AdmissionMetrics()
      const dynamic = dynamicAdmission({ objects, scheme, authorizer, clock, random, metrics, net })
      const admission = defaultAdmission({
        ...{ objects, authorizer, rbac, clock, random, metrics, dynamic },
        quotaWriter: () => {
          throw new Error('no quotas here')
        },
        disabled: ['ServiceAccount', 'ResourceQuota'],
      })
      const recorded = (attributes: AdmissionAttributes) =>
        Object.assign(attributes, {
          annotate: (key: string, value: string, level = 'Metadata') => annotations.set(key, { value, level }),
        })
      return {
        authenticator: { authenticate: async () => undefined },
        authorizer,
        admission: {
          families: metrics.families,
          mutate: (attributes) => admission.mutate(recorded(attributes)),
          validate: (attributes) => admission.validate(recorded(attributes)),
        },
      }
    },
  })
  return { caller: new TestCaller(server), annotations, stop: () => server.stop() }
}
