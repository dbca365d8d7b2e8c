import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PodStatus } from '../../api/types/core/v1.ts'
import { statusPatch } from './patch.ts'

const ready = { type: 'Ready', status: 'True', lastTransitionTime: 't' }
const gate = { type: 'example.com/gate', status: 'True', lastTransitionTime: 't' }

test('statusPatch is undefined when nothing differs but a null probe time', () => {
  const before = { phase: 'Running', conditions: [{ ...ready, lastProbeTime: null }] } as unknown as PodStatus
  assert.equal(statusPatch('u', before, { phase: 'Running', conditions: [ready] }), undefined)
})

test('statusPatch names only what changed when a condition changes', () => {
  const before = { phase: 'Running', conditions: [{ ...ready, status: 'False', reason: 'r', message: 'm' }, gate] }
  const patch = statusPatch('u', before, { phase: 'Running', conditions: [ready, gate] })
  assert.deepEqual(patch, {
    metadata: { uid: 'u' },
    status: {
      conditions: [{ ...ready, reason: null, message: null }],
      '$setElementOrder/conditions': [{ type: 'Ready' }, { type: 'example.com/gate' }],
    },
  })
})

test('statusPatch leaves conditions of others alone when our view of them is old', () => {
  const before = { conditions: [ready, gate] }
  assert.equal(statusPatch('u', before, { conditions: [ready, { ...gate, status: 'False' }] }), undefined)
  assert.equal(statusPatch('u', before, { conditions: [ready] }), undefined)
})

test('statusPatch replaces address lists and removes fields when they are gone', () => {
  const before = { podIPs: [{ ip: '10.0.0.1' }], reason: 'old', nominatedNodeName: 'kept' }
  assert.deepEqual(statusPatch('u', before, { podIPs: [{ ip: '10.0.0.2' }] }), {
    metadata: { uid: 'u' },
    status: { podIPs: [{ $patch: 'replace' }, { ip: '10.0.0.2' }], reason: null },
  })
})
