/** What is secret is in no log line, no audit event, no metric, no error and no page that debugging shows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { badRequest } from '../../src/api/errors.ts'
import { Auditor } from '../../src/apiserver/audit/audit.ts'
import { readAuditPolicy } from '../../src/apiserver/audit/policy.ts'
import { allowAll } from '../../src/apiserver/authorize.ts'
import { Counter, familiesText } from '../../src/apiserver/metrics/families.ts'
import type { Security } from '../../src/apiserver/parts.ts'
import { TestCaller } from '../../src/apiserver/testbed/caller.ts'
import type { LogFields, Logger } from '../../src/platform/log.ts'
import { simulatedClock } from '../../src/platform/simulated/clock.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
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

/** Where a careless server would tell it. */
type Hole = 'log' | 'audit' | 'metrics' | 'errors'

/** Everything that others get to see of what the server did; answers to the secret's own reader are left out. */
async function leaks(hole: Hole | undefined): Promise<boolean> {
  const log = new Lines()
  const seen: string[] = []
  const audit = new Auditor({
    policy: readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'RequestResponse' }] }),
    sinks: [{ write: async (event) => void seen.push(JSON.stringify(event)), close: async () => undefined }],
    ...{ clock: simulatedClock(), random: simulatedRandom('secrets'), log },
  })
  const caller = await TestCaller.start({ log, audit, ...(hole === 'errors' ? { security: quoting } : {}) })
  const byPath = new Counter('requests_total', 'By path: the hole.', ['path'])
  const bad = async (
    method: 'GET' | 'POST' | 'PUT' | 'PATCH',
    path: string,
    body: unknown,
    contentType = 'application/json',
  ) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    if (hole === 'log') log.info('a request', { body: text })
    if (hole === 'metrics') byPath.add([`${path} ${text}`])
    const headers = { authorization: `Bearer ${marker}` }
    const answer = await caller.call(method, path, body, { contentType, headers })
    assert.ok(answer.status >= 400, `${method} ${path}: ${answer.status}`)
    seen.push(JSON.stringify([answer.body, answer.headers]))
  }
  try {
    // Whatever is no secret is recorded as it is.
    const recorded = '/api/v1/namespaces/default/configmaps'
    if (hole === 'audit') await caller.call('POST', recorded, { metadata: { name: 'c' }, data: { key: marker } })
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
  const all = [...log.lines, ...seen, familiesText([byPath], 'prometheus')]
  return all.some((text) => text.includes(marker) || text.includes(encoded))
}

/** The hole: a refusal that quotes what it refuses. */
const quoting: Security = {
  authenticator: { authenticate: async () => undefined },
  authorizer: allowAll,
  admission: {
    mutate() {},
    validate({ object, resource }) {
      if (resource.plural === 'secrets') throw badRequest(`refused: ${JSON.stringify(object)}`)
    },
  },
}

for (const hole of ['log', 'audit', 'metrics', 'errors'] as const) {
  test(`neither secrets nor tokens are told to anybody but their readers: ${hole}`, async () => {
    await holds(leaks, { closed: undefined, opened: hole })
  })
}
