import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Element } from './element.ts'
import { changeScript, fullScript } from './script.ts'
import { changedUdpFronts, parseAffinities, parseFlows, staleAffinities, staleFlows } from './stale.ts'
import { ProxyState } from './state.ts'

const options = { table: 't', clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', bridgeFiltered: true }
const key = '10.96.0.1 . udp . 53'
const first: Element = { map: 'endpoints-0', key, value: '10.244.0.2 . 53' }
const entry: Element = { map: 'services', key, value: 'goto cluster-1' }

test('ProxyState.take gives each difference once', () => {
  const state = new ProxyState()
  state.set('a', [first, entry])
  assert.deepEqual(
    state.take().map(({ map, before, after }) => [map, before, after]),
    [
      ['endpoints-0', undefined, first.value],
      ['services', undefined, entry.value],
    ],
  )
  assert.deepEqual(state.take(), [])
  state.set('a', [{ ...first, value: '10.244.0.3 . 53' }])
  assert.deepEqual(state.take(), [
    { map: 'endpoints-0', key, before: first.value, after: '10.244.0.3 . 53' },
    { map: 'services', key, before: entry.value, after: undefined },
  ])
})

test('ProxyState.take leaves out what came and went, and what came back', () => {
  const state = new ProxyState()
  state.set('a', [first])
  state.set('a', [])
  assert.deepEqual(state.take(), [])
  state.set('a', [first])
  state.take()
  state.set('a', [])
  state.set('b', [first])
  assert.deepEqual(state.take(), [])
})

test('ProxyState lets the first owner by name win and the next take over', () => {
  const state = new ProxyState()
  state.set('b', [entry])
  state.set('a', [{ ...entry, value: 'drop' }])
  assert.equal(state.value('services', key), 'drop')
  assert.equal(state.takeAll().length, 1)
  state.set('a', [])
  assert.deepEqual(state.take(), [{ map: 'services', key, before: 'drop', after: entry.value }])
})

test('changeScript makes shared chains before verdicts name them, once', () => {
  const state = new ProxyState()
  state.set('a', [entry, first])
  const { text, chains } = changeScript(state.take(), new Set(), options)
  assert.deepEqual(text.trimEnd().split('\n'), [
    'add map ip t endpoints-0 { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }',
    'add chain ip t endpoints-0',
    'add rule ip t endpoints-0 meta l4proto { tcp, udp, sctp } dnat ip to ip daddr . meta l4proto . th dport map @endpoints-0',
    'add chain ip t cluster-1',
    'add rule ip t cluster-1 ip saddr != 10.244.0.0/16 meta mark set meta mark | 0x4000',
    'add rule ip t cluster-1 goto endpoints-0',
    'add element ip t services { 10.96.0.1 . udp . 53 : goto cluster-1 }',
    'add element ip t endpoints-0 { 10.96.0.1 . udp . 53 : 10.244.0.2 . 53 }',
  ])
  state.set('a', [])
  assert.deepEqual(changeScript(state.take(), chains, options).text.trimEnd().split('\n'), [
    'delete element ip t services { 10.96.0.1 . udp . 53 }',
    'delete element ip t endpoints-0 { 10.96.0.1 . udp . 53 }',
  ])
})

test('fullScript grows with the elements, not with a chain for each Service', () => {
  const state = new ProxyState()
  for (let index = 0; index < 5000; index++) {
    const front = `10.96.${index >> 8}.${index & 255} . tcp . 80`
    state.set(`s${index}`, [
      { map: 'services', key: front, value: 'goto cluster-2' },
      { map: 'endpoints-0', key: front, value: '10.244.0.1 . 80' },
      { map: 'endpoints-1', key: front, value: '10.244.0.2 . 80' },
    ])
  }
  const lines = fullScript(state.takeAll(), options).text.split('\n')
  assert.ok(lines.length < 200, `${lines.length} commands`)
})

test('staleFlows names flows to changed fronts that none of their endpoints answers', () => {
  const state = new ProxyState()
  state.set('a', [first, entry, { map: 'port-services', key: 'udp . 30053', value: 'goto port-external-1' }])
  const fronts = changedUdpFronts(state.take())
  const line = (address: string, port: number, endpoint: string): string =>
    `udp 17 29 src=10.0.0.9 dst=${address} sport=4444 dport=${port} [UNREPLIED] src=${endpoint} dst=10.0.0.9 sport=53 dport=4444 mark=0 use=1`
  const flows = parseFlows(
    [
      line('10.96.0.1', 53, '10.244.0.2'),
      line('10.96.0.1', 53, '10.244.0.7'),
      line('192.0.2.1', 30053, '10.244.0.7'),
      line('10.96.0.2', 53, '10.244.0.7'),
      'conntrack v1.4.7: 4 flow entries have been shown.',
    ].join('\n'),
  )
  assert.equal(flows.length, 4)
  assert.deepEqual(
    staleFlows(flows, fronts, state).map((flow) => flow.address),
    ['10.96.0.1', '192.0.2.1'],
  )
})

test('staleAffinities keeps choices that still name an endpoint', () => {
  const elem = (client: string, endpoint: string): unknown => [
    { elem: { val: { concat: [client, '10.96.0.1', 'udp', 53] }, timeout: 60, expires: 9 } },
    { concat: [endpoint, 53] },
  ]
  const json = JSON.stringify({
    nftables: [{ metainfo: {} }, { map: { elem: [elem('10.0.0.1', '10.244.0.2'), elem('10.0.0.2', '10.244.0.3')] } }],
  })
  const state = new ProxyState()
  state.set('a', [first, { map: 'sticky', key, value: 'jump remember-60' }])
  const stale = staleAffinities(parseAffinities(json), new Set([key]), state)
  assert.deepEqual(
    stale.map((each) => each.key),
    ['10.0.0.2 . 10.96.0.1 . udp . 53'],
  )
  state.set('a', [first])
  assert.equal(staleAffinities(parseAffinities(json), new Set([key]), state).length, 2)
})
