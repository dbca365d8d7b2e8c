import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DeviceToleration, ResourceClaim } from '../../api/types/resource/v1.ts'
import type { DeviceTaintRule } from '../../api/types/resource/v1beta2.ts'
import { evictionOf, type RuleCounts, ruleCondition } from './plan.ts'

const timeAdded = '2026-01-01T00:00:00Z'
const addedMs = Date.parse(timeAdded)
const nowMs = addedMs + 5_000
const broken = { key: 'broken', effect: 'NoExecute', timeAdded }

function claim(tolerations: DeviceToleration[] = []): ResourceClaim {
  const result = { request: 'r', driver: 'd', pool: 'p', device: 'gpu', tolerations }
  return { metadata: { name: 'c' }, spec: {}, status: { allocation: { devices: { results: [result] } } } }
}

function rule(name: string, deviceSelector: object | undefined, effect = 'NoExecute'): DeviceTaintRule {
  const spec = { taint: { key: 'broken', effect, timeAdded }, ...(deviceSelector ? { deviceSelector } : {}) }
  return { metadata: { name, generation: 2 }, spec }
}

const tolerate = (more: object) => [{ key: 'broken', operator: 'Exists', effect: 'NoExecute', ...more }]
const noExecute = [broken]

const table: [
  what: string,
  taints: object[],
  claims: ResourceClaim[],
  rules: DeviceTaintRule[],
  afterMs: number | undefined,
][] = [
  ['nothing when nothing is tainted', [], [claim()], [], undefined],
  ['since the taint when it is not tolerated', noExecute, [claim()], [], 0],
  ['nothing for other effects', [{ ...broken, effect: 'NoSchedule' }], [claim()], [], undefined],
  ['nothing when it is tolerated for ever', noExecute, [claim(tolerate({}))], [], undefined],
  ['the seconds of a toleration', noExecute, [claim(tolerate({ tolerationSeconds: 60 }))], [], 60_000],
  [
    'the shortest of several',
    noExecute,
    [claim([...tolerate({ tolerationSeconds: 60 }), ...tolerate({ tolerationSeconds: 9 })])],
    [],
    9_000,
  ],
  ['no heed of tolerations without the effect', noExecute, [claim(tolerate({ effect: '' }))], [], 0],
  ['what a rule for the device says', [], [claim()], [rule('a', { driver: 'd', device: 'gpu' })], 0],
  ['no heed of a rule for others', [], [claim()], [rule('a', { driver: 'x' })], undefined],
  ['no heed of a rule without a selector', [], [claim()], [rule('a', undefined)], undefined],
  [
    'the earliest of all claims',
    noExecute,
    [claim(tolerate({ tolerationSeconds: 60 })), claim(tolerate({ tolerationSeconds: 30 }))],
    [],
    30_000,
  ],
]

for (const [what, taints, claims, rules, afterMs] of table) {
  test(`evictionOf says ${what}`, () => {
    const device = { name: 'gpu', taints: taints as (typeof broken)[] }
    const eviction = evictionOf(claims, () => device, rules, nowMs)
    assert.equal(eviction?.atMs, afterMs === undefined ? undefined : addedMs + afterMs)
  })
}

const none: RuleCounts = {
  pendingPods: 0,
  pendingNamespaces: 0,
  evictedPods: 0,
  publishedDevices: 0,
  allocatedDevices: 0,
}
const conditions: [effect: string, counts: Partial<RuleCounts>, status: string, reason: string, message: string][] = [
  ['NoExecute', {}, 'False', 'NotStarted', ''],
  [
    'NoExecute',
    { pendingPods: 1, pendingNamespaces: 1 },
    'True',
    'PodsPendingEviction',
    '1 pod needs to be evicted in 1 namespace.',
  ],
  [
    'NoExecute',
    { pendingPods: 3, pendingNamespaces: 2, evictedPods: 1 },
    'True',
    'PodsPendingEviction',
    '3 pods need to be evicted in 2 different namespaces. 1 pod evicted since starting the controller.',
  ],
  ['NoExecute', { evictedPods: 2 }, 'False', 'Completed', '2 pods evicted since starting the controller.'],
  ['NoSchedule', {}, 'False', 'OtherEffect', 'Eviction only happens for the NoExecute effect.'],
  [
    'None',
    { publishedDevices: 1, allocatedDevices: 2, pendingPods: 2, pendingNamespaces: 1 },
    'False',
    'NoEffect',
    '1 published device selected. 2 allocated devices selected. 2 pods would be evicted in 1 namespace if the effect was NoExecute. This information will not be updated again. Recreate the DeviceTaintRule to trigger an update.',
  ],
]

for (const [effect, counts, status, reason, message] of conditions) {
  test(`ruleCondition of ${effect} is ${reason} with ${JSON.stringify(counts)}`, () => {
    const condition = ruleCondition(rule('a', {}, effect), { ...none, ...counts })
    assert.deepEqual(condition, { type: 'EvictionInProgress', status, reason, message, observedGeneration: 2 })
  })
}
