import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node } from '../../api/types/core/v1.ts'
import { planRoutes } from './reconcile.ts'

const nodeOf = (name: string, ...podCIDRs: string[]): Node => ({
  metadata: { name, uid: `uid-${name}` },
  spec: { podCIDRs },
})

test('planRoutes makes what is missing, and removes what is ours and wrong', () => {
  const there = [
    { name: 'right', targetNode: 'a', destinationCIDR: '10.244.0.0/24' },
    { name: 'blackhole', targetNode: 'b', destinationCIDR: '10.244.1.0/24', blackhole: true },
    { name: 'of a node that is gone', targetNode: 'gone', destinationCIDR: '10.244.9.0/24' },
    { name: 'no CIDR', targetNode: 'gone', destinationCIDR: 'x/24' },
    { name: 'not ours', targetNode: 'gone', destinationCIDR: '192.168.0.0/24' },
  ]
  const nodes = [nodeOf('a', '10.244.0.0/24', 'fd00:1::/64'), nodeOf('b', '10.244.1.0/24'), nodeOf('new')]
  const { create, remove } = planRoutes(nodes, there, ['10.244.0.0/16', 'fd00::/16'])
  assert.deepEqual(
    create.map(({ name, targetNode, destinationCIDR }) => [name, targetNode, destinationCIDR]),
    [
      ['uid-a-fd00:1::/64', 'a', 'fd00:1::/64'],
      ['uid-b-10.244.1.0/24', 'b', '10.244.1.0/24'],
    ],
  )
  assert.deepEqual(
    remove.map(({ name }) => name),
    ['blackhole', 'of a node that is gone'],
  )
})
