import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unauthorized } from '../../api/errors.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { admissionChain } from '../admission/plugin.ts'
import { podSecurity } from '../admission/pod-security/pod-security.ts'
import { impersonator } from '../authentication/impersonation.ts'
import { AuthorizerChain } from '../authorization/decision.ts'
import { Rbac } from '../authorization/rbac.ts'
import type { ApiRequest, UserInfo } from '../request.ts'
import { startTestApiServer, type TestApiServer } from '../testbed/server.ts'
import { Auditor } from './audit.ts'
import type { AuditEvent } from './event.ts'
import { readAuditPolicy } from './policy.ts'

const wilma: UserInfo = {
  name: 'wilma',
  groups: ['devs', 'system:masters', 'system:authenticated'],
  extra: { scope: ['a'] },
}
const token = 'a-bearer-token-nobody-may-read'

async function audited(rules: object[], more: object = {}) {
  const events: AuditEvent[] = []
  const clock = simulatedClock()
  const policy = readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules, ...more })
  const sink = { write: (event: AuditEvent) => void events.push(event), close: async () => undefined }
  const audit = new Auditor({ policy, sinks: [sink], clock, random: simulatedRandom('audit'), log: silent })
  const started = await startTestApiServer({
    clock,
    audit,
    security: async ({ objects }) => {
      const rbac = new Rbac()
      await rbac.start(objects)
      const authorizer = new AuthorizerChain([rbac])
      return {
        authenticator: {
          authenticate: async ({ headers }) => {
            if (headers.authorization === `Bearer ${token}`) return wilma
            throw unauthorized()
          },
        },
        authorizer,
        impersonator: impersonator(authorizer, { constrained: true }),
        admission: admissionChain([podSecurity(objects)]),
      }
    },
  })
  events.length = 0
  return { events, ...started }
}

async function send(
  { server }: Pick<TestApiServer, 'server'>,
  method: string,
  path: string,
  body?: unknown,
  headers = {},
) {
  const [pathname = '', query = ''] = path.split('?')
  const bytes =
    body === undefined ? new Uint8Array() : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  const request: ApiRequest = {
    ...{ method, path: pathname, query: new URLSearchParams(query), body: bytes, remoteAddress: '::ffff:10.0.0.7' },
    headers: {
      authorization: `Bearer ${token}`,
      'user-agent': 'kubectl/v1',
      'content-type': 'application/json',
      ...headers,
    },
    signal: new AbortController().signal,
  }
  const response = await server.handle(request)
  const chunks: Uint8Array[] = []
  if (response.body instanceof Uint8Array) chunks.push(response.body)
  else for await (const chunk of response.body) chunks.push(chunk)
  return { ...response, text: Buffer.concat(chunks).toString() }
}

test('an audited request leaves its stages, who asked, from where, for what and why it was allowed', async () => {
  const one = await audited([{ level: 'Metadata' }])
  const response = await send(one, 'GET', '/api/v1/namespaces/default/configmaps/none?x=1', undefined, {
    'x-forwarded-for': '192.0.2.1, not an address',
  })
  assert.equal(response.headers['audit-id'], one.events[0]?.auditID)
  assert.deepEqual(
    one.events.map(({ stage }) => stage),
    ['RequestReceived', 'ResponseComplete'],
  )
  const { auditID, stageTimestamp, requestReceivedTimestamp, ...event } = one.events[1]!
  assert.match(auditID, /^[0-9a-f-]{36}$/)
  assert.match(stageTimestamp, /^2026-01-01T00:00:00\.\d{6}Z$/)
  assert.equal(requestReceivedTimestamp, stageTimestamp)
  assert.deepEqual(event, {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    stage: 'ResponseComplete',
    requestURI: '/api/v1/namespaces/default/configmaps/none?x=1',
    verb: 'get',
    user: { username: 'wilma', groups: wilma.groups, extra: { scope: ['a'] } },
    sourceIPs: ['192.0.2.1', '10.0.0.7'],
    userAgent: 'kubectl/v1',
    objectRef: { resource: 'configmaps', namespace: 'default', name: 'none', apiVersion: 'v1' },
    responseStatus: {
      metadata: {},
      status: 'Failure',
      message: 'configmaps "none" not found',
      reason: 'NotFound',
      details: { name: 'none', kind: 'configmaps' },
      code: 404,
    },
    annotations: { 'authorization.k8s.io/decision': 'allow', 'authorization.k8s.io/reason': '' },
  })
  await one.stop()
})

test('bodies are recorded from level Request on, without managed fields when the policy says so', async () => {
  const rules = [
    { level: 'Request', verbs: ['create'] },
    { level: 'RequestResponse', omitManagedFields: true },
  ]
  const one = await audited(rules, { omitStages: ['RequestReceived'] })
  const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'm' }, data: { a: '1' } }
  await send(one, 'POST', '/api/v1/namespaces/default/configmaps', object)
  await send(one, 'GET', '/api/v1/namespaces/default/configmaps')
  const [created, listed] = one.events
  assert.deepEqual(created?.requestObject, object)
  assert.equal(created?.responseObject, undefined)
  assert.equal(created?.objectRef?.name, 'm')
  const { items } = listed!.responseObject as { items: [{ data: object; metadata: object }] }
  assert.deepEqual(items[0].data, { a: '1' })
  assert.equal('managedFields' in items[0].metadata, false)
  assert.equal(one.events.length, 2)
  await one.stop()
})

test('no secret and no token is ever recorded, whatever the level', async () => {
  const one = await audited([{ level: 'RequestResponse' }])
  const hidden = 'cGFzc3dvcmQtdG8taGlkZQ=='
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 's' }, data: { key: hidden } }
  const path = '/api/v1/namespaces/default/secrets'
  await send(one, 'POST', path, secret)
  await send(one, 'GET', path)
  await send(one, 'GET', `${path}/s`, undefined, { accept: 'application/vnd.kubernetes.protobuf' })
  await send(
    one,
    'PATCH',
    `${path}/s`,
    { stringData: { key: hidden } },
    { 'content-type': 'application/merge-patch+json' },
  )
  await send(one, 'POST', path, `{"data": ${hidden}`)
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } }
  await send(one, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', review)
  const before = one.events.length
  await send(one, 'GET', path, undefined, { authorization: `Bearer wrong-${token}` })
  assert.equal(one.events.length, before + 1)
  const { responseStatus, user, stage } = one.events[before]!
  assert.deepEqual(responseStatus, { metadata: {}, message: 'Authentication failed, attempted: bearer', code: 401 })
  assert.deepEqual({ user, stage }, { user: {}, stage: 'ResponseStarted' })
  const text = JSON.stringify(one.events)
  assert.equal(text.includes(hidden) || text.includes(token), false)
  assert.equal(
    one.events.some((event) => event.requestObject ?? event.responseObject),
    false,
  )
  await one.stop()
})

test('rules choose by user, group, verb, resource, name, namespace and path; the first decides', async () => {
  const rules = [
    { level: 'None', users: ['fred'] },
    { level: 'None', nonResourceURLs: ['/healthz*', '/version'] },
    { level: 'None', resources: [{ group: '', resources: ['pods/status', '*/scale', 'nodes/*'] }] },
    { level: 'None', verbs: ['list'], namespaces: ['quiet'] },
    { level: 'None', resources: [{ group: 'apps', resources: ['deployments'], resourceNames: ['hidden'] }] },
    { level: 'Metadata', userGroups: ['devs'] },
  ]
  const one = await audited(rules, { omitStages: ['RequestReceived'] })
  const cases: [path: string, recorded: number][] = [
    ['/version', 0],
    ['/healthz/ping', 0],
    ['/metrics', 1],
    ['/api/v1/namespaces/default/pods/x/status', 0],
    ['/api/v1/namespaces/default/pods/x', 1],
    ['/api/v1/nodes/x/status', 0],
    ['/api/v1/nodes/x', 0],
    ['/api/v1/namespaces/default/replicationcontrollers/x/scale', 0],
    ['/api/v1/namespaces/quiet/pods', 0],
    ['/apis/apps/v1/namespaces/default/deployments/hidden', 0],
    ['/apis/apps/v1/namespaces/default/deployments/shown', 1],
  ]
  for (const [path, recorded] of cases) {
    one.events.length = 0
    await send(one, 'GET', path)
    assert.equal(one.events.length, recorded, path)
  }
  await one.stop()
})

test('a watch is recorded when it starts and when it ends, an impersonated user beside the real one', async () => {
  const one = await audited([{ level: 'Metadata' }])
  const stream = send(one, 'GET', '/api/v1/namespaces/default/pods?watch=true&timeoutSeconds=5', undefined, {
    'impersonate-user': 'fred',
    'impersonate-group': 'system:masters',
  })
  while (one.events.length < 2) await new Promise(setImmediate)
  assert.equal(one.events[1]?.stage, 'ResponseStarted')
  assert.equal(one.events[1]?.impersonatedUser?.username, 'fred')
  assert.equal(one.events[1]?.user.username, 'wilma')
  await (one.clock as ReturnType<typeof simulatedClock>).advance(11_000)
  await stream
  assert.equal(one.events.at(-1)?.stage, 'ResponseComplete')
  await one.stop()
})

test('the audit log names the finer right by which somebody acts as another, and none where the old verb gave it', async () => {
  const one = await audited([{ level: 'Metadata' }])
  for (const headers of [{}, { 'impersonate-group': 'system:masters' }]) {
    await send(one, 'GET', '/api/v1/pods', undefined, { 'impersonate-user': 'fred', ...headers })
  }
  const recorded = one.events.filter(({ stage }) => stage === 'ResponseComplete')
  const constraint = { impersonationConstraint: 'impersonate:user-info' }
  assert.deepEqual(
    recorded.map(({ authenticationMetadata }) => authenticationMetadata),
    [constraint, undefined],
  )
  await one.stop()
})

test('Pod Security tells the audit event what it held the pod to', async () => {
  const one = await audited([{ level: 'Metadata' }], { omitStages: ['RequestReceived'] })
  const labels = { 'pod-security.kubernetes.io/audit': 'baseline' }
  await send(one, 'POST', '/api/v1/namespaces', { metadata: { name: 'ns', labels } })
  one.events.length = 0
  const spec = { hostNetwork: true, containers: [{ name: 'c', image: 'i' }] }
  await send(one, 'POST', '/api/v1/namespaces/ns/pods', { metadata: { name: 'p' }, spec })
  assert.deepEqual(one.events[0]?.annotations, {
    'authorization.k8s.io/decision': 'allow',
    'authorization.k8s.io/reason': '',
    'pod-security.kubernetes.io/enforce-policy': 'privileged:latest',
    'pod-security.kubernetes.io/audit-violations':
      'would violate PodSecurity "baseline:latest": host namespaces (hostNetwork=true)',
  })
  await one.stop()
})

test('monitors are told how many events there were, at which levels, and what was lost', async () => {
  const one = await audited([{ level: 'None', verbs: ['list'] }, { level: 'Metadata' }])
  const before = (await send(one, 'GET', '/metrics')).text
  const eventsIn = (text: string) => Number(/^apiserver_audit_event_total (\d+)$/m.exec(text)?.[1])
  await send(one, 'GET', '/api/v1/namespaces/default/configmaps')
  await send(one, 'GET', '/api/v1/namespaces/default/configmaps/none')
  await send(one, 'GET', '/version', undefined, { authorization: 'Bearer wrong' })
  const { text } = await send(one, 'GET', '/metrics')
  // Those of one get, what remained of the request for metrics before it, a refusal, and the beginning of this request.
  assert.equal(eventsIn(text) - eventsIn(before), 5)
  assert.match(text, /^apiserver_audit_level_total\{level="None"\} 1$/m)
  assert.match(text, /^apiserver_audit_requests_rejected_total 0$/m)
  assert.match(text, /^authentication_attempts\{result="failure"\} 1$/m)
  assert.match(text, /^authenticated_user_requests\{username="other"\} [1-9]/m)
  const open = (await send(one, 'GET', '/metrics', undefined, { accept: 'application/openmetrics-text' })).text
  assert.match(open, /^authentication_attempts_total\{result="failure"\} 1$/m)
  await one.stop()
})

test('readAuditPolicy refuses what would not do what it seems to', () => {
  const policy = (...rules: object[]) => ({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules })
  const cases: [unknown, RegExp][] = [
    [policy(), /no rules/],
    [{ ...policy({ level: 'None' }), apiVersion: 'audit.k8s.io/v1beta1' }, /audit.k8s.io\/v1/],
    [policy({ level: 'All' }), /rules\[0\].level/],
    [policy({ level: 'None', user: ['x'] }), /unknown field "user"/],
    [policy({ level: 'None', omitStages: ['Done'] }), /omitStages: Done/],
    [policy({ level: 'None', nonResourceURLs: ['/a'], namespaces: ['b'] }), /cannot apply to both/],
    [policy({ level: 'None', nonResourceURLs: ['a'] }), /begin with a slash/],
    [policy({ level: 'None', nonResourceURLs: ['/a*b'] }), /at its end only/],
    [policy({ level: 'None', resources: [{ group: 'apps/v1' }] }), /without a version/],
    [policy({ level: 'None', resources: [{ resourceNames: ['a'] }] }), /need resources/],
  ]
  for (const [value, message] of cases) assert.throws(() => readAuditPolicy(value), message)
})
