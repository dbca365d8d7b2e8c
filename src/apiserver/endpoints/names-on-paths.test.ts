/** Names that no object can have, and namespaces called nothing, as kube-apiserver 1.36 answers them. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import type { TransportRequest } from '../../client/transport.ts'
import { TestCaller } from '../testbed/caller.ts'

let api: TestCaller

before(async () => {
  api = await TestCaller.start()
  await api.call('POST', '/api/v1/namespaces/default/configmaps', { metadata: { name: 'm' } })
})
after(() => api.api.stop())

const required = 'Namespace parameter required.'
const cases: [method: TransportRequest['method'], path: string, status: number, message: string][] = [
  ['GET', '/api/v1/nodes/..', 400, `Name parameter invalid: "..": may not be '..'`],
  ['DELETE', '/api/v1/namespaces/default/pods/.', 400, `Name parameter invalid: ".": may not be '.'`],
  ['PATCH', '/api/v1/namespaces/default/pods/%25', 400, `Name parameter invalid: "%": may not contain '%'`],
  ['GET', '/api/v1/namespaces/default/pods/a%00b', 404, 'pods "a\\x00b" not found'],
  ['GET', '/api/v1/namespaces//pods/x', 400, required],
  ['GET', '/api/v1/namespaces//pods/x/status', 400, required],
  ['DELETE', '/api/v1/namespaces//configmaps', 400, required],
  ['POST', '/api/v1/namespaces//configmaps', 422, 'ConfigMap "n" is invalid: metadata.namespace: Required value'],
  ['POST', '/api/v1/namespaces//pods/x', 405, 'the server does not allow this method on the requested resource'],
  ['PUT', '/api/v1/namespaces//nodes', 404, 'the server could not find the requested resource'],
]
for (const [method, path, status, message] of cases) {
  test(`${method} ${path} is answered ${status}`, async () => {
    const body = method === 'POST' ? { metadata: { name: 'n' } } : method === 'PATCH' ? {} : undefined
    const answer = await api.call(method, path, body, { contentType: contentTypes[method] ?? 'application/json' })
    assert.deepEqual([answer.status, answer.body.message], [status, message])
  })
}

const contentTypes: Partial<Record<string, string>> = { PATCH: 'application/merge-patch+json' }

test('a list in a namespace called nothing is one of all', async () => {
  const { status, body } = await api.get('/api/v1/namespaces//configmaps?fieldSelector=metadata.name=m')
  assert.deepEqual([status, body.items.length], [200, 1])
})

test('an object is got, not watched, whatever the query says', async () => {
  const { status, body } = await api.get('/api/v1/namespaces/default/configmaps/m?watch=1')
  assert.deepEqual([status, body.metadata.name], [200, 'm'])
})

test('a body of another kind, or of no version, is told apart', async () => {
  const post = async (body: object) => (await api.call('POST', '/apis/storage.k8s.io/v1/csidrivers', body)).body.message
  assert.equal(
    await post({ apiVersion: 'policy/v1', kind: 'Eviction' }),
    'Eviction in version "v1" cannot be handled as a CSIDriver: converting (v1.Eviction) to (storage.CSIDriver): unknown conversion',
  )
  assert.equal(
    await post({ apiVersion: 'a/b/c', kind: 'X' }),
    'the object provided is unrecognized (must be of type CSIDriver): unexpected GroupVersion string: a/b/c ({"apiVersion":"a/b/c","kind":" ...)',
  )
})

test('a template of claims is the same when it is sent again', async () => {
  const path = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaimtemplates'
  const exactly = { deviceClassName: 'c' }
  const template = { metadata: { name: 't' }, spec: { spec: { devices: { requests: [{ name: 'r', exactly }] } } } }
  assert.equal((await api.call('POST', path, template)).status, 201)
  assert.equal((await api.call('PUT', `${path}/t`, template)).status, 200)
})

test('what no endpoint can give is refused before anything is looked up or changed', async () => {
  const ask = (path: string, accept: string) => api.call('GET', path, undefined, { headers: { accept } })
  const maker = 'application/json;as=Table;v=v1;g=meta.k8s.io'
  const claim = '/apis/resource.k8s.io/v1/namespaces/default/resourceclaims/none/status'
  assert.equal((await ask(claim, maker)).status, 406)
  const { status, body } = await ask('/api/v1/namespaces/default/configmaps?includeObject=x', maker)
  assert.deepEqual([status, body.message.startsWith('Unable to convert to Table as requested')], [400, true])
  assert.equal((await ask('/apis/apps/v1/namespaces/default/deployments/none/scale', 'text/html')).status, 406)
  const refused = await ask('/api/v1/namespaces/default/endpoints', 'text/html')
  assert.deepEqual([refused.status, refused.headers.warning], [406, undefined])
  const { status: everywhere } = await api.get('/apis/authorization.k8s.io/v1/localsubjectaccessreviews')
  assert.equal(everywhere, 404)
})

test('bodies of other encodings are told apart too', async () => {
  const path = '/api/v1/namespaces/default/configmaps'
  const told = async (contentType: string, body: string) =>
    (await api.call('POST', path, new TextEncoder().encode(body), { contentType })).body.message
  const unrecognized = 'the object provided is unrecognized (must be of type ConfigMap):'
  assert.match(await told('application/yaml', '- a'), /json: cannot unmarshal array into .* \(2d2061\)$/)
  assert.match(await told('application/vnd.kubernetes.protobuf', '{}'), /expected prefix \[107 56 115 0\] \(\{\}\)$/)
  assert.equal(await told('application/vnd.kubernetes.protobuf', ''), `${unrecognized} empty data (<empty>)`)
})

test('a field that is not known is told of once', async () => {
  const body = '{"metadata":{"name":"twice"},"spec":{},"spec":{},"data":{"a":"1","a":"2"}}'
  const { headers } = await api.call('POST', '/api/v1/namespaces/default/configmaps', body)
  assert.equal(headers.warning, '299 - "unknown field \\"spec\\"", 299 - "duplicate field \\"data.a\\""')
})

test('selectors are read before options are looked at together, and both before a body', async () => {
  const path = '/api/v1/namespaces/default/configmaps?resourceVersionMatch=Exact&labelSelector=a%3Db%3Dc'
  for (const method of ['GET', 'DELETE'] as const) {
    const { status, body } = await api.call(method, path, method === 'DELETE' ? '[]' : undefined)
    assert.deepEqual([status, body.message], [400, "found '=', expected: ',' or 'end of string'"])
  }
  const together = await api.call('DELETE', '/api/v1/namespaces/default/configmaps?resourceVersionMatch=Exact', '[]')
  assert.deepEqual([together.status, together.body.reason], [422, 'Invalid'])
})

test('a patch that makes an object of no version, or with a number for its kind, is told of as a body is', async () => {
  const contentType = 'application/merge-patch+json'
  const told = async (body: object) =>
    (await api.call('PATCH', '/api/v1/namespaces/default/configmaps/m', body, { contentType })).body.message
  assert.match(await told({ apiVersion: 'a/b/c' }), /: unexpected GroupVersion string: a\/b\/c$/)
  assert.match(await told({ kind: 5 }), /json: cannot unmarshal number into Go struct field \.kind of type string$/)
})
