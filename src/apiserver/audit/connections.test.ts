/** What an audit keeps of connections into pods, and of what policies say about requests. */
import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { forbidden } from '../../api/errors.ts'
import { coreV1 } from '../../api/resources.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { dynamicAdmission } from '../admission/dynamic.ts'
import { admissionChain } from '../admission/plugin.ts'
import { AuthorizerChain } from '../authorization/decision.ts'
import type { ApiRequest } from '../request.ts'
import { TestCaller } from '../testbed/caller.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { Auditor } from './audit.ts'
import type { AuditEvent } from './event.ts'
import { readAuditPolicy } from './policy.ts'

const admin = { name: 'root', groups: ['system:masters'], extra: {} }

async function start() {
  const events: AuditEvent[] = []
  const [clock, random] = [simulatedClock(), simulatedRandom('connections')]
  const policy = readAuditPolicy({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }] })
  const sinks = [{ write: async (event: AuditEvent) => void events.push(event), close: async () => undefined }]
  const api = await startTestApiServer({
    ...{ clock, random, audit: new Auditor({ policy, sinks, clock, random, log: silent }) },
    // Takes the socket over, as a node's answer would, or refuses.
    nodeProxy: {
      request: async () => assert.fail('nothing is proxied here'),
      async upgrade({ request }) {
        if (request.query.get('command') === 'refused') throw forbidden(coreV1.pods, 'p', 'not this one')
        return undefined
      },
    },
    security: ({ objects, scheme }) => {
      const authorizer = new AuthorizerChain([])
      const admission = admissionChain(dynamicAdmission({ objects, scheme, authorizer, clock, random }))
      return { authenticator: { authenticate: async () => admin }, authorizer, admission }
    },
  })
  const caller = new TestCaller(api)
  const spec = { nodeName: 'n', containers: [{ name: 'c', image: 'i' }] }
  await caller.call('POST', '/api/v1/namespaces/default/pods', { metadata: { name: 'p' }, spec })
  return { api, caller, events }
}

function exec(command: string): ApiRequest {
  return {
    ...{ method: 'POST', path: '/api/v1/namespaces/default/pods/p/exec', remoteAddress: '10.0.0.7' },
    query: new URLSearchParams({ command, container: 'c', stdout: '1' }),
    headers: { connection: 'Upgrade', upgrade: 'SPDY/3.1', 'x-stream-protocol-version': 'v4.channel.k8s.io' },
    ...{ body: new Uint8Array(), signal: new AbortController().signal },
  }
}

const shown = ({ stage, responseStatus, verb, objectRef }: AuditEvent) =>
  [stage, responseStatus?.code ?? '', verb, `${objectRef?.resource}/${objectRef?.subresource}`].join(' ')

test('a command in a pod is recorded when it begins and when its connection ends', async () => {
  const { api, events } = await start()
  events.length = 0
  const socket = new PassThrough()
  assert.equal(await api.server.upgrade(exec('sh'), socket, new Uint8Array()), undefined)
  assert.deepEqual(events.map(shown), ['RequestReceived  create pods/exec', 'ResponseStarted 101 create pods/exec'])
  assert.match(events[1]!.requestURI, /command=sh/)
  assert.equal(events[1]!.annotations?.['authorization.k8s.io/decision'], 'allow')
  socket.destroy()
  while (events.length < 3) await new Promise(setImmediate)
  assert.equal(shown(events[2]!), 'ResponseComplete 101 create pods/exec')
  assert.equal(new Set(events.map(({ auditID }) => auditID)).size, 1)
  await api.stop()
})

test('a command that is refused is recorded with its refusal', async () => {
  const { api, events } = await start()
  events.length = 0
  const response = await api.server.upgrade(exec('refused'), new PassThrough(), new Uint8Array())
  assert.equal(response?.status, 403)
  assert.equal(response?.headers['audit-id'], events[0]!.auditID)
  assert.deepEqual(events.map(shown), ['RequestReceived  create pods/exec', 'ResponseComplete 403 create pods/exec'])
  await api.stop()
})

test('what a policy says of a command, and which it would have refused, stands in its event', async () => {
  const { api, caller, events } = await start()
  const path = '/apis/admissionregistration.k8s.io/v1'
  const named = (kind: string, name: string, spec: object) => ({
    ...{ apiVersion: 'admissionregistration.k8s.io/v1', kind, metadata: { name }, spec },
  })
  const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CONNECT'], resources: ['pods/exec'] }
  const policy = named('ValidatingAdmissionPolicy', 'shells', {
    matchConstraints: { resourceRules: [rule] },
    validations: [{ expression: "object.command[0] != 'sh'", message: 'no shells' }],
    auditAnnotations: [{ key: 'command', valueExpression: 'string(object.command[0])' }],
  })
  const binding = named('ValidatingAdmissionPolicyBinding', 'all', {
    policyName: 'shells',
    validationActions: ['Audit'],
  })
  for (const [resource, object] of [
    ['validatingadmissionpolicies', policy],
    ['validatingadmissionpolicybindings', binding],
  ] as const) {
    const { status, body } = await caller.call('POST', `${path}/${resource}`, object)
    assert.equal(status, 201, JSON.stringify(body))
  }
  events.length = 0
  const socket = new PassThrough()
  assert.equal(await api.server.upgrade(exec('sh'), socket, new Uint8Array()), undefined)
  const { annotations = {} } = events[1]!
  assert.equal(annotations['shells/command'], 'sh')
  const [failure] = JSON.parse(annotations['validation.policy.admission.k8s.io/validation_failure'] ?? '[]')
  assert.deepEqual([failure?.policy, failure?.message], ['shells', 'no shells'])
  socket.destroy()
  await api.stop()
})
