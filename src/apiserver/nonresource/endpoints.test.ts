import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { encodeJson } from '../../api/codec/json.ts'
import { decodeProtobuf } from '../../api/codec/protobuf.ts'
import { parseYaml } from '../../api/codec/yaml.ts'
import { forbidden } from '../../api/errors.ts'
import { typeByName } from '../../api/schema/registry.ts'
import { TestCaller } from '../testbed/caller.ts'

let api: TestCaller
before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

const aggregated = 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList'

test('discovery lists groups, versions and resources with their subresources', async () => {
  assert.deepEqual((await api.get('/api')).body.versions, ['v1'])
  const { groups } = (await api.get('/apis')).body
  const autoscaling = groups.find(({ name }: { name: string }) => name === 'autoscaling')
  assert.deepEqual(autoscaling.preferredVersion, { groupVersion: 'autoscaling/v2', version: 'v2' })
  const { resources } = (await api.get('/apis/apps/v1')).body
  const scale = resources.find(({ name }: { name: string }) => name === 'deployments/scale')
  assert.deepEqual(scale, {
    name: 'deployments/scale',
    singularName: '',
    namespaced: true,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
    verbs: ['get', 'patch', 'update'],
  })
  assert.equal((await api.get('/apis/none.io')).status, 404)
  assert.equal((await api.get('/apis/apps/v9')).status, 404)
})

test('discovery tells where the server is reached', async () => {
  const caller = await TestCaller.start({ address: '192.0.2.7:6443' })
  const { serverAddressByClientCIDRs } = (await caller.get('/api')).body
  await caller.api.stop()
  assert.deepEqual(serverAddressByClientCIDRs, [{ clientCIDR: '0.0.0.0/0', serverAddress: '192.0.2.7:6443' }])
})

test('answers to who may not ask are marked against guessing browsers, other refusals are not', async () => {
  const user = { name: '<b>', groups: [], extra: {} }
  const caller = await TestCaller.start({
    security: {
      authenticator: { authenticate: async () => user },
      authorizer: { authorize: async ({ verb }) => ({ allowed: verb !== 'list', reason: '' }) },
      admission: {
        mutate: () => undefined,
        validate({ resource, name }) {
          if (resource.plural === 'configmaps') throw forbidden(resource, name, 'no')
        },
      },
    },
  })
  const listed = await caller.get('/api/v1/pods')
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a' } }
  const created = await caller.call('POST', '/api/v1/namespaces/default/configmaps', body)
  await caller.api.stop()
  assert.deepEqual([listed.status, listed.headers['x-content-type-options']], [403, 'nosniff'])
  assert.deepEqual([created.status, created.headers['x-content-type-options']], [403, undefined])
})

test('aggregated discovery has an ETag and answers 304 to who knows it', async () => {
  const first = await api.get('/apis', `${aggregated},application/json`)
  assert.deepEqual(
    [first.status, first.body.kind, first.headers['content-type']],
    [200, 'APIGroupDiscoveryList', aggregated],
  )
  const etag = first.headers.etag ?? ''
  assert.match(etag, /^"[0-9A-F]{128}"$/)
  const again = await api.call('GET', '/apis', undefined, { headers: { accept: aggregated, 'if-none-match': etag } })
  assert.deepEqual([again.status, again.body], [304, ''])
  const plain = await api.get('/apis', `application/json,${aggregated}`)
  assert.equal(plain.body.kind, 'APIGroupList')
})

test('health tells each check, and leaves out what it is asked to', async () => {
  assert.equal((await api.get('/livez')).body, 'ok')
  assert.equal((await api.get('/readyz/etcd')).body, 'ok')
  const verbose = await api.get('/readyz?verbose&exclude=etcd&exclude=none')
  assert.match(verbose.body, /\[\+\]ping ok\n\[\+\]etcd excluded: ok\n/)
  assert.match(verbose.body, /no matches for "none"/)
  assert.equal((await api.get('/readyz/none')).status, 404)
})

test('health fails when the store does', async () => {
  const broken = await TestCaller.start()
  broken.api.store.health = async () => 'the disk is full'
  const { status, body } = await broken.get('/readyz')
  assert.equal(status, 500)
  assert.match(body, /\[-\]etcd failed: reason withheld\n[\s\S]*readyz check failed\n$/)
  assert.match((await broken.get('/readyz/etcd')).body, /the disk is full/)
  await broken.api.stop()
})

test('version and root say what is served, and only to GET', async () => {
  assert.match((await api.get('/version')).body.gitVersion, /^v1\.36\.\d+/)
  const { paths } = (await api.get('/')).body
  for (const path of ['/api/v1', '/apis/apps/v1', '/healthz', '/openapi/v3', '/version'])
    assert.ok(paths.includes(path), path)
  assert.equal((await api.call('POST', '/version', {})).status, 405)
  assert.deepEqual([(await api.get('/none')).status, (await api.get('/none')).body], [404, '404 page not found\n'])
})

const asProtobuf = 'application/vnd.kubernetes.protobuf'
const roots = [
  ['/api', 'meta/v1.APIVersions'],
  ['/apis', 'meta/v1.APIGroupList'],
  ['/apis/apps', 'meta/v1.APIGroup'],
  ['/api/v1', 'meta/v1.APIResourceList'],
] as const
for (const [path, type] of roots) {
  test(`discovery says the same of ${path} in JSON, YAML and protobuf`, async () => {
    const json = (await api.get(path)).body
    const read = (await api.bytes(path, asProtobuf)).body
    assert.deepEqual(decodeProtobuf(read, { type: typeByName(type) }), json)
    assert.deepEqual(parseYaml((await api.bytes(path, 'application/yaml')).body).value, json)
    assert.equal((await api.get(path, 'text/html')).status, 406)
    assert.deepEqual((await api.get(path, 'text/html,*/*;q=0.1')).body, json)
  })
}

for (const version of ['v2', 'v2beta1']) {
  test(`aggregated discovery ${version} says the same in JSON and protobuf`, async () => {
    const as = `;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`
    const json = await api.get('/apis', `application/json${as}`)
    assert.equal(json.body.apiVersion, `apidiscovery.k8s.io/${version}`)
    const { headers, body } = await api.bytes('/apis', `${asProtobuf}${as}`)
    assert.equal(headers['content-type'], `${asProtobuf}${as}`)
    assert.equal(headers.etag, json.headers.etag)
    const type = typeByName('apidiscovery/v2.APIGroupDiscoveryList')
    assert.equal(encodeJson(type, decodeProtobuf(body, { type })), encodeJson(type, json.body))
  })
}
