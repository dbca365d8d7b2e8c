import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import type { Node, Service, ServiceSpec } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { silent } from '../../platform/log.ts'
import type { Net } from '../../platform/net.ts'
import { realClock } from '../../platform/real/clock.ts'
import { applyScript } from '../proxy/kernel.ts'
import { planService } from '../proxy/plan.ts'
import { fullScript } from '../proxy/script.ts'
import { ProxyState } from '../proxy/state.ts'
import { testInformers } from '../testbed/informers.ts'
import { missingForNetworks, nodeAddress, type TestNetwork, testNetwork } from '../testbed/netns.ts'
import { startAnnouncer } from './announce.ts'
import { answeredFor, answerFor, ownAddresses } from './kernel.ts'
import { neighbours, tellMoved } from './moved.ts'
import { type AnnounceView, planAnnouncements } from './plan.ts'

function node(name: string, { ip = '192.0.2.1', ready = 'True', labels = {} } = {}): Node {
  const addresses = [{ type: 'InternalIP', address: ip }]
  return { metadata: { name, labels }, status: { addresses, conditions: [{ type: 'Ready', status: ready }] } }
}

function balancer(ips: string[], spec: Partial<ServiceSpec> = {}, ipMode = 'VIP'): Service {
  const ingress = ips.map((ip) => ({ ip, ipMode }))
  return {
    metadata: { name: `s-${ips[0]}`, namespace: 'n' },
    spec: { type: 'LoadBalancer', ...spec },
    status: { loadBalancer: { ingress } },
  }
}

function plan(view: Partial<AnnounceView>): string[] {
  return planAnnouncements({
    nodeName: 'n1',
    nodes: [node('n1')],
    services: [],
    slicesOf: () => [],
    ownAddresses: [
      { cidr: '192.0.2.1/24', link: 'eth0' },
      { cidr: '198.51.100.1/24', link: 'eth1' },
      { cidr: '2001:db8::1/64', link: 'eth0' },
    ],
    isBalancer: (address) => address !== '192.0.2.99',
    ...view,
  }).map(({ address }) => address)
}

describe('planAnnouncements', () => {
  test('takes addresses of load balancers on the node’s network', () => {
    const services = [
      balancer(['192.0.2.50', '192.0.2.9', '2001:db8::1']),
      balancer(['203.0.113.1']),
      balancer(['192.0.2.99']),
      balancer(['192.0.2.60'], {}, 'Proxy'),
      balancer(['192.0.2.61'], { type: 'ClusterIP' }),
      // Of a machine, and on another network of this node where no node says to be.
      balancer(['192.0.2.1', '198.51.100.7']),
    ]
    assert.deepEqual(plan({ services }), ['192.0.2.9', '192.0.2.50'])
    assert.deepEqual(
      plan({ services, nodes: [node('n1'), node('n2', { ip: '192.0.2.50' })] }).includes('192.0.2.50'),
      false,
    )
  })

  test('takes IPv6 addresses where those are served, of a network that the node says to be in', () => {
    const services = [balancer(['2001:db8::50', '192.0.2.50', '2001:db8:1::50'])]
    const dual = node('n1')
    dual.status?.addresses?.push({ type: 'InternalIP', address: '2001:db8::1' })
    assert.deepEqual(plan({ services, nodes: [dual], ipv6: true }), ['192.0.2.50', '2001:db8::50'])
    assert.deepEqual(plan({ services, nodes: [dual] }), ['192.0.2.50'])
    assert.deepEqual(plan({ services, ipv6: true }), ['192.0.2.50'])
  })

  test('lets every address be answered for by one ready node, and moves only those of a node that went', () => {
    const names = ['n1', 'n2', 'n3', 'n4']
    const services = Array.from({ length: 200 }, (_, index) => balancer([`192.0.2.${index + 20}`]))
    const speakers = (gone: string[]) => {
      const nodes = names.map((name, index) =>
        node(name, { ip: `192.0.2.${index + 1}`, ready: gone.includes(name) ? 'Unknown' : 'True' }),
      )
      const byAddress = new Map<string, string[]>()
      for (const nodeName of names) {
        for (const address of plan({ nodeName, nodes, services, isBalancer: () => true })) {
          byAddress.set(address, [...(byAddress.get(address) ?? []), nodeName])
        }
      }
      return byAddress
    }
    const all = speakers([])
    assert.ok(all.size === 200 && [...all.values()].every((nodes) => nodes.length === 1))
    for (const name of names) {
      const share = [...all.values()].filter(([one]) => one === name).length
      assert.ok(share > 20 && share < 90, `${name} answers for ${share} of 200`)
    }
    const without = speakers(['n2'])
    for (const [address, [before]] of all) if (before !== 'n2') assert.deepEqual(without.get(address), [before])
    assert.ok([...without.values()].every(([one]) => one !== 'n2') && without.size === 200)
  })

  test('leaves out nodes that would not serve', () => {
    const services = [balancer(['192.0.2.50'], { externalTrafficPolicy: 'Local' })]
    const slicesOn =
      (nodeName: string, ready = true) =>
      () => [
        {
          metadata: {},
          addressType: 'IPv4',
          endpoints: [{ addresses: ['10.0.0.1'], nodeName, conditions: { ready } }],
        },
      ]
    assert.deepEqual(plan({ services, slicesOf: slicesOn('n1') }), ['192.0.2.50'])
    assert.deepEqual(plan({ services, slicesOf: slicesOn('n1', false) }), [])
    assert.deepEqual(plan({ services, slicesOf: slicesOn('n2') }), [])
    const labels = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }
    assert.deepEqual(plan({ services: [balancer(['192.0.2.50'])], nodes: [node('n1', { labels })] }), [])
  })
})

/** A server that ends after two connections. */
const listenTwice = `let left = 2
const server = require('net').createServer((socket) => { socket.end('open'); if (--left === 0) server.close() })
server.listen(22, '0.0.0.0')`

const on = (address: string) => ({ address, link: 'out0' })

/** Datagrams of a program in the node's namespace. */
function insideOf({ exec }: TestNetwork): Pick<Net, 'bindUdp'> {
  const program = `const [from, to, port] = process.argv.slice(1)
const socket = require('dgram').createSocket('udp4')
socket.bind(0, from, () => socket.send('?', +port, to, () => socket.close()))`
  return {
    async bindUdp({ host }) {
      const sent: Promise<unknown>[] = []
      return {
        port: 1,
        send: (_, to) => void sent.push(exec.run([process.execPath, '-e', program, host, to.host, String(to.port)])),
        close: async () => void (await Promise.all(sent)),
      }
    },
  }
}

const skip = await missingForNetworks()

describe('with real packets', () => {
  let network: TestNetwork
  before(async () => {
    if (!skip) network = await testNetwork(1)
    if (!skip) await network.serve(1, 8080)
  })
  after(async () => {
    if (!skip) await network[Symbol.asyncDispose]()
  })

  test('hosts on the node’s network find an address, and nothing but what is translated there', { skip }, async () => {
    assert.deepEqual(await ownAddresses(network.exec), [
      { cidr: '192.0.2.1/24', link: 'out0' },
      { cidr: '2001:db8::1/64', link: 'out0' },
    ])
    const service = balancer(['192.0.2.50'], { clusterIP: '10.96.0.50', ports: [{ port: 80, targetPort: 8080 }] })
    const endpoints = [{ addresses: [network.podAddress(1)], nodeName: 'n1' }]
    const slice = { metadata: {}, addressType: 'IPv4', ports: [{ port: 8080, protocol: 'TCP', name: '' }], endpoints }
    const state = new ProxyState()
    const trust = { isBalancer: () => true }
    state.set('s', planService(service, [slice], { nodeName: 'n1', family: 'IPv4', trust }))
    const options = { table: 'k8ts', clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', bridgeFiltered: true }
    await applyScript(network.exec, fullScript(state.takeAll(), options).text)

    const web = { host: '192.0.2.50', port: 80 }
    assert.match((await network.ask('outside', web))[0] ?? '', /ETIMEDOUT|EHOSTUNREACH/)
    await answerFor(network.exec, [on('192.0.2.50'), on('192.0.2.51')])
    assert.deepEqual(await answeredFor(network.exec), ['192.0.2.50', '192.0.2.51'])
    assert.match((await network.ask('outside', web))[0] ?? '', /^1 /)
    // What listens on all addresses of the machine does so on its own alone.
    const open = network.exec.run([process.execPath, '-e', listenTwice])
    while ((await network.ask('node', { host: '127.0.0.1', port: 22 }))[0] !== 'open');
    assert.deepEqual(await network.ask('outside', { ...web, port: 22 }), ['ECONNREFUSED'])
    assert.deepEqual(await network.ask('outside', { host: nodeAddress, port: 22 }), ['open'])
    await open
    await answerFor(network.exec, [on('192.0.2.51')])
    assert.deepEqual(await answeredFor(network.exec), ['192.0.2.51'])
    await answerFor(network.exec, [])
    assert.deepEqual(await answeredFor(network.exec), [])
  })

  test('hosts that knew an address elsewhere find it here at once', { skip }, async () => {
    const { outside } = network
    const known = async (): Promise<string> => (await outside.run(['ip', 'neigh', 'show', '192.0.2.60'])).stdout
    const former = '02:00:00:00:00:99'
    await outside.run(['ip', 'neigh', 'replace', '192.0.2.60', 'lladdr', former, 'dev', 'eth0', 'nud', 'stale'])
    const fresh = await answerFor(network.exec, [on('192.0.2.60')])
    assert.deepEqual(fresh, [on('192.0.2.60')])
    assert.match(await known(), new RegExp(former))
    await tellMoved(insideOf(network), fresh, [{ cidr: '192.0.2.1/24', link: 'out0' }])
    const mac = /link\/ether (\S+)/.exec((await network.exec.run(['ip', 'link', 'show', 'out0'])).stdout)?.[1] ?? '?'
    for (let turn = 0; turn < 100 && !(await known()).includes(mac); turn++) await realClock().sleep(50)
    assert.match(await known(), new RegExp(mac))
    assert.deepEqual(await answerFor(network.exec, [on('192.0.2.60')]), [])
    await answerFor(network.exec, [])
  })

  test('hosts find an IPv6 address by its neighbour entry, until it is let go of', { skip }, async () => {
    const address = '2001:db8::50'
    const reach = async (): Promise<boolean> =>
      (await network.outside.run(['ip', '-6', 'neigh', 'show', address])).stdout.includes('lladdr')
    const ask = () => network.ask('outside', { host: address, port: 80 })
    assert.match((await ask())[0] ?? '', /ETIMEDOUT|EHOSTUNREACH/)
    await answerFor(network.exec, [on(address)])
    await network.outside.run(['ip', '-6', 'neigh', 'flush', 'dev', 'eth0'])
    assert.deepEqual(await ask(), ['ECONNREFUSED'])
    assert.equal(await reach(), true)
    assert.deepEqual(await answeredFor(network.exec), [address])
    await answerFor(network.exec, [])
    await network.outside.run(['ip', '-6', 'neigh', 'flush', 'dev', 'eth0'])
    assert.match((await ask())[0] ?? '', /ETIMEDOUT|EHOSTUNREACH/)
    assert.deepEqual(await answeredFor(network.exec), [])
  })

  test('the announcer follows Services', { skip }, async () => {
    const informers = testInformers()
    const announcer = startAnnouncer({
      ...{ informers, exec: network.exec, net: insideOf(network), clock: realClock(), log: silent, nodeName: 'n1' },
      isBalancer: () => true,
    })
    informers.put(coreV1.nodes, node('n1'))
    informers.put(coreV1.services, balancer(['192.0.2.70']))
    informers.put(discoveryV1.endpointSlices, { metadata: { name: 'x' } } as EndpointSlice)
    informers.sync()
    while ((await answeredFor(network.exec)).join() !== '192.0.2.70');
    await announcer.stop()
    assert.deepEqual(await answeredFor(network.exec), ['192.0.2.70'])
  })
})

test('neighbours are the next addresses of the subnet that can be hosts', () => {
  assert.deepEqual(neighbours('192.0.2.252', '192.0.2.1/24'), ['192.0.2.253', '192.0.2.254', '192.0.2.2', '192.0.2.3'])
  assert.deepEqual(neighbours('192.0.2.2', '192.0.2.1/30'), [])
  assert.deepEqual(neighbours('10.1.255.255', '10.1.0.7/16'), ['10.1.0.1', '10.1.0.2', '10.1.0.3', '10.1.0.4'])
})
