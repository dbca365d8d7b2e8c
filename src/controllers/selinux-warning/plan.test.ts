import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, SELinuxOptions } from '../../api/types/core/v1.ts'
import { conflictsOf, mayMountWithLabel, messageOf, type Usage, usageOf } from './plan.ts'

function pod(
  own: (SELinuxOptions | undefined)[],
  securityContext: NonNullable<Pod['spec']>['securityContext'] = {},
): Pod {
  const containers = own.map((seLinuxOptions, index) => ({
    ...{ name: `c${index}`, volumeMounts: [{ name: 'v', mountPath: '/v' }] },
    ...(seLinuxOptions ? { securityContext: { seLinuxOptions } } : {}),
  }))
  return { metadata: { namespace: 'ns', name: 'p' }, spec: { containers, securityContext } }
}

const level = (text: string): SELinuxOptions => ({ level: text })

for (const [what, given, supports, wanted] of [
  ['a label of its own', pod([level('s0:c1,c2')]), true, [':::s0:c1,c2', 'MountOption']],
  ['the label of the pod', pod([undefined], { seLinuxOptions: level('s0:c3') }), true, [':::s0:c3', 'MountOption']],
  ['no label', pod([undefined]), true, ['', 'Recursive']],
  ['a volume that is relabelled', pod([level('s0:c1')]), false, ['', 'Recursive']],
  [
    'a pod that wants it relabelled',
    pod([level('s0:c1')], { seLinuxChangePolicy: 'Recursive' }),
    true,
    ['', 'Recursive'],
  ],
] as const) {
  test(`usageOf is right for ${what}`, () => {
    const use = usageOf(given, 'v', supports)
    assert.deepEqual(use?.kind === 'use' && [use.usage.label, use.usage.changePolicy], wanted)
  })
}

test('usageOf tells labels of one pod that differ, and volumes that nobody mounts', () => {
  assert.deepEqual(usageOf(pod([level('s0:c1'), level('s0:c2')]), 'v', true), { kind: 'multiple' })
  assert.equal(usageOf(pod([undefined]), 'other', true), undefined)
})

const usage = (name: string, label: string, changePolicy = 'MountOption', namespace = 'ns'): Usage => ({
  ...{ pod: { namespace, name }, label, changePolicy },
})

for (const [one, other, wanted] of [
  ['u:r:t:s0:c1', 'u:r:t:s0:c1', 0],
  ['u:r:t:s0:c1', '::t:s0:c1', 0],
  ['u:r:t:s0:c1', 'u:r:x:s0:c1', 2],
  ['u:r:t:s0:c1', 'u:r:t:s0:c2', 2],
  // An empty level is whatever the runtime draws.
  ['u:r:t:s0:c1', 'u:r:t', 2],
] as const) {
  test(`conflictsOf finds ${wanted} between ${one} and ${other}`, () => {
    assert.equal(conflictsOf(usage('a', one), [usage('b', other)]).length, wanted)
  })
}

test('messageOf names the other pod in the same namespace alone', () => {
  const [near] = conflictsOf(usage('a', ':::s0:c1'), [usage('b', ':::s0:c2')])
  assert.ok(near)
  assert.equal(
    messageOf(near),
    'SELinuxLabel ":::s0:c1" conflicts with pod b that uses the same volume as this pod with SELinuxLabel ":::s0:c2". If both pods land on the same node, only one of them may access the volume.',
  )
  const [, far] = conflictsOf(usage('a', ':::s0:c1'), [usage('secret', '', 'Recursive', 'theirs')])
  assert.ok(far)
  assert.doesNotMatch(
    messageOf({ ...far, other: { namespace: 'theirs', name: 'secret' }, pod: usage('a', '').pod }),
    /secret/,
  )
})

test('mayMountWithLabel lets volumes of one pod alone be mounted so, or all', () => {
  const volume = (...accessModes: string[]) => ({ metadata: {}, spec: { accessModes } })
  assert.equal(mayMountWithLabel(volume('ReadWriteOncePod'), true, false), true)
  assert.equal(mayMountWithLabel(volume('ReadWriteOncePod'), false, true), false)
  assert.equal(mayMountWithLabel(volume('ReadWriteMany'), true, false), false)
  assert.equal(mayMountWithLabel(volume('ReadWriteMany'), true, true), true)
})
