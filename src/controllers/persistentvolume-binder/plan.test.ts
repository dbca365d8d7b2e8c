import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PersistentVolume, PersistentVolumeClaim } from '../../api/types/core/v1.ts'
import type { StorageClass } from '../../api/types/storage/v1.ts'
import { type ClaimView, planClaim, planVolume } from './plan.ts'

type Annotations = Record<string, string>

const claimOf = (spec: object = {}, annotations: Annotations = {}): PersistentVolumeClaim => ({
  metadata: { name: 'c', namespace: 'n', uid: 'u', annotations },
  spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '5Gi' } }, storageClassName: '', ...spec },
})
const volumeOf = (name: string, spec: object = {}, more: Partial<PersistentVolume> = {}): PersistentVolume => ({
  ...more,
  metadata: { name, ...more.metadata },
  spec: { capacity: { storage: '5Gi' }, accessModes: ['ReadWriteOnce', 'ReadOnlyMany'], ...spec },
  status: { phase: 'Available', ...more.status },
})
const reference = (uid?: string) => ({ namespace: 'n', name: 'c', ...(uid ? { uid } : {}) })
const viewOf = (volumes: PersistentVolume[], more: Partial<ClaimView> = {}): ClaimView => ({
  volumes,
  volume: (name) => volumes.find(({ metadata }) => metadata.name === name),
  storageClass: undefined,
  defaultClass: undefined,
  pods: [],
  ...more,
})
const summary = (plan: ReturnType<typeof planClaim>): string => {
  if (plan.kind === 'bind') return `bind ${plan.volume.metadata.name}`
  if (plan.kind === 'phase') return `${plan.phase} ${plan.note?.reason ?? ''}`.trim()
  return plan.kind === 'provision' ? `provision ${plan.provisioner}` : `class ${plan.storageClassName}`
}
const waits: StorageClass = {
  metadata: { name: 'w' },
  provisioner: 'p.example',
  volumeBindingMode: 'WaitForFirstConsumer',
}
const now: StorageClass = { metadata: { name: 'w' }, provisioner: 'p.example', volumeBindingMode: 'Immediate' }
const nodePicked = { 'volume.kubernetes.io/selected-node': 'node1' }
const bound = { 'pv.kubernetes.io/bind-completed': 'yes' }
const labelled = { metadata: { labels: { tier: 'fast' } } }

const claims: [string, PersistentVolumeClaim, ClaimView, string][] = [
  [
    'takes the smallest that fits',
    claimOf(),
    viewOf([volumeOf('big', { capacity: { storage: '9Gi' } }), volumeOf('fit')]),
    'bind fit',
  ],
  [
    'leaves what is too small',
    claimOf(),
    viewOf([volumeOf('v', { capacity: { storage: '4Gi' } })]),
    'Pending FailedBinding',
  ],
  [
    'wants all its access modes',
    claimOf({ accessModes: ['ReadWriteMany'] }),
    viewOf([volumeOf('v')]),
    'Pending FailedBinding',
  ],
  ['wants its volume mode', claimOf({ volumeMode: 'Block' }), viewOf([volumeOf('v')]), 'Pending FailedBinding'],
  [
    'wants its class',
    claimOf({ storageClassName: 'w' }),
    viewOf([volumeOf('v')], { storageClass: now }),
    'provision p.example',
  ],
  [
    'wants its attributes class',
    claimOf({ volumeAttributesClassName: 'a' }),
    viewOf([volumeOf('v')]),
    'Pending FailedBinding',
  ],
  [
    'selects by label',
    claimOf({ selector: { matchLabels: { tier: 'fast' } } }),
    viewOf([volumeOf('a'), volumeOf('b', {}, labelled)]),
    'bind b',
  ],
  [
    'passes over what is not available',
    claimOf(),
    viewOf([volumeOf('v', {}, { status: { phase: 'Released' } })]),
    'Pending FailedBinding',
  ],
  [
    'passes over what is going',
    claimOf(),
    viewOf([volumeOf('v', {}, { metadata: { deletionTimestamp: 'now' } })]),
    'Pending FailedBinding',
  ],
  [
    'has half of its binding to what is going',
    claimOf(),
    viewOf([
      volumeOf(
        'v',
        { claimRef: reference('u') },
        { metadata: { deletionTimestamp: 'now' }, status: { phase: 'Bound' } },
      ),
    ]),
    'bind v',
  ],
  [
    'prefers what is reserved for it',
    claimOf(),
    viewOf([volumeOf('a'), volumeOf('b', { claimRef: reference(), capacity: { storage: '9Gi' } })]),
    'bind b',
  ],
  [
    'waits for its consumer',
    claimOf({ storageClassName: 'w' }),
    viewOf([volumeOf('v', { storageClassName: 'w' })], { storageClass: waits }),
    'Pending WaitForFirstConsumer',
  ],
  [
    'waits for its pod',
    claimOf({ storageClassName: 'w' }),
    viewOf([], { storageClass: waits, pods: ['p'] }),
    'Pending WaitForPodScheduled',
  ],
  [
    'provisions once a node is picked',
    claimOf({ storageClassName: 'w' }, nodePicked),
    viewOf([], { storageClass: waits }),
    'provision p.example',
  ],
  ['has no such class', claimOf({ storageClassName: 'w' }), viewOf([]), 'Pending ProvisioningFailed'],
  ['gets the default class', claimOf({ storageClassName: undefined }), viewOf([], { defaultClass: waits }), 'class w'],
  ['names a volume that is not there', claimOf({ volumeName: 'v' }), viewOf([]), 'Pending'],
  ['names a volume', claimOf({ volumeName: 'v' }), viewOf([volumeOf('v')]), 'bind v'],
  [
    'names a volume that does not suit',
    claimOf({ volumeName: 'v', volumeMode: 'Block' }),
    viewOf([volumeOf('v')]),
    'Pending VolumeMismatch',
  ],
  [
    'names another’s volume',
    claimOf({ volumeName: 'v' }),
    viewOf([volumeOf('v', { claimRef: { ...reference(), name: 'd' } })]),
    'Pending FailedBinding',
  ],
  [
    'is bound and stays so',
    claimOf({ volumeName: 'v' }, bound),
    viewOf([volumeOf('v', { claimRef: reference('u') })]),
    'bind v',
  ],
  ['was bound to what is gone', claimOf({ volumeName: 'v' }, bound), viewOf([]), 'Lost ClaimLost'],
  ['was bound to nothing', claimOf({}, bound), viewOf([]), 'Lost ClaimLost'],
  [
    'was bound to what is another’s',
    claimOf({ volumeName: 'v' }, bound),
    viewOf([volumeOf('v', { claimRef: reference('x') })]),
    'Lost ClaimMisbound',
  ],
  [
    'was bound to what is only reserved by name',
    claimOf({ volumeName: 'v' }, bound),
    viewOf([volumeOf('v', { claimRef: reference() })]),
    'Lost ClaimMisbound',
  ],
]
for (const [what, claim, view, wanted] of claims)
  test(`planClaim: a claim ${what}`, () => assert.equal(summary(planClaim(claim, view)), wanted))

const released = { status: { phase: 'Released' } }
const provisioned = { metadata: { annotations: { 'pv.kubernetes.io/provisioned-by': 'p.example' } } }
const ours = { metadata: { annotations: { 'pv.kubernetes.io/bound-by-controller': 'yes' } } }
const elsewhere = claimOf({ volumeName: 'other' })

const volumes: [string, PersistentVolume, PersistentVolumeClaim | undefined, string][] = [
  ['nobody’s', volumeOf('v', {}, { status: { phase: 'Pending' } }), undefined, 'phase Available'],
  ['reserved by name', volumeOf('v', { claimRef: reference() }), undefined, 'none'],
  ['its claim’s', volumeOf('v', { claimRef: reference('u') }), claimOf({ volumeName: 'v' }), 'phase Bound'],
  ['promised to a claim that does not name it yet', volumeOf('v', { claimRef: reference('u') }), claimOf(), 'none'],
  [
    'promised to a claim of another mode',
    volumeOf('v', { claimRef: reference('u'), volumeMode: 'Block' }),
    claimOf(),
    'mismatch',
  ],
  ['left by its claim', volumeOf('v', { claimRef: reference('u') }), undefined, 'phase Released'],
  [
    'retained',
    volumeOf('v', { claimRef: reference('u'), persistentVolumeReclaimPolicy: 'Retain' }, released),
    undefined,
    'none',
  ],
  [
    'its provisioner’s to delete',
    volumeOf(
      'v',
      { claimRef: reference('u'), persistentVolumeReclaimPolicy: 'Delete' },
      { ...released, ...provisioned },
    ),
    undefined,
    'none',
  ],
  [
    'its driver’s to delete, though nobody provisioned it',
    volumeOf(
      'v',
      {
        claimRef: reference('u'),
        persistentVolumeReclaimPolicy: 'Delete',
        csi: { driver: 'd.example', volumeHandle: 'h' },
      },
      released,
    ),
    undefined,
    'none',
  ],
  [
    'nobody’s to delete',
    volumeOf('v', { claimRef: reference('u'), persistentVolumeReclaimPolicy: 'Delete' }, released),
    undefined,
    'phase Failed VolumeFailedDelete',
  ],
  [
    'to be recycled',
    volumeOf('v', { claimRef: reference('u'), persistentVolumeReclaimPolicy: 'Recycle' }, released),
    undefined,
    'phase Failed VolumeFailedRecycle',
  ],
  ['given in vain', volumeOf('v', { claimRef: reference('u') }, ours), elsewhere, 'unbind'],
  ['reserved in vain', volumeOf('v', { claimRef: reference('u') }), elsewhere, 'unbind keep'],
]
for (const [what, volume, claim, wanted] of volumes)
  test(`planVolume: a volume that is ${what}`, () => {
    const plan = planVolume(volume, claim)
    const words =
      plan.kind === 'phase'
        ? [plan.kind, plan.phase, plan.note?.reason]
        : [plan.kind, plan.kind === 'unbind' && plan.keep && 'keep']
    assert.equal(words.filter(Boolean).join(' '), wanted)
  })
