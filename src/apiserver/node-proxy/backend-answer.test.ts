import assert from 'node:assert/strict'
import { Duplex } from 'node:stream'
import { test } from 'node:test'
import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync } from 'node:zlib'
import { coreV1 } from '../../api/resources.ts'
import { issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import { createClient } from '../../client/client-impl.ts'
import type { TransportRequest } from '../../client/transport.ts'
import type { HttpRequestOptions, Net } from '../../platform/net.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { allowAll } from '../authorize.ts'
import type { ProxyCall } from '../node-proxy.ts'
import { adminUser, startTestApiServer } from '../testbed/server.ts'
import { answerOfBackend, belowProxy } from './backend-answer.ts'
import { nodeProxy } from './proxy.ts'

const places = { prefix: '/api/v1/namespaces/n/pods/p/proxy', backend: '10.0.0.9:80', asked: 'cluster:6443' }

test('belowProxy turns what points to the backend to below the proxy', () => {
  const cases: [link: string, wanted: string][] = [
    ['/x/?a=/b#c', `${places.prefix}/x/?a=/b#c`],
    ['/', `${places.prefix}/`],
    ['http://10.0.0.9:80/x', `${places.prefix}/x`],
    ['//10.0.0.9:80/x', `${places.prefix}/x`],
    ['https://cluster:6443/x', `https://cluster:6443${places.prefix}/x`],
  ]
  for (const [link, wanted] of cases) assert.equal(belowProxy(link, places), wanted)
  const same = [
    'x',
    '?a=/b',
    '#/c',
    '',
    '../x',
    'http://10.0.0.9:80',
    'http://other/x',
    '//other/x',
    'mailto:/x',
    'data:,/',
  ]
  for (const link of [...same, `${places.prefix}/x`]) assert.equal(belowProxy(link, places), link)
})

interface Backend {
  headers?: Record<string, string>
  cookies?: string[]
  body?: Uint8Array | string
}

/** An API server with a pod `proxy` in the namespace `proxy`, whose answer is given. */
async function proxying({ headers = {}, cookies, body = '' }: Backend) {
  const asked: HttpRequestOptions[] = []
  async function* whole() {
    yield Buffer.from(body)
  }
  const net = {
    async request(options: HttpRequestOptions) {
      asked.push(options)
      return { status: 200, headers, ...(cookies ? { cookies } : {}), body: whole() }
    },
  } as unknown as Net
  const random = simulatedRandom('proxy')
  const security = { authenticator: { authenticate: async () => adminUser }, authorizer: allowAll }
  const proxy = nodeProxy({ net, random, kubeletTls: {} })
  const api = await startTestApiServer({ nodeProxy: proxy, security, namespaces: ['proxy'] })
  const pods = createClient(api.transport).of(coreV1.pods, 'proxy')
  const spec = { containers: [{ name: 'c', image: 'i', ports: [{ containerPort: 80 }] }] }
  const pod = await pods.create({ metadata: { name: 'proxy' }, spec })
  await pods.updateStatus({ ...pod, status: { podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] } })
  const base = '/api/v1/namespaces/proxy/pods/proxy/proxy'
  const call = async (method: TransportRequest['method'], tail: string) => {
    const { body: chunks, ...reply } = await api.transport.send({ method, path: `${base}${tail}`, headers: {} })
    const bytes: Uint8Array[] = []
    if (chunks instanceof Uint8Array) bytes.push(chunks)
    else for await (const chunk of chunks) bytes.push(chunk)
    return { ...reply, body: Buffer.concat(bytes) }
  }
  return { api, asked, base, call, [Symbol.asyncDispose]: () => api.stop() }
}

test('the proxy asks what is asked with every method, of pods of any name', async () => {
  await using proxy = await proxying({ body: 'x' })
  for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const) {
    assert.equal((await proxy.call(method, '/a/proxy/b?c=d')).status, 200, method)
    const { url, headers, method: sent } = proxy.asked.at(-1)!
    assert.deepEqual([sent, url], [method, 'http://10.0.0.9:80/a/proxy/b?c=d'])
    assert.equal(headers?.['x-forwarded-uri'], `${proxy.base}/a/proxy/b`)
  }
})

test('the proxy sends readers of its root to the one with a slash', async () => {
  await using proxy = await proxying({ body: 'x' })
  for (const method of ['GET', 'HEAD'] as const) {
    const { status, headers } = await proxy.call(method, '?a=b')
    assert.deepEqual([status, headers.location], [301, `${proxy.base}/?a=b`])
  }
  assert.equal(proxy.asked.length, 0)
  assert.equal((await proxy.call('POST', '')).status, 200)
  assert.equal((await proxy.call('GET', '/')).status, 200)
})

test('the proxy turns links of pages and redirects to below itself', async () => {
  const page = '<a href="/x">test</a>'
  const unpackers = {
    '': (body: Buffer) => body,
    gzip: gunzipSync,
    deflate: inflateRawSync,
    br: (body: Buffer) => body,
  }
  for (const [coding, pack] of [
    ['', undefined],
    ['gzip', gzipSync],
    ['deflate', deflateRawSync],
    ['br', undefined],
  ] as const) {
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-length': '21' }
    const body = pack ? pack(page) : page
    await using proxy = await proxying({
      headers: { ...headers, ...(coding ? { 'content-encoding': coding } : {}) },
      body,
    })
    const answer = await proxy.call('GET', '/')
    const wanted = coding === 'br' ? page : `<a href="${proxy.base}/x">test</a>`
    assert.equal(unpackers[coding](answer.body).toString(), wanted, coding)
    assert.equal(answer.headers['content-length'], coding === 'br' ? '21' : undefined)
  }
  const origins = { 'access-control-allow-origin': '*', 'access-control-allow-credentials': 'true' }
  await using proxy = await proxying({
    headers: { 'content-type': 'text/plain', location: '/there', ...origins },
    body: page,
  })
  const { headers, body } = await proxy.call('GET', '/')
  assert.equal(body.toString(), page)
  assert.equal(headers.location, `${proxy.base}/there`)
  assert.deepEqual(
    Object.keys(headers).filter((name) => name.startsWith('access-control')),
    [],
  )
})

test('the proxy ends an answer that cannot be unpacked with an error', { timeout: 10_000 }, async () => {
  const headers = { 'content-type': 'text/html', 'content-encoding': 'gzip' }
  await using proxy = await proxying({ headers, body: 'no gzip' })
  await assert.rejects(proxy.call('GET', '/'), /incorrect header check/)
})

test('answerOfBackend keeps the error of an answer that nobody reads yet', { timeout: 10_000 }, async () => {
  async function* whole() {
    yield Buffer.from('no gzip')
  }
  const headers = { 'content-type': 'text/html', 'content-encoding': 'gzip' }
  const request = { method: 'GET', headers: {} }
  const call = { base: places.prefix, path: '/', request } as unknown as ProxyCall
  const { body } = await answerOfBackend(call, 'http://10.0.0.9/', { status: 200, headers, body: whole() })
  assert.ok(body instanceof Duplex)
  await new Promise((resolve) => body.once('close', resolve))
  await assert.rejects(Array.fromAsync(body), /incorrect header check/)
})

test('the proxy passes each cookie on by itself', async () => {
  const cookies = ['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2; HttpOnly']
  const { net, clock, random } = realPlatform()
  const of = (commonName: string) => ({
    ...{ subject: { commonName, organizations: [] }, serial: random.bytes(16) },
    ...{ notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 },
  })
  const identity = issueCertificate(issueAuthority(of('ca')), { ...of('server'), usages: ['serverAuth'] })
  await using proxy = await proxying({ cookies, body: 'x' })
  const listening = await proxy.api.server.serve(net, { host: '127.0.0.1', port: 0, identity })
  try {
    const url = `https://127.0.0.1:${listening.port}${proxy.base}/`
    const reply = await net.request({ method: 'GET', url, tls: { insecureSkipVerify: true } })
    for await (const _ of reply.body);
    assert.deepEqual([reply.status, reply.cookies], [200, cookies])
  } finally {
    await listening.close(0)
  }
})
