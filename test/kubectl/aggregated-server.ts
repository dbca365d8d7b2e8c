/**
 * A small API server behind ours: gadgets in memory, over TLS, open to the front proxy alone. It lists, gets, creates,
 * deletes, watches, explains itself, and joins an upgraded connection to itself.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { issueCertificate } from '../../src/api/x509/certificate.ts'
import type { ClusterPki } from '../../src/cluster/pki/cluster-pki.ts'
import type { Listening } from '../../src/platform/net.ts'
import type { Platform } from '../../src/platform/platform.ts'

interface Gadget {
  kind: string
  apiVersion: string
  metadata: { name: string; namespace?: string; uid?: string; resourceVersion?: string; creationTimestamp?: string }
  spec?: { size?: number }
}

export interface AggregatedServer extends AsyncDisposable {
  port: number
  /** Users that the front proxy named, in the order of their requests. */
  readonly users: (string | undefined)[]
}

const group = 'agg.example.com'
const apiVersion = `${group}/v1`
const collection = /^\/apis\/agg\.example\.com\/v1(?:\/namespaces\/([^/]+))?\/gadgets(?:\/([^/]+))?$/
const kinds = [{ group, version: 'v1', kind: 'Gadget' }]

export async function startAggregatedServer(
  { net, clock, random }: Platform,
  pki: ClusterPki,
): Promise<AggregatedServer> {
  const identity = issueCertificate(pki.ca, {
    subject: { commonName: 'gadgets', organizations: [] },
    ...{ dnsNames: ['gadgets.default.svc'], usages: ['serverAuth'], serial: random.bytes(16) },
    ...{ notBeforeMs: clock.nowMs() - 60_000, notAfterMs: clock.nowMs() + 3_600_000 },
  })
  const gadgets = new Gadgets(() => new Date(clock.nowMs()).toISOString().replace(/\.\d+/, ''))
  const users: (string | undefined)[] = []
  const options = { host: '127.0.0.1', port: 0, identity, clientCaPem: pki.frontProxyCa.certificatePem }
  const listening: Listening = await net.serveHttps(options, {
    request: (request, response) => {
      const { socket, headers } = request as IncomingMessage
      if ((socket as { authorized?: boolean }).authorized !== true)
        return void (response as ServerResponse).writeHead(401).end()
      users.push(headers['x-remote-user'] as string | undefined)
      void gadgets.serve(request as IncomingMessage, response as ServerResponse)
    },
    upgrade: (_request, socket) => {
      socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n')
      socket.pipe(socket)
    },
  })
  return { port: listening.port, users, [Symbol.asyncDispose]: () => listening.close(0) }
}

class Gadgets {
  readonly #now: () => string
  readonly #items = new Map<string, Gadget>()
  readonly #watchers = new Set<(type: string, gadget: Gadget) => void>()
  #revision = 0

  constructor(now: () => string) {
    this.#now = now
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'https://x')
    const send = (status: number, value: object) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))
    const document = documents[pathname]
    if (document) return send(200, document)
    const [, namespace = '', name] = collection.exec(pathname) ?? []
    if (!collection.test(pathname)) return send(404, failure(404, 'NotFound', 'the server could not find it'))
    if (request.method === 'POST') return send(201, this.#create(namespace, JSON.parse(await textOf(request))))
    if (name === undefined && searchParams.get('watch') === 'true') return this.#watch(response)
    if (name === undefined) return send(200, this.#list(namespace))
    const found = this.#items.get(`${namespace}/${name}`)
    if (!found) return send(404, failure(404, 'NotFound', `gadgets.${group} "${name}" not found`))
    if (request.method === 'DELETE') this.#delete(found)
    send(200, found)
  }

  #create(namespace: string, { metadata, spec }: Gadget): Gadget {
    const made = { ...metadata, namespace, uid: `u${++this.#revision}`, creationTimestamp: this.#now() }
    const gadget = {
      kind: 'Gadget',
      apiVersion,
      metadata: { ...made, resourceVersion: `${this.#revision}` },
      ...(spec ? { spec } : {}),
    }
    this.#items.set(`${namespace}/${metadata.name}`, gadget)
    for (const tell of this.#watchers) tell('ADDED', gadget)
    return gadget
  }

  #delete(gadget: Gadget): void {
    this.#revision++
    this.#items.delete(`${gadget.metadata.namespace}/${gadget.metadata.name}`)
    for (const tell of this.#watchers) tell('DELETED', gadget)
  }

  #list(namespace: string): object {
    const items = [...this.#items.values()].filter(
      ({ metadata }) => namespace === '' || metadata.namespace === namespace,
    )
    return { kind: 'GadgetList', apiVersion, metadata: { resourceVersion: `${this.#revision}` }, items }
  }

  #watch(response: ServerResponse): void {
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    const tell = (type: string, object: Gadget) => void response.write(`${JSON.stringify({ type, object })}\n`)
    this.#watchers.add(tell)
    response.on('close', () => this.#watchers.delete(tell))
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += chunk
  return text
}

function failure(code: number, reason: string, message: string): object {
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }
}

const gadgetSchema = {
  type: 'object',
  description: 'A thing of another server.',
  properties: {
    apiVersion: { type: 'string', description: 'Its version.' },
    kind: { type: 'string', description: 'Its kind.' },
    metadata: { type: 'object', description: 'Its name and the like.' },
    spec: {
      ...{ type: 'object', description: 'How it should be.' },
      properties: { size: { type: 'integer', description: 'How large it is.' } },
    },
  },
  'x-kubernetes-group-version-kind': kinds,
}

const item = `/apis/${apiVersion}/namespaces/{namespace}/gadgets/{name}`
const action = { 'x-kubernetes-group-version-kind': kinds[0], 'x-kubernetes-action': 'patch' }
const parameters = [
  { name: 'fieldValidation', in: 'query' },
  { name: 'dryRun', in: 'query' },
]

const documents: Record<string, object> = {
  [`/apis/${apiVersion}`]: {
    ...{ kind: 'APIResourceList', apiVersion: 'v1', groupVersion: apiVersion },
    resources: [
      {
        ...{ name: 'gadgets', singularName: 'gadget', shortNames: ['gd'], namespaced: true, kind: 'Gadget' },
        verbs: ['create', 'delete', 'get', 'list', 'watch'],
      },
    ],
  },
  '/openapi/v3': { paths: { [`apis/${apiVersion}`]: { serverRelativeURL: `/openapi/v3/apis/${apiVersion}?hash=1` } } },
  [`/openapi/v3/apis/${apiVersion}`]: {
    ...{ openapi: '3.0.0', info: { title: 'gadgets', version: '1' } },
    paths: { [item]: { patch: { ...action, parameters } } },
    components: { schemas: { 'com.example.agg.v1.Gadget': gadgetSchema } },
  },
  '/openapi/v2': {
    ...{ swagger: '2.0', info: { title: 'gadgets', version: '1' } },
    paths: {
      [item]: {
        patch: {
          ...action,
          parameters,
          responses: { 200: { schema: { $ref: '#/definitions/com.example.agg.v1.Gadget' } } },
        },
      },
    },
    definitions: { 'com.example.agg.v1.Gadget': gadgetSchema },
  },
}
