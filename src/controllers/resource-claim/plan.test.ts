import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import type { ResourceClaim } from '../../api/types/resource/v1.ts'
import { claimFor, namePrefix, planClaim } from './plan.ts'

const user = { resource: 'pods', name: 'p', uid: 'u' }
const allocation = { devices: { results: [] } }
const finalizers = ['resource.kubernetes.io/delete-protection']
const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }

function claim(status: ResourceClaim['status'], metadata: ResourceClaim['metadata'] = {}): ResourceClaim {
  return { metadata: { name: 'c', namespace: 'n', finalizers, ...metadata }, spec: {}, status: status ?? {} }
}

const pod = (phase: string, uid = 'u', more: Pod['metadata'] = {}): Pod => ({
  metadata: { name: 'p', namespace: 'n', uid, ...more },
  spec: { containers: [] },
  status: { phase },
})
const deletionTimestamp = '2026-01-01T00:00:00Z'

const table: [what: string, claim: ResourceClaim, remaining: (typeof user)[], owner: Pod | undefined, plan: object][] =
  [
    ['leaves a used one alone', claim({ allocation, reservedFor: [user] }), [user], pod('Running'), {}],
    [
      'frees devices with the last user',
      claim({ allocation, reservedFor: [user] }),
      [],
      undefined,
      { reservedFor: [], deallocate: true, dropFinalizer: true },
    ],
    ['keeps devices of one that nobody uses yet', claim({ allocation }), [], undefined, {}],
    [
      'frees devices of a deleted one',
      claim({ allocation }, { deletionTimestamp }),
      [],
      undefined,
      { deallocate: true, dropFinalizer: true },
    ],
    [
      'lets a deleted one go that has no devices',
      claim({}, { deletionTimestamp }),
      [],
      undefined,
      { dropFinalizer: true },
    ],
    [
      'keeps a deleted one for its user',
      claim({ allocation, reservedFor: [user] }, { deletionTimestamp }),
      [user],
      undefined,
      {},
    ],
    [
      'keeps devices that others gave',
      claim({ allocation, reservedFor: [user] }, { finalizers: [] }),
      [],
      undefined,
      { reservedFor: [] },
    ],
    ['removes one whose pod is over', claim({}, { ownerReferences: [owner] }), [], pod('Succeeded'), { remove: true }],
    [
      'removes one whose pod was replaced',
      claim({}, { ownerReferences: [owner] }),
      [],
      pod('Running', 'other'),
      { remove: true },
    ],
    [
      'removes one whose pod was deleted unplaced',
      claim({}, { ownerReferences: [owner] }),
      [],
      pod('Pending', 'u', { deletionTimestamp }),
      { remove: true },
    ],
    ['waits for the pod to be known', claim({}, { ownerReferences: [owner] }), [], undefined, {}],
    [
      'keeps a generated one that another uses',
      claim({ reservedFor: [user] }, { ownerReferences: [owner] }),
      [user],
      pod('Failed'),
      {},
    ],
  ]

for (const [what, object, remaining, ownerPod, plan] of table) {
  test(`planClaim ${what}`, () => {
    const nothing = { deallocate: false, dropFinalizer: false, remove: false }
    assert.deepEqual(planClaim(object, remaining, ownerPod), { ...nothing, ...plan })
  })
}

test('namePrefix shortens both names in proportion', () => {
  assert.equal(namePrefix('web', 'gpu'), 'web-gpu-')
  const long = namePrefix('p'.repeat(60), 'c'.repeat(30))
  assert.equal(long, `${'p'.repeat(37)}-${'c'.repeat(18)}`)
})

test("claimFor carries the template's labels and annotations and names its entry", () => {
  const template = {
    metadata: {},
    spec: { metadata: { labels: { a: 'b' }, annotations: { c: 'd' } }, spec: { devices: {} } },
  }
  assert.deepEqual(claimFor(pod('Pending'), { name: 'gpu', resourceClaimTemplateName: 't' }, template), {
    metadata: {
      generateName: 'p-gpu-',
      ownerReferences: [{ apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u', controller: true }],
      annotations: { c: 'd', 'resource.kubernetes.io/pod-claim-name': 'gpu' },
      labels: { a: 'b' },
    },
    spec: { devices: {} },
  })
})
