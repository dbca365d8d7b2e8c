/** Calls of webhooks through Services: whom a name stands for, and what is trusted. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import { realPlatform } from '../../platform/real/platform.ts'
import { startWebhookServer, type WebhookServer } from '../admission/webhook/testbed/cluster.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { callWebhook } from './client.ts'

const { clock, net, random } = realPlatform()
const body = { apiVersion: 'admission.k8s.io/v1', request: { uid: 'u', operation: 'CREATE', object: null } }
let server: WebhookServer

before(async () => {
  server = await startWebhookServer(['hook.ours.svc'])
})
after(() => server.close())

function objects(ready: boolean): MemoryObjects {
  const labels = { 'kubernetes.io/service-name': 'hook' }
  return new MemoryObjects()
    .put(coreV1.services, {
      metadata: { namespace: 'ours', name: 'hook' },
      spec: { ports: [{ name: 'https', port: 443 }] },
    })
    .put(discoveryV1.endpointSlices, {
      metadata: { namespace: 'ours', name: 'hook-1', labels },
      addressType: 'IPv4',
      ports: [{ name: 'https', port: server.port }],
      endpoints: [{ addresses: ['127.0.0.1'], conditions: { ready } }],
    })
    .put(coreV1.services, { metadata: { namespace: 'theirs', name: 'hook' }, spec: { ports: [{ port: 443 }] } })
}

function call(service: { namespace: string; port?: number }, ready = true) {
  const config = { service: { name: 'hook', path: '/here', ...service }, caBundle: server.caBundle }
  return callWebhook({ objects: objects(ready), net, clock, random }, { config, body, timeoutSeconds: 2 })
}

test('callWebhook reaches a ready endpoint under the name of the Service', async () => {
  const answer = (await call({ namespace: 'ours' })) as { response: { allowed: boolean } }
  assert.equal(answer.response.allowed, true)
  assert.deepEqual(server.paths, ['/here?timeout=2s'])
})

test('callWebhook says what is missing', async () => {
  await assert.rejects(call({ namespace: 'none' }), /service "hook" not found/)
  await assert.rejects(call({ namespace: 'ours', port: 8443 }), /no service port 8443 found for service "hook"/)
  await assert.rejects(call({ namespace: 'ours' }, false), /no endpoints available for service "hook"/)
  await assert.rejects(call({ namespace: 'theirs' }), /no endpoints available for service "hook"/)
})
