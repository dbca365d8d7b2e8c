import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ApiRequest } from '../../apiserver/request.ts'
import type { Client } from '../../client/client.ts'
import { createClient } from '../../client/client-impl.ts'
import type { Transport } from '../../client/transport.ts'
import { limits } from '../../limits.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { DelegatedAccess } from './access.ts'

/** An API server that answers reviews once it is told to: of the token `good`, and of who may read what. */
function reviewing(): { client: Client; asked: () => number; answer(): void } {
  const waiting: (() => void)[] = []
  const transport: Transport = {
    send: async ({ path, body }) => {
      await new Promise<void>((resolve) => waiting.push(resolve))
      const { kind, apiVersion, spec } = JSON.parse(Buffer.from(body ?? '').toString('utf8'))
      const isToken = path.endsWith('/tokenreviews')
      const user = { username: 'monitor', groups: ['watchers'], uid: 'u1' }
      const status = isToken
        ? spec.token === 'good'
          ? { authenticated: true, user, audiences: ['https://kubernetes'] }
          : { authenticated: false }
        : { allowed: spec.user === 'monitor' && spec.nonResourceAttributes.path === '/metrics' }
      const reply = JSON.stringify({ kind, apiVersion, metadata: {}, spec, status })
      return { status: 201, headers: { 'content-type': 'application/json' }, body: Buffer.from(reply) }
    },
    upgrade: () => Promise.reject(new Error('none')),
    close: async () => {},
  }
  const answer = () => {
    for (const one of waiting.splice(0)) one()
  }
  return { client: createClient(transport), asked: () => waiting.length, answer }
}

function accessBy(client: Client) {
  const clock = simulatedClock()
  const ttls = { tokenTtlMs: 10_000, allowedTtlMs: 10_000, refusedTtlMs: 0 }
  const openPaths = ['/healthz', '/open/*']
  const clients = { authentication: client, authorization: client }
  return { clock, access: new DelegatedAccess({ ...clients, clock, callers: {}, openPaths, ...ttls }) }
}

const get = (path: string, token?: string): ApiRequest => ({
  method: 'GET',
  path,
  query: new URLSearchParams(),
  headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  body: new Uint8Array(),
  signal: new AbortController().signal,
  remoteAddress: '',
})

const turn = () => new Promise((resolve) => setImmediate(resolve))

async function answered<T>(outcome: Promise<T>, answer: () => void): Promise<T> {
  let over = false
  const ended = outcome.finally(() => {
    over = true
  })
  ended.catch(() => {})
  while (!over) {
    answer()
    await turn()
  }
  return ended
}

test('DelegatedAccess asks who comes with a token, and remembers it as long as it is told to', async () => {
  const { client, asked, answer } = reviewing()
  const { clock, access } = accessBy(client)
  await answered(access.check(get('/metrics', 'good')), answer)
  await access.check(get('/metrics', 'good'))
  assert.equal(asked(), 0)
  await clock.advance(11_000)
  const again = access.check(get('/metrics', 'good'))
  await turn()
  assert.equal(asked(), 1)
  await answered(again, answer)
  await assert.rejects(answered(access.check(get('/configz', 'good')), answer), {
    code: 403,
    message: 'forbidden: User "monitor" cannot get path "/configz"',
  })
})

test('DelegatedAccess opens paths to those who come without a token, and to no wrong one', async () => {
  const { client, asked, answer } = reviewing()
  const { access } = accessBy(client)
  for (const path of ['/healthz', '/open/door']) await access.check(get(path))
  assert.equal(asked(), 0)
  await assert.rejects(answered(access.check(get('/healthz', 'bad')), answer), { code: 401 })
  await assert.rejects(answered(access.check(get('/metrics')), answer), { code: 403 })
})

test('DelegatedAccess asks the same once, and no more at once than it can bear', async () => {
  const { client, asked, answer } = reviewing()
  const { access } = accessBy(client)
  const same = [1, 2, 3].map(() => access.check(get('/metrics', 'good')))
  await turn()
  assert.equal(asked(), 1)
  const others = Array.from({ length: limits.remoteReviewsMax }, (_, index) =>
    access.check(get('/metrics', `t${index}`)),
  )
  const outcomes = Promise.allSettled(others)
  await turn()
  assert.equal(asked(), limits.remoteReviewsMax)
  await answered(Promise.all(same), answer)
  assert.ok((await answered(outcomes, answer)).every(({ status }) => status === 'rejected'))
})
