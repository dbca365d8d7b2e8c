import assert from 'node:assert/strict'
import { afterEach, test } from 'node:test'
import type { CustomResourceDefinition, SelectableField } from '../../api/types/apiextensions/v1.ts'
import type { HttpRequestOptions, Net } from '../../platform/net.ts'
import { realNet } from '../../platform/real/net.ts'
import { TestCaller } from '../testbed/caller.ts'
import { definitionOf, definitionsPath, serve } from './testbed/definitions.ts'
import { startWebhook, type TestWebhook, type WebhookAnswer, type WebhookHandler } from './testbed/webhook.ts'

const real = realNet()
/** Stands for an address in the pod network, where nothing listens in a test. */
const podAddress = '10.0.0.8'
const net: Net = Object.assign(Object.create(real) as Net, {
  request: (options: HttpRequestOptions) =>
    real.request({ ...options, url: options.url.replace(`//${podAddress}:`, '//127.0.0.1:') }),
})
const endings: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end()
})

interface Setting {
  caller: TestCaller
  webhook: TestWebhook
}

const v1 = '/apis/example.com/v1/namespaces/one/widgets'
const v2 = '/apis/example.com/v2/namespaces/one/widgets'
const merge = { contentType: 'application/merge-patch+json' }

/** v1 has `spec.size`, v2 `spec.width`; stored is v1. */
function twoVersions(
  webhook: TestWebhook,
  client: object = {},
  selectableFields: SelectableField[] = [],
): CustomResourceDefinition {
  const schema = (field: string) => ({
    openAPIV3Schema: {
      type: 'object',
      properties: { spec: { type: 'object', properties: { [field]: { type: 'integer', maximum: 9 } } } },
    },
  })
  const clientConfig = { url: webhook.url, caBundle: webhook.caBundle, ...client }
  return definitionOf({
    spec: {
      versions: [
        { name: 'v1', served: true, storage: true, schema: schema('size') },
        { name: 'v2', served: true, storage: false, schema: schema('width'), selectableFields },
      ],
      conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig } },
    },
  })
}

type Converted = { apiVersion: string; metadata: object; spec: { size?: number; width?: number } }

function converts(question: {
  request: { uid: string; desiredAPIVersion: string; objects: Converted[] }
}): WebhookAnswer {
  const { uid, desiredAPIVersion, objects } = question.request
  const convertedObjects = objects.map(({ spec, ...rest }) => {
    const number = spec.size ?? spec.width
    return {
      ...rest,
      apiVersion: desiredAPIVersion,
      spec: desiredAPIVersion.endsWith('v2') ? { width: number } : { size: number },
    }
  })
  return { body: reviewOf({ uid, result: { status: 'Success' }, convertedObjects }) }
}

function reviewOf(response: object): object {
  return { kind: 'ConversionReview', apiVersion: 'apiextensions.k8s.io/v1', response }
}

async function started(
  handler: WebhookHandler = converts,
  client: object = {},
  dnsNames: string[] = [],
  selectableFields: SelectableField[] = [],
): Promise<Setting> {
  const webhook = await startWebhook(net, handler, dnsNames)
  endings.push(() => webhook.close())
  const caller = await TestCaller.start({ namespaces: ['one'], net })
  endings.push(() => caller.api.stop())
  await serve(caller, twoVersions(webhook, client, selectableFields))
  return { caller, webhook }
}

const widget = (name: string, version: string, spec: object) => ({
  apiVersion: `example.com/${version}`,
  kind: 'Widget',
  metadata: { name },
  spec,
})

test('a webhook converts what is read, listed, watched, written and patched', async () => {
  const { caller, webhook } = await started()
  const watching = await caller.watch(`${v2}?watch=true`)
  assert.equal((await caller.call('POST', v1, widget('a', 'v1', { size: 1 }))).status, 201)
  assert.equal(webhook.asked.length, 0)
  const read = (await caller.call('GET', `${v2}/a`)).body
  assert.deepEqual([read.apiVersion, read.spec], ['example.com/v2', { width: 1 }])
  const created = await caller.call('POST', v2, widget('b', 'v2', { width: 2 }))
  assert.deepEqual([created.status, created.body.apiVersion, created.body.spec], [201, 'example.com/v2', { width: 2 }])
  assert.deepEqual((await caller.call('GET', `${v1}/b`)).body.spec, { size: 2 })
  const patched = await caller.call('PATCH', `${v2}/a`, { spec: { width: 3 } }, merge)
  assert.deepEqual(patched.body.spec, { width: 3 })
  assert.deepEqual((await caller.call('GET', `${v1}/a`)).body.spec, { size: 3 })
  const { items } = (await caller.call('GET', v2)).body
  assert.deepEqual(
    items.map(({ spec }: Converted) => spec.width),
    [3, 2],
  )
  const events = [await watching.next(), await watching.next(), await watching.next()]
  watching.stop()
  assert.deepEqual(
    events.map((event) => [event?.type, event?.object.apiVersion, event?.object.spec.width]),
    [
      ['ADDED', 'example.com/v2', 1],
      ['ADDED', 'example.com/v2', 2],
      ['MODIFIED', 'example.com/v2', 3],
    ],
  )
  const refused = await caller.call('PATCH', `${v2}/a`, { spec: { width: 10 } }, merge)
  assert.match(refused.body.message, /spec.width in body should be less than or equal to 9/)
  assert.equal((await caller.call('DELETE', `${v2}/a`)).status, 200)
})

test('who owns a field in one version owns in others what the webhook makes of it', async () => {
  const { caller } = await started()
  const apply = async (version: string, manager: string, spec: object, force = false) => {
    const path = `/apis/example.com/${version}/namespaces/one/widgets/a?fieldManager=${manager}&force=${force}`
    return await caller.call('PATCH', path, widget('a', version, spec), { contentType: 'application/apply-patch+yaml' })
  }
  assert.equal((await apply('v1', 'one', { size: 1 })).status, 201)
  const refused = await apply('v2', 'two', { width: 2 })
  assert.equal(refused.status, 409, JSON.stringify(refused.body))
  assert.match(refused.body.message, /conflict with "one".*: \.spec\.size$/)
  const owners = ({ body }: typeof refused) =>
    (body.metadata.managedFields as { manager: string; apiVersion: string; fieldsV1: object }[]).map(
      ({ manager, apiVersion, fieldsV1 }) => [manager, apiVersion, fieldsV1],
    )
  assert.deepEqual(owners(await apply('v2', 'two', { width: 2 }, true)), [
    ['two', 'example.com/v2', { 'f:spec': { 'f:width': {} } }],
  ])
  assert.deepEqual(owners(await caller.call('PATCH', `${v1}/a?fieldManager=three`, { spec: { size: 3 } }, merge)), [
    ['three', 'example.com/v1', { 'f:spec': { 'f:size': {} } }],
  ])
  assert.deepEqual(owners(await apply('v2', 'two', { width: 3 })), [
    ['two', 'example.com/v2', { 'f:spec': { 'f:width': {} } }],
    ['three', 'example.com/v1', { 'f:spec': { 'f:size': {} } }],
  ])
})

test('a watch selects by fields of the version that it is in', async () => {
  const { caller } = await started(converts, {}, [], [{ jsonPath: '.spec.width' }])
  const watching = await caller.watch(`${v2}?watch=true&fieldSelector=spec.width=3`)
  await caller.call('POST', v1, widget('other', 'v1', { size: 1 }))
  await caller.call('POST', v1, widget('a', 'v1', { size: 1 }))
  for (const patch of [{ size: 3 }, { size: 4 }])
    assert.equal((await caller.call('PATCH', `${v1}/a`, { spec: patch }, merge)).status, 200)
  await caller.call('POST', v1, widget('b', 'v1', { size: 3 }))
  await caller.call('DELETE', `${v1}/b`)
  const events = await watching.names(4)
  watching.stop()
  assert.deepEqual(events, ['ADDED a', 'DELETED a', 'ADDED b', 'DELETED b'])
})

test('objects of a list are converted in one question, and not again while they do not change', async () => {
  const { caller, webhook } = await started()
  for (const name of ['a', 'b', 'c']) await caller.call('POST', v1, widget(name, 'v1', { size: 1 }))
  await caller.call('GET', v2)
  assert.deepEqual(
    webhook.asked.map(({ request }) => request.objects.length),
    [3],
  )
  await caller.call('GET', v2)
  assert.equal(webhook.asked.length, 1)
})

test('a webhook behind a Service is called at a ready endpoint, by the name of the Service', async () => {
  const service = { namespace: 'one', name: 'converter', path: '/convert', port: 443 }
  const { caller, webhook } = await started(converts, { url: undefined, service }, ['converter.one.svc'])
  await caller.call('POST', v1, widget('a', 'v1', { size: 1 }))
  const missing = await caller.call('GET', `${v2}/a`)
  assert.match(
    missing.body.message,
    /conversion webhook for example.com\/v1, Kind=Widget failed: Post "https:\/\/converter\.one\.svc:443\/convert\?timeout=30s": service "converter" not found/,
  )
  const ports = [{ port: 443, targetPort: webhook.port }]
  await caller.call('POST', '/api/v1/namespaces/one/services', {
    ...{ apiVersion: 'v1', kind: 'Service', metadata: { name: 'converter' }, spec: { ports } },
  })
  const slice = await caller.call('POST', '/apis/discovery.k8s.io/v1/namespaces/one/endpointslices', {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'converter-1', labels: { 'kubernetes.io/service-name': 'converter' } },
    addressType: 'IPv4',
    ports: [{ port: webhook.port, name: '' }],
    endpoints: [{ addresses: ['10.0.0.9'], conditions: { ready: false } }, { addresses: [podAddress] }],
  })
  assert.equal(slice.status, 201, JSON.stringify(slice.body))
  assert.deepEqual((await caller.call('GET', `${v2}/a`)).body.spec, { width: 1 })
})

const failures: [name: string, handler: WebhookHandler, message: RegExp][] = [
  [
    'redirects',
    () => ({ status: 307, headers: { location: 'https://127.0.0.1:1/' }, body: '' }),
    /redirects are not followed/,
  ],
  ['answers with an error', () => ({ status: 500, body: 'no' }), /answered 500/],
  ['answers with no JSON', () => ({ body: '<html>' }), /the answer is no JSON/],
  ['answers another question', (question) => replyWith(question, { uid: 'other' }), /expected response.uid=/],
  [
    'refuses',
    (question) => replyWith(question, { result: { status: 'Failure', message: 'too odd' } }),
    /failed: too odd/,
  ],
  [
    'loses objects',
    (question) => replyWith(question, { convertedObjects: [] }),
    /^conversion webhook for example.com\/v1, Kind=Widget returned 0 objects, expected 1$/,
  ],
  [
    'keeps the version',
    (question) => replyWith(question, { convertedObjects: question.request.objects }),
    / returned invalid object at index 0: invalid groupVersion \(expected example.com\/v2, received example.com\/v1\)$/,
  ],
  [
    'renames objects',
    (question) => changed(question, { name: 'other' }),
    / returned invalid object: must have the same name: a != other$/,
  ],
  ['moves objects', (question) => changed(question, { namespace: 'two' }), /must have the same namespace: one != two$/],
  [
    'breaks labels',
    (question) => changed(question, { labels: { 'a b': '!' } }),
    / returned invalid metadata: \[metadata.labels: Invalid value: "a b": .*, metadata.labels: Invalid value: "!": /,
  ],
]

function replyWith(question: Parameters<typeof converts>[0], response: object): WebhookAnswer {
  const good = (converts(question).body as { response: object }).response
  return { body: reviewOf({ ...good, ...response }) }
}

function changed(question: Parameters<typeof converts>[0], metadata: object): WebhookAnswer {
  const good = (converts(question).body as { response: { convertedObjects: Converted[] } }).response
  return replyWith(question, {
    convertedObjects: good.convertedObjects.map((object) => ({
      ...object,
      metadata: { ...object.metadata, ...metadata },
    })),
  })
}

for (const [name, handler, message] of failures) {
  test(`a webhook that ${name} fails the request and nothing else`, async () => {
    const { caller } = await started(handler)
    await caller.call('POST', v1, widget('a', 'v1', { size: 1 }))
    const { status, body } = await caller.call('GET', `${v2}/a`)
    assert.equal(status, 500)
    assert.match(body.message, message)
    assert.equal((await caller.call('GET', `${v1}/a`)).status, 200)
    const dry = await caller.call('POST', `${v2}?dryRun=All`, widget('b', 'v2', { width: 1 }))
    assert.equal(dry.status, 500)
  })
}

test('metadata is the stored object’s but for labels and annotations', async () => {
  const { caller } = await started((question) =>
    changed(question, { labels: { by: 'webhook' }, finalizers: ['example.com/x'] }),
  )
  await caller.call('POST', v1, widget('a', 'v1', { size: 1 }))
  const { metadata } = (await caller.call('GET', `${v2}/a`)).body
  assert.deepEqual([metadata.labels, metadata.finalizers], [{ by: 'webhook' }, undefined])
})

test('a webhook whose certificate another authority issued is not trusted', async () => {
  const other = await startWebhook(net, converts)
  endings.push(() => other.close())
  const { caller } = await started(converts, { caBundle: other.caBundle })
  await caller.call('POST', v1, widget('a', 'v1', { size: 1 }))
  assert.equal((await caller.call('GET', `${v2}/a`)).status, 500)
})

test('a definition whose bundle holds no certificate is not established', async () => {
  const webhook = await startWebhook(net, converts)
  endings.push(() => webhook.close())
  const caller = await TestCaller.start({ net })
  endings.push(() => caller.api.stop())
  const caBundle = Buffer.from('nothing').toString('base64')
  await caller.call('POST', definitionsPath, twoVersions(webhook, { caBundle }))
  const watching = await caller.watch(`${definitionsPath}?watch=true`)
  let conditions: { type: string; reason: string }[] = []
  while (conditions.length < 2) conditions = (await watching.next())?.object.status.conditions ?? []
  watching.stop()
  assert.equal(conditions.find(({ type }) => type === 'Established')?.reason, 'InvalidCABundle')
})
