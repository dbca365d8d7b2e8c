import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ApiError } from '../api/errors.ts'
import { appsV1, coreV1, rbacV1 } from '../api/resources.ts'
import { silent } from '../platform/log.ts'
import { simulatedClock } from '../platform/simulated/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { createClient } from './client-impl.ts'
import { fluent } from './fluent.ts'
import { liveInformers } from './live-informer.ts'
import { failure, json, StubApi } from './testbed/stub-api.ts'
import type { TransportRequest } from './transport.ts'
import { TransportError } from './transport-error.ts'

function recording() {
  const api = new StubApi()
  api.intercept = () => json(200, {})
  const client = createClient(api, { fieldManager: 'tester' })
  const last = (): { line: string; body: unknown; type: string | undefined } => {
    const { method, path, body, headers } = api.requests.at(-1) as TransportRequest
    const parsed: unknown = body ? JSON.parse(Buffer.from(body).toString()) : undefined
    return { line: `${method} ${path}`, body: parsed, type: headers['content-type'] }
  }
  return { api, client, last }
}

test('of builds the paths and queries of every verb', async () => {
  const { client, last } = recording()
  const pods = client.of(coreV1.pods, 'ns')
  const deployments = client.of(appsV1.deployments)
  const object = { metadata: { name: 'a', namespace: 'ns' }, spec: { containers: [] } }
  const table: [() => Promise<unknown>, string][] = [
    [() => pods.get('a', { resourceVersion: '0' }), 'GET /api/v1/namespaces/ns/pods/a?resourceVersion=0'],
    [
      () => deployments.list({ labelSelector: 'a=b,c', limit: 5 }),
      'GET /apis/apps/v1/deployments?labelSelector=a%3Db%2Cc&limit=5',
    ],
    [
      () => client.of(rbacV1.clusterRoles).get('system:node'),
      'GET /apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Anode',
    ],
    [() => pods.create(object, { dryRun: true }), 'POST /api/v1/namespaces/ns/pods?dryRun=All&fieldManager=tester'],
    [() => client.of(coreV1.pods).update(object), 'PUT /api/v1/namespaces/ns/pods/a?fieldManager=tester'],
    [() => pods.updateStatus(object, { fieldManager: 'x' }), 'PUT /api/v1/namespaces/ns/pods/a/status?fieldManager=x'],
    [() => pods.delete('a'), 'DELETE /api/v1/namespaces/ns/pods/a'],
    [() => pods.deleteCollection({ labelSelector: 'a' }), 'DELETE /api/v1/namespaces/ns/pods?labelSelector=a'],
    [() => pods.createSub('a', 'binding', {}), 'POST /api/v1/namespaces/ns/pods/a/binding?fieldManager=tester'],
    [() => pods.getSub('a', 'log'), 'GET /api/v1/namespaces/ns/pods/a/log'],
    [() => client.raw('GET', '/version'), 'GET /version'],
  ]
  for (const [call, line] of table) {
    await call()
    assert.equal(last().line, line)
  }
})

test('create and update fill in apiVersion and kind; delete sends its options', async () => {
  const { client, last } = recording()
  await client.of(appsV1.deployments, 'ns').create({ metadata: { name: 'a' } })
  assert.deepEqual(last().body, { metadata: { name: 'a' }, apiVersion: 'apps/v1', kind: 'Deployment' })
  const options = { gracePeriodSeconds: 0, propagationPolicy: 'Foreground', preconditions: { uid: 'u' } } as const
  await client.of(coreV1.pods, 'ns').delete('a', { ...options, dryRun: true })
  assert.deepEqual(last().body, { apiVersion: 'v1', kind: 'DeleteOptions', ...options, dryRun: ['All'] })
})

test('patch sends the content type of its format', async () => {
  const { client, last } = recording()
  const pods = client.of(coreV1.pods, 'ns')
  await pods.patch('a', { type: 'json', operations: [{ op: 'remove', path: '/a' }] })
  assert.deepEqual([last().type, last().body], ['application/json-patch+json', [{ op: 'remove', path: '/a' }]])
  await pods.patchStatus('a', { type: 'strategic', patch: { status: {} } })
  assert.equal(last().type, 'application/strategic-merge-patch+json')
  await pods.patch('a', { type: 'apply', patch: {}, force: true })
  assert.equal(last().line, 'PATCH /api/v1/namespaces/ns/pods/a?fieldManager=tester&force=true')
})

test('a name that would leave its place in the path is refused', async () => {
  const { client, last } = recording()
  const pods = client.of(coreV1.pods, 'ns')
  await assert.rejects(pods.get('..'), TypeError)
  await assert.rejects(client.of(coreV1.pods).get('a'), /a namespace is needed/)
  await pods.get('a/../b')
  assert.equal(last().line, 'GET /api/v1/namespaces/ns/pods/a%2F..%2Fb')
})

test('failures are an ApiError from the Status, one made from plain text, or a TransportError', async () => {
  const { api, client } = recording()
  const get = () => client.of(coreV1.pods, 'ns').get('a')
  api.intercept = () => failure(404, 'NotFound')
  await assert.rejects(get(), (error) => error instanceof ApiError && error.code === 404 && error.reason === 'NotFound')
  api.intercept = () => ({ status: 502, headers: {}, body: Buffer.from('bad gateway\n') })
  await assert.rejects(
    get(),
    (error) => error instanceof ApiError && error.code === 502 && error.message === 'bad gateway',
  )
  api.intercept = () => ({ status: 200, headers: {}, body: Buffer.from('<html>') })
  await assert.rejects(get(), TransportError)
  api.intercept = () => Promise.reject(new Error('connect ECONNREFUSED'))
  await assert.rejects(get(), (error) => error instanceof TransportError && /ECONNREFUSED/.test(error.message))
})

test('an aborted call rejects with the reason', async () => {
  const { api, client } = recording()
  const abort = new AbortController()
  api.intercept = () =>
    new Promise((_resolve, reject) => abort.signal.addEventListener('abort', () => reject(new Error('x'))))
  const call = client.of(coreV1.pods, 'ns').get('a', { signal: abort.signal })
  abort.abort(new Error('left'))
  await assert.rejects(call, { message: 'left' })
})

test('watch decodes frames however they are cut into chunks', async () => {
  const { api, client } = recording()
  const frames = [
    { type: 'ADDED', object: { metadata: { name: 'ä' } } },
    { type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } },
    { type: 'DELETED', object: { metadata: { name: 'c' } } },
  ]
  const bytes = Buffer.from(frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''))
  for (const size of [1, 7, 64, bytes.length]) {
    api.intercept = () => ({
      status: 200,
      headers: {},
      body: (async function* () {
        for (let start = 0; start < bytes.length; start += size) yield bytes.subarray(start, start + size)
      })(),
    })
    const seen: unknown[] = []
    const signal = new AbortController().signal
    for await (const event of client.of(coreV1.pods, 'ns').watch({ signal })) seen.push(event)
    assert.deepEqual(seen, frames)
  }
})

test('fluent finds resources by group, version and plural, with their types', async () => {
  const { client, last } = recording()
  const parts = { client, clock: simulatedClock(), random: simulatedRandom('fluent'), log: silent }
  const cluster = fluent(client, liveInformers(parts))
  await cluster.core.v1.pods('ns').get('a')
  assert.equal(last().line, 'GET /api/v1/namespaces/ns/pods/a')
  await cluster.storage.v1.storageClasses().list()
  assert.equal(last().line, 'GET /apis/storage.k8s.io/v1/storageclasses')
  await cluster.autoscaling.v2.horizontalPodAutoscalers('ns').list()
  assert.equal(last().line, 'GET /apis/autoscaling/v2/namespaces/ns/horizontalpodautoscalers')
  const nodeName: string | undefined = (await cluster.core.v1.pods('ns').get('a')).spec?.nodeName
  assert.equal(nodeName, undefined)
  // @ts-expect-error: there is no such resource
  assert.equal(cluster.core.v1.widgets, undefined)
  // @ts-expect-error: there is no such group
  assert.equal(cluster.none, undefined)
})
