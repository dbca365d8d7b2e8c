import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import dnsPacket, { type Answer, type DecodedPacket, type RecordType, type SrvAnswer } from 'dns-packet'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { ServiceSpec } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointPort } from '../../api/types/discovery/v1.ts'
import { silent } from '../../platform/log.ts'
import { realClock } from '../../platform/real/clock.ts'
import { realNet } from '../../platform/real/net.ts'
import { realRandom } from '../../platform/real/random.ts'
import { type TestInformers, testInformers } from '../testbed/informers.ts'
import { Frames, framed } from './frames.ts'
import { type RunningDns, startDns } from './server.ts'

const net = realNet()
// The platform's timers never keep a process alive.
const keepAlive = setInterval(() => {}, 60_000)
let informers: TestInformers
let dns: RunningDns
let upstream: Awaited<ReturnType<typeof startUpstream>>

before(async () => {
  upstream = await startUpstream()
  informers = cluster()
  dns = await start(informers, upstream.port)
  informers.sync()
  await dns.ready
})
after(async () => {
  await dns.stop()
  await upstream.close()
  clearInterval(keepAlive)
})

function start(informers: TestInformers, upstreamPort: number): Promise<RunningDns> {
  const [clock, random] = [realClock(), realRandom()]
  const ports = { port: 0, healthPort: 0, readyPort: 0, metricsPort: 0 }
  const upstreams = ['127.0.0.1']
  const where = { host: '127.0.0.1', ...ports, upstreams, upstreamPort }
  return startDns({ informers, net, clock, random, log: silent, clusterDomain: 'cluster.local', ...where })
}

/** A resolver that knows `example.com`, counts what it is asked, and has an answer too long for UDP. */
async function startUpstream() {
  const asked: string[] = []
  const answer = (bytes: Uint8Array): Buffer => {
    const { id, questions = [] } = dnsPacket.decode(Buffer.from(bytes))
    const { name = '', type } = questions[0] ?? {}
    asked.push(name)
    const known = name.toLowerCase().endsWith('example.com') && type === 'A'
    const answers: Answer[] = known ? [{ type: 'A', name, ttl: 300, data: '192.0.2.80' }] : []
    return dnsPacket.encode({ type: 'response', id: id ?? 0, flags: known ? 0x180 : 0x183, questions, answers })
  }
  const udp = await net.bindUdp({ host: '127.0.0.1', port: 0 }, (bytes, from) => {
    const { questions } = dnsPacket.decode(Buffer.from(bytes))
    if (questions?.[0]?.name !== 'silent.example') udp.send(answer(bytes), from)
  })
  return { asked, port: udp.port, close: () => udp.close() }
}

function cluster(): TestInformers {
  const informers = testInformers()
  const service = (name: string, spec: ServiceSpec): void =>
    informers.put(coreV1.services, { metadata: { name, namespace: 'shop' }, spec })
  const slice = (name: string, endpoints: Endpoint[], ports: EndpointPort[], addressType = 'IPv4'): void =>
    informers.put(discoveryV1.endpointSlices, {
      metadata: { name: `${name}-${addressType}`, namespace: 'shop', labels: { 'kubernetes.io/service-name': name } },
      ...{ addressType, endpoints, ports },
    })
  const http = { name: 'http', port: 80, protocol: 'TCP' }
  service('web', { clusterIP: '10.96.0.80', clusterIPs: ['10.96.0.80', 'fd00::80'], ports: [http] })
  slice('web', [{ addresses: ['10.244.0.9'] }], [http])
  service('db', { clusterIP: 'None', clusterIPs: ['None'], ports: [{ name: 'sql', port: 5432, protocol: 'TCP' }] })
  const members = [
    { addresses: ['10.244.0.1'], hostname: 'db-0', conditions: { ready: true } },
    { addresses: ['10.244.0.2'], conditions: { ready: true } },
    { addresses: ['10.244.0.3'], hostname: 'db-2', conditions: { ready: false } },
  ]
  slice('db', members, [{ name: 'sql', port: 15432, protocol: 'TCP' }])
  service('outside', { type: 'ExternalName', externalName: 'example.com' })
  service('alias', { type: 'ExternalName', externalName: 'web.shop.svc.cluster.local' })
  service('big', { clusterIP: 'None', ports: [] })
  const many = Array.from({ length: 60 }, (_, index) => ({ addresses: [`10.244.1.${index}`] }))
  slice('big', many, [])
  return informers
}

async function exchange(query: Uint8Array, over: 'udp' | 'tcp', port = dns.port): Promise<Buffer> {
  if (over === 'udp') {
    const { promise, resolve } = Promise.withResolvers<Uint8Array>()
    const socket = await net.bindUdp({ host: '127.0.0.1', port: 0 }, resolve)
    socket.send(query, { host: '127.0.0.1', port })
    const reply = await promise
    await socket.close()
    return Buffer.from(reply)
  }
  const socket = await net.connectTcp({ host: '127.0.0.1', port, timeoutMs: 1000 })
  const frames = new Frames()
  socket.write(framed(query))
  for await (const chunk of socket) for (const message of frames.push(chunk)) return Buffer.from(message)
  throw new Error('the server hung up')
}

interface AskOptions {
  over?: 'udp' | 'tcp'
  ednsBytes?: number
  server?: RunningDns
}

async function ask(name: string, type: RecordType, options: AskOptions = {}): Promise<DecodedPacket> {
  const { over = 'udp', ednsBytes, server = dns } = options
  const additionals: Answer[] = ednsBytes
    ? [
        {
          type: 'OPT',
          name: '.',
          udpPayloadSize: ednsBytes,
          flags: 0,
          options: [],
          extendedRcode: 0,
          ednsVersion: 0,
          flag_do: false,
        },
      ]
    : []
  const query = dnsPacket.encode({ type: 'query', id: 77, flags: 0x100, questions: [{ type, name }], additionals })
  const reply = dnsPacket.decode(await exchange(query, over, server.port))
  assert.equal(reply.id, 77)
  return reply
}

function data(reply: DecodedPacket): unknown[] {
  return (reply.answers ?? []).map((answer) => ('data' in answer ? answer.data : undefined)).sort()
}

const rcode = (reply: DecodedPacket): string => (reply as unknown as { rcode: string }).rcode

test('addresses of the cluster', async (context) => {
  const cases: [name: string, type: RecordType, expected: unknown[] | string][] = [
    ['web.shop.svc.cluster.local', 'A', ['10.96.0.80']],
    ['WEB.Shop.svc.cluster.local', 'A', ['10.96.0.80']],
    ['web.shop.svc.cluster.local', 'AAAA', ['fd00::80']],
    ['db.shop.svc.cluster.local', 'A', ['10.244.0.1', '10.244.0.2']],
    ['db-0.db.shop.svc.cluster.local', 'A', ['10.244.0.1']],
    ['10-244-0-2.db.shop.svc.cluster.local', 'A', ['10.244.0.2']],
    ['10-1-2-3.shop.pod.cluster.local', 'A', ['10.1.2.3']],
    ['fd00--1.shop.pod.cluster.local', 'AAAA', ['fd00::1']],
    ['alias.shop.svc.cluster.local', 'A', ['10.96.0.80', 'web.shop.svc.cluster.local']],
    ['outside.shop.svc.cluster.local', 'A', ['192.0.2.80', 'example.com']],
    ['80.0.96.10.in-addr.arpa', 'PTR', ['web.shop.svc.cluster.local']],
    ['1.0.244.10.in-addr.arpa', 'PTR', ['db-0.db.shop.svc.cluster.local']],
    ['2.0.244.10.in-addr.arpa', 'PTR', ['10-244-0-2.db.shop.svc.cluster.local']],
    [`0.8.${'0.'.repeat(26)}0.0.d.f.ip6.arpa`, 'PTR', ['web.shop.svc.cluster.local']],
    ['db.shop.svc.cluster.local', 'AAAA', 'NOERROR'],
    ['shop.svc.cluster.local', 'A', 'NOERROR'],
    ['_tcp.web.shop.svc.cluster.local', 'A', 'NOERROR'],
    ['db-2.db.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['db-0.web.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['nobody.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['web.elsewhere.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['elsewhere.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['example.com.shop.svc.cluster.local', 'A', 'NXDOMAIN'],
    ['1-2-3-400.shop.pod.cluster.local', 'A', 'NXDOMAIN'],
    ['_x._tcp.web.shop.svc.cluster.local', 'SRV', 'NXDOMAIN'],
  ]
  for (const [name, type, expected] of cases)
    await context.test(`${type} ${name}`, async () => {
      const reply = await ask(name, type)
      if (typeof expected !== 'string') return assert.deepEqual(data(reply), expected)
      assert.equal(rcode(reply), expected)
      assert.deepEqual([reply.answers?.length, reply.authorities?.[0]?.type], [0, 'SOA'])
    })
})

test('SRV names a port and its targets with their addresses', async () => {
  const web = await ask('_http._tcp.web.shop.svc.cluster.local', 'SRV')
  const target = 'web.shop.svc.cluster.local'
  assert.deepEqual(data(web), [{ priority: 0, weight: 100, port: 80, target }])
  assert.deepEqual(
    web.additionals?.map((each) => each.name),
    [target, target],
  )
  const db = await ask('_sql._tcp.db.shop.svc.cluster.local', 'SRV')
  const targets = (db.answers as SrvAnswer[]).map((each) => `${each.data.target} ${each.data.port}`).sort()
  assert.deepEqual(targets, ['10-244-0-2.db.shop.svc.cluster.local 15432', 'db-0.db.shop.svc.cluster.local 15432'])
  assert.equal(db.additionals?.length, 2)
})

test('answers too long for UDP are cut and whole over TCP', async () => {
  const name = 'big.shop.svc.cluster.local'
  const plain = await ask(name, 'A')
  assert.ok(plain.flag_tc && (plain.answers?.length ?? 0) > 0 && dnsPacket.encodingLength(plain) > 0)
  assert.equal((await ask(name, 'A', { ednsBytes: 4096 })).answers?.length, 60)
  const tcp = await ask(name, 'A', { over: 'tcp' })
  assert.deepEqual([tcp.flag_tc, tcp.answers?.length], [false, 60])
})

test('endpoints come in changing order', async () => {
  const orders = new Set<string>()
  for (let index = 0; index < 40; index++)
    orders.add(JSON.stringify((await ask('db.shop.svc.cluster.local', 'A')).answers))
  assert.equal(orders.size, 2)
})

test('other names are passed on once and kept', async () => {
  upstream.asked.length = 0
  for (let index = 0; index < 3; index++) assert.deepEqual(data(await ask('kept.example.com', 'A')), ['192.0.2.80'])
  assert.deepEqual(upstream.asked, ['kept.example.com'])
  const missing = await ask('no.example', 'A')
  assert.equal(rcode(missing), 'NXDOMAIN')
})

test('a resolver that leads back here is found out', async () => {
  const informers = cluster()
  informers.sync()
  const probe = await net.bindUdp({ host: '127.0.0.1', port: 0 }, (bytes, from) => {
    if (looped) void exchange(bytes, 'udp', looped.port).then((reply) => probe.send(reply, from))
  })
  let looped: RunningDns | undefined
  looped = await start(informers, probe.port)
  // The first probe may have come before the way back was known: this question takes it again.
  await ask('db.shop.svc.cluster.local', 'A', { server: looped })
  const reply = await ask('example.com', 'A', { server: looped })
  assert.equal(rcode(reply), 'SERVFAIL')
  await looped.stop()
  await probe.close()
})

test('nothing of the cluster is denied before it is known', async () => {
  const informers = cluster()
  const early = await start(informers, upstream.port)
  assert.equal(rcode(await ask('nobody.shop.svc.cluster.local', 'A', { server: early })), 'SERVFAIL')
  assert.equal(await statusOf(early.readyPort, '/ready'), 503)
  assert.equal(await statusOf(early.healthPort, '/health'), 200)
  informers.sync()
  await early.ready
  assert.equal(rcode(await ask('nobody.shop.svc.cluster.local', 'A', { server: early })), 'NXDOMAIN')
  assert.equal(await statusOf(early.readyPort, '/ready'), 200)
  await early.stop()
})

async function statusOf(port: number, path: string): Promise<number> {
  return (await net.request({ method: 'GET', url: `http://127.0.0.1:${port}${path}` })).status
}

test('malformed messages get FORMERR or nothing, and harm nobody', async () => {
  const query = dnsPacket.encode({
    type: 'query',
    id: 5,
    questions: [{ type: 'A', name: 'web.shop.svc.cluster.local' }],
  })
  const cut = await exchange(query.subarray(0, 20), 'udp')
  assert.deepEqual([cut.readUInt16BE(0), cut[3]! & 15], [5, 1])
  const update = Buffer.from(query)
  update[2] = 5 << 3
  assert.equal((await exchange(update, 'udp'))[3]! & 15, 4)
  assert.deepEqual(data(await ask('web.shop.svc.cluster.local', 'A')), ['10.96.0.80'])
})

test('/metrics counts answers', async () => {
  const reply = await net.request({ method: 'GET', url: `http://127.0.0.1:${dns.metricsPort}/metrics` })
  let text = ''
  for await (const chunk of reply.body) text += Buffer.from(chunk).toString()
  assert.match(text, /k8ts_dns_answers_total\{proto="udp",rcode="0"\} \d+/)
})
