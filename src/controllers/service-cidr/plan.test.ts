import assert from 'node:assert/strict'
import { test } from 'node:test'
import { containsCidr } from '../../api/addresses.ts'
import type { IPAddress, ServiceCIDR } from '../../api/types/networking/v1.ts'
import { type CidrPlan, deletionGraceMs, finalizer, planCidr } from './plan.ts'

const at = '2026-01-01T00:00:00Z'
const nowMs = Date.parse(at)
const ready = { type: 'Ready', status: 'True', reason: '', message: 'other words', lastTransitionTime: at }

const cidr = (name: string, ranges: string[], more: object = {}): ServiceCIDR => ({
  metadata: { name, finalizers: [finalizer], ...more },
  spec: { cidrs: ranges },
})
const ending = { deletionTimestamp: at }
const address = (name: string): IPAddress => ({
  metadata: { name },
  spec: { parentRef: { resource: 'services', name: 's' } },
})
const longAgo = nowMs + deletionGraceMs

const cases: [
  what: string,
  plan: CidrPlan['kind'],
  cidr: ServiceCIDR,
  others: ServiceCIDR[],
  addresses: string[],
  nowMs?: number,
][] = [
  ['guards a new one', 'guard', cidr('a', ['10.0.0.0/24'], { finalizers: [] }), [], []],
  ['says that one is ready', 'condition', cidr('a', ['10.0.0.0/24']), [], []],
  ['says nothing twice', 'none', { ...cidr('a', ['10.0.0.0/24']), status: { conditions: [ready] } }, [], []],
  ['keeps one whose address is in use', 'condition', cidr('a', ['10.0.0.0/24'], ending), [], ['10.0.0.9'], longAgo],
  ['waits before it lets one go', 'wait', cidr('a', ['10.0.0.0/24'], ending), [], ['10.1.0.9']],
  ['lets an empty one go', 'release', cidr('a', ['10.0.0.0/24'], ending), [], ['10.1.0.9'], longAgo],
  [
    'lets one go whose addresses another holds',
    'release',
    cidr('a', ['10.0.0.0/24'], ending),
    [cidr('b', ['10.0.0.0/16'])],
    ['10.0.0.9'],
    longAgo,
  ],
  [
    'does not count on another that ends too',
    'condition',
    cidr('a', ['10.0.0.0/24'], ending),
    [cidr('b', ['10.0.0.0/16'], ending)],
    ['10.0.0.9'],
    longAgo,
  ],
  ['looks at both families', 'condition', cidr('a', ['10.0.0.0/24', 'fd00::/112'], ending), [], ['fd00::5'], longAgo],
  [
    'leaves what has no finalizer of ours',
    'none',
    cidr('a', ['10.0.0.0/24'], { ...ending, finalizers: ['x'] }),
    [],
    [],
  ],
]

for (const [what, kind, own, others, used, now = nowMs] of cases) {
  test(`planCidr ${what}`, () => {
    assert.equal(planCidr(own, [own, ...others], used.map(address), now).kind, kind)
  })
}

test('containsCidr compares families, prefixes and single addresses', () => {
  assert.ok(containsCidr('10.0.0.0/8', '10.1.0.0/16'))
  assert.ok(containsCidr('fd00::/112', 'fd00::ffff'))
  assert.ok(!containsCidr('10.1.0.0/16', '10.0.0.0/8'))
  assert.ok(!containsCidr('10.0.0.0/8', '11.0.0.1'))
  assert.ok(!containsCidr('::/0', '10.0.0.1'))
})
