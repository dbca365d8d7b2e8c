import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { memoryStore } from '../store/memory/memory-store.ts'
import { type ApiRequest, requestInfoOf } from './request.ts'
import { deadlineMs, standardServing, withinDeadline } from './serving.ts'
import { TestCaller } from './testbed/caller.ts'

const request = (path: string): ApiRequest => {
  const [bare = '', query = ''] = path.split('?')
  const { signal } = new AbortController()
  const empty = { headers: {}, body: new Uint8Array(), remoteAddress: '' }
  return { method: 'GET', path: bare, query: new URLSearchParams(query), signal, ...empty }
}

const cases: [path: string, ms: number | undefined][] = [
  ['/api/v1/pods', 60_000],
  ['/api/v1/pods?timeout=', 60_000],
  ['/api/v1/pods?timeout=1500ms', 1_500],
  ['/api/v1/pods?timeout=2m', 60_000],
  ['/api/v1/pods?timeout=0s', 60_000],
  ['/api/v1/pods?watch=true&timeout=1s', undefined],
  ['/api/v1/namespaces/a/pods/b/log?timeout=1s', undefined],
]

for (const [path, ms] of cases) {
  test(`deadlineMs of ${path} is ${ms}`, () => {
    const asked = request(path)
    assert.equal(deadlineMs(asked, requestInfoOf(asked), standardServing), ms)
  })
}

test('a timeout that is no duration is refused', async () => {
  const caller = await TestCaller.start()
  const { status, body } = await caller.get('/api/v1/pods?timeout=soon')
  assert.deepEqual(
    [status, body.message],
    [400, 'invalid timeout specified in the request URL - time: invalid duration "soon"'],
  )
  await caller.api.stop()
})

test('withinDeadline gives up on what takes too long, and leaves no timer behind what does not', async () => {
  const clock = simulatedClock()
  assert.equal(await withinDeadline(clock, 1_000, Promise.resolve('quick')), 'quick')
  assert.equal(await clock.advanceToNext(), false)
  const late = withinDeadline(clock, 1_000, new Promise(() => undefined))
  const refused = assert.rejects(late, { code: 504, reason: 'Timeout' })
  await clock.advance(1_000)
  await refused
})

test('a request to a store that does not answer ends with 504 by its timeout', async () => {
  const clock = simulatedClock()
  const store = memoryStore({ clock })
  const caller = await TestCaller.start({ clock, store })
  const commit = store.commit.bind(store)
  store.commit = () => new Promise(() => undefined)
  const answer = caller.call('POST', '/api/v1/namespaces/default/configmaps?timeout=3s', { metadata: { name: 'a' } })
  for (let turn = 0; turn < 4; turn++) await clock.advance(1_000)
  const { status, body } = await answer
  assert.deepEqual([status, body.reason], [504, 'Timeout'])
  assert.equal(body.message, 'Timeout: request did not complete within the allotted timeout')
  store.commit = commit
  await caller.api.stop()
})
