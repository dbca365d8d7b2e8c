import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, PersistentVolume, Pod } from '../../api/types/core/v1.ts'
import { managedAttachAnnotation } from '../../api/volume-binding.ts'
import { type AttachView, attachmentName, forceDetachAfterMs, planAttachments, uniqueName } from './plan.ts'

const driver = 'csi.example.com'
const volumeOf = (name: string, accessModes = ['ReadWriteOnce']): PersistentVolume => ({
  metadata: { name },
  spec: { capacity: { storage: '1Gi' }, accessModes, csi: { driver, volumeHandle: `${name}-handle` } },
})
const volume = volumeOf('v')
const pod: Pod = {
  metadata: { name: 'p', namespace: 'n' },
  spec: { containers: [], volumes: [{ name: 'd', persistentVolumeClaim: { claimName: 'c' } }] },
}
const attachment = {
  metadata: { name: attachmentName('v-handle', driver, 'node') },
  spec: { attacher: driver, nodeName: 'node', source: { persistentVolumeName: 'v' } },
}

interface Given {
  ready?: string
  inUse?: boolean
  taints?: { key: string; effect: string }[]
}

function nodeWith({ ready = 'True', inUse = true, taints = [] }: Given): Node {
  const volumesInUse = inUse ? [uniqueName(volume)] : []
  return {
    metadata: { name: 'node', annotations: { [managedAttachAnnotation]: '' } },
    spec: { taints },
    status: { volumesInUse, conditions: [{ type: 'Ready', status: ready }] },
  }
}

function plan({ node = nodeWith({}), ...view }: Partial<AttachView>) {
  return planAttachments({
    node,
    pods: [],
    volumeOf: () => volume,
    volume: () => volume,
    attaches: () => true,
    attachments: [attachment],
    isElsewhere: () => false,
    unwantedMs: () => 0,
    forces: true,
    ...view,
  })
}

test('planAttachments takes a volume that is in use from nobody but an unhealthy node, after six minutes', () => {
  const out = { key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' }
  const sixMinutes = () => forceDetachAfterMs
  const cases: [what: string, view: Partial<AttachView>, removed: boolean, waitMs?: number][] = [
    ['it is not in use', { node: nodeWith({ inUse: false }) }, true],
    ['a healthy node uses it', { unwantedMs: sixMinutes }, false],
    ['a silent node used it', { node: nodeWith({ ready: 'Unknown' }) }, false, forceDetachAfterMs],
    ['a silent node used it for long', { node: nodeWith({ ready: 'Unknown' }), unwantedMs: sixMinutes }, true],
    ['that is not allowed', { node: nodeWith({ ready: 'False' }), unwantedMs: sixMinutes, forces: false }, false],
    ['its node is out of service', { node: nodeWith({ ready: 'Unknown', taints: [out] }) }, true],
    ['only NoExecute counts', { node: nodeWith({ taints: [{ ...out, effect: 'NoSchedule' }] }) }, false],
    ['its node is gone', { gone: true }, false, forceDetachAfterMs],
    [
      'nothing is known of its gone node',
      { gone: true, node: { metadata: { name: 'node' } } },
      false,
      forceDetachAfterMs,
    ],
    ['its gone node did not use it', { gone: true, node: nodeWith({ inUse: false }) }, true],
    ['its node is long gone', { gone: true, unwantedMs: sixMinutes }, true],
    ['the volume itself is gone', { volume: () => undefined }, true],
    ['a pod wants it', { pods: [pod] }, false],
    [
      'a finished pod wanted it',
      { node: nodeWith({ inUse: false }), pods: [{ ...pod, status: { phase: 'Failed' } }] },
      true,
    ],
  ]
  for (const [what, view, removed, waitMs] of cases) {
    const { remove, ...rest } = plan(view)
    assert.deepEqual([remove.length === 1, rest.waitMs], [removed, waitMs], what)
  }
})

test('planAttachments leaves attachments alone that others made', () => {
  const foreign = { ...attachment, metadata: { name: 'of-somebody-else' } }
  const { create, remove } = plan({ attachments: [foreign], volume: () => undefined })
  assert.deepEqual([create, remove], [[], []])
})

test('planAttachments leaves a node alone that does not ask to be looked after, until it is gone', () => {
  const { status, spec } = nodeWith({ inUse: false })
  const own: Node = { metadata: { name: 'node' }, spec: spec ?? {}, status: { ...status, volumesAttached: [] } }
  const attached = { ...attachment, status: { attached: true } }
  const views: Partial<AttachView>[] = [{ attachments: [], pods: [pod] }, { attachments: [attached] }]
  for (const view of views) {
    const { create, remove, attached: told } = plan({ node: own, ...view })
    assert.deepEqual([create, remove, told], [[], [], undefined])
  }
  assert.equal(plan({ node: nodeWith({}), attachments: [], pods: [pod] }).create.length, 1)
  assert.equal(plan({ node: own, gone: true, attachments: [attached] }).remove.length, 1)
})

test('planAttachments waits with a volume for one node alone while another has it', () => {
  const wants = (accessModes: string[], elsewhere: boolean) => {
    const one = volumeOf('v', accessModes)
    const view = { pods: [pod], attachments: [], volumeOf: () => one, isElsewhere: () => elsewhere }
    const { create, blocked } = plan(view)
    return [create.length, blocked.length]
  }
  assert.deepEqual(wants(['ReadWriteOnce'], false), [1, 0])
  assert.deepEqual(wants(['ReadWriteOnce'], true), [0, 1])
  assert.deepEqual(wants(['ReadWriteOncePod'], true), [0, 1])
  assert.deepEqual(wants(['ReadWriteOnce', 'ReadOnlyMany'], true), [1, 0])
  assert.deepEqual(wants(['ReadWriteMany'], true), [1, 0])
  assert.deepEqual(wants([], true), [1, 0])
})
