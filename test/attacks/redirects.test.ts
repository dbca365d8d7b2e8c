/** A kubelet, a pod behind a proxy, or a webhook that answers with a redirect must not send the API server elsewhere. */
import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import type { KubeObject } from '../../src/api/meta.ts'
import { apiregistrationV1, coreV1, discoveryV1 } from '../../src/api/resources.ts'
import { issueAuthority, issueCertificate } from '../../src/api/x509/certificate.ts'
import { nodeProxy } from '../../src/apiserver/node-proxy/proxy.ts'
import type { ProxyCall } from '../../src/apiserver/node-proxy.ts'
import { MemoryObjects } from '../../src/apiserver/testbed/memory-objects.ts'
import { startTestApiServer } from '../../src/apiserver/testbed/server.ts'
import { callWebhook } from '../../src/apiserver/webhook/client.ts'
import { createClient } from '../../src/client/client-impl.ts'
import type { HttpReply, HttpRequestOptions, Listening, Net } from '../../src/platform/net.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { holds } from './opened.ts'

const { net, clock, random } = realPlatform()
let victim: Listening
let hostile: Listening
let reached: { path: string; authorization: string | undefined }[] = []
let status = 302

const validity = () => ({ notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 })
const authority = issueAuthority({
  ...{ subject: { commonName: 'ca', organizations: [] }, ...validity(), serial: random.bytes(16) },
})
const identity = issueCertificate(authority, {
  ...{ subject: { commonName: 'x', organizations: [] }, ...validity(), serial: random.bytes(16) },
  ...{ usages: ['serverAuth'], dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] },
})

before(async () => {
  const at = { host: '127.0.0.1', port: 0, identity }
  victim = await net.serveHttps(at, {
    request(request, response) {
      reached.push({ path: request.url ?? '', authorization: request.headers.authorization })
      response.end('{"response":{"allowed":true},"secret":"metadata"}')
    },
    upgrade: (_request, socket) => socket.destroy(),
  })
  hostile = await net.serveHttps(at, {
    request(request, response) {
      const answer = response as ServerResponse
      const asked = request as IncomingMessage
      asked.resume()
      if (asked.url === discovery)
        return void answer
          .writeHead(200, { 'content-type': 'application/json' })
          .end(JSON.stringify({ kind: 'APIResourceList', groupVersion: 'agg.example.com/v1', resources: [] }))
      answer.writeHead(status, { location: `https://127.0.0.1:${victim.port}/latest/meta-data` })
      response.end('go there')
    },
    upgrade: (_request, socket) =>
      socket.end(`HTTP/1.1 302 Found\r\nlocation: https://127.0.0.1:${victim.port}/\r\ncontent-length: 0\r\n\r\n`),
  })
})
after(async () => {
  await Promise.all([victim.close(0), hostile.close(0)])
})

/** The hole: what a careless client does. */
const following: Net = {
  ...net,
  async request(options: HttpRequestOptions): Promise<HttpReply> {
    const reply = await net.request(options)
    const { location } = reply.headers
    return location ? await net.request({ ...options, url: location }) : reply
  },
}

const tls = { caPem: authority.certificatePem }
const node = () => ({
  metadata: { name: 'n' },
  status: {
    addresses: [{ type: 'InternalIP', address: '127.0.0.1' }],
    daemonEndpoints: { kubeletEndpoint: { Port: hostile.port } },
  },
})

function callFor(subresource: 'log' | 'proxy'): ProxyCall {
  const pod = {
    metadata: { name: 'p', namespace: 'a' },
    spec: { nodeName: 'n', containers: [{ name: 'c', image: 'x' }] },
    status: { podIP: '127.0.0.1' },
  }
  const objects = new MemoryObjects().put(coreV1.nodes, node() as never).put(coreV1.pods, pod as never)
  const isLog = subresource === 'log'
  return {
    ...{ resource: isLog ? 'pods' : 'nodes', subresource, namespace: isLog ? 'a' : '', name: isLog ? 'p' : 'n' },
    object: (isLog ? pod : node()) as KubeObject,
    ...{ base: '', path: '/', objects, user: { name: 'u', groups: [], extra: {} } },
    request: {
      ...{ method: 'GET', path: '/api/v1/x', query: new URLSearchParams(), headers: {}, body: new Uint8Array() },
      ...{ remoteAddress: '', signal: new AbortController().signal },
    } as unknown as ProxyCall['request'],
  }
}

for (const subresource of ['log', 'proxy'] as const) {
  for (const code of [301, 302, 303, 307, 308]) {
    test(`a kubelet that answers ${subresource} with ${code} sends the server nowhere`, async () => {
      status = code
      const succeeds = async (through: Net) => {
        reached = []
        const proxy = nodeProxy({ net: through, random, kubeletTls: tls, allowedCidrs: ['127.0.0.0/8'] })
        const answer = await proxy.request(callFor(subresource))
        if (typeof answer.body === 'object' && Symbol.asyncIterator in answer.body)
          for await (const _ of answer.body as AsyncIterable<unknown>);
        return reached.length > 0
      }
      await holds(succeeds, { closed: net, opened: following })
    })
  }
}

for (const code of [301, 302, 307, 308]) {
  test(`a webhook that answers ${code} sends the server nowhere, and what it says is not told`, async () => {
    status = code
    const succeeds = async (through: Net) => {
      reached = []
      const config = { url: `https://127.0.0.1:${hostile.port}/`, caBundle: Buffer.from(tls.caPem).toString('base64') }
      const parts = { objects: new MemoryObjects(), net: through, clock, random }
      await callWebhook(parts, { config, body: {}, timeoutSeconds: 5 }).catch((error: Error) => {
        assert.doesNotMatch(error.message, /go there|meta-data/)
      })
      return reached.length > 0
    }
    await holds(succeeds, { closed: net, opened: following })
  })
}

const discovery = '/apis/agg.example.com/v1'

/** An API server in front of the hostile one, whose addresses lead there. */
async function serverInFrontOf(through: Net) {
  const there = <T extends { url: string }>(options: T): T => ({
    ...options,
    url: options.url.replace('10.9.8.7', '127.0.0.1'),
  })
  const routed: Net = Object.assign(Object.create(net) as Net, {
    request: (options: HttpRequestOptions) => through.request(there(options)),
  })
  const api = await startTestApiServer({ clock, random, net: routed, frontProxyIdentity: identity })
  const client = createClient(api.transport)
  const spec = { ports: [{ name: 'https', port: 443 }], clusterIP: '10.96.0.77', type: 'ClusterIP' }
  await client.of(coreV1.services, 'default').create({ metadata: { name: 'agg' }, spec } as never)
  await client.of(discoveryV1.endpointSlices, 'default').create({
    metadata: { name: 'agg-1', labels: { 'kubernetes.io/service-name': 'agg' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: hostile.port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.9.8.7'], conditions: { ready: true } }],
  } as never)
  const services = client.of(apiregistrationV1.apiServices)
  await services.create({
    metadata: { name: 'v1.agg.example.com' },
    spec: {
      ...{ group: 'agg.example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 15 },
      ...{ service: { namespace: 'default', name: 'agg', port: 443 }, insecureSkipTLSVerify: true },
    },
  })
  for (;;) {
    const [condition] = (await services.get('v1.agg.example.com')).status?.conditions ?? []
    if (condition?.status === 'True') return api
    await clock.sleep(10)
  }
}

test('an API service that answers with a redirect sends the server nowhere', { timeout: 30_000 }, async () => {
  status = 307
  const succeeds = async (through: Net) => {
    reached = []
    const api = await serverInFrontOf(through)
    await api.transport.send({ method: 'GET', path: `${discovery}/gadgets`, headers: {} })
    await api.stop()
    return reached.length > 0
  }
  await holds(succeeds, { closed: net, opened: following })
})
