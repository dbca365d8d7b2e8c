import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../api/types/core/v1.ts'
import { changedAddresses, changedLabels, initialization } from './plan.ts'

const uninitialized = { key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' }
const [inside, second, outside] = [
  { type: 'InternalIP', address: '10.0.0.1' },
  { type: 'InternalIP', address: '10.0.0.2' },
  { type: 'ExternalIP', address: '203.0.113.1' },
]

function nodeTold(address?: string, addresses: { type: string; address: string }[] = []): Node {
  const annotations = address === undefined ? {} : { 'alpha.kubernetes.io/provided-node-ip': address }
  return { metadata: { name: 'n', annotations }, spec: { taints: [uninitialized] }, status: { addresses } }
}

test('initialization keeps labels that are there, and takes none of Kubernetes’ own from the cloud', () => {
  const node = { ...nodeTold(), metadata: { name: 'n', labels: { rack: 'by hand' } } }
  const additionalLabels = { rack: '7', row: '3', 'x.kubernetes.io/y': 'z' }
  const patch = initialization(node, { providerID: 'mine://1', zone: 'z1', additionalLabels })
  assert.deepEqual(patch, {
    metadata: {
      uid: undefined,
      resourceVersion: undefined,
      labels: { row: '3', 'failure-domain.beta.kubernetes.io/zone': 'z1', 'topology.kubernetes.io/zone': 'z1' },
    },
    spec: { providerID: 'mine://1', taints: [] },
  })
})

test('initialization waits for an id, and for the address that the agent was told', () => {
  const nodeAddresses = [inside, outside]
  assert.throws(() => initialization(nodeTold(), { providerID: '' }), /does not set node provider ID for node n$/)
  const table: [told: string, why: RegExp][] = [
    ['10.0.0.9', /: failed to get node address from cloud provider that matches ip: 10\.0\.0\.9$/],
    ['', /: failed to parse node IP "": could not parse ""$/],
    ['10.0.0.1,10.0.0.2', /must contain either a single IP or a dual-stack pair of IPs$/],
    ['10.0.0.1,::', /dual-stack node IP cannot include/],
  ]
  for (const [told, why] of table)
    assert.throws(() => initialization(nodeTold(told), { providerID: 'mine://1', nodeAddresses }), why)
  assert.ok(initialization(nodeTold('10.0.0.1'), { providerID: 'mine://1', nodeAddresses }))
  assert.ok(initialization(nodeTold('10.0.0.9'), { providerID: 'mine://1' }))
})

test('changedAddresses has the told address alone among those of its type, and keeps the host’s name', () => {
  const hostname = { type: 'Hostname', address: 'n' }
  const metadata = { providerID: 'mine://1', nodeAddresses: [outside, inside, second] }
  assert.deepEqual(changedAddresses(nodeTold('10.0.0.2', [hostname]), metadata), [second, outside, hostname])
  assert.deepEqual(changedAddresses(nodeTold(undefined, [hostname]), metadata), [outside, inside, second, hostname])
  assert.equal(changedAddresses(nodeTold(undefined, [outside, inside, second]), metadata), undefined)
  assert.equal(changedAddresses(nodeTold('10.0.0.2', [hostname]), { providerID: 'mine://1' }), undefined)
})

test('changedLabels has labels of new names follow the old ones', () => {
  const labels = { 'failure-domain.beta.kubernetes.io/zone': 'a', 'topology.kubernetes.io/zone': 'b', other: 'c' }
  assert.deepEqual(changedLabels({ metadata: { labels } }), { 'topology.kubernetes.io/zone': 'a' })
  assert.equal(changedLabels({ metadata: { labels: { 'topology.kubernetes.io/zone': 'b' } } }), undefined)
})
