import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ContainerPort, Node, Pod } from '../../api/types/core/v1.ts'
import { admitPod } from './admit.ts'

const node: Node = {
  metadata: { name: 'n', labels: { zone: 'a' } },
  status: { allocatable: { cpu: '1', memory: '1Gi', pods: '2', 'example.com/gpu': '1' } },
}

function podOf(
  requests: Record<string, string> = {},
  spec: Partial<Pod['spec']> & object = {},
  ports: ContainerPort[] = [],
): Pod {
  return { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', resources: { requests }, ports }], ...spec } }
}

const port = (hostPort: number, more: Partial<ContainerPort> = {}): ContainerPort => ({
  containerPort: 1,
  hostPort,
  ...more,
})
const short = "Node didn't have enough resource:"

const rows: [what: string, pod: Pod, others: Pod[], expected: string | undefined][] = [
  ['it fits', podOf({ cpu: '500m' }), [podOf({ cpu: '500m' })], undefined],
  [
    'cpu is short',
    podOf({ cpu: '600m' }),
    [podOf({ cpu: '500m' })],
    `OutOfcpu ${short} cpu, requested: 600, used: 500, capacity: 1000`,
  ],
  [
    'memory is short',
    podOf({ memory: '2Gi' }),
    [],
    `OutOfmemory ${short} memory, requested: 2147483648, used: 0, capacity: 1073741824`,
  ],
  [
    'there are too many pods',
    podOf(),
    [podOf(), podOf()],
    `OutOfpods ${short} pods, requested: 1, used: 2, capacity: 2`,
  ],
  [
    'a device is short',
    podOf({ 'example.com/gpu': '2' }),
    [],
    `OutOfexample.com/gpu ${short} example.com/gpu, requested: 2, used: 0, capacity: 1`,
  ],
  ['the node does not know a device', podOf({ 'example.com/other': '2' }), [], undefined],
  ['the selector fits', podOf({}, { nodeSelector: { zone: 'a' } }), [], undefined],
  [
    'the selector does not fit',
    podOf({}, { nodeSelector: { zone: 'b' } }),
    [],
    "NodeAffinity Predicate NodeAffinity failed: node(s) didn't match Pod's node affinity/selector",
  ],
  [
    'a host port is taken',
    podOf({}, {}, [port(80)]),
    [podOf({}, {}, [port(80, { hostIP: '127.0.0.1' })])],
    "NodePorts Predicate NodePorts failed: node(s) didn't have free ports for the requested pod ports",
  ],
  [
    'the same port is taken for UDP',
    podOf({}, {}, [port(80)]),
    [podOf({}, {}, [port(80, { protocol: 'UDP' })])],
    undefined,
  ],
  [
    'it is for Windows',
    podOf({}, { os: { name: 'windows' } }),
    [],
    "PodOSNotSupported Failed to admit pod as the OS field doesn't match node OS",
  ],
]

for (const [what, pod, others, expected] of rows) {
  test(`admitPod ${expected ? 'refuses' : 'admits'} when ${what}`, () => {
    const refusal = admitPod(pod, node, others)
    assert.equal(refusal && `${refusal.reason} ${refusal.message}`, expected)
  })
}
