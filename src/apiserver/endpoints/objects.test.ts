import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { decodeProtobuf, encodeProtobuf } from '../../api/codec/protobuf.ts'
import type { KubeObject } from '../../api/meta.ts'
import { TestCaller } from '../testbed/caller.ts'

const configMaps = '/api/v1/namespaces/default/configmaps'
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

const configMap = (name: string, more: object = {}) => ({ metadata: { name }, ...more })

test('POST fills in what the server sets and ignores what a client may not', async () => {
  const metadata = {
    name: 'fill',
    uid: 'mine',
    creationTimestamp: '2000-01-01T00:00:00Z',
    deletionTimestamp: '2000-01-01T00:00:00Z',
  }
  const { status, body } = await api.call('POST', configMaps, { metadata, data: { a: 'b' } })
  assert.equal(status, 201)
  assert.match(body.metadata.uid, /^[0-9a-f-]{36}$/)
  assert.equal(body.metadata.creationTimestamp, '2026-01-01T00:00:00Z')
  assert.equal(body.metadata.deletionTimestamp, undefined)
  assert.equal(body.metadata.namespace, 'default')
  assert.deepEqual([body.kind, body.apiVersion, body.data], ['ConfigMap', 'v1', { a: 'b' }])
})

test('POST refuses a name that is taken, a foreign namespace and a resource version', async () => {
  await api.call('POST', configMaps, configMap('twice'))
  const again = await api.call('POST', configMaps, configMap('twice'))
  assert.deepEqual(
    [again.status, again.body.reason, again.body.message],
    [409, 'AlreadyExists', 'configmaps "twice" already exists'],
  )
  await api.call('POST', configMaps, { metadata: { name: 'going', finalizers: ['example.com/hold'] } })
  await api.call('DELETE', `${configMaps}/going`)
  const early = await api.call('POST', configMaps, configMap('going'))
  assert.equal(early.body.message, 'object is being deleted: configmaps "going" already exists')
  const foreign = await api.call('POST', configMaps, { metadata: { name: 'x', namespace: 'other' } })
  assert.deepEqual(
    [foreign.status, foreign.body.message],
    [400, 'the namespace of the provided object does not match the namespace sent on the request'],
  )
  const versioned = await api.call('POST', configMaps, { metadata: { name: 'x', resourceVersion: '7' } })
  assert.deepEqual(
    [versioned.status, versioned.body.message],
    [500, 'resourceVersion should not be set on objects to be created'],
  )
})

test('POST refuses a quota whose scope says nothing of what it limits', async () => {
  const quotas = '/api/v1/namespaces/default/resourcequotas'
  const scopeSelector = { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['gold'] }] }
  const quota = (hard: object) => api.call('POST', quotas, { metadata: { name: 'q' }, spec: { hard, scopeSelector } })
  const refused = await quota({ pods: '2' })
  assert.equal(refused.status, 422)
  const shown = '{"MatchExpressions":[{"ScopeName":"VolumeAttributesClass","Operator":"In","Values":["gold"]}]}'
  assert.ok(refused.body.message.endsWith(`Invalid value: ${shown}: unsupported scope applied to resource`))
  assert.equal((await quota({ persistentvolumeclaims: '2', 'requests.storage': '1Gi' })).status, 201)
})

test('PATCH that leaves a Deployment without annotations as it was makes no new generation', async () => {
  const deployments = '/apis/apps/v1/namespaces/default/deployments'
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  const spec = { selector: { matchLabels: { a: 'b' } }, template }
  await api.call('POST', deployments, { metadata: { name: 'noted' }, spec })
  const merge = { contentType: 'application/merge-patch+json' }
  const noted = async (note: string | null) =>
    (await api.call('PATCH', `${deployments}/noted`, { metadata: { annotations: { note } } }, merge)).body.metadata
      .generation
  assert.deepEqual([await noted(null), await noted('x')], [1, 2])
})

test('POST gives a Job without labels all those of its template', async () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs'
  const spec = {
    template: {
      metadata: { labels: { app: 'a' } },
      spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
    },
  }
  const named = await api.call('POST', jobs, { metadata: { generateName: 'j-' }, spec })
  assert.deepEqual(named.body.metadata.labels, named.body.spec.template.metadata.labels)
  assert.equal(named.body.metadata.labels?.['job-name'], named.body.metadata.name)
  const labelled = await api.call('POST', jobs, { metadata: { name: 'k', labels: { app: 'a' } }, spec })
  assert.deepEqual(labelled.body.metadata.labels, { app: 'a' })
})

test('POST with generateName prepares an object by the name it was given', async () => {
  const spec = { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } }
  const { body } = await api.call('POST', '/apis/batch/v1/namespaces/default/jobs', {
    metadata: { generateName: 'j-' },
    spec,
  })
  const { metadata, spec: created } = body
  assert.match(metadata.name ?? '', /^j-[a-z0-9]{5}$/)
  assert.equal(created.template.metadata.labels?.['job-name'], metadata.name)
})

test('POST with generateName makes a name of it', async () => {
  const { body } = await api.call('POST', configMaps, { metadata: { generateName: 'made-' } })
  assert.match(body.metadata.name, /^made-[bcdfghjklmnpqrstvwxz2456789]{5}$/)
})

test('POST with dryRun=All answers as usual and stores nothing', async () => {
  const { status, body } = await api.call('POST', `${configMaps}?dryRun=All`, configMap('dry'))
  assert.deepEqual([status, body.metadata.resourceVersion], [201, undefined])
  assert.equal((await api.get(`${configMaps}/dry`)).status, 404)
})

test('POST treats unknown fields as fieldValidation says', async () => {
  const body = { ...configMap('strange'), spec: { foo: 1 } }
  const strict = await api.call('POST', `${configMaps}?fieldValidation=Strict&dryRun=All`, body)
  assert.equal(strict.status, 400)
  assert.match(
    strict.body.message,
    /^ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "spec"$/,
  )
  const exchange = { method: 'POST', path: configMaps, query: new URLSearchParams('dryRun=All'), headers: {} }
  const request = {
    ...exchange,
    body: new TextEncoder().encode(JSON.stringify(body)),
    signal: new AbortController().signal,
    remoteAddress: '',
    user: { name: 'u', groups: [], extra: {} },
  }
  const warned = await api.api.server.handle(request)
  assert.deepEqual([warned.status, warned.warnings], [201, ['299 - "unknown field \\"spec\\""']])
  const ignored = await api.api.server.handle({
    ...request,
    query: new URLSearchParams('dryRun=All&fieldValidation=Ignore'),
  })
  assert.deepEqual([ignored.status, ignored.warnings], [201, undefined])
})

test('PUT checks the version it was made from, and keeps uid and creation time', async () => {
  const created = (await api.call('POST', configMaps, configMap('put'))).body
  const changed = await api.call('PUT', `${configMaps}/put`, {
    metadata: { name: 'put', resourceVersion: created.metadata.resourceVersion },
    data: { a: '1' },
  })
  assert.equal(changed.status, 200)
  assert.equal(changed.body.metadata.uid, created.metadata.uid)
  const stale = await api.call('PUT', `${configMaps}/put`, {
    metadata: { name: 'put', resourceVersion: created.metadata.resourceVersion },
    data: {},
  })
  const text =
    'Operation cannot be fulfilled on configmaps "put": the object has been modified; please apply your changes to the latest version and try again'
  assert.deepEqual([stale.status, stale.body.reason, stale.body.message], [409, 'Conflict', text])
  const other = await api.call('PUT', `${configMaps}/put`, { metadata: { name: 'put', uid: 'not-mine' } })
  assert.equal(other.status, 409)
})

test('PUT and PATCH keep no selfLink', async () => {
  await api.call('POST', configMaps, { metadata: { name: 'linked', selfLink: '/x' } })
  const metadata = { name: 'linked', selfLink: '/x', labels: { a: 'b' } }
  assert.equal((await api.call('PUT', `${configMaps}/linked`, { metadata })).body.metadata.selfLink, undefined)
  const patch = { metadata: { selfLink: '/y' } }
  const patched = await api.call('PATCH', `${configMaps}/linked`, patch, {
    contentType: 'application/merge-patch+json',
  })
  assert.equal(patched.body.metadata.selfLink, undefined)
})

test('PUT that changes nothing writes nothing', async () => {
  const created = (await api.call('POST', configMaps, configMap('same', { data: { a: 'b' } }))).body
  const again = (await api.call('PUT', `${configMaps}/same`, configMap('same', { data: { a: 'b' } }))).body
  assert.equal(again.metadata.resourceVersion, created.metadata.resourceVersion)
})

test('PATCH works in all formats and server-side apply creates', async () => {
  const path = `${configMaps}/patched`
  const applied = await api.call(
    'PATCH',
    `${path}?fieldManager=me`,
    'kind: ConfigMap\napiVersion: v1\nmetadata: {name: patched}\ndata: {a: "1"}\n',
    { contentType: 'application/apply-patch+yaml' },
  )
  assert.deepEqual([applied.status, applied.body.data], [201, { a: '1' }])
  await api.call('PATCH', path, { data: { b: '2' } }, { contentType: 'application/merge-patch+json' })
  await api.call('PATCH', path, [{ op: 'add', path: '/data/c', value: '3' }], {
    contentType: 'application/json-patch+json',
  })
  const last = await api.call(
    'PATCH',
    path,
    { data: { a: null } },
    { contentType: 'application/strategic-merge-patch+json' },
  )
  assert.deepEqual([last.status, last.body.data], [200, { b: '2', c: '3' }])
  const unknown = await api.call('PATCH', path, {}, { contentType: 'text/plain' })
  assert.deepEqual([unknown.status, unknown.body.reason], [415, 'UnsupportedMediaType'])
})

test('PATCH of what is not there is refused even where an update would create it', async () => {
  const path = '/apis/coordination.k8s.io/v1/namespaces/default/leases/missing'
  for (const [contentType, patch] of [
    ['application/merge-patch+json', { spec: { holderIdentity: 'a' } }],
    ['application/strategic-merge-patch+json', { spec: { holderIdentity: 'a' } }],
    ['application/json-patch+json', [{ op: 'add', path: '/spec', value: {} }]],
  ] as const) {
    const { status, body } = await api.call('PATCH', path, patch, { contentType })
    assert.deepEqual([status, body.message], [404, 'leases.coordination.k8s.io "missing" not found'])
  }
})

test('PATCH loses to no other writer', async () => {
  await api.call('POST', configMaps, configMap('busy'))
  const patch = (key: number) =>
    api.call(
      'PATCH',
      `${configMaps}/busy`,
      { data: { [`k${key}`]: 'v' } },
      { contentType: 'application/merge-patch+json' },
    )
  const answers = await Promise.all(Array.from({ length: 8 }, (_, key) => patch(key)))
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200]))
  const { body } = await api.get(`${configMaps}/busy`)
  assert.equal(Object.keys(body.data).length, 8)
})

test('DELETE removes at once, or marks what has finalizers until the last is gone', async () => {
  const plain = (await api.call('POST', configMaps, configMap('gone'))).body
  const deleted = await api.call('DELETE', `${configMaps}/gone`)
  assert.deepEqual(deleted.body.details, { name: 'gone', kind: 'configmaps', uid: plain.metadata.uid })
  assert.equal((await api.call('DELETE', `${configMaps}/gone`)).status, 404)
  await api.call('POST', configMaps, { metadata: { name: 'held', finalizers: ['example.com/f'] } })
  const marked = await api.call('DELETE', `${configMaps}/held`)
  assert.equal(marked.body.metadata.deletionGracePeriodSeconds, 0)
  const emptied = await api.call(
    'PATCH',
    `${configMaps}/held`,
    { metadata: { finalizers: null } },
    { contentType: 'application/merge-patch+json' },
  )
  assert.equal(emptied.status, 200)
  assert.equal((await api.get(`${configMaps}/held`)).status, 404)
})

test('DELETE leaves the system’s priority classes', async () => {
  const classes = '/apis/scheduling.k8s.io/v1/priorityclasses'
  const object = {
    metadata: { name: 'system-node-critical' },
    value: 2_000_001_000,
    description: 'Used by the system.',
  }
  await api.call('POST', classes, object)
  const { status, body } = await api.call('DELETE', `${classes}/system-node-critical`)
  assert.equal(status, 403)
  assert.match(body.message, /this is a system priority class and cannot be deleted$/)
})

test('DELETE keeps to its preconditions and adds the finalizer of its propagation policy', async () => {
  await api.call('POST', configMaps, configMap('careful'))
  const refused = await api.call('DELETE', `${configMaps}/careful`, { preconditions: { uid: 'other' } })
  assert.deepEqual([refused.status, refused.body.reason], [409, 'Conflict'])
  const orphaning = await api.call('DELETE', `${configMaps}/careful?propagationPolicy=Orphan`)
  assert.deepEqual(orphaning.body.metadata.finalizers, ['orphan'])
})

test('DELETE of a collection takes what the selector names', async () => {
  for (const [name, app] of [
    ['c1', 'x'],
    ['c2', 'x'],
    ['c3', 'y'],
  ])
    await api.call('POST', configMaps, { metadata: { name, labels: { app } } })
  const { status, body } = await api.call('DELETE', `${configMaps}?labelSelector=app%3Dx`)
  assert.equal(status, 200)
  assert.deepEqual(
    body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['c1', 'c2'],
  )
  assert.equal((await api.get(`${configMaps}/c3`)).status, 200)
})

test('status and scale change their part only', async () => {
  const path = '/apis/apps/v1/namespaces/default/deployments'
  const template = { metadata: { labels: { a: 'b' } }, spec: { containers: [{ name: 'c', image: 'i' }] } }
  await api.call('POST', path, {
    metadata: { name: 'd' },
    spec: { replicas: 2, selector: { matchLabels: { a: 'b' } }, template },
  })
  const status = await api.call(
    'PATCH',
    `${path}/d/status`,
    { spec: { replicas: 9 }, status: { replicas: 1 } },
    { contentType: 'application/merge-patch+json' },
  )
  assert.deepEqual([status.body.spec.replicas, status.body.status.replicas, status.body.metadata.generation], [2, 1, 1])
  const scale = await api.get(`${path}/d/scale`)
  assert.deepEqual(
    [scale.body.kind, scale.body.spec, scale.body.status],
    ['Scale', { replicas: 2 }, { replicas: 1, selector: 'a=b' }],
  )
  await api.call('PUT', `${path}/d/scale`, { ...scale.body, spec: { replicas: 5 } })
  const scaled = (await api.get(`${path}/d`)).body
  assert.deepEqual([scaled.spec.replicas, scaled.metadata.generation], [5, 2])
  const negative = await api.call(
    'PATCH',
    `${path}/d/scale`,
    { spec: { replicas: -1 } },
    { contentType: 'application/merge-patch+json' },
  )
  assert.equal(negative.status, 422)
})

test('what is not served is refused as upstream refuses it', async () => {
  const answers: [string, number][] = [
    ['/apis/unknown.io/v1/things', 404],
    ['/api/v1/pods/none', 404],
    ['/api/v1/namespaces/default/nothing', 404],
    [`${configMaps}/x/status`, 404],
  ]
  for (const [path, status] of answers) assert.equal((await api.get(path)).status, status, path)
  assert.equal((await api.get('/apis/unknown.io/v1/things')).body, '404 page not found\n')
  assert.equal((await api.call('PUT', configMaps, {})).status, 405)
  assert.equal((await api.call('POST', '/api/v1/configmaps', {})).status, 405)
  assert.equal((await api.call('DELETE', '/api/v1/configmaps')).status, 405)
  const xml = await api.get(configMaps, 'application/xml')
  assert.deepEqual([xml.status, xml.body.reason], [406, 'NotAcceptable'])
})

test('a protobuf client writes, reads and is refused in protobuf', async () => {
  const protobuf = 'application/vnd.kubernetes.protobuf'
  const send = async (method: 'GET' | 'POST', path: string, body?: Uint8Array) => {
    const headers = { accept: protobuf, 'content-type': protobuf }
    const reply = await api.api.transport.send({ method, path, headers, ...(body ? { body } : {}) })
    assert.equal(reply.headers['content-type'], protobuf)
    return {
      status: reply.status,
      object: decodeProtobuf(reply.body as Uint8Array) as KubeObject & { data?: object; code?: number },
    }
  }
  const sent = encodeProtobuf({ kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'binary' }, data: { a: 'b' } })
  const created = await send('POST', configMaps, sent)
  assert.deepEqual([created.status, created.object.kind, created.object.data], [201, 'ConfigMap', { a: 'b' }])
  assert.deepEqual((await send('GET', `${configMaps}/binary`)).object, created.object)
  const missing = await send('GET', `${configMaps}/missing`)
  assert.deepEqual([missing.status, missing.object.kind, missing.object.code], [404, 'Status', 404])
  const table = await api.get(configMaps, `${protobuf};as=Table;v=v1;g=meta.k8s.io`)
  assert.equal(table.status, 406)
})

test('apply refuses keys that stand twice, or warns of them, as it is told', async () => {
  const twice = new TextEncoder().encode(
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: repeated}\ndata:\n  a: b\n  a: c\n',
  )
  const apply = (fieldValidation: string) =>
    api.call('PATCH', `${configMaps}/repeated?fieldManager=m&fieldValidation=${fieldValidation}`, twice, {
      contentType: 'application/apply-patch+yaml',
    })
  const problem = 'error converting YAML to JSON: yaml: unmarshal errors:\n  line 6: key "a" already set in map'
  const strict = await apply('Strict')
  assert.deepEqual([strict.status, strict.body.message], [400, `error strict decoding YAML: ${problem}`])
  const warned = await apply('Warn')
  assert.equal(warned.status, 201)
  assert.equal(warned.headers.warning, '299 - "line 6: key \\"a\\" already set in map"')
  assert.equal((await apply('Ignore')).headers.warning, undefined)
})
