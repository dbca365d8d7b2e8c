/** What the scale of a workload answers besides its replicas. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

const path = '/apis/apps/v1/namespaces/default/deployments'
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await api.call('POST', path, {
    metadata: { name: 'd' },
    spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template },
  })
})
after(() => api.api.stop())

test('a scale is shown as a table', async () => {
  const { body } = await api.get(`${path}/d/scale`, 'application/json;as=Table;v=v1;g=meta.k8s.io')
  assert.deepEqual(
    body.columnDefinitions.map(({ name, type }: { name: string; type: string }) => `${name} ${type}`),
    ['Name string', 'Desired integer', 'Available integer', 'Age string'],
  )
  assert.deepEqual(body.rows[0].cells.slice(0, 3), ['d', 2, 0])
})

test('a scale of another object of the same name is a conflict', async () => {
  const scale = (await api.get(`${path}/d/scale`)).body
  const { uid } = scale.metadata
  const { status, body } = await api.call('PUT', `${path}/d/scale`, {
    ...scale,
    metadata: { ...scale.metadata, uid: 'other' },
  })
  assert.equal(status, 409)
  assert.equal(
    body.message,
    `Operation cannot be fulfilled on deployments/scale.apps "d": Precondition failed: UID in precondition: other, UID in object meta: ${uid}`,
  )
})

test('nothing is below a subresource', async () => {
  assert.equal((await api.get(`${path}/d/scale/more`)).status, 404)
  assert.equal((await api.get(`${path}/d/status/more`)).status, 404)
})
