import assert from 'node:assert/strict'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { after, before, test } from 'node:test'
import { apiregistrationV1, coreV1, discoveryV1 } from '../../api/resources.ts'
import { issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import type { HttpRequestOptions, Listening, Net } from '../../platform/net.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import type { UserInfo } from '../request.ts'
import { startTestApiServer, type TestApiServer } from '../testbed/server.ts'
import { problemOf } from './service.ts'

const { net, random, clock } = realPlatform()
const wilma: UserInfo = {
  ...{ name: 'wilma', uid: 'u-1', groups: ['devs', 'a,system:masters', 'system:authenticated'] },
  extra: { 'example.com/scope': ['one', 'two'] },
}

/** Endpoints may not be on the loopback: this one's address leads there. */
const there = <T extends { url: string }>(options: T): T => ({
  ...options,
  url: options.url.replace('10.9.8.7', '127.0.0.1'),
})
const routed: Net = Object.assign(Object.create(net) as Net, {
  request: (options: HttpRequestOptions) => net.request(there(options)),
  upgrade: (options: HttpRequestOptions) => net.upgrade(there(options)),
})

const validity = () => ({
  ...{ notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000, serial: random.bytes(16) },
})
const authority = issueAuthority({ subject: { commonName: 'behind', organizations: [] }, ...validity() })
const proxyAuthority = issueAuthority({ subject: { commonName: 'front', organizations: [] }, ...validity() })
const identityOf = (
  from: typeof authority,
  commonName: string,
  usage: 'serverAuth' | 'clientAuth',
  dnsNames: string[] = [],
) => issueCertificate(from, { subject: { commonName, organizations: [] }, dnsNames, usages: [usage], ...validity() })

const gadgets = {
  name: 'gadgets',
  singularName: 'gadget',
  namespaced: true,
  kind: 'Gadget',
  verbs: ['get', 'list', 'create', 'watch'],
}

const path = '/apis/agg.example.com/v1/namespaces/default/gadgets'

/** A server of one resource, which knows who asks by the front proxy's certificate alone. */
class Behind {
  listening!: Listening
  readonly seen: (Pick<IncomingMessage, 'headers' | 'rawHeaders'> & {
    method: string
    url: string
    trusted: boolean
  })[] = []
  answer: ((request: IncomingMessage, response: ServerResponse, body: string) => boolean) | undefined

  /** A definition has the name of one of ours and says something else; another path is none of its business. */
  readonly openApiV2 = {
    swagger: '2.0',
    paths: {
      [`${path}/{name}`]: {
        get: { responses: { 200: { schema: { $ref: '#/definitions/com.example.agg.v1.Gadget' } } } },
      },
      '/api/v1/namespaces': { get: { operationId: 'stolen' } },
    },
    definitions: {
      'com.example.agg.v1.Gadget': {
        type: 'object',
        properties: { pod: { $ref: '#/definitions/io.k8s.api.core.v1.Pod' } },
      },
      'io.k8s.api.core.v1.Pod': { type: 'string' },
      unused: { type: 'object' },
    },
  }

  async start(): Promise<void> {
    const identity = identityOf(authority, 'agg', 'serverAuth', ['gadgets.default.svc'])
    const options = { host: '127.0.0.1', port: 0, identity, clientCaPem: proxyAuthority.certificatePem }
    this.listening = await net.serveHttps(options, {
      request: (request, response) => void this.#serve(request as IncomingMessage, response as ServerResponse),
      upgrade: (_request, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
        socket.pipe(socket)
      },
    })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = Buffer.concat(chunks).toString()
    const { method = '', url = '', headers, rawHeaders } = request
    const trusted = (request.socket as { authorized?: boolean }).authorized === true
    this.seen.push({ method, url, headers, rawHeaders, trusted })
    if (!this.answer?.(request, response, body)) this.#plain(request, response, body)
  }

  #plain({ method, url = '', headers }: IncomingMessage, response: ServerResponse, body: string): void {
    const [path] = url.split('?')
    const json = (status: number, value: object) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    if (path === '/apis/agg.example.com/v1')
      return void json(200, {
        kind: 'APIResourceList',
        groupVersion: 'agg.example.com/v1',
        resources: [gadgets, { ...gadgets, name: 'gadgets/exec' }],
      })
    if (path === '/openapi/v2')
      return headers['if-none-match'] === '"one"'
        ? void response.writeHead(304).end()
        : void response
            .writeHead(200, { 'content-type': 'application/json', etag: '"one"' })
            .end(JSON.stringify(this.openApiV2))
    if (path === '/openapi/v3') {
      const index = { 'apis/agg.example.com/v1': { serverRelativeURL: '/openapi/v3/apis/agg.example.com/v1?hash=7' } }
      return void json(200, { paths: index })
    }
    if (path?.startsWith('/openapi/v3/'))
      return void json(200, { openapi: '3.0.0', paths: {}, components: { schemas: { Gadget: {} } } })
    if (method === 'POST') return void json(201, JSON.parse(body))
    if (url.includes('watch=')) {
      response.writeHead(200, { 'content-type': 'application/json' })
      response.write('{"type":"ADDED","object":{"kind":"Gadget"}}\n')
      setImmediate(() => response.end('{"type":"DELETED","object":{"kind":"Gadget"}}\n'))
      return
    }
    json(200, { kind: 'GadgetList', apiVersion: 'agg.example.com/v1', items: [] })
  }
}

const behind = new Behind()
let api: TestApiServer
let client: Client

before(async () => {
  await behind.start()
  const frontProxyIdentity = identityOf(proxyAuthority, 'front-proxy-client', 'clientAuth')
  api = await startTestApiServer({ clock, random, net: routed, frontProxyIdentity })
  client = createClient(api.transport)
  const spec = { ports: [{ name: 'https', port: 443 }], clusterIP: '10.96.0.77', type: 'ClusterIP' }
  await client.of(coreV1.services, 'default').create({ metadata: { name: 'gadgets' }, spec } as never)
  await client.of(discoveryV1.endpointSlices, 'default').create({
    metadata: { name: 'gadgets-1', labels: { 'kubernetes.io/service-name': 'gadgets' } },
    addressType: 'IPv4',
    ports: [{ name: 'https', port: behind.listening.port, protocol: 'TCP' }],
    endpoints: [{ addresses: ['10.9.8.7'], conditions: { ready: true } }],
  } as never)
  await register('gadgets', Buffer.from(authority.certificatePem).toString('base64'))
})

after(async () => {
  await api.stop()
  await behind.listening.close(0)
})

const name = 'v1.agg.example.com'

async function register(service: string, caBundle?: string): Promise<void> {
  const services = client.of(apiregistrationV1.apiServices)
  await services.delete(name).catch(() => undefined)
  await services.create({
    metadata: { name },
    spec: {
      ...{ group: 'agg.example.com', version: 'v1', groupPriorityMinimum: 1000, versionPriority: 15 },
      service: { namespace: 'default', name: service, port: 443 },
      ...(caBundle ? { caBundle } : { insecureSkipTLSVerify: true }),
    },
  })
}

async function conditionIs(reason: string) {
  const deadline = clock.monotonicMs() + 10_000
  for (;;) {
    const condition = (await client.of(apiregistrationV1.apiServices).get(name)).status?.conditions?.[0]
    if (condition?.reason === reason) return condition
    if (clock.monotonicMs() > deadline) assert.fail(`the condition is ${JSON.stringify(condition)}`)
    await clock.sleep(10)
  }
}

async function call(method: string, path: string, body?: object, headers: Record<string, string> = {}) {
  const sent = body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) }
  const reply = await api.transportFor(wilma).send({ method: method as 'GET', path, headers, ...sent })
  const chunks: Uint8Array[] = []
  if (reply.body instanceof Uint8Array) chunks.push(reply.body)
  else for await (const chunk of reply.body) chunks.push(chunk)
  return { status: reply.status, headers: reply.headers, text: Buffer.concat(chunks).toString() }
}

test('an APIService whose server answers is available, and its group is in both forms of discovery', async () => {
  const condition = await conditionIs('Passed')
  assert.deepEqual([condition.status, condition.message], ['True', 'all checks passed'])
  const groups = JSON.parse((await call('GET', '/apis')).text) as { groups: { name: string }[] }
  assert.ok(groups.groups.some((group) => group.name === 'agg.example.com'))
  const accept = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'
  const aggregated = JSON.parse((await call('GET', '/apis', undefined, { accept })).text) as {
    items: { metadata: { name: string } }[]
  }
  assert.deepEqual(
    aggregated.items.find(({ metadata }) => metadata.name === 'agg.example.com'),
    {
      metadata: { name: 'agg.example.com' },
      versions: [
        {
          version: 'v1',
          freshness: 'Current',
          resources: [
            {
              resource: 'gadgets',
              responseKind: { group: 'agg.example.com', version: 'v1', kind: 'Gadget' },
              scope: 'Namespaced',
              singularResource: 'gadget',
              verbs: gadgets.verbs,
              subresources: [
                {
                  subresource: 'exec',
                  responseKind: { group: 'agg.example.com', version: 'v1', kind: 'Gadget' },
                  verbs: gadgets.verbs,
                },
              ],
            },
          ],
        },
      ],
    },
  )
  const index = JSON.parse((await call('GET', '/openapi/v3')).text) as {
    paths: Record<string, { serverRelativeURL: string }>
  }
  const url = index.paths['apis/agg.example.com/v1']!.serverRelativeURL
  assert.equal(url, '/openapi/v3/apis/agg.example.com/v1?hash=7')
  const document = await call('GET', url)
  assert.match(document.text, /"Gadget"/)
})

test('the document of version 2 is that of all servers, and what has the same name and is not the same is apart', async () => {
  await conditionIs('Passed')
  const { paths, definitions } = JSON.parse((await call('GET', '/openapi/v2')).text)
  const { schema } = paths[`${path}/{name}`].get.responses[200]
  assert.equal(schema.$ref, '#/definitions/com.example.agg.v1.Gadget')
  const reference = definitions['com.example.agg.v1.Gadget'].properties.pod.$ref
  assert.equal(reference, '#/definitions/io.k8s.api.core.v1.Pod_v2')
  assert.deepEqual(definitions['io.k8s.api.core.v1.Pod_v2'], { type: 'string' })
  assert.equal(definitions['io.k8s.api.core.v1.Pod'].type, 'object')
  assert.equal(definitions.unused, undefined)
  assert.notEqual(paths['/api/v1/namespaces'].get.operationId, 'stolen')
})

test('requests go on with who asks, and with nothing that the client claims or proves itself by', async () => {
  await conditionIs('Passed')
  behind.seen.length = 0
  const claims = {
    'x-remote-user': 'root',
    'x-remote-group': 'system:masters',
    'x-remote-extra-a': 'b',
    authorization: 'Bearer t',
  }
  const created = await call('POST', `${path}?x=%2F`, { kind: 'Gadget', metadata: { name: 'g' } }, claims)
  assert.equal(created.status, 201)
  assert.deepEqual(JSON.parse(created.text), { kind: 'Gadget', metadata: { name: 'g' } })
  const [{ headers, rawHeaders, trusted, url }] = behind.seen as [(typeof behind.seen)[number]]
  assert.equal(trusted, true)
  assert.equal(url, `${path}?x=%2F`)
  assert.equal(headers['x-remote-user'], 'wilma')
  assert.equal(headers['x-remote-uid'], 'u-1')
  const sent = (name: string) => rawHeaders.filter((_, index) => rawHeaders[index - 1]?.toLowerCase() === name)
  assert.deepEqual(sent('x-remote-group'), ['devs', 'a,system:masters', 'system:authenticated'])
  assert.deepEqual(sent('x-remote-extra-example.com%2fscope'), ['one', 'two'])
  assert.equal(headers['x-remote-extra-a'] ?? headers.authorization, undefined)
})

test('a watch streams, and an upgraded connection is joined', async () => {
  await conditionIs('Passed')
  const { text } = await call('GET', `${path}?watch=true`)
  assert.equal(text.trim().split('\n').length, 2)
  const headers = { connection: 'Upgrade', upgrade: 'echo' }
  const reply = await api.transportFor(wilma).upgrade({ method: 'POST', path: `${path}/g/exec`, headers })
  assert.equal(reply.status, 101)
  const { socket } = reply as { socket: NonNullable<(typeof reply)['socket']> }
  const heard = new Promise<string>((resolve) => {
    let all = ''
    socket.on('data', (chunk: Buffer) => {
      all += chunk
      if (all.endsWith('hello')) resolve(all)
    })
  })
  socket.write('hello')
  assert.match(await heard, /hello$/)
  socket.destroy()
})

test('a redirect of a backend is refused and not followed', async () => {
  await conditionIs('Passed')
  behind.seen.length = 0
  behind.answer = (_request, response) => {
    response.writeHead(302, { location: 'https://127.0.0.1/api/v1/secrets' }).end()
    return true
  }
  try {
    const { status, headers, text } = await call('GET', path)
    assert.equal(status, 502)
    assert.equal(headers.location, undefined)
    assert.match(text, /attempted to redirect this request, which is not permitted/)
    assert.equal(behind.seen.length, 1)
  } finally {
    behind.answer = undefined
  }
})

test('a server that another authority vouches for is not spoken to', async () => {
  await register('gadgets', Buffer.from(proxyAuthority.certificatePem).toString('base64'))
  await conditionIs('Passed')
  behind.seen.length = 0
  const { status, text } = await call('GET', path)
  assert.equal(status, 503)
  assert.match(text, /error trying to reach service/)
  assert.equal(behind.seen.length, 0)
  await register('gadgets', Buffer.from(authority.certificatePem).toString('base64'))
  await conditionIs('Passed')
})

test('a server that fails or is not there makes its APIService unavailable, and its requests fail at once', async () => {
  behind.answer = (_request, response) => {
    response.writeHead(500).end()
    return true
  }
  await register('gadgets')
  assert.match(
    (await conditionIs('FailedDiscoveryCheck')).message ?? '',
    /bad status from https:\/\/10.9.8.7:\d+\/apis\/agg.example.com\/v1: 500/,
  )
  assert.deepEqual(await call('GET', path).then(({ status, text }) => [status, text]), [503, 'service unavailable\n'])
  behind.answer = undefined
  await register('nowhere')
  assert.equal((await conditionIs('ServiceNotFound')).message, 'service/nowhere in "default" is not present')
  await register('gadgets')
  await conditionIs('Passed')
  assert.equal((await call('GET', path)).status, 200)
})

test('problemOf says what is wrong with the Service in upstream words', () => {
  const spec = { groupPriorityMinimum: 1, versionPriority: 1, service: { namespace: 'a', name: 's', port: 443 } }
  const service = (port: number) => ({ metadata: {}, spec: { type: 'ClusterIP', ports: [{ name: 'p', port }] } })
  const slice = (ready: boolean) => ({
    metadata: {},
    addressType: 'IPv4',
    ports: [{ name: 'p', port: 1 }],
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready } }],
  })
  const message = (backing: object) => problemOf(spec, backing as Parameters<typeof problemOf>[1])?.message
  assert.equal(message({ service: service(80), slices: [] }), 'service/s in "a" is not listening on port 443')
  assert.equal(message({ service: service(443), slices: [] }), 'cannot find endpointslices for service/s in "a"')
  assert.equal(
    message({ service: service(443), slices: [slice(false)] }),
    'endpointslices for service/s in "a" have no addresses with port name "p"',
  )
  assert.equal(message({ service: service(443), slices: [slice(true)] }), undefined)
})
