import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../api/meta.ts'
import { appsV1, coreV1 } from '../../api/resources.ts'
import type { Pod, ResourceQuota } from '../../api/types/core/v1.ts'
import { countedNames, planStatus } from './plan.ts'

const pod = (name: string, cpu: string, phase = 'Running'): Pod => ({
  metadata: { name },
  spec: { containers: [{ name: 'c', resources: { requests: { cpu } } }] },
  status: { phase },
})
const quota = (hard: Record<string, string>, more: Partial<ResourceQuota> = {}): ResourceQuota => ({
  metadata: { name: 'q' },
  spec: { hard },
  ...more,
})
const pods = (...objects: Pod[]) => ({ resource: coreV1.pods as Resource, objects })

test('planStatus counts what runs, and what has ended only as an object', () => {
  const counted = [pods(pod('a', '100m'), pod('b', '1'), pod('c', '5', 'Succeeded'))]
  const hard = { pods: '5', 'requests.cpu': '2000m', 'count/pods': '9', 'limits.memory': '1Gi' }
  assert.deepEqual(planStatus(quota(hard), counted, 0), {
    hard: { pods: '5', 'requests.cpu': '2', 'count/pods': '9', 'limits.memory': '1Gi' },
    used: { pods: '2', 'requests.cpu': '1100m', 'count/pods': '3', 'limits.memory': '0' },
  })
})

test('planStatus has nothing to do when the status says the same', () => {
  const status = { hard: { pods: '5' }, used: { pods: '1' } }
  assert.equal(planStatus(quota({ pods: '5' }, { status }), [pods(pod('a', '1'))], 0), undefined)
  assert.deepEqual(planStatus(quota({ pods: '5' }, { status }), [pods()], 0)?.used, { pods: '0' })
})

test('planStatus counts other kinds by their names and keeps to scopes', () => {
  const deployments = { resource: appsV1.deployments as Resource, objects: [{ metadata: { name: 'd' } }] }
  assert.deepEqual(planStatus(quota({ 'count/deployments.apps': '3' }), [deployments], 0)?.used, {
    'count/deployments.apps': '1',
  })
  const unserved = quota({ 'count/widgets.example.com': '3', pods: '1' })
  assert.deepEqual(planStatus(unserved, [pods()], 0)?.used, { pods: '0' })
  const scoped = quota({ pods: '1' }, { spec: { hard: { pods: '1' }, scopes: ['Terminating'] } })
  assert.deepEqual(planStatus(scoped, [pods(pod('a', '1'))], 0)?.used, { pods: '0' })
})

test('countedNames are the resources behind the limits', () => {
  const hard = [
    'requests.cpu',
    'pods',
    'services.nodeports',
    'gold.storageclass.storage.k8s.io/requests.storage',
    'count/jobs.batch',
    'secrets',
  ]
  assert.deepEqual(countedNames(quota(Object.fromEntries(hard.map((name) => [name, '1'])))), [
    'jobs.batch',
    'persistentvolumeclaims',
    'pods',
    'secrets',
    'services',
  ])
})
