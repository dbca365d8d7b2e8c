import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'

let caller: TestCaller
before(async () => {
  caller = await TestCaller.start({ strictTransport: 'max-age=60' })
})
after(() => caller.api.stop())

async function headersOf(headers: Record<string, string>, remoteAddress: string) {
  const request = { method: 'GET', path: '/api', query: new URLSearchParams(), body: new Uint8Array(), headers }
  const { signal } = new AbortController()
  return (await caller.api.server.handle({ ...request, signal, remoteAddress })).headers
}

async function idOf(headers: Record<string, string>, remoteAddress: string): Promise<string | undefined> {
  return (await headersOf(headers, remoteAddress))['audit-id']
}

test('browsers are told to come by HTTPS only where that is wanted', async () => {
  assert.equal((await headersOf({}, '10.0.0.1'))['strict-transport-security'], 'max-age=60')
})

test('each answer has an id, though nothing is recorded: the one that came with the request where it is fit for a log', async () => {
  const [first, second] = [await idOf({}, '10.0.0.1'), await idOf({}, '10.0.0.1')]
  assert.match(first ?? '', /^[0-9a-f-]{36}$/)
  assert.notEqual(first, second)
  assert.equal(await idOf({ 'audit-id': 'mine' }, '10.0.0.1'), 'mine')
  assert.match((await idOf({ 'audit-id': 'x'.repeat(65) }, '10.0.0.1')) ?? '', /^[0-9a-f-]{36}$/)
  assert.equal(await idOf({}, ''), undefined)
})
