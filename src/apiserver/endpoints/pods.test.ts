import assert from 'node:assert/strict'
import { afterEach, beforeEach, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

const pods = '/api/v1/namespaces/default/pods'
const budgets = '/apis/policy/v1/namespaces/default/poddisruptionbudgets'
const merge = { contentType: 'application/merge-patch+json' }
let api: TestCaller

beforeEach(async () => {
  api = await TestCaller.start()
})
afterEach(() => api.api.stop())

const create = (name: string) =>
  api.call('POST', pods, {
    metadata: { name, labels: { app: 'web' } },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  })
const bind = (name: string, node: string) =>
  api.call('POST', `${pods}/${name}/binding`, { metadata: { name }, target: { kind: 'Node', name: node } })
const evict = (name: string, more: object = {}) =>
  api.call('POST', `${pods}/${name}/eviction`, {
    apiVersion: 'policy/v1',
    kind: 'Eviction',
    metadata: { name },
    ...more,
  })

async function runningPod(name: string): Promise<void> {
  await create(name)
  await bind(name, 'n1')
  const conditions = [{ type: 'Ready', status: 'True' }]
  await api.call('PATCH', `${pods}/${name}/status`, { status: { phase: 'Running', conditions } }, merge)
}

async function budget(status: object): Promise<void> {
  await api.call('POST', budgets, {
    metadata: { name: 'pdb' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  })
  await api.call(
    'PATCH',
    `${budgets}/pdb/status`,
    { status: { observedGeneration: 1, expectedPods: 2, ...status } },
    merge,
  )
}

test('binding sets the node and the condition, once', async () => {
  await create('p')
  assert.equal((await bind('p', 'n1')).status, 201)
  const { body } = await api.get(`${pods}/p`)
  assert.equal(body.spec.nodeName, 'n1')
  const managed = JSON.stringify(body.metadata.managedFields)
  assert.ok(!managed.includes('f:nodeName') && !managed.includes('binding'), managed)
  const [condition] = body.status.conditions
  assert.deepEqual(
    [condition.type, condition.status, condition.observedGeneration],
    ['PodScheduled', 'True', undefined],
  )
  const again = await bind('p', 'n2')
  assert.deepEqual(
    [again.status, again.body.message],
    [409, 'Operation cannot be fulfilled on pods/binding "p": pod p is already assigned to node "n1"'],
  )
  assert.equal((await bind('none', 'n1')).status, 404)
  const wrong = await api.call('POST', `${pods}/p/binding`, {
    metadata: { name: 'p' },
    target: { kind: 'Pod', name: '' },
  })
  assert.equal(wrong.status, 422)
})

test('delete of a pod on a node waits for its grace, and a shorter grace moves the end', async () => {
  await runningPod('p')
  const first = await api.call('DELETE', `${pods}/p`)
  assert.deepEqual(
    [first.status, first.body.metadata.deletionGracePeriodSeconds, first.body.metadata.deletionTimestamp],
    [200, 30, '2026-01-01T00:00:30Z'],
  )
  const shorter = await api.call('DELETE', `${pods}/p?gracePeriodSeconds=5`)
  assert.equal(shorter.body.metadata.deletionTimestamp, '2026-01-01T00:00:05Z')
  const longer = await api.call('DELETE', `${pods}/p?gracePeriodSeconds=50`)
  assert.equal(longer.body.metadata.deletionTimestamp, '2026-01-01T00:00:05Z')
  assert.equal((await api.call('DELETE', `${pods}/p?gracePeriodSeconds=0`)).status, 200)
  assert.equal((await api.get(`${pods}/p`)).status, 404)
})

test('delete of a pod that has no node removes it at once', async () => {
  await create('p')
  await api.call('DELETE', `${pods}/p`)
  assert.equal((await api.get(`${pods}/p`)).status, 404)
})

test('eviction takes from the budget, marks the pod, and is refused when nothing is left', async () => {
  await runningPod('p1')
  await runningPod('p2')
  await budget({ disruptionsAllowed: 1, currentHealthy: 2, desiredHealthy: 1 })
  const first = await evict('p1')
  assert.deepEqual([first.status, first.body.status], [201, 'Success'])
  const evicted = (await api.get(`${pods}/p1`)).body
  assert.ok(evicted.metadata.deletionTimestamp)
  assert.ok(evicted.status.conditions.some(({ type }: { type: string }) => type === 'DisruptionTarget'))
  const pdb = (await api.get(`${budgets}/pdb`)).body
  assert.deepEqual([pdb.status.disruptionsAllowed, Object.keys(pdb.status.disruptedPods)], [0, ['p1']])
  const second = await evict('p2')
  assert.equal(second.status, 429)
  assert.equal(second.body.message, "Cannot evict pod as it would violate the pod's disruption budget.")
  assert.deepEqual(second.body.details.causes, [
    { reason: 'DisruptionBudget', message: 'The disruption budget pdb does not allow evicting pods currently' },
  ])
  assert.equal((await api.get(`${pods}/p2`)).body.metadata.deletionTimestamp, undefined)
})

test('eviction of a pod that is not ready goes by its budget’s policy, and by what the client saw', async () => {
  await runningPod('p')
  const ready = [{ type: 'Ready', status: 'False' }]
  const path = `${pods}/p/status`
  const contentType = 'application/merge-patch+json'
  await api.call('PATCH', path, { status: { conditions: ready } }, { contentType })
  await budget({ disruptionsAllowed: 0, currentHealthy: 1, desiredHealthy: 1 })
  const stale = await evict('p', { deleteOptions: { preconditions: { resourceVersion: '1' } } })
  assert.equal(stale.status, 409)
  assert.equal((await api.get(`${pods}/p`)).body.status.conditions.length, 1)
  assert.equal((await evict('p')).status, 201)
  assert.ok((await api.get(`${pods}/p`)).body.metadata.deletionTimestamp)
})

test('eviction waits for a budget that has not been counted, and lets go what no budget guards', async () => {
  await runningPod('p')
  assert.equal((await evict('p', { deleteOptions: { dryRun: ['All'] } })).status, 201)
  assert.equal((await api.get(`${pods}/p`)).body.metadata.deletionTimestamp, undefined)
  await api.call('POST', budgets, {
    metadata: { name: 'pdb' },
    spec: { minAvailable: 1, selector: { matchLabels: { app: 'web' } } },
  })
  const early = await evict('p')
  assert.deepEqual([early.status, early.headers['retry-after']], [429, '10'])
  await api.call('DELETE', `${budgets}/pdb`)
  assert.equal((await evict('p')).status, 201)
})

test('ephemeral containers and resize change their part of the pod only', async () => {
  await runningPod('p')
  const strategic = { contentType: 'application/strategic-merge-patch+json' }
  const ephemeralContainers = [{ name: 'debug', image: 'tools' }]
  const debug = await api.call(
    'PATCH',
    `${pods}/p/ephemeralcontainers`,
    { spec: { ephemeralContainers, nodeName: 'n2' } },
    strategic,
  )
  assert.deepEqual(
    [debug.status, debug.body.spec.ephemeralContainers?.[0]?.name, debug.body.spec.nodeName],
    [200, 'debug', 'n1'],
  )
  const resources = { requests: { cpu: '100m' }, limits: { cpu: '200m' } }
  const resized = await api.call(
    'PATCH',
    `${pods}/p/resize`,
    { spec: { containers: [{ name: 'c', resources }] } },
    strategic,
  )
  assert.equal(resized.status, 422, 'a pod keeps its class of service')
  const plain = await api.call('PATCH', `${pods}/p`, { spec: { ephemeralContainers } }, strategic)
  assert.equal(plain.status, 200)
})

test('a namespace stays, terminating, until it is finalized', async () => {
  await api.call('POST', '/api/v1/namespaces', { metadata: { name: 'n' } })
  const deleted = await api.call('DELETE', '/api/v1/namespaces/n')
  assert.deepEqual([deleted.body.status.phase, deleted.body.spec.finalizers], ['Terminating', ['kubernetes']])
  const finalized = await api.call('PUT', '/api/v1/namespaces/n/finalize', {
    metadata: { name: 'n' },
    spec: { finalizers: [] },
  })
  assert.equal(finalized.status, 200)
  assert.equal((await api.get('/api/v1/namespaces/n')).status, 404)
})

test('streams into pods need a node to go to', async () => {
  await runningPod('p')
  assert.equal((await api.get(`${pods}/none/log`)).status, 404)
  assert.equal((await api.get(`${pods}/p/log`)).status, 503)
})
