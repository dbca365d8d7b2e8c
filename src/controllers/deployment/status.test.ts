import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Deployment } from '../../api/types/apps/v1.ts'
import { planStatus } from './status.ts'

test('planStatus tells of a pause before anything else, and of its end too', () => {
  const template = { spec: { containers: [] } }
  const deployment = (paused: boolean, status: Deployment['status'] = {}): Deployment => ({
    metadata: { name: 'd' },
    spec: { replicas: 0, selector: {}, template, paused, progressDeadlineSeconds: 9 },
    status,
  })
  const said = (one: Deployment) =>
    planStatus({
      deployment: one,
      current: undefined,
      old: [],
      nowMs: Date.UTC(2026, 0),
      nowText: '2026-01-01T00:00:00Z',
    })
  const reasons = ({ conditions = [] }: NonNullable<Deployment['status']>) => conditions.map(({ reason }) => reason)
  const paused = said(deployment(true))
  assert.deepEqual(reasons(paused), ['DeploymentPaused', 'MinimumReplicasAvailable'])
  const stays = said(deployment(true, paused))
  assert.deepEqual(stays.conditions, paused.conditions)
  const waiting = deployment(false, paused)
  const resumed = said({ ...waiting, spec: { ...waiting.spec, replicas: 1, selector: {}, template } })
  assert.equal(resumed.conditions?.find(({ type }) => type === 'Progressing')?.reason, 'DeploymentResumed')
})
