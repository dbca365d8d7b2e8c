/**
 * Every combination of resourceVersion, resourceVersionMatch, limit and continue, and what it shows or says.
 * Source: https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { realPlatform } from '../../platform/real/platform.ts'
import { openSqliteStore } from '../../store/sqlite/sqlite-store.ts'
import { TestCaller } from '../testbed/caller.ts'
import { startTestApiServer } from '../testbed/server.ts'

const path = '/api/v1/namespaces/default/configmaps'
let api: TestCaller
/** After `a` and `b`, before `c`. */
let past = ''

before(async () => {
  api = await TestCaller.start()
  for (const name of ['a', 'b']) past = (await create(name)).metadata.resourceVersion
  await create('c')
})

after(() => api.api.stop())

async function create(name: string) {
  return (await api.call('POST', path, { metadata: { name } })).body
}

async function shown(query: string): Promise<string> {
  const { status, body } = await api.get(`${path}?${query.replace('PAST', past)}`)
  if (status !== 200) return `${status} ${body.message}`
  return body.items.map((item: { metadata: { name: string } }) => item.metadata.name).join('')
}

const invalid = (rest: string) => `422 ListOptions.meta.k8s.io "" is invalid: ${rest}`
const matchForbidden = 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden'

const notParsed = (text: string) =>
  `resourceVersion: Invalid value: "${text}": strconv.ParseUint: parsing "${text}": invalid syntax`
const noToken = 'invalid continue token: continue key is not valid:'
const v = 'meta.k8s.io/v1'
const noInt64 = `${noToken} json: cannot unmarshal NUMBER into Go struct field continueToken.rv of type int64`
const token = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')

const lists: [query: string, shown: string | RegExp][] = [
  ['', 'abc'],
  ['limit=5', 'abc'],
  ['limit=2', 'ab'],
  ['resourceVersion=0', 'abc'],
  ['resourceVersion=0&limit=2', 'abc'],
  ['resourceVersion=0&limit=2&resourceVersionMatch=NotOlderThan', 'abc'],
  ['resourceVersion=PAST', 'abc'],
  ['resourceVersion=PAST&limit=5', 'ab'],
  ['resourceVersion=PAST&limit=1', 'a'],
  ['resourceVersion=PAST&resourceVersionMatch=Exact', 'ab'],
  ['resourceVersion=PAST&resourceVersionMatch=Exact&limit=1', 'a'],
  ['resourceVersion=PAST&resourceVersionMatch=NotOlderThan', 'abc'],
  ['resourceVersion=PAST&resourceVersionMatch=NotOlderThan&limit=5', 'abc'],
  ['resourceVersion=0&resourceVersionMatch=NotOlderThan', 'abc'],
  ['resourceVersion=PAST&resourceVersionMatch=Exact&labelSelector=x', ''],
  ['resourceVersionMatch=Exact', invalid(`${matchForbidden} unless resourceVersion is provided`)],
  ['resourceVersionMatch=NotOlderThan', invalid(`${matchForbidden} unless resourceVersion is provided`)],
  [
    'resourceVersion=0&resourceVersionMatch=Exact',
    invalid('resourceVersionMatch: Forbidden: resourceVersionMatch "exact" is forbidden for resourceVersion "0"'),
  ],
  [
    'resourceVersion=PAST&resourceVersionMatch=Newest',
    invalid('resourceVersionMatch: Unsupported value: "Newest": supported values: "Exact", "NotOlderThan", ""'),
  ],
  ['sendInitialEvents=true', invalid('sendInitialEvents: Forbidden: sendInitialEvents is forbidden for list')],
  ['resourceVersion=one', `400 invalid resource version: ${notParsed('one')}`],
  ['resourceVersion=-1&limit=2', `400 invalid resource version: ${notParsed('-1')}`],
  ['resourceVersion=PAST.5', /: invalid syntax$/],
  ['limit=a', '400 strconv.ParseInt: parsing "a": invalid syntax'],
  ['limit=9223372036854775808', '400 strconv.ParseInt: parsing "9223372036854775808": value out of range'],
  ['limit=-1', 'abc'],
  ['continue=x', `400 ${noToken} illegal base64 data at input byte 0`],
  ['continue=a*b', `400 ${noToken} illegal base64 data at input byte 1`],
  ['continue=bad', `400 ${noToken} invalid character 'm' looking for beginning of value`],
  ['continue=bad&resourceVersion=-1', `400 ${noToken} invalid character 'm' looking for beginning of value`],
  [`continue=${token({})}`, `400 ${noToken} server does not recognize this encoded version `],
  [`continue=${token({ v, start: 'a' })}`, `400 ${noToken} incorrect encoded start resourceVersion (version ${v})`],
  [`continue=${token({ v, rv: 5 })}`, `400 ${noToken} encoded start key empty (version ${v})`],
  [`continue=${token({ v, rv: 5, start: '../a' })}`, `400 ${noToken} ../a`],
  [`continue=${token({ v, rv: 1.5, start: 'a' })}`, `400 ${noInt64.replace('NUMBER', 'number 1.5')}`],
  [`continue=${token({ v, rv: 1e30, start: 'a' })}`, `400 ${noInt64.replace('NUMBER', 'number 1e+30')}`],
  [`continue=${token({ v, rv: '5', start: 'a' })}`, `400 ${noInt64.replace('NUMBER', 'string')}`],
  [`continue=${token([])}`, `400 ${noToken} json: cannot unmarshal array into Go value of type storage.continueToken`],
]

for (const [query, wanted] of lists) {
  test(`list with ${query || 'nothing said'}`, async () => {
    const got = await shown(query)
    if (typeof wanted === 'string') assert.equal(got, wanted)
    else assert.match(got, wanted)
  })
}

test('a get of a version that is none says so', async () => {
  const { status, body } = await api.get(`${path}/a?resourceVersion=one`)
  assert.deepEqual([status, body.message], [400, notParsed('one')])
})

test('a deletion of all is of those that the named version has', async () => {
  const other = '/api/v1/namespaces/default/secrets'
  const { body } = await api.call('POST', other, { metadata: { name: 'a' } })
  await api.call('POST', other, { metadata: { name: 'b' } })
  const deleted = await api.call('DELETE', `${other}?resourceVersion=${body.metadata.resourceVersion}`)
  assert.deepEqual([deleted.status, deleted.body.items.length], [200, 1])
  assert.deepEqual(
    (await api.get(other)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name),
    ['b'],
  )
})

test('list with a token takes neither a version nor a match', async () => {
  const { body } = await api.get(`${path}?limit=1`)
  const token = `continue=${body.metadata.continue}`
  assert.equal(await shown(token), 'bc')
  assert.equal(await shown(`${token}&resourceVersion=0`), 'bc')
  assert.equal(
    await shown(`${token}&resourceVersion=PAST`),
    '400 specifying resource version is not allowed when using continue',
  )
  assert.match(
    await shown(`${token}&resourceVersion=PAST&resourceVersionMatch=Exact`),
    /resourceVersionMatch is forbidden when continue is provided/,
  )
})

test('list goes on from tokens of kube-apiserver, those of its cache too, which begin with a slash', async () => {
  const { body } = await api.get(`${path}?limit=1`)
  const rv = Number(body.metadata.resourceVersion)
  for (const [start, rest] of [
    ['a\0', 'bc'],
    ['/a\0', 'bc'],
    ['/b\0', 'c'],
    ['/', 'abc'],
  ])
    assert.equal(await shown(`continue=${token({ v, rv, start })}`), rest, JSON.stringify(start))
})

for (const query of [
  'resourceVersion=999999',
  'resourceVersion=999999&limit=2',
  'resourceVersion=999999&resourceVersionMatch=Exact',
  `continue=${token({ v, rv: 999_999, start: 'a' })}`,
]) {
  test(`a list with ${query} waits for a version to come, then says that it is too large`, async () => {
    const answer = api.get(`${path}?${query}`)
    const { status, body } = await passing(answer)
    assert.deepEqual([status, body.reason], [504, 'Timeout'])
    assert.match(body.message, /^Timeout: Too large resource version: 999999, current: \d+$/)
    assert.deepEqual(body.details, {
      causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
      retryAfterSeconds: 1,
    })
  })
}

test('a watch of a version that is none says so', async () => {
  const { status, body } = await api.get(`${path}?watch=true&resourceVersion=one`)
  assert.deepEqual([status, body.message], [400, notParsed('one')])
})

test('a watch that begins with what is there, of a version to come, says so in its stream', async () => {
  const query = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&resourceVersion=999999'
  const watch = await passing(api.watch(`${path}?${query}`))
  const event = await watch.next()
  assert.deepEqual([event?.type, event?.object.code, event?.object.reason], ['ERROR', 504, 'Timeout'])
  assert.equal(await watch.next(), undefined)
})

/** What comes once time has passed. */
async function passing<T>(answer: Promise<T>): Promise<T> {
  const clock = api.api.clock as { advance?(ms: number): Promise<void> }
  for (let turn = 0; turn < 5; turn++) await clock.advance?.(1_000)
  return await answer
}

const watches: [query: string, message: string][] = [
  [
    'continue=x&sendInitialEvents=true',
    'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  ['continue=x', 'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided'],
  [
    'sendInitialEvents=true',
    'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan',
  ],
  [
    'resourceVersionMatch=NotOlderThan',
    'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
  ],
  [
    'sendInitialEvents=true&resourceVersionMatch=Exact',
    '[resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]',
  ],
]

for (const [query, message] of watches) {
  test(`watch refuses ${query}`, async () => {
    assert.equal(await shown(`watch=true&${query}`), invalid(message))
  })
}

test('a watcher resumes after a restart of the server, without a new list while history lasts', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-resume-'))
  const { clock, disk } = realPlatform()
  const open = () => openSqliteStore({ path: join(directory, 'k8ts.db'), clock, disk })
  try {
    const store = await open()
    const first = new TestCaller(await startTestApiServer({ store }))
    const version = (await first.call('POST', path, { metadata: { name: 'a' } })).body.metadata.resourceVersion
    await first.call('POST', path, { metadata: { name: 'b' } })
    await first.call('DELETE', `${path}/a`)
    await first.api.stop()
    await store.close()
    const again = await open()
    const second = new TestCaller(await startTestApiServer({ store: again }))
    const watch = await second.watch(`${path}?watch=true&resourceVersion=${version}`)
    assert.deepEqual(await watch.names(2), ['ADDED b', 'DELETED a'])
    await second.call('POST', path, { metadata: { name: 'c' } })
    assert.deepEqual(await watch.names(1), ['ADDED c'])
    watch.stop()
    await second.api.stop()
    await again.close()
  } finally {
    rmSync(directory, { recursive: true })
  }
})

test('an object that comes to match a field selector is added, one that ceases to is deleted', async () => {
  const pods = '/api/v1/namespaces/default/pods'
  const watch = await api.watch(`${pods}?watch=true&fieldSelector=spec.nodeName%3Dn,status.phase!%3DFailed`)
  await api.call('POST', pods, { metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  await api.call('POST', `${pods}/p/binding`, { metadata: { name: 'p' }, target: { kind: 'Node', name: 'n' } })
  const merge = { contentType: 'application/merge-patch+json' }
  await api.call('PATCH', `${pods}/p/status`, { status: { phase: 'Running' } }, merge)
  await api.call('PATCH', `${pods}/p/status`, { status: { phase: 'Failed' } }, merge)
  assert.deepEqual(await watch.names(3), ['ADDED p', 'MODIFIED p', 'DELETED p'])
  watch.stop()
})
