import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Affinity, Node, Pod, PodAffinityTerm, TopologySpreadConstraint } from '../../api/types/core/v1.ts'
import { cluster, fitting, node, place, pod } from '../testbed/cluster.ts'

interface Case {
  what: string
  pod: Pod
  nodes: Node[]
  pods?: Pod[]
  fits: string[]
  /** The message when nothing fits. */
  says?: string
}

const zone = (name: string) => ({ labels: { zone: name } })
const zoned = [node('a1', zone('a')), node('a2', zone('a')), node('b1', zone('b')), node('none')]
const web = { labels: { app: 'web' } }
const webTerm: PodAffinityTerm = { topologyKey: 'zone', labelSelector: { matchLabels: { app: 'web' } } }
const near = (term: PodAffinityTerm): Affinity => ({
  podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
})
const far = (term: PodAffinityTerm): Affinity => ({
  podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] },
})
const spread = (more: Partial<TopologySpreadConstraint> = {}): TopologySpreadConstraint => ({
  topologyKey: 'zone',
  maxSkew: 1,
  whenUnsatisfiable: 'DoNotSchedule',
  labelSelector: { matchLabels: { app: 'web' } },
  ...more,
})
const taint = (effect: string) => ({ key: 'k', value: 'v', effect })
const onNode = (...names: string[]): Affinity => ({
  nodeAffinity: {
    requiredDuringSchedulingIgnoredDuringExecution: {
      nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: names }] }],
    },
  },
})

const cases: Case[] = [
  { what: 'anything', pod: pod('p'), nodes: [node('a'), node('b')], fits: ['a', 'b'] },
  {
    what: 'requests that one node has left',
    pod: pod('p', { cpu: '3' }),
    nodes: [node('a'), node('b')],
    pods: [pod('x', { cpu: '2', on: 'a' })],
    fits: ['b'],
  },
  {
    what: 'requests that none has left',
    pod: pod('p', { cpu: '3' }),
    nodes: [node('a'), node('b', { cpu: '2' })],
    pods: [pod('x', { cpu: '2', on: 'a' })],
    fits: [],
    says: '0/2 nodes are available: 2 Insufficient cpu.',
  },
  {
    what: 'no request, on full nodes',
    pod: pod('p'),
    nodes: [node('a', { cpu: '1' })],
    pods: [pod('x', { cpu: '1', on: 'a' })],
    fits: ['a'],
  },
  {
    what: 'room for one more pod',
    pod: pod('p'),
    nodes: [node('a', { pods: '1' })],
    pods: [pod('x', { on: 'a' })],
    fits: [],
    says: '0/1 nodes are available: 1 Too many pods.',
  },
  {
    what: 'a resource nobody has',
    pod: pod('p', { spec: { containers: [{ name: 'c', resources: { requests: { 'example.com/x': '1' } } }] } }),
    nodes: [node('a')],
    fits: [],
    says: '0/1 nodes are available: 1 Insufficient example.com/x.',
  },
  {
    what: 'finished pods use nothing',
    pod: pod('p', { cpu: '4' }),
    nodes: [node('a')],
    pods: [{ ...pod('x', { cpu: '4', on: 'a' }), status: { phase: 'Succeeded' } }],
    fits: ['a'],
  },
  { what: 'cordoned nodes', pod: pod('p'), nodes: [node('a', { unschedulable: true }), node('b')], fits: ['b'] },
  {
    what: 'a toleration of cordoning',
    pod: pod('p', { spec: { tolerations: [{ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }] } }),
    nodes: [node('a', { unschedulable: true })],
    fits: ['a'],
  },
  {
    what: 'taints of all effects',
    pod: pod('p'),
    nodes: [
      node('no', { taints: [taint('NoSchedule')] }),
      node('never', { taints: [taint('NoExecute')] }),
      node('rather-not', { taints: [taint('PreferNoSchedule')] }),
    ],
    fits: ['rather-not'],
  },
  {
    what: 'a toleration by value',
    pod: pod('p', { spec: { tolerations: [{ key: 'k', operator: 'Equal', value: 'v', effect: 'NoSchedule' }] } }),
    nodes: [node('no', { taints: [taint('NoSchedule')] }), node('never', { taints: [taint('NoExecute')] })],
    fits: ['no'],
  },
  {
    what: 'a node selector',
    pod: pod('p', { spec: { nodeSelector: { zone: 'b' } } }),
    nodes: zoned,
    fits: ['b1'],
  },
  {
    what: 'node affinity terms are alternatives',
    pod: pod('p', {
      spec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: 'zone', operator: 'DoesNotExist' }] },
                { matchExpressions: [{ key: 'zone', operator: 'In', values: ['b'] }] },
              ],
            },
          },
        },
      },
    }),
    nodes: zoned,
    fits: ['b1', 'none'],
  },
  { what: 'a named node', pod: pod('p', { spec: { affinity: onNode('a2') } }), nodes: zoned, fits: ['a2'] },
  {
    what: 'a named node that is full',
    pod: pod('p', { cpu: '5', spec: { affinity: onNode('a2') } }),
    nodes: zoned,
    fits: [],
    says: "0/4 nodes are available: 1 Insufficient cpu, 3 node(s) didn't satisfy plugin(s) [NodeAffinity].",
  },
  {
    what: 'host ports that are taken, by address and protocol',
    pod: pod('p', { spec: { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80 }] }] } }),
    nodes: [node('a'), node('b'), node('c')],
    pods: [
      pod('x', {
        on: 'a',
        spec: { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, hostIP: '192.0.2.1' }] }] },
      }),
      pod('y', {
        on: 'b',
        spec: { containers: [{ name: 'c', ports: [{ containerPort: 1, hostPort: 80, protocol: 'UDP' }] }] },
      }),
    ],
    fits: ['b', 'c'],
  },
  {
    what: 'company',
    pod: pod('p', { spec: { affinity: near(webTerm) } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1' })],
    fits: ['a1', 'a2'],
  },
  {
    what: 'company that only other namespaces have',
    pod: pod('p', { spec: { affinity: near(webTerm) } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1', namespace: 'other' })],
    fits: [],
    says: "0/4 nodes are available: 4 node(s) didn't match pod affinity rules.",
  },
  {
    what: 'company in a named namespace',
    pod: pod('p', { spec: { affinity: near({ ...webTerm, namespaces: ['other'] }) } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'b1', namespace: 'other' })],
    fits: ['b1'],
  },
  {
    what: 'company in any namespace',
    pod: pod('p', { spec: { affinity: near({ ...webTerm, namespaceSelector: {} }) } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'b1', namespace: 'other' })],
    fits: ['b1'],
  },
  {
    what: 'company of its own kind, as the first',
    pod: pod('p', { ...web, spec: { affinity: near(webTerm) } }),
    nodes: zoned,
    fits: ['a1', 'a2', 'b1'],
  },
  {
    what: 'distance',
    pod: pod('p', { spec: { affinity: far(webTerm) } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1' })],
    fits: ['b1', 'none'],
  },
  {
    what: 'others that keep their distance',
    pod: pod('p', web),
    nodes: zoned,
    pods: [pod('x', { on: 'a1', spec: { affinity: far(webTerm) } })],
    fits: ['b1', 'none'],
  },
  {
    what: 'distance from every revision but its own',
    pod: pod('p', {
      labels: { app: 'web', v: '2' },
      spec: { affinity: far({ ...webTerm, mismatchLabelKeys: ['v'] }) },
    }),
    nodes: zoned,
    pods: [
      pod('x', { labels: { app: 'web', v: '1' }, on: 'a1' }),
      pod('y', { labels: { app: 'web', v: '2' }, on: 'b1' }),
    ],
    fits: ['b1', 'none'],
  },
  {
    what: 'even spreading',
    pod: pod('p', { ...web, spec: { topologySpreadConstraints: [spread()] } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1' })],
    fits: ['b1'],
  },
  {
    what: 'spreading with more skew',
    pod: pod('p', { ...web, spec: { topologySpreadConstraints: [spread({ maxSkew: 2 })] } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1' })],
    fits: ['a1', 'a2', 'b1'],
  },
  {
    what: 'spreading over more domains than there are',
    pod: pod('p', { ...web, spec: { topologySpreadConstraints: [spread({ minDomains: 3 })] } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1' }), pod('y', { ...web, on: 'b1' })],
    fits: [],
    says: "0/4 nodes are available: 1 node(s) didn't match pod topology spread constraints (missing required label), 3 node(s) didn't match pod topology spread constraints.",
  },
  {
    what: 'spreading that leaves out nodes the pod can not use',
    pod: pod('p', { ...web, spec: { nodeSelector: { zone: 'a' }, topologySpreadConstraints: [spread()] } }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1' })],
    fits: ['a1', 'a2'],
  },
  {
    what: 'spreading that counts nodes the pod can not use',
    pod: pod('p', {
      ...web,
      spec: { nodeSelector: { zone: 'a' }, topologySpreadConstraints: [spread({ nodeAffinityPolicy: 'Ignore' })] },
    }),
    nodes: zoned,
    pods: [pod('x', { ...web, on: 'a1' })],
    fits: [],
    says: "0/4 nodes are available: 2 node(s) didn't match Pod's node affinity/selector, 2 node(s) didn't match pod topology spread constraints.",
  },
  {
    what: 'spreading that leaves out tainted nodes when told',
    pod: pod('p', { ...web, spec: { topologySpreadConstraints: [spread({ nodeTaintsPolicy: 'Honor' })] } }),
    nodes: [node('a', zone('a')), node('b', { ...zone('b'), taints: [taint('NoSchedule')] })],
    pods: [pod('x', { ...web, on: 'a' })],
    fits: ['a'],
  },
  {
    what: 'spreading of one revision',
    pod: pod('p', {
      labels: { app: 'web', v: '2' },
      spec: { topologySpreadConstraints: [spread({ matchLabelKeys: ['v'] })] },
    }),
    nodes: zoned,
    pods: [
      pod('x', { labels: { app: 'web', v: '1' }, on: 'a1' }),
      pod('y', { labels: { app: 'web', v: '2' }, on: 'b1' }),
    ],
    fits: ['a1', 'a2'],
  },
]

describe('filters', () => {
  for (const { what, pod, nodes, pods, fits, says } of cases) {
    test(`find ${fits.join(', ') || 'nothing'} when the pod meets ${what}`, () => {
      assert.deepEqual(fitting(pod, nodes, pods), fits)
      if (says === undefined) return
      const placement = place(pod, cluster(nodes, pods))
      assert.equal(placement.kind === 'unschedulable' && placement.message, says)
    })
  }
})

test('a snapshot counts domains anew as pods and labels change', () => {
  const wanted = pod('p', { ...web, spec: { topologySpreadConstraints: [spread()] } })
  const state = cluster(zoned, [pod('x', { ...web, on: 'a1' })])
  const nodeOf = () => {
    const placement = place(wanted, state)
    return placement.kind === 'node' ? placement.nodeName.slice(0, 1) : undefined
  }
  assert.equal(nodeOf(), 'b')
  state.setPod(pod('y', { ...web, on: 'b1' }))
  state.setPod(pod('z', { ...web, on: 'b1' }))
  assert.equal(nodeOf(), 'a')
  state.removePod('default/x')
  state.removePod('default/y')
  state.removePod('default/z')
  state.setPod(pod('x', { ...web, on: 'a1' }))
  assert.equal(nodeOf(), 'b')
  state.setNode(node('b1'))
  assert.equal(nodeOf(), 'a')
})
