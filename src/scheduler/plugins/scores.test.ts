import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Node, Pod } from '../../api/types/core/v1.ts'
import { cluster, node, place, pod } from '../testbed/cluster.ts'

const zone = (name: string) => ({ labels: { 'topology.kubernetes.io/zone': name } })
const big = 500 * 1024 * 1024

const cases: { what: string; pod: Pod; nodes: Node[]; pods?: Pod[]; prefers: string }[] = [
  {
    what: 'more is left',
    pod: pod('p', { cpu: '1' }),
    nodes: [node('a'), node('b')],
    pods: [pod('x', { cpu: '2', on: 'a' })],
    prefers: 'b',
  },
  {
    what: 'its affinity prefers the node',
    pod: pod('p', {
      spec: {
        affinity: {
          nodeAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              { weight: 1, preference: { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] } },
            ],
          },
        },
      },
    }),
    nodes: [node('a'), node('b', { labels: { disk: 'ssd' } })],
    prefers: 'b',
  },
  {
    what: 'no taint asks it to stay away',
    pod: pod('p'),
    nodes: [node('a', { taints: [{ key: 'k', effect: 'PreferNoSchedule' }] }), node('b')],
    prefers: 'b',
  },
  {
    what: 'fewer of its workload run',
    pod: pod('p', { labels: { app: 'web' }, owned: true }),
    nodes: [node('a'), node('b')],
    pods: [pod('x', { labels: { app: 'web' }, on: 'a' }), pod('y', { on: 'b' })],
    prefers: 'b',
  },
  {
    what: 'fewer of its workload run in the zone',
    pod: pod('p', { labels: { app: 'web' }, owned: true }),
    nodes: [node('a1', zone('a')), node('a2', zone('a')), node('b1', zone('b'))],
    pods: [pod('x', { labels: { app: 'web' }, on: 'a1' }), pod('y', { labels: { app: 'db' }, on: 'b1' })],
    prefers: 'b1',
  },
  {
    what: 'preferred company is',
    pod: pod('p', {
      spec: {
        affinity: {
          podAffinity: {
            preferredDuringSchedulingIgnoredDuringExecution: [
              {
                weight: 100,
                podAffinityTerm: {
                  topologyKey: 'kubernetes.io/hostname',
                  labelSelector: { matchLabels: { app: 'cache' } },
                },
              },
            ],
          },
        },
      },
    }),
    nodes: [node('a'), node('b')],
    pods: [pod('x', { labels: { app: 'cache' }, on: 'b' })],
    prefers: 'b',
  },
  {
    what: 'a running pod wants it near',
    pod: pod('p', { labels: { app: 'web' } }),
    nodes: [node('a'), node('b')],
    pods: [
      pod('x', {
        on: 'b',
        spec: {
          affinity: {
            podAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: [
                { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: 'web' } } },
              ],
            },
          },
        },
      }),
    ],
    prefers: 'b',
  },
  {
    what: 'the image is there already',
    pod: pod('p'),
    nodes: [node('a'), node('b', { images: [{ names: ['i:1'], sizeBytes: big }] })],
    prefers: 'b',
  },
]

describe('scores', () => {
  for (const { what, pod, nodes, pods, prefers } of cases) {
    test(`prefer the node where ${what}`, () => {
      const placement = place(pod, cluster(nodes, pods))
      assert.equal(placement.kind === 'node' && placement.nodeName, prefers)
    })
  }
})
