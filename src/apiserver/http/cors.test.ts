import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { compilePattern } from '../../api/pattern.ts'
import { TestCaller } from '../testbed/caller.ts'

let caller: TestCaller
before(async () => {
  caller = await TestCaller.start({ allowedOrigins: [compilePattern('^https://[a-z]+\\.example\\.test$')] })
})
after(() => caller.api.stop())

async function ask(method: string, origin: string | undefined, path = '/api') {
  const request = { method, path, query: new URLSearchParams(), body: new Uint8Array() }
  const { signal } = new AbortController()
  const headers: Record<string, string> = origin === undefined ? {} : { origin }
  const answer = await caller.api.server.handle({ ...request, headers, signal, remoteAddress: '10.0.0.1' })
  return { status: answer.status, allowed: answer.headers['access-control-allow-origin'], headers: answer.headers }
}

test('pages of allowed origins may read answers, refusals too, and ask before without credentials', async () => {
  const origin = 'https://ui.example.test'
  const refused = await ask('GET', origin)
  assert.deepEqual([refused.status, refused.allowed], [401, origin])
  const before = await ask('OPTIONS', origin)
  assert.deepEqual([before.status, before.allowed], [204, origin])
  assert.match(before.headers['access-control-allow-methods'] ?? '', /PATCH/)
})

test('pages of other origins, and clients that are no pages, see nothing of it', async () => {
  for (const origin of ['https://ui.example.test.evil.test', 'http://ui.example.test', undefined]) {
    assert.equal((await ask('GET', origin)).allowed, undefined)
    assert.notEqual((await ask('OPTIONS', origin)).status, 204)
  }
})
