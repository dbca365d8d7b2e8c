/** Who owns what after applies, updates and scales, as kube-apiserver 1.36 answers the same requests. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { ManagedFieldsEntry } from '../../api/types/meta/v1.ts'
import { TestCaller } from '../testbed/caller.ts'

const maps = '/api/v1/namespaces/default/configmaps'
const accounts = '/api/v1/namespaces/default/serviceaccounts'
const deployments = '/apis/apps/v1/namespaces/default/deployments'
const merge = { contentType: 'application/merge-patch+json' }
const strategic = { contentType: 'application/strategic-merge-patch+json' }
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

function apply(path: string, manager: string, body: object, force = false) {
  const query = `fieldManager=${manager}${force ? '&force=true' : ''}`
  return api.call('PATCH', `${path}?${query}`, body, { contentType: 'application/apply-patch+yaml' })
}

function map(name: string, data?: object) {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, ...(data ? { data } : {}) }
}

/** `manager Apply scale -` with T for an entry that has a time. */
function owners({ body }: { body: { metadata: { managedFields?: ManagedFieldsEntry[] } } }): string[] {
  return (body.metadata.managedFields ?? []).map(({ manager, operation, subresource, time, fieldsV1 }) =>
    [manager, operation, subresource, time ? 'T' : '-', JSON.stringify(fieldsV1)].filter(Boolean).join(' '),
  )
}

test('who only comes to share what is there has no time, and stands first', async () => {
  await apply(`${maps}/shared`, 'a', map('shared', { x: '1' }))
  const shared = await apply(`${maps}/shared`, 'b', map('shared', { x: '1' }))
  const field = '{"f:data":{"f:x":{}}}'
  assert.deepEqual(owners(shared), [`b Apply - ${field}`, `a Apply T ${field}`])
  const taken = await apply(`${maps}/shared`, 'b', map('shared', { x: '2' }), true)
  assert.deepEqual(owners(taken), [`b Apply T ${field}`])
})

test('an empty list of managed fields, or one empty entry, makes everybody forget', async () => {
  for (const entries of [[], [{}]]) {
    await apply(`${maps}/forgotten`, 'a', map('forgotten', { x: '1' }), true)
    const metadata = { managedFields: entries, labels: { l: String(entries.length) } }
    assert.deepEqual(owners(await api.call('PATCH', `${maps}/forgotten`, { metadata }, merge)), [])
  }
})

test('owners who are named twice count once, and are warned of by their uid', async () => {
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'p', uid: 'u' }
  const metadata = { name: 'owned', ownerReferences: [owner, owner] }
  const created = await api.call('POST', maps, { metadata })
  const patched = await api.call('PATCH', `${maps}/owned`, { metadata: { ownerReferences: [owner, owner] } }, merge)
  const warned = [created, patched].map(({ body, headers }) => {
    const text = String(headers.warning)
    return [body.metadata.ownerReferences.length, text.includes('after mutating'), text.endsWith('observed: u"')]
  })
  assert.deepEqual(warned, [
    [1, false, true],
    [1, true, true],
  ])
})

const good = { manager: 'h', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: { 'f:data': {} } }
const bad: [string, object][] = [
  ['fields below that are no object', { ...good, fieldsV1: { 'f:data': 'x' } }],
  ['a key that is no JSON', { ...good, fieldsV1: { 'f:data': { 'k:{"x"': {} } } }],
  ['another operation', { ...good, operation: 'Bad' }],
  ['no version', { ...good, apiVersion: undefined }],
  ['no type of fields', { ...good, fieldsType: undefined }],
]
for (const [what, entry] of bad) {
  test(`managed fields with ${what} leave those that are as they are`, async () => {
    await apply(`${maps}/kept`, 'a', map('kept', { x: '1' }), true)
    const metadata = { managedFields: [entry], labels: { l: what.replaceAll(/[^a-z]/g, '') } }
    const answer = await api.call('PATCH', `${maps}/kept?fieldManager=m`, { metadata }, merge)
    assert.deepEqual([answer.status, owners(answer)[0]], [200, 'a Apply T {"f:data":{"f:x":{}}}'])
  })
}

test('who owns in a version that the kind does not have owns nothing', async () => {
  await apply(`${maps}/versions`, 'a', map('versions', { x: '1' }))
  const metadata = { managedFields: [good, { ...good, manager: 'gone', apiVersion: 'v9' }], labels: { l: '1' } }
  const answer = await api.call('PATCH', `${maps}/versions?fieldManager=m`, { metadata }, merge)
  assert.deepEqual(owners(answer), [
    'h Update - {"f:data":{}}',
    'm Update T {"f:metadata":{"f:labels":{".":{},"f:l":{}}}}',
  ])
})

test('a reference without a name has the empty one where that is always written, and has none elsewhere', async () => {
  const template = { spec: { imagePullSecrets: [{}, { name: 'p' }] } }
  const pulls = await apply('/api/v1/namespaces/default/podtemplates/t', 'a', {
    ...{ apiVersion: 'v1', kind: 'PodTemplate', metadata: { name: 't' }, template },
  })
  assert.match(pulls.body.message, /template.spec.containers: Required value/, 'no part of it is refused before')
  const named = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { name: 'sa' } }
  assert.equal((await apply(`${accounts}/sa`, 'a', named)).status, 201)
  const omitted = 'associative list with keys has an element that omits all key fields ["name"]'
  const refused = await apply(`${accounts}/sa`, 'a', { ...named, secrets: [{}] })
  assert.deepEqual([refused.status, refused.body.message.includes(omitted)], [500, true])
  // A plain update may store one; then nobody can be said to own anything.
  const stored = await api.call('PATCH', `${accounts}/sa`, { secrets: [{ namespace: 'q' }] }, merge)
  assert.deepEqual([stored.status, owners(stored)], [200, []])
  const again = await apply(`${accounts}/sa`, 'a', named)
  assert.deepEqual(
    [again.status, again.body.message],
    [
      500,
      `failed to create manager for existing fields: failed to convert new object (default/sa; /v1, Kind=ServiceAccount) to smd typed: .secrets: element 0: ${omitted} (and doesn't have default values for any key fields)`,
    ],
  )
  const patched = await api.call('PATCH', `${accounts}/sa`, { secrets: [{ name: 'a' }] }, strategic)
  assert.deepEqual(
    [patched.status, patched.body.message],
    [500, 'map: map[] does not contain declared merge key: name'],
  )
})

test('who names a uid means an object that is there', async () => {
  const { status, body } = await apply(`${maps}/gone`, 'a', { ...map('gone'), metadata: { name: 'gone', uid: 'abc' } })
  assert.equal(status, 409)
  const why = 'uid mismatch: the provided object specified uid abc, and no existing object was found'
  assert.equal(body.message, `Operation cannot be fulfilled on configmaps "gone": ${why}`)
})

test('nothing applied is an object of no kind', async () => {
  for (const nothing of ['', 'null', '{}']) {
    const { status, body } = await api.call('PATCH', `${maps}/none?fieldManager=a`, Buffer.from(nothing), {
      contentType: 'application/apply-patch+yaml',
    })
    assert.deepEqual([status, body.message], [400, 'invalid object type: /, Kind='], nothing)
  }
})

test('a null in an applied map is its empty value', async () => {
  const { body } = await apply(`${maps}/nulls`, 'a', map('nulls', { x: null, y: '1' }))
  assert.deepEqual(body.data, { x: '', y: '1' })
})

test('a scale is applied to: conflicts, force, sharing, and who owns the replicas of the workload', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { replicas: 1, selector: { matchLabels: { a: 'b' } }, template }
  await api.call('POST', `${deployments}?fieldManager=creator`, { metadata: { name: 'd' }, spec })
  const scale = (replicas?: number) => ({
    ...{ apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' } },
    spec: replicas === undefined ? {} : { replicas },
  })
  const path = `${deployments}/d/scale`
  const replicasOf = async () =>
    owners(await api.get(`${deployments}/d`)).flatMap((owner) =>
      owner.includes('f:replicas') ? [owner.slice(0, 22)] : [],
    )
  const conflict = await apply(path, 'a1', scale(3))
  assert.deepEqual(
    [conflict.status, conflict.body.message],
    [409, 'Apply failed with 1 conflict: conflict with "creator" using autoscaling/v1: .spec.replicas'],
  )
  assert.equal((await apply(path, 'a0', scale(1))).status, 200)
  assert.deepEqual(await replicasOf(), ['a0 Apply scale - {"f:s', 'creator Update - {"f:s'])
  assert.deepEqual((await apply(path, 'a1', scale(3), true)).body.spec, { replicas: 3 })
  assert.deepEqual(await replicasOf(), ['a1 Apply scale - {"f:s'])
  assert.equal(
    (await apply(path, 'a2', scale(4))).body.message,
    'Apply failed with 1 conflict: conflict with "a1" with subresource "scale": .spec.replicas',
  )
  await api.call('PUT', `${path}?fieldManager=u1`, scale(5))
  assert.deepEqual(await replicasOf(), ['u1 Update scale - {"f:'])
  await api.call('PATCH', `${path}?fieldManager=u2`, { spec: { replicas: 6 } }, merge)
  assert.deepEqual(await replicasOf(), ['u2 Update scale - {"f:'])
  const wrong = await apply(path, 'a1', { ...scale(), spec: { replicas: 'x' } }, true)
  assert.deepEqual(
    [wrong.status, wrong.body.message],
    [
      500,
      'failed to create typed patch object (/d; autoscaling/v1, Kind=Scale): .spec.replicas: expected numeric (int or float), got string',
    ],
  )
})

test('who sends a condition without times owns the null that stands for them', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
  const spec = { selector: { matchLabels: { a: 'b' } }, template }
  const { body } = await api.call('POST', deployments, { metadata: { name: 'times' }, spec })
  const status = { conditions: [{ type: 'Available', status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z' }] }
  await api.call('PUT', `${deployments}/times/status?fieldManager=s`, { ...body, status })
  const { body: later } = await api.call('GET', `${deployments}/times`)
  const entry = later.metadata.managedFields.find(({ subresource }: ManagedFieldsEntry) => subresource === 'status')
  assert.deepEqual(entry.fieldsV1['f:status']['f:conditions']['k:{"type":"Available"}'], {
    ...{ '.': {}, 'f:type': {}, 'f:status': {}, 'f:lastTransitionTime': {}, 'f:lastUpdateTime': {} },
  })
})

test('who makes a daemon set owns the annotation that the server adds', async () => {
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'x' }] } }
  const set = { metadata: { name: 'd' }, spec: { selector: { matchLabels: { a: 'b' } }, template } }
  const sets = '/apis/apps/v1/namespaces/default/daemonsets'
  const { body } = await api.call('POST', `${sets}?fieldManager=m`, set)
  const owned = body.metadata.managedFields[0].fieldsV1['f:metadata']
  assert.deepEqual(owned, { 'f:annotations': { '.': {}, 'f:deprecated.daemonset.template.generation': {} } })
  assert.equal(body.metadata.annotations['deprecated.daemonset.template.generation'], '1')
})

test('API services have no generation, changed or not', async () => {
  const services = '/apis/apiregistration.k8s.io/v1/apiservices'
  const spec = { group: 'a.example.com', version: 'v1', groupPriorityMinimum: 10, versionPriority: 10 }
  const service = { name: 'x', namespace: 'default' }
  await api.call('POST', services, { metadata: { name: 'v1.a.example.com' }, spec: { ...spec, service } })
  const patch = { spec: { versionPriority: 20 } }
  const { status, body } = await api.call('PATCH', `${services}/v1.a.example.com`, patch, merge)
  assert.deepEqual([status, body.spec.versionPriority, body.metadata.generation], [200, 20, undefined])
})

test('an apply to a status in another version leaves what only the object itself sets alone', async () => {
  const of = (version: string) => `/apis/autoscaling/${version}/namespaces/default/horizontalpodautoscalers`
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'd' }
  const resource = { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } }
  const spec = { scaleTargetRef, maxReplicas: 5, metrics: [{ type: 'Resource', resource }] }
  await api.call('POST', of('v2'), { metadata: { name: 'h' }, spec })
  const applied = {
    ...{ apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' } },
    spec: { scaleTargetRef, maxReplicas: 9, targetCPUUtilizationPercentage: 80 },
    status: { currentReplicas: 1, desiredReplicas: 2 },
  }
  const contentType = 'application/apply-patch+yaml'
  const { status, body } = await api.call('PATCH', `${of('v1')}/h/status?fieldManager=m`, applied, { contentType })
  assert.deepEqual([status, body.spec?.maxReplicas, body.status?.desiredReplicas], [200, 5, 2], body.message)
})
