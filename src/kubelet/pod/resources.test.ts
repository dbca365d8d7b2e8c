import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod } from '../../api/types/core/v1.ts'
import { BackOff } from './back-off.ts'
import { containerResources, cpuQuotaUs, cpuShares, oomScore, podLimitsOf } from './resources.ts'

const node = { memoryCapacityBytes: 1000 * 1024 * 1024, cgroupVersion: 1 as const }

function podOf(resources: Container['resources'], priority?: number): { pod: Pod; container: Container } {
  const container: Container = { name: 'c', ...(resources ? { resources } : {}) }
  const spec = { containers: [container], ...(priority === undefined ? {} : { priority }) }
  return { pod: { metadata: {}, spec }, container }
}

test('cpuShares and cpuQuotaUs keep to the kernel limits', () => {
  assert.deepEqual([0, 1, 100, 1000, 1_000_000].map(cpuShares), [2, 2, 102, 1024, 262_144])
  assert.deepEqual([0, 1, 500, 2000].map(cpuQuotaUs), [0, 1000, 50_000, 200_000])
})

const scores: [what: string, resources: Container['resources'], priority: number | undefined, expected: number][] = [
  ['best effort', undefined, undefined, 1000],
  ['guaranteed', { limits: { cpu: '1', memory: '1Gi' }, requests: { cpu: '1', memory: '1Gi' } }, undefined, -997],
  ['burstable with half the memory', { requests: { memory: '500Mi' } }, undefined, 500],
  ['burstable with hardly any', { requests: { memory: '1Ki' } }, undefined, 999],
  ['burstable with all of it', { requests: { memory: '1000Mi' } }, undefined, 3],
  ['critical', undefined, 2_000_000_000, -997],
]

for (const [what, resources, priority, expected] of scores) {
  test(`oomScore is ${expected} when the container is ${what}`, () => {
    const { pod, container } = podOf(resources, priority)
    assert.equal(oomScore(pod, container, node.memoryCapacityBytes), expected)
  })
}

test('containerResources takes the limit as request when only the limit is given', () => {
  const { pod, container } = podOf({ limits: { cpu: '500m', memory: '64Mi', 'hugepages-2Mi': '4Mi' } })
  assert.deepEqual(containerResources(pod, container, node), {
    cpuShares: 512,
    cpuPeriod: 100_000,
    cpuQuota: 50_000,
    oomScoreAdj: -997,
    memoryLimitInBytes: 64 * 1024 * 1024,
    hugepageLimits: [{ pageSize: '2MB', limit: 4 * 1024 * 1024 }],
  })
})

test('podLimitsOf leaves a limit out when some container has none', () => {
  const both = { limits: { cpu: '1', memory: '64Mi' }, requests: { cpu: '100m' } }
  const containers: Container[] = [
    { name: 'a', resources: both },
    { name: 'b', resources: { limits: { memory: '64Mi' } } },
  ]
  assert.deepEqual(podLimitsOf({ metadata: {}, spec: { containers } }), {
    cpuShares: 102,
    memoryBytes: 128 * 1024 * 1024,
  })
})

test('BackOff doubles to its limit and forgets after a long quiet time', () => {
  const backOff = new BackOff()
  const delays: number[] = []
  for (let time = 0, round = 0; round < 7; round++) {
    backOff.next('k', time)
    delays.push(backOff.delayMs('k') / 1000)
    time += backOff.delayMs('k')
  }
  assert.deepEqual(delays, [10, 20, 40, 80, 160, 300, 300])
  assert.equal(backOff.remainingMs('k', 0, 1_000), 299_000)
  backOff.next('k', 10_000_000)
  assert.equal(backOff.delayMs('k'), 10_000)
  assert.equal(backOff.remainingMs('other', 0, 0), 0)
})
