/** What is secret is in no log line, no metric, no error and no page that debugging shows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TestCaller } from '../../src/apiserver/testbed/caller.ts'
import type { LogFields, Logger } from '../../src/platform/log.ts'
import { holds } from './opened.ts'

const marker = 'hunter2-do-not-tell'
const encoded = Buffer.from(marker).toString('base64')
const secrets = '/api/v1/namespaces/default/secrets'

/** Keeps all lines. `also`: the hole, what a careless line would hold. */
class Lines implements Logger {
  readonly lines: string[] = []
  debug(message: string, fields: LogFields = {}): void {
    this.lines.push(`${message} ${JSON.stringify(fields)}`)
  }
  info = this.debug
  warn = this.debug
  error = this.debug
  with(): Logger {
    return this
  }
}

/** Everything that others get to see of what the server did; answers to the secret's own reader are left out. */
async function leaks({ logsBodies }: { logsBodies: boolean }): Promise<boolean> {
  const log = new Lines()
  const caller = await TestCaller.start({ log })
  const seen: string[] = []
  const bad = async (
    method: 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: unknown,
    contentType = 'application/json',
  ) => {
    if (logsBodies) log.info('a request', { body: typeof body === 'string' ? body : JSON.stringify(body) })
    const headers = { authorization: `Bearer ${marker}` }
    const answer = await caller.call(method, path, body, { contentType, headers })
    assert.ok(answer.status >= 400, `${method} ${path}: ${answer.status}`)
    seen.push(JSON.stringify([answer.body, answer.headers]))
  }
  try {
    await caller.call('POST', secrets, { metadata: { name: 's' }, stringData: { key: marker } })
    // Refused for other reasons than what is secret in them.
    await bad('POST', secrets, { metadata: { name: 'Not A Name' }, stringData: { key: marker } })
    await bad('POST', secrets, { metadata: { name: 's' }, stringData: { key: marker } })
    await bad('POST', secrets, { metadata: { name: 't' }, data: { '../key': encoded } })
    await bad('POST', secrets, { metadata: { name: 't' }, type: 'kubernetes.io/tls', data: { key: encoded } })
    await bad('PUT', `${secrets}/s`, { metadata: { name: 'other' }, data: { key: encoded } })
    await bad(
      'PATCH',
      `${secrets}/s`,
      [{ op: 'test', path: '/data/key', value: encoded.slice(1) }],
      'application/json-patch+json',
    )
    await bad('PATCH', `${secrets}/s`, [{ op: 'add', path: '/none/x', value: encoded }], 'application/json-patch+json')
    await bad('POST', '/api/v1/namespaces/none/secrets', {
      metadata: { name: 't' },
      data: { key: encoded },
      kind: 'Pod',
    })
    for (const path of [
      '/metrics',
      '/flagz',
      '/statusz',
      '/readyz?verbose',
      '/livez?verbose',
      '/api/v1/namespaces/default/events',
    ])
      seen.push(JSON.stringify((await caller.get(path)).body))
  } finally {
    await caller.api.stop()
  }
  const all = [...log.lines, ...seen]
  return all.some((text) => text.includes(marker) || text.includes(encoded))
}

test('neither secrets nor tokens are told to anybody but their readers', async () => {
  await holds(leaks, { closed: { logsBodies: false }, opened: { logsBodies: true } })
})
