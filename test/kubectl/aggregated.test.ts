/** kubectl against an API server behind ours, registered as an APIService. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { coreV1, discoveryV1 } from '../../src/api/resources.ts'
import type { HttpRequestOptions, Net } from '../../src/platform/net.ts'
import { realPlatform } from '../../src/platform/real/platform.ts'
import { type AggregatedServer, startAggregatedServer } from './aggregated-server.ts'
import { type Bed, startBed } from './harness.ts'
import { skip } from './tools.ts'

const { net } = realPlatform()

/** Endpoints may not be on the loopback: this one's address leads there. */
const there = <T extends HttpRequestOptions>(options: T): T => ({
  ...options,
  url: options.url.replace('10.9.8.7', '127.0.0.1'),
})
const routed: Net = Object.assign(Object.create(net) as Net, {
  request: (options: HttpRequestOptions) => net.request(there(options)),
  upgrade: (options: HttpRequestOptions) => net.upgrade(there(options)),
})

describe('kubectl and an aggregated server', { skip }, () => {
  let bed: Bed
  let server: AggregatedServer

  before(async () => {
    bed = await startBed({ net: routed })
    server = await startAggregatedServer(bed.platform, bed.pki)
    const { client } = bed.plane
    const spec = { ports: [{ name: 'https', port: 443 }], type: 'ClusterIP' as const }
    await client.of(coreV1.services, 'default').create({ metadata: { name: 'gadgets' }, spec })
    await client.of(discoveryV1.endpointSlices, 'default').create({
      metadata: { name: 'gadgets-1', labels: { 'kubernetes.io/service-name': 'gadgets' } },
      addressType: 'IPv4',
      ports: [{ name: 'https', port: server.port, protocol: 'TCP' }],
      endpoints: [{ addresses: ['10.9.8.7'], conditions: { ready: true } }],
    })
    const caBundle = Buffer.from(bed.pki.ca.certificatePem).toString('base64')
    const registered = `
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.agg.example.com}
spec:
  {group: agg.example.com, version: v1, groupPriorityMinimum: 1500, versionPriority: 15, caBundle: ${caBundle},
   service: {namespace: default, name: gadgets}}`
    await bed.ok('apply', '-f', '-', { input: registered })
    await bed.ok('wait', 'apiservice/v1.agg.example.com', '--for=condition=Available', '--timeout=10s')
  })

  after(async () => {
    await server?.[Symbol.asyncDispose]()
    await bed?.[Symbol.asyncDispose]()
  })

  const gadget = (name: string, size: number | string) =>
    `{apiVersion: agg.example.com/v1, kind: Gadget, metadata: {name: ${name}}, spec: {size: ${size}}}`

  test('get apiservices tells who answers for what, and whether', async () => {
    const rows = (await bed.ok('get', 'apiservices')).split('\n').map((line) => line.trim().split(/\s+/))
    assert.deepEqual(rows[0], ['NAME', 'SERVICE', 'AVAILABLE', 'AGE'])
    const row = (name: string) => rows.find(([first]) => first === name)?.slice(1, 3)
    assert.deepEqual(row('v1.agg.example.com'), ['default/gadgets', 'True'])
    assert.deepEqual(row('v1.apps'), ['Local', 'True'])
    assert.deepEqual(row('v1.'), ['Local', 'True'])
    assert.match(
      await bed.ok('api-resources', '--api-group=agg.example.com'),
      /gadgets +gd +agg.example.com\/v1 +true +Gadget/,
    )
  })

  test('create, get, list, explain and delete go to the other server, as who asks', async () => {
    server.users.length = 0
    assert.equal(await bed.ok('create', '-f', '-', { input: gadget('one', 3) }), 'gadget.agg.example.com/one created\n')
    assert.match(await bed.ok('get', 'gd'), /^NAME +AGE\none +\d+s\n$/)
    assert.equal(await bed.ok('get', 'gadget', 'one', '-o', 'jsonpath={.spec.size}'), '3')
    assert.match(await bed.ok('explain', 'gadget.spec.size'), /FIELD: size <integer>\n[\s\S]*How large it is\./)
    assert.match(await bed.fails('get', 'gadget', 'two'), /NotFound.*gadgets.agg.example.com "two" not found/)
    assert.match(await bed.ok('delete', 'gadget', 'one', '--wait=false'), /gadget.agg.example.com "one" deleted/)
    assert.ok(server.users.includes('kubernetes-admin'), server.users.join())
  })

  test('a watch shows what comes and goes', async () => {
    await using watching = await bed.start('get', 'gadgets', '--watch', '--output-watch-events')
    await bed.ok('get', 'gadgets')
    const seen = async (text: string) => {
      for (const deadline = bed.platform.clock.monotonicMs() + 10_000; ; ) {
        if ((await watching.output()).includes(text)) return
        assert.ok(bed.platform.clock.monotonicMs() < deadline, await watching.output())
        await bed.platform.clock.sleep(20)
      }
    }
    let number = 0
    // Until the watch stands, what is made is not told of.
    while (!(await watching.output()).includes('ADDED')) {
      await bed.ok('create', '-f', '-', { input: gadget(`w${++number}`, 1) })
    }
    await bed.ok('delete', 'gadget', `w${number}`, '--wait=false')
    await seen('DELETED')
  })

  test('an upgraded connection is joined to the other server', async () => {
    const reply = await net.upgrade({
      ...{ method: 'POST', url: `${bed.url}/apis/agg.example.com/v1/namespaces/default/gadgets/one/exec` },
      headers: { connection: 'Upgrade', upgrade: 'echo' },
      tls: { caPem: bed.pki.ca.certificatePem, identity: bed.pki.leafs.admin },
    })
    assert.equal(reply.status, 101)
    const { socket } = reply
    if (!socket) return assert.fail('the connection was not joined')
    const heard = new Promise((resolve) => socket.once('data', (chunk: Buffer) => resolve(chunk.toString())))
    socket.write('hello')
    assert.equal(await heard, 'hello')
    socket.destroy()
  })

  test('without its endpoints the server is unavailable, in upstream words', async () => {
    await bed.ok('delete', 'endpointslice', 'gadgets-1')
    await bed.ok('wait', 'apiservice/v1.agg.example.com', '--for=condition=Available=False', '--timeout=10s')
    const rows = await bed.ok('get', 'apiservice', 'v1.agg.example.com')
    assert.match(rows, /v1.agg.example.com +default\/gadgets +False \(EndpointsNotFound\)/)
    assert.match(
      await bed.fails('get', 'gadgets'),
      /unable to handle the request|service unavailable|doesn't have a resource type/,
    )
  })
})
