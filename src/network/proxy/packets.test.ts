/** The rules with real packets, in network namespaces of their own. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { Service, ServiceSpec } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../api/types/discovery/v1.ts'
import { masqueradeRules } from '../cni/plan.ts'
import {
  missingForNetworks,
  nodeAddress,
  nodeAddress6,
  outsideAddress,
  outsideAddress6,
  type TestNetwork,
  testNetwork,
} from '../testbed/netns.ts'
import { applyScript, dropAffinities, forgetFlows, listAffinities, listUdpFlows } from './kernel.ts'
import { planHostPorts, planService } from './plan.ts'
import { changeScript, fullScript } from './script.ts'
import { changedUdpFronts, frontsWithStaleAffinity, staleAffinities, staleFlows } from './stale.ts'
import { type Difference, ProxyState } from './state.ts'

const skip = await missingForNetworks()
const pods = 4
const options = { table: 'k8ts', clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', bridgeFiltered: true }
const trust = { externalCidrs: ['203.0.113.0/24'] }
const context = { nodeName: 'node', family: 'IPv4', trust } as const
const clusterIp = '10.96.0.50'

let network: TestNetwork
before(async () => {
  if (skip) return
  network = await testNetwork(pods)
  for (let pod = 1; pod <= pods - 1; pod++) await network.serve(pod, 8080)
})
after(async () => {
  if (!skip) await network[Symbol.asyncDispose]()
})

function service(spec: Partial<ServiceSpec>): Service {
  const ports = [
    { name: 'web', port: 80, protocol: 'TCP', nodePort: 30080 },
    { name: 'dns', port: 53, protocol: 'UDP', nodePort: 30053 },
  ]
  return { metadata: { name: 's', namespace: 'd' }, spec: { clusterIP: clusterIp, ports, ...spec } }
}

function slice(pods: number[], change: Partial<Endpoint> = {}): EndpointSlice {
  return {
    metadata: { name: 's-1', namespace: 'd' },
    addressType: 'IPv4',
    ports: [
      { name: 'web', port: 8080, protocol: 'TCP' },
      { name: 'dns', port: 8080, protocol: 'UDP' },
    ],
    endpoints: pods.map((pod) => ({ addresses: [network.podAddress(pod)], nodeName: 'node', ...change })),
  }
}

/** What the proxy does at start. */
let chains = new Set<string>()

async function load(state: ProxyState, bridgeFiltered = true): Promise<void> {
  const script = fullScript(state.takeAll(), { ...options, bridgeFiltered })
  await applyScript(network.exec, script.text)
  chains = script.chains
}

/** What the proxy does at a change. */
async function change(state: ProxyState): Promise<Difference[]> {
  const differences = state.take()
  const script = changeScript(differences, chains, options)
  await applyScript(network.exec, script.text)
  chains = script.chains
  return differences
}

async function loadService(spec: Partial<ServiceSpec>, slices: EndpointSlice[]): Promise<ProxyState> {
  const state = new ProxyState()
  state.set('s', planService(service(spec), slices, context))
  await load(state)
  return state
}

const web = { host: clusterIp, port: 80 }
const podsOf = (answers: string[]): string[] => [...new Set(answers.map((answer) => answer.split(' ')[0]!))].sort()

test('a cluster IP spreads pods and the node over all endpoints', { skip }, async () => {
  await loadService({}, [slice([1, 2])])
  const fromPod = await network.ask(4, { ...web, count: 40 })
  assert.deepEqual(podsOf(fromPod), ['1', '2'])
  assert.ok(
    fromPod.every((answer) => answer.endsWith(network.podAddress(4))),
    `addresses are kept: ${fromPod}`,
  )
  assert.deepEqual(podsOf(await network.ask('node', { ...web, count: 40 })), ['1', '2'])
})

test('a cluster IP serves UDP', { skip }, async () => {
  await loadService({}, [slice([1, 2])])
  const answers = await network.ask(4, { host: clusterIp, port: 53, protocol: 'udp', count: 40 })
  assert.deepEqual(podsOf(answers), ['1', '2'])
})

test('a pod reaches itself through its Service', { skip }, async () => {
  await loadService({}, [slice([1])])
  assert.deepEqual(podsOf(await network.ask(1, web)), ['1'])
})

test('a pod reaches another on its node where the kernel can not track bridged packets', { skip }, async () => {
  const state = new ProxyState()
  state.set('s', planService(service({}), [slice([1])], context))
  const sysctl = (value: number): Promise<unknown> =>
    network.exec.run(['sysctl', '-qw', `net.bridge.bridge-nf-call-iptables=${value}`])
  await sysctl(0)
  try {
    await load(state, true)
    assert.deepEqual(await network.ask(4, web), ['ETIMEDOUT'])
    await load(state, false)
    assert.deepEqual(podsOf(await network.ask(4, web)), ['1'])
  } finally {
    await sysctl(1)
  }
})

test('a node port serves outside, the node and pods, and hides clients by default', { skip }, async () => {
  await loadService({ type: 'NodePort' }, [slice([1, 2])])
  const outside = await network.ask('outside', { host: nodeAddress, port: 30080, count: 40 })
  assert.deepEqual(podsOf(outside), ['1', '2'])
  assert.ok(
    outside.every((answer) => answer.endsWith(' 10.244.0.1')),
    outside.join(),
  )
  for (const from of [4, 'node'] as const)
    assert.deepEqual(podsOf(await network.ask(from, { host: nodeAddress, port: 30080, count: 20 })), ['1', '2'])
})

test('externalTrafficPolicy Local keeps clients, serves from this node, and is silent without', { skip }, async () => {
  const local = { type: 'NodePort', externalTrafficPolicy: 'Local', externalIPs: ['203.0.113.7'] }
  await loadService(local, [slice([1]), slice([2], { nodeName: 'other' })])
  const outside = { host: nodeAddress, port: 30080, count: 20 }
  for (const target of [outside, { host: '203.0.113.7', port: 80, count: 20 }]) {
    const answers = await network.ask('outside', target)
    assert.deepEqual([...new Set(answers)], [`1 ${outsideAddress}`])
    assert.deepEqual(podsOf(await network.ask(4, target)), ['1', '2'])
  }
  await loadService(local, [slice([2], { nodeName: 'other' })])
  assert.deepEqual(await network.ask('outside', { ...outside, count: 1 }), ['ETIMEDOUT'])
  assert.deepEqual(podsOf(await network.ask(4, outside)), ['2'])
})

test('internalTrafficPolicy Local serves from this node and is silent without', { skip }, async () => {
  await loadService({ internalTrafficPolicy: 'Local' }, [slice([1]), slice([2], { nodeName: 'other' })])
  assert.deepEqual(podsOf(await network.ask(4, { ...web, count: 20 })), ['1'])
  await loadService({ internalTrafficPolicy: 'Local' }, [slice([2], { nodeName: 'other' })])
  assert.deepEqual(await network.ask(4, web), ['ETIMEDOUT'])
})

test('a Service without endpoints refuses at once, and so does an unknown port', { skip }, async () => {
  await loadService({ type: 'NodePort' }, [])
  for (const from of [4, 'node'] as const) assert.deepEqual(await network.ask(from, web), ['ECONNREFUSED'])
  assert.deepEqual(await network.ask('outside', { host: nodeAddress, port: 30080 }), ['ECONNREFUSED'])
  assert.deepEqual(await network.ask(4, { host: clusterIp, port: 81 }), ['ECONNREFUSED'])
})

test('session affinity keeps a client until its endpoint goes', { skip }, async () => {
  const spec: Partial<ServiceSpec> = { type: 'NodePort', sessionAffinity: 'ClientIP' }
  const state = await loadService(spec, [slice([1, 2, 3])])
  for (const target of [web, { host: nodeAddress, port: 30080 }]) {
    const first = podsOf(await network.ask(4, { ...target, count: 20 }))
    assert.equal(first.length, 1)
    const rest = [1, 2, 3].filter((pod) => String(pod) !== first[0])
    state.set('s', planService(service(spec), [slice(rest)], context))
    const differences = await change(state)
    const fronts = frontsWithStaleAffinity(differences, state)
    const stale = staleAffinities(await listAffinities(network.exec, options), fronts, state)
    assert.ok(stale.length > 0)
    await dropAffinities(network.exec, options, stale)
    const next = podsOf(await network.ask(4, { ...target, count: 20 }))
    assert.equal(next.length, 1)
    assert.notDeepEqual(next, first)
    state.set('s', planService(service(spec), [slice([1, 2, 3])], context))
    await change(state)
    assert.deepEqual(podsOf(await network.ask(4, { ...target, count: 20 })), next)
  }
})

test('a UDP flow moves on when its endpoint goes', { skip }, async () => {
  await network.exec.run(['conntrack', '-F'])
  const state = await loadService({}, [slice([1])])
  const flow = { host: clusterIp, port: 53, protocol: 'udp', sourcePort: 4444 } as const
  assert.deepEqual(podsOf(await network.ask(4, flow)), ['1'])
  state.set('s', planService(service({}), [slice([2])], context))
  const differences = await change(state)
  assert.deepEqual(podsOf(await network.ask(4, flow)), ['1'])
  const stale = staleFlows(await listUdpFlows(network.exec), changedUdpFronts(differences), state)
  assert.equal(stale.length, 1)
  await forgetFlows(network.exec, stale)
  assert.deepEqual(podsOf(await network.ask(4, flow)), ['2'])
})

test('a host port reaches its pod from outside, other pods and itself', { skip }, async () => {
  const state = new ProxyState()
  const container = { name: 'c', ports: [{ containerPort: 8080, hostPort: 8888 }] }
  const pod = { metadata: { name: 'p', namespace: 'd' }, spec: { containers: [container] } }
  state.set('p', planHostPorts({ ...pod, status: { podIP: network.podAddress(1) } }, 'IPv4'))
  await load(state)
  const target = { host: nodeAddress, port: 8888 }
  assert.deepEqual(await network.ask('outside', target), [`1 ${outsideAddress}`])
  for (const from of ['node', 1, 4] as const) assert.deepEqual(podsOf(await network.ask(from, target)), ['1'])
})

test('node ports and host ports answer on loopback addresses, and nobody else reaches those', { skip }, async () => {
  const network4 = { podCidr: '10.244.0.0/24', clusterCidr: '10.244.0.0/16', dataDirectory: '', mtuBytes: 1500 }
  await applyScript(network.exec, masqueradeRules(network4))
  await network.exec.run(['sysctl', '-qw', 'net.ipv4.conf.all.route_localnet=1'])
  const state = new ProxyState()
  const container = { name: 'c', ports: [{ containerPort: 8080, hostPort: 8888 }] }
  const pod = { metadata: { name: 'p', namespace: 'd' }, spec: { containers: [container] } }
  state.set('p', planHostPorts({ ...pod, status: { podIP: network.podAddress(1) } }, 'IPv4'))
  state.set('s', planService(service({ type: 'NodePort', externalTrafficPolicy: 'Local' }), [slice([2])], context))
  await load(state)
  assert.deepEqual(podsOf(await network.ask('node', { host: '127.0.0.1', port: 8888, count: 3 })), ['1'])
  assert.deepEqual(podsOf(await network.ask('node', { host: '127.0.0.1', port: 30080, count: 3 })), ['2'])
  // A pod that sends the node packets to 127.0.0.1 could otherwise reach what listens there alone.
  await network.route(4, '127.0.0.9')
  for (const port of [8888, 30080]) assert.deepEqual(await network.ask(4, { host: '127.0.0.9', port }), ['ETIMEDOUT'])
})

test('what leaves the cluster carries the address of the node', { skip }, async () => {
  await applyScript(
    network.exec,
    masqueradeRules({ podCidr: '10.244.0.0/24', clusterCidr: '10.244.0.0/16', dataDirectory: '', mtuBytes: 1500 }),
  )
  // A connection refused by the outside came there; the flow shows under which address.
  assert.deepEqual(await network.ask(1, { host: outsideAddress, port: 9, protocol: 'udp' }), ['ECONNREFUSED'])
  const flows = await network.exec.run(['conntrack', '-L', '-p', 'udp', '--dport', '9'])
  assert.match(flows.stdout, new RegExp(`src=${outsideAddress} dst=${nodeAddress} `))
})

const options6 = { ...options, family: 'IPv6', clusterCidr: 'fd00:244::/56', serviceCidr: 'fd00:96::/112' } as const
const trust6 = { externalCidrs: ['2001:db8:1::/64'] }
const context6 = { nodeName: 'node', family: 'IPv6', trust: trust6 } as const
const clusterIp6 = 'fd00:96::50'

/** The Service of both families, as the proxy loads it: a table for each. */
async function loadBoth(spec: Partial<ServiceSpec>, pods: number[]): Promise<ProxyState> {
  const both = service({ clusterIPs: [clusterIp, clusterIp6], ipFamilies: ['IPv4', 'IPv6'], ...spec })
  const endpoints = pods.map((pod) => ({ addresses: [network.podAddress(pod, 'IPv6')], nodeName: 'node' }))
  const slices: EndpointSlice[] = [slice(pods), { ...slice([]), addressType: 'IPv6', endpoints }]
  const [state4, state6] = [new ProxyState(), new ProxyState()]
  state4.set('s', planService(both, slices, context))
  state6.set('s', planService(both, slices, context6))
  await load(state4)
  await applyScript(network.exec, fullScript(state6.takeAll(), options6).text)
  return state6
}

test('a Service of both families answers in each, over TCP and UDP', { skip }, async () => {
  await loadBoth({}, [1, 2])
  for (const host of [clusterIp, clusterIp6]) {
    for (const from of [4, 'node'] as const)
      assert.deepEqual(podsOf(await network.ask(from, { host, port: 80, count: 30 })), ['1', '2'])
    assert.deepEqual(podsOf(await network.ask(4, { host, port: 53, protocol: 'udp', count: 30 })), ['1', '2'])
  }
  const [kept] = await network.ask(4, { host: clusterIp6, port: 80 })
  assert.ok(kept?.endsWith(network.podAddress(4, 'IPv6')), String(kept))
  await loadBoth({}, [1])
  assert.deepEqual(podsOf(await network.ask(1, { host: clusterIp6, port: 80 })), ['1'])
})

test('node ports, external addresses and policies serve IPv6 as they do IPv4', { skip }, async () => {
  const address = '2001:db8:1::7'
  await loadBoth({ type: 'NodePort', externalIPs: [address] }, [1, 2])
  for (const target of [
    { host: nodeAddress6, port: 30080, count: 30 },
    { host: address, port: 80, count: 30 },
  ]) {
    const answers = await network.ask('outside', target)
    assert.deepEqual(podsOf(answers), ['1', '2'])
    assert.ok(
      answers.every((answer) => answer.endsWith(' fd00:244::1')),
      answers.join(),
    )
  }
  await loadBoth({ type: 'NodePort', externalTrafficPolicy: 'Local' }, [1])
  assert.deepEqual(await network.ask('outside', { host: nodeAddress6, port: 30080 }), [`1 ${outsideAddress6}`])
})

test('an IPv6 Service without endpoints refuses, and one with affinity keeps its clients', { skip }, async () => {
  await loadBoth({}, [])
  assert.deepEqual(await network.ask(4, { host: clusterIp6, port: 80 }), ['ECONNREFUSED'])
  const spec = { type: 'NodePort', sessionAffinity: 'ClientIP' }
  await loadBoth(spec, [1, 2, 3])
  const answers = await network.ask(4, { host: clusterIp6, port: 80, count: 20 })
  assert.equal(podsOf(answers).length, 1)
  await loadBoth(spec, [1, 2, 3])
  assert.deepEqual(podsOf(await network.ask(4, { host: clusterIp6, port: 80, count: 5 })), podsOf(answers))
  assert.equal(podsOf(await network.ask('outside', { host: nodeAddress6, port: 30080, count: 20 })).length, 1)
  // Nothing is remembered that could go stale.
  assert.deepEqual(await listAffinities(network.exec, options6), [])
})

test('an IPv6 UDP flow moves on when its endpoint goes, and host ports answer', { skip }, async () => {
  await network.exec.run(['conntrack', '-F', '-f', 'ipv6'])
  const before = await loadBoth({}, [1])
  const flow = { host: clusterIp6, port: 53, protocol: 'udp', sourcePort: 4444 } as const
  assert.deepEqual(podsOf(await network.ask(4, flow)), ['1'])
  before.set('s', [])
  const fronts = changedUdpFronts(before.take())
  const after = await loadBoth({}, [2])
  await forgetFlows(network.exec, staleFlows(await listUdpFlows(network.exec, 'IPv6'), fronts, after), 'IPv6')
  assert.deepEqual(podsOf(await network.ask(4, flow)), ['2'])
  const container = { name: 'c', ports: [{ containerPort: 8080, hostPort: 8888 }] }
  const podIPs = [{ ip: network.podAddress(1) }, { ip: network.podAddress(1, 'IPv6') }]
  const pod = { metadata: { name: 'p', namespace: 'd' }, spec: { containers: [container] }, status: { podIPs } }
  const state = new ProxyState()
  state.set('p', planHostPorts(pod, 'IPv6'))
  await applyScript(network.exec, fullScript(state.takeAll(), options6).text)
  assert.deepEqual(await network.ask('outside', { host: nodeAddress6, port: 8888 }), [`1 ${outsideAddress6}`])
})
