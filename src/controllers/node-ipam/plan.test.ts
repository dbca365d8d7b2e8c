import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Node } from '../../api/types/core/v1.ts'
import { blockText, CidrError, freeBlock, parseClusterCidr, usedBlocks } from './plan.ts'

const node = (...podCIDRs: string[]): Node => ({ metadata: {}, spec: { podCIDRs } })

describe('freeBlock', () => {
  const cases: { cluster: string; nodes: Node[]; block: string | undefined }[] = [
    { cluster: '10.244.0.0/16', nodes: [], block: '10.244.0.0/24' },
    { cluster: '10.244.0.0/16', nodes: [node('10.244.0.0/24'), node('10.244.2.0/24')], block: '10.244.1.0/24' },
    { cluster: '10.244.0.0/16', nodes: [node('10.244.0.0/22')], block: '10.244.4.0/24' },
    { cluster: '10.244.0.0/16', nodes: [node('10.0.0.0/8')], block: undefined },
    { cluster: '10.244.0.0/16', nodes: [node('192.168.0.0/24')], block: '10.244.0.0/24' },
    { cluster: '10.244.0.0/23', nodes: [node('10.244.0.0/24'), node('10.244.1.0/24')], block: undefined },
    { cluster: '10.244.7.9/24', nodes: [], block: '10.244.7.0/24' },
    { cluster: 'fd00:10:244::/56', nodes: [], block: 'fd00:10:244::/64' },
    { cluster: 'fd00:10:244::/56', nodes: [node('10.244.0.0/24', 'fd00:10:244::/64')], block: 'fd00:10:244:1::/64' },
  ]
  for (const { cluster, nodes, block } of cases) {
    test(`finds ${block ?? 'nothing'} in ${cluster} beside ${JSON.stringify(nodes.map(({ spec }) => spec?.podCIDRs))}`, () => {
      const cidr = parseClusterCidr(cluster)
      const found = freeBlock(cidr, usedBlocks(cidr, nodes))
      assert.equal(found === undefined ? undefined : blockText(cidr, found), block)
    })
  }
})

describe('parseClusterCidr', () => {
  for (const text of [
    '',
    '10.0.0.0',
    '10.0.0.0/33',
    '10.0.0/8',
    '10.0.0.256/8',
    '10.0.0.0/25',
    'fd00::/65',
    'fd00:::/48',
    'x/8',
  ]) {
    test(`refuses ${JSON.stringify(text)}`, () => assert.throws(() => parseClusterCidr(text), CidrError))
  }
})
