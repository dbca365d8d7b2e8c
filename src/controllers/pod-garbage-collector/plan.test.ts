import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import { missingNodes, planCollection } from './plan.ts'

function pod(
  name: string,
  { phase = 'Running', node = 'n', going = false, reason = '', created = '2026-01-01' } = {},
): Pod {
  return {
    metadata: { name, creationTimestamp: created, ...(going ? { deletionTimestamp: '2026-01-01' } : {}) },
    spec: { containers: [], nodeName: node },
    status: { phase, reason },
  }
}

const node: Node = { metadata: { name: 'n' } }
const none = { pods: [], nodes: [node], goneNodes: new Set<string>(), terminatedMax: 100 }
const names = (input: Parameters<typeof planCollection>[0]) =>
  planCollection(input).map(({ pod, condition }) => [pod.metadata.name, condition?.reason])

test('planCollection takes pods of nodes that are gone, and says so', () => {
  const pods = [pod('here'), pod('lost', { node: 'gone' }), pod('unsure', { node: 'missing' })]
  assert.deepEqual(names({ ...none, pods, goneNodes: new Set(['gone']) }), [['lost', 'DeletionByPodGC']])
})

test('planCollection takes pods that go and no node has', () => {
  const pods = [pod('waiting', { node: '' }), pod('going', { node: '', going: true }), pod('stopping', { going: true })]
  assert.deepEqual(names({ ...none, pods }), [['going', undefined]])
})

test('planCollection takes going pods of nodes that are out of service and not ready', () => {
  const taints = [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }]
  const pods = [pod('stopping', { going: true }), pod('running')]
  assert.deepEqual(names({ ...none, pods, nodes: [{ ...node, spec: { taints } }] }), [['stopping', undefined]])
  const status = { conditions: [{ type: 'Ready', status: 'True' }] }
  assert.deepEqual(names({ ...none, pods, nodes: [{ ...node, spec: { taints }, status }] }), [])
})

test('planCollection takes finished pods beyond the limit: evicted first, then the oldest', () => {
  const pods = [
    pod('old', { phase: 'Succeeded', created: '2025-01-01' }),
    pod('new', { phase: 'Failed', created: '2026-01-01' }),
    pod('evicted', { phase: 'Failed', reason: 'Evicted', created: '2026-02-01' }),
    pod('running'),
  ]
  assert.deepEqual(names({ ...none, pods, terminatedMax: 1 }), [
    ['evicted', undefined],
    ['old', undefined],
  ])
  assert.deepEqual(names({ ...none, pods, terminatedMax: 3 }), [])
  assert.deepEqual(names({ ...none, pods, terminatedMax: 0 }), [])
})

test('missingNodes are named by pods and not there', () => {
  const pods = [pod('a'), pod('b', { node: 'x' }), pod('c', { node: '' })]
  assert.deepEqual([...missingNodes(pods, [node])], ['x'])
})
