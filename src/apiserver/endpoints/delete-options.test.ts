import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

const maps = '/api/v1/namespaces/default/configmaps'
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
  await api.call('POST', maps, { metadata: { name: 'kept' } })
})
after(() => api.api.stop())

const into = (kind: string, place: string) => `json: cannot unmarshal ${kind} into Go ${place}`
const notRegistered = (kind: string, version: string) =>
  `no kind "${kind}" is registered for version "${version}" in scheme "pkg/runtime/scheme.go:111"`

const refused: [body: string, message: string][] = [
  ['{"kind":"Foo","apiVersion":"v1"}', notRegistered('Foo', 'v1')],
  ['{"kind":"Pod"}', notRegistered('Pod', 'meta.k8s.io/v1')],
  ['{"kind":"Status","apiVersion":"v1"}', 'converting (v1.Status) to (v1.DeleteOptions): unknown conversion'],
  ['{"apiVersion":"a/b/c"}', 'unexpected GroupVersion string: a/b/c'],
  ['{', "couldn't get version/kind; json parse error: unexpected end of JSON input"],
  ['{"kind":"DeleteOptions","apiVersion":"example.com/v1"}', notRegistered('DeleteOptions', 'example.com/v1')],
  ['{"gracePeriodSeconds":"x"}', into('string', 'struct field DeleteOptions.gracePeriodSeconds of type int64')],
  ['{"preconditions":"a"}', into('string', 'struct field DeleteOptions.preconditions of type v1.Preconditions')],
  ['[]', "couldn't get version/kind; json parse error: json: cannot unmarshal array into Go value"],
  ['"all"', "couldn't get version/kind; json parse error: json: cannot unmarshal string into Go value"],
]
for (const [body, message] of refused) {
  test(`a deletion with ${body} is refused and deletes nothing`, async () => {
    for (const path of [`${maps}/kept`, maps]) {
      const answer = await api.call('DELETE', path, body)
      assert.equal(answer.status, 400)
      assert.ok(answer.body.message.startsWith(message), answer.body.message)
    }
    assert.equal((await api.get(`${maps}/kept`)).status, 200)
  })
}

const inQuery: [query: string, status: number, message: string][] = [
  ['uid=x', 409, 'the UID in the precondition (x) does not match the UID in record ('],
  [
    'resourceVersion=1',
    409,
    'the ResourceVersion in the precondition (1) does not match the ResourceVersion in record (',
  ],
  ['propagationPolicy=', 422, 'propagationPolicy: Unsupported value: ""'],
  ['gracePeriodSeconds=', 400, 'strconv.ParseInt: parsing "": invalid syntax'],
]
for (const [query, status, message] of inQuery) {
  test(`a deletion with ?${query} is refused and deletes nothing`, async () => {
    const answer = await api.call('DELETE', `${maps}/kept?${query}`)
    assert.equal(answer.status, status)
    assert.ok(answer.body.message.includes(message), answer.body.message)
    assert.equal((await api.get(`${maps}/kept`)).status, 200)
  })
}

test('a deletion of jobs that does not say what shall become of pods is warned of', async () => {
  const jobs = '/apis/batch/v1/namespaces/default/jobs'
  const warned = async (query: string) => (await api.call('DELETE', `${jobs}?${query}`)).headers.warning ?? ''
  assert.match(await warned(''), /child pods are preserved by default when jobs are deleted/)
  assert.equal(await warned('propagationPolicy=Background'), '')
})

test('a deletion of many answers what was there, as it was', async () => {
  const finalizers = ['example.com/later']
  await api.call('POST', maps, { metadata: { name: 'held', labels: { a: 'b' }, finalizers } })
  const { status, body } = await api.call('DELETE', `${maps}?labelSelector=a`)
  assert.deepEqual([status, body.items.length, body.items[0].metadata.deletionTimestamp], [200, 1, undefined])
  assert.ok((await api.get(`${maps}/held`)).body.metadata.deletionTimestamp)
})

for (const apiVersion of ['v1', 'meta.k8s.io/v1', 'apps/v1', undefined]) {
  test(`a deletion takes options of ${apiVersion ?? 'no version'}`, async () => {
    await api.call('POST', maps, { metadata: { name: 'gone' } })
    const { status } = await api.call('DELETE', `${maps}/gone`, {
      kind: 'DeleteOptions',
      apiVersion,
      gracePeriodSeconds: 1,
    })
    assert.equal(status, 200)
    assert.equal((await api.get(`${maps}/gone`)).status, 404)
  })
}

test('a prefix that ends in a dash is looked at without the character before it', async () => {
  const create = (generateName: string) =>
    api.call('POST', '/api/v1/namespaces?dryRun=All', { metadata: { generateName } })
  const { body } = await create('A-')
  assert.deepEqual([...new Set(body.details.causes.map(({ field }: { field: string }) => field))], ['metadata.name'])
  assert.equal((await create('a-')).status, 201)
})
