import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../api/types/core/v1.ts'
import { planLabels, planTaints, startsEviction } from './plan.ts'
import { defaultEvictionRates, Zones, zoneOf } from './zones.ts'

function nodesOf(zone: string, { ready, unready }: { ready: number; unready: number }, labels = {}) {
  return Array.from({ length: ready + unready }, (_, index) => ({
    node: {
      metadata: { name: `${zone}-${index}`, labels: { 'topology.kubernetes.io/zone': zone, ...labels } },
    } satisfies Node,
    ready: index < ready,
  }))
}

const last = (nodes: { node: Node }[]) => nodes.at(-1)?.node ?? { metadata: {} }

test('Zones gives up a node of a healthy zone every ten seconds, each zone for itself', () => {
  const zones = new Zones(defaultEvictionRates)
  const [one, other] = [nodesOf('a', { ready: 5, unready: 3 }), nodesOf('b', { ready: 2, unready: 2 })]
  zones.survey([...one, ...other])
  assert.deepEqual(
    [zones.turn(last(one), 0), zones.turn(last(one), 4_000), zones.turn(last(other), 4_000)],
    [0, 6_000, 0],
  )
  assert.equal(zones.turn(last(one), 10_000), 0)
})

test('Zones gives up nobody of a small zone that is mostly unready, and few of a large one', () => {
  const zones = new Zones(defaultEvictionRates)
  const small = nodesOf('small', { ready: 22, unready: 28 })
  const large = nodesOf('large', { ready: 22, unready: 29 })
  zones.survey([...small, ...large])
  assert.equal(zones.turn(last(small), 0), Number.POSITIVE_INFINITY)
  assert.deepEqual([zones.turn(last(large), 0), zones.turn(last(large), 1_000)], [0, 99_000])
})

test('Zones keeps the usual rate below the threshold and for two nodes', () => {
  const zones = new Zones(defaultEvictionRates)
  const below = nodesOf('below', { ready: 46, unready: 54 })
  const two = nodesOf('two', { ready: 1, unready: 2 })
  zones.survey([...below, ...two])
  assert.deepEqual([zones.turn(last(below), 0), zones.turn(last(two), 0)], [0, 0])
  assert.deepEqual([zones.turn(last(below), 1_000), zones.turn(last(two), 1_000)], [9_000, 9_000])
})

test('Zones gives up a dead zone at the usual rate while another lives, and nobody when all are dead', () => {
  const zones = new Zones(defaultEvictionRates)
  const dead = nodesOf('dead', { ready: 0, unready: 9 })
  zones.survey([...dead, ...nodesOf('alive', { ready: 1, unready: 0 })])
  assert.equal(zones.turn(last(dead), 0), 0)
  assert.equal(zones.survey(dead), false)
  assert.deepEqual([zones.stopped, zones.turn(last(dead), 60_000)], [true, Number.POSITIVE_INFINITY])
  assert.equal(zones.survey([...dead, ...nodesOf('alive', { ready: 1, unready: 0 })]), true)
  assert.deepEqual([zones.stopped, zones.turn(last(dead), 60_000)], [false, 0])
})

test('Zones does not count nodes that are left out of disruption checks', () => {
  const zones = new Zones(defaultEvictionRates)
  const left = nodesOf('z', { ready: 0, unready: 3 }, { 'node.kubernetes.io/exclude-disruption': '' })
  zones.survey([...left, ...nodesOf('z', { ready: 1, unready: 0 })])
  assert.deepEqual([zones.stopped, zones.turn(last(left), 0)], [false, 0])
})

test('zoneOf tells zones of the same name in two regions apart, and knows the old labels', () => {
  const of = (labels: Record<string, string>) => zoneOf({ metadata: { labels } })
  const here = of({ 'topology.kubernetes.io/region': 'r', 'topology.kubernetes.io/zone': 'z' })
  assert.notEqual(here, of({ 'topology.kubernetes.io/region': 'q', 'topology.kubernetes.io/zone': 'z' }))
  const old = { 'failure-domain.beta.kubernetes.io/region': 'r', 'failure-domain.beta.kubernetes.io/zone': 'z' }
  assert.equal(of(old), here)
})

const nowText = '2026-01-01T00:00:00Z'
const conditions = (status: string) => [{ type: 'Ready', status }]
const keys = (taints: { key: string; effect: string }[]) => taints.map(({ key, effect }) => `${key}:${effect}`)

test('planTaints waits with NoExecute for its turn, turns it with the condition, and takes it off', () => {
  const fresh: Node = { metadata: { name: 'n' } }
  assert.ok(startsEviction(fresh, conditions('Unknown')))
  assert.deepEqual(keys(planTaints(fresh, conditions('Unknown'), { nowText, eviction: 'keep' })), [
    'node.kubernetes.io/unreachable:NoSchedule',
  ])
  const taints = planTaints(fresh, conditions('Unknown'), { nowText, eviction: 'start' })
  assert.deepEqual(keys(taints), [
    'node.kubernetes.io/unreachable:NoSchedule',
    'node.kubernetes.io/unreachable:NoExecute',
  ])
  const tainted: Node = { ...fresh, spec: { taints } }
  assert.equal(startsEviction(tainted, conditions('False')), false)
  assert.deepEqual(keys(planTaints(tainted, conditions('False'), { nowText, eviction: 'keep' })), [
    'node.kubernetes.io/not-ready:NoSchedule',
    'node.kubernetes.io/not-ready:NoExecute',
  ])
  assert.deepEqual(keys(planTaints(tainted, conditions('Unknown'), { nowText, eviction: 'none' })), [
    'node.kubernetes.io/unreachable:NoSchedule',
  ])
  assert.deepEqual(planTaints(tainted, conditions('True'), { nowText, eviction: 'keep' }), [])
})

test('planLabels lets the old names of labels follow the new ones', () => {
  const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64', 'beta.kubernetes.io/arch': 'amd64' }
  assert.deepEqual(planLabels({ metadata: { labels } }), {
    'beta.kubernetes.io/os': 'linux',
    'beta.kubernetes.io/arch': 'arm64',
  })
  assert.deepEqual(planLabels({ metadata: { labels: { 'beta.kubernetes.io/os': 'x' } } }), {})
})
