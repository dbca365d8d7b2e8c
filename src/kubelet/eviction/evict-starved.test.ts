import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import type { Container } from '../../api/types/core/v1.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedDisk } from '../../platform/simulated/disk.ts'
import type { MaintenanceParts } from '../maintenance.ts'
import { startTestNode, type TestNode } from '../test-node.test.ts'
import { evictStarved } from './evict-starved.ts'
import { Pressure, shortages } from './pressure.ts'
import { type PodUsage, rankedForEviction } from './rank.ts'

const mebi = 2 ** 20

function container(name: string, memory?: string): Container {
  const found = { name, image: 'busybox:1', command: ['sleep', '100000'] }
  return memory === undefined ? found : { ...found, resources: { requests: { memory } } }
}

async function available(node: TestNode, kibibytes: number): Promise<void> {
  await node.disk.write('/proc/meminfo', `MemTotal: 4194304 kB\nMemAvailable: ${kibibytes} kB\n`)
}

async function condition(node: TestNode, type: string): Promise<string | undefined> {
  const { status } = await node.client.of(coreV1.nodes).get('node1')
  return status?.conditions?.find((found) => found.type === type)?.status
}

test('startKubelet evicts who uses more than asked for when memory is short, and takes no such pod until it is over', async () => {
  const usage: Record<string, number> = { greedy: 900 * mebi, modest: 10 * mebi }
  const node = await startTestNode({ runtime: { memoryUsageBytes: (name) => usage[name] ?? mebi } })
  try {
    await node.create('modest', { containers: [container('modest', '64Mi')] })
    await node.create('greedy', { containers: [container('greedy', '64Mi')] })
    await node.pass(1000)
    await available(node, 90 * 1024)
    await node.pass(12_000)
    const { status } = await node.get('greedy')
    const message =
      'The node was low on resource: memory. Threshold quantity: 100Mi, available: 90Mi. Container greedy was using 900Mi, request is 64Mi, has larger consumption of memory. '
    assert.deepEqual([status?.phase, status?.reason, status?.message], ['Failed', 'Evicted', message])
    const disruption = status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
    assert.deepEqual([disruption?.status, disruption?.reason], ['True', 'TerminationByKubelet'])
    await available(node, 3 * 2 ** 20)
    await node.pass(12_000)
    assert.equal((await node.get('modest')).status?.phase, 'Running')
    assert.equal(await condition(node, 'MemoryPressure'), 'True')
    await node.create('late', { containers: [container('late')] })
    await node.create('burstable', { containers: [container('burstable', '1Mi')] })
    await node.pass(1000)
    const late = await node.get('late')
    assert.equal(late.status?.message, 'Pod was rejected: The node had condition: [MemoryPressure]. ')
    assert.equal((await node.get('burstable')).status?.phase, 'Running')
    await node.pass(5 * 60_000)
    assert.equal(await condition(node, 'MemoryPressure'), 'False')
  } finally {
    await node.stop()
  }
})

test('evictStarved evicts nobody while a pod that is evicted still ends', async () => {
  const disk = simulatedDisk()
  await disk.makeDirectory('/proc')
  await disk.write('/proc/meminfo', 'MemTotal: 4194304 kB\nMemAvailable: 90000 kB\n')
  await disk.makeDirectory('/kubelet')
  const failed: string[] = []
  const worker = (name: string, state: string, isEvicted: boolean) => {
    return { state, isEvicted, pod: { metadata: { name } }, fail: () => failed.push(name) }
  }
  const evictBeside = (state: string) => {
    const workers = [worker('other', 'running', false), worker('evicted', state, true)]
    const manager = { workers: () => workers }
    const parts = { disk, manager, config: { rootDirectory: '/kubelet' }, pressure: new Pressure(simulatedClock()) }
    const runtime = { listContainerStats: async () => [] }
    const told = { nodeEvent: () => undefined, events: { pod: () => undefined } }
    return evictStarved({ ...parts, ...told, runtime } as unknown as MaintenanceParts)
  }
  for (const state of ['running', 'terminating']) await evictBeside(state)
  assert.deepEqual(failed, [])
  await evictBeside('terminated')
  assert.deepEqual(failed, ['other'])
})

test('shortages names what is below its threshold', () => {
  const disk = { capacityBytes: 100 * mebi, availableBytes: 9 * mebi, inodes: 1000, inodesFree: 49 }
  assert.deepEqual(
    shortages({ memoryAvailableBytes: 100 * mebi, disk }).map(({ resource, threshold, available: left }) => [
      resource,
      threshold,
      left,
    ]),
    [
      ['ephemeral-storage', '10Mi', '9Mi'],
      ['inodes', '50', '49'],
    ],
  )
})

test('rankedForEviction orders by excess, then priority, then how much', () => {
  const usage = (name: string, total: number, priority = 0): PodUsage => ({
    pod: { metadata: { name }, spec: { priority, containers: [container('c', '10')] } },
    containers: new Map(),
    total,
  })
  const all = [usage('frugal', 9), usage('important', 99, 5), usage('little', 11), usage('much', 50)]
  assert.deepEqual(
    rankedForEviction(all, 'memory').map(({ pod }) => pod.metadata.name),
    ['much', 'little', 'important', 'frugal'],
  )
})
