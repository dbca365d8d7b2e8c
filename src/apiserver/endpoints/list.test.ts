import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

const path = '/api/v1/namespaces/paged/configmaps'
let api: TestCaller

before(async () => {
  api = await TestCaller.start({ namespaces: ['paged'] })
  for (const name of ['a', 'b', 'c', 'd', 'e']) await create(name)
})
after(() => api.api.stop())

const create = (name: string) =>
  api.call('POST', path, { metadata: { name, labels: { vowel: String('ae'.includes(name)) } } })

interface List {
  metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number }
  items: { metadata: { name: string } }[]
}
const names = (list: List): string => list.items.map(({ metadata }) => metadata.name).join('')
const list = async (query: string): Promise<List> => {
  const { status, body } = await api.get(`${path}?${query}`)
  assert.equal(status, 200, JSON.stringify(body))
  return body
}

test('list pages show one revision however much is written between them', async () => {
  const first = await list('limit=2')
  assert.deepEqual([names(first), first.metadata.remainingItemCount], ['ab', 3])
  await create('bb')
  await api.call('DELETE', `${path}/d`)
  const second = await list(`limit=2&continue=${first.metadata.continue}`)
  assert.deepEqual([names(second), second.metadata.resourceVersion], ['cd', first.metadata.resourceVersion])
  const third = await list(`limit=2&continue=${second.metadata.continue}`)
  assert.deepEqual([names(third), third.metadata.continue], ['e', undefined])
  await api.call('DELETE', `${path}/bb`)
  await create('d')
})

test('list pages with a selector fill up and tell no remaining count', async () => {
  const first = await list('limit=1&labelSelector=vowel%3Dtrue')
  assert.deepEqual([names(first), first.metadata.remainingItemCount], ['a', undefined])
  const second = await list(`limit=1&labelSelector=vowel%3Dtrue&continue=${first.metadata.continue}`)
  assert.equal(names(second), 'e')
})

test('list with a token whose revision is gone offers an inconsistent rest', async () => {
  const first = await list('limit=2')
  await create('z')
  await api.api.store.compact(await api.api.store.currentRevision())
  const expired = await api.get(`${path}?limit=2&continue=${first.metadata.continue}`)
  assert.deepEqual([expired.status, expired.body.reason], [410, 'Expired'])
  const rest = await list(`continue=${expired.body.metadata.continue}`)
  assert.equal(names(rest), 'cdez')
  await api.call('DELETE', `${path}/z`)
})

test('a token ends with the history of its revision, even where nothing has changed since', async () => {
  const first = await list('limit=2')
  const elsewhere = '/api/v1/namespaces/default/secrets'
  await api.call('POST', elsewhere, { metadata: { name: 'later' } })
  await api.api.store.compact(await api.api.store.currentRevision())
  const expired = await api.get(`${path}?limit=2&continue=${first.metadata.continue}`)
  assert.deepEqual([expired.status, expired.body.reason], [410, 'Expired'])
})

test('list reads the version it is asked for', async () => {
  const before = (await list('')).metadata.resourceVersion
  await create('later')
  assert.equal(names(await list(`resourceVersion=${before}&resourceVersionMatch=Exact`)), 'abcde')
  assert.equal(names(await list(`resourceVersion=${before}&resourceVersionMatch=NotOlderThan`)), 'abcdelater')
  await api.call('DELETE', `${path}/later`)
})

test('a read after an acknowledged write sees it', async () => {
  for (let round = 0; round < 20; round++) {
    const { body } = await api.call(
      'PATCH',
      `${path}/a`,
      { data: { round: String(round) } },
      { contentType: 'application/merge-patch+json' },
    )
    const [got, listed] = await Promise.all([api.get(`${path}/a`), list('')])
    assert.equal(got.body.metadata.resourceVersion, body.metadata.resourceVersion)
    assert.ok(Number(listed.metadata.resourceVersion) >= Number(body.metadata.resourceVersion))
  }
})

test('list in other representations carries the same objects', async () => {
  const yaml = await api.get(path, 'application/yaml')
  assert.match(yaml.body, /^apiVersion: v1\nitems:\n- data:/)
  const partial = await api.get(path, 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io')
  assert.deepEqual(
    [partial.body.kind, partial.body.items[0].kind],
    ['PartialObjectMetadataList', 'PartialObjectMetadata'],
  )
  const table = await api.get(path, 'application/json;as=Table;v=v1;g=meta.k8s.io')
  assert.deepEqual(table.body.rows.map((row: { cells: string[] }) => row.cells[0]).join(''), 'abcde')
  const protobuf = await api.api.transport.send({
    method: 'GET',
    path,
    headers: { accept: 'application/vnd.kubernetes.protobuf' },
  })
  assert.equal(
    Buffer.from(protobuf.body as Uint8Array)
      .subarray(0, 4)
      .toString('latin1'),
    'k8s\0',
  )
})
