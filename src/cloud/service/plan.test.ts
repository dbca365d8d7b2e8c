import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Service } from '../../api/types/core/v1.ts'
import { balancedNodes, finalizer, needsCleanup, nodesKey, shownNames, wanted } from './plan.ts'

const exclude = 'node.kubernetes.io/exclude-from-external-load-balancers'

function nodeOf(name: string, { labels = {}, taint = '', ready = 'True', providerID = '' } = {}): Node {
  return {
    metadata: { name, labels },
    spec: {
      ...(taint ? { taints: [{ key: taint, effect: 'NoSchedule' }] } : {}),
      ...(providerID ? { providerID } : {}),
    },
    status: { conditions: [{ type: 'Ready', status: ready }] },
  }
}

test('balancedNodes leaves out what is excluded or about to leave, and keeps what is not ready', () => {
  const nodes = [
    nodeOf('unready', { ready: 'False' }),
    nodeOf('excluded', { labels: { [exclude]: '' } }),
    nodeOf('excluded by any word', { labels: { [exclude]: 'maybe' } }),
    nodeOf('included by word', { labels: { [exclude]: 'false' } }),
    nodeOf('leaving', { taint: 'ToBeDeletedByClusterAutoscaler' }),
    nodeOf('a'),
  ]
  assert.deepEqual(
    balancedNodes(nodes).map(({ metadata }) => metadata.name),
    ['a', 'included by word', 'unready'],
  )
})

test('nodesKey changes with machines and exclusions, and not with readiness or a node that is about to leave', () => {
  const key = nodesKey([nodeOf('a'), nodeOf('b')])
  assert.equal(
    nodesKey([nodeOf('b', { ready: 'False' }), nodeOf('a', { taint: 'ToBeDeletedByClusterAutoscaler' })]),
    key,
  )
  for (const other of [
    nodeOf('b', { providerID: 'mine://b' }),
    nodeOf('b', { labels: { [exclude]: '' } }),
    nodeOf('c'),
  ])
    assert.notEqual(nodesKey([nodeOf('a'), other]), key)
})

test('shownNames lists twenty at most', () => {
  const names = (count: number) => shownNames(Array.from({ length: count }, (_, index) => nodeOf(`n${index}`)))
  assert.equal(names(0), '[]')
  assert.equal(names(2), '[n0 n1]')
  assert.match(names(22), /^\[n0 .* n19 <2 more>\]$/)
})

test('needsCleanup takes its finalizer off whatever is deleted, of a class too', () => {
  const service: Service = { metadata: { name: 'a', finalizers: [finalizer] }, spec: { type: 'LoadBalancer' } }
  assert.equal(needsCleanup(service), false)
  assert.equal(needsCleanup({ ...service, spec: { type: 'ClusterIP' } }), true)
  const deleted = { ...service.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' }
  assert.equal(needsCleanup({ metadata: deleted, spec: { type: 'LoadBalancer', loadBalancerClass: 'x/y' } }), true)
  assert.equal(needsCleanup({ ...service, metadata: { ...deleted, finalizers: ['other'] } }), false)
})

test('wanted changes with what load balancers are made of alone', () => {
  const spec = { type: 'LoadBalancer', ports: [{ port: 80 }], selector: { app: 'a' } }
  const of = (more: object): string => wanted({ metadata: { name: 'a', uid: 'u' }, spec: { ...spec, ...more } })
  for (const same of [
    { selector: { app: 'b' } },
    { allocateLoadBalancerNodePorts: false },
    { internalTrafficPolicy: 'Local' },
  ])
    assert.equal(of(same), of({}))
  for (const other of [
    { ports: [{ port: 80, appProtocol: 'http' }] },
    { externalTrafficPolicy: 'Local' },
    { healthCheckNodePort: 30000 },
    { loadBalancerSourceRanges: ['10.0.0.0/8'] },
    { ipFamilies: ['IPv4', 'IPv6'] },
  ])
    assert.notEqual(of(other), of({}))
})
