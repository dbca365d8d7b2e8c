import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment, ReplicaSet } from '../../api/types/apps/v1.ts'
import { planRollback, rollbackAnnotation } from './rollback.ts'

const cause = 'kubernetes.io/change-cause'
const template = (image: string, labels: Record<string, string> = { app: 'a' }) => ({
  metadata: { labels },
  spec: { containers: [{ name: 'c', image }] },
})

function deployment(to: string): Deployment {
  const annotations = { [rollbackAnnotation]: to, [cause]: 'edit', 'deployment.kubernetes.io/revision': '3' }
  return { metadata: { name: 'd', annotations }, spec: { selector: {}, template: template('i:3') } }
}

const sets: ReplicaSet[] = [1, 2, 3].map((revision) => ({
  metadata: {
    name: `d-${revision}`,
    annotations: { 'deployment.kubernetes.io/revision': String(revision), [cause]: `make ${revision}` },
  },
  spec: { selector: {}, template: template(`i:${revision}`, { app: 'a', 'pod-template-hash': 'x' }) },
}))

test('planRollback takes template and causes from the revision asked for, or the one before', () => {
  for (const [asked, revision] of [
    ['1', 1],
    ['0', 2],
  ] as const) {
    const rollback = planRollback(deployment(asked), sets)
    assert.deepEqual(rollback?.deployment.spec?.template, template(`i:${revision}`))
    assert.deepEqual(rollback?.deployment.metadata.annotations, {
      'deployment.kubernetes.io/revision': '3',
      [cause]: `make ${revision}`,
    })
    const message = `Rolled back deployment "d" to revision ${revision}`
    assert.deepEqual(rollback?.event, { type: 'Normal', reason: 'DeploymentRollback', message })
  }
})

test('planRollback gives up with a warning, and asks no more', () => {
  const cases: [asked: string, sets: ReplicaSet[], reason: string, message: string][] = [
    ['9', sets, 'DeploymentRollbackRevisionNotFound', 'Unable to find the revision to rollback to.'],
    ['0', sets.slice(2), 'DeploymentRollbackRevisionNotFound', 'Unable to find last revision.'],
    [
      '3',
      sets,
      'DeploymentRollbackTemplateUnchanged',
      'The rollback revision contains the same template as current deployment "d"',
    ],
  ]
  for (const [asked, present, reason, message] of cases) {
    const before = deployment(asked)
    const rollback = planRollback(before, present)
    assert.deepEqual(rollback?.event, { type: 'Warning', reason, message })
    assert.deepEqual(rollback?.deployment.spec, before.spec)
    assert.equal(rollback?.deployment.metadata.annotations?.[rollbackAnnotation], undefined)
    assert.equal(rollback?.deployment.metadata.annotations?.[cause], 'edit')
  }
})

test('planRollback does nothing unless it is asked for by a number', () => {
  for (const asked of ['', 'x', '1.5']) assert.equal(planRollback(deployment(asked), sets), undefined)
})
