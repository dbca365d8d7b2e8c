/** Admission webhooks against a real server over TLS, kind and hostile. */
import assert from 'node:assert/strict'
import { after, afterEach, before, describe, test } from 'node:test'
import { type Cluster, startCluster, startWebhookServer, type WebhookServer } from './testbed/cluster.ts'

const path = '/apis/admissionregistration.k8s.io/v1'
const configMaps = '/api/v1/namespaces/default/configmaps'
let cluster: Cluster
let server: WebhookServer

before(async () => {
  cluster = await startCluster()
  server = await startWebhookServer(['localhost', 'hook.default.svc'])
})
after(async () => {
  await cluster.stop()
  await server.close()
})
afterEach(async () => {
  for (const kind of ['mutating', 'validating'])
    await cluster.caller.call('DELETE', `${path}/${kind}webhookconfigurations`)
  server.asked.length = 0
  server.paths.length = 0
  cluster.annotations.clear()
  server.behave((_review, { send }) => send({ allowed: true }))
})

const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['*'], resources: ['configmaps'] }

function hook(name: string, more: object = {}) {
  const clientConfig = { url: `https://localhost:${server.port}/${name}`, caBundle: server.caBundle }
  const common = { sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds: 1, rules: [rule] }
  return { name: `${name}.example.com`, clientConfig, ...common, ...more }
}

async function configure(kind: 'Mutating' | 'Validating', name: string, ...webhooks: object[]): Promise<void> {
  const { status, body } = await cluster.caller.call('POST', `${path}/${kind.toLowerCase()}webhookconfigurations`, {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name },
    webhooks,
  })
  assert.equal(status, 201, JSON.stringify(body))
}

function create(name: string, more: object = {}, query = '?dryRun=All') {
  const body = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: { a: '1' }, ...more }
  return cluster.caller.call('POST', configMaps + query, body)
}

function patchOf(...operations: object[]) {
  return { allowed: true, patchType: 'JSONPatch', patch: Buffer.from(JSON.stringify(operations)).toString('base64') }
}

describe('validatingAdmissionWebhook', () => {
  test('validatingAdmissionWebhook sends the whole review and lets pass what is allowed', async () => {
    await configure('Validating', 'v', hook('ok'))
    const { status } = await create('one')
    assert.equal(status, 201)
    assert.equal(server.paths[0], '/ok?timeout=1s')
    const [review] = server.asked
    const { uid, object, ...request } = review!.request
    assert.match(uid, /^[0-9a-f-]{36}$/)
    assert.equal((object as { kind: string }).kind, 'ConfigMap')
    assert.deepEqual(
      { ...request, options: undefined, userInfo: undefined },
      {
        kind: { group: '', version: 'v1', kind: 'ConfigMap' },
        resource: { group: '', version: 'v1', resource: 'configmaps' },
        requestKind: { group: '', version: 'v1', kind: 'ConfigMap' },
        requestResource: { group: '', version: 'v1', resource: 'configmaps' },
        name: 'one',
        namespace: 'default',
        operation: 'CREATE',
        oldObject: null,
        dryRun: true,
        options: undefined,
        userInfo: undefined,
      },
    )
  })

  test('validatingAdmissionWebhook refuses with the words and the code of the webhook', async () => {
    await configure('Validating', 'v', hook('no'))
    server.behave((_review, { send }) =>
      send({
        allowed: false,
        status: { code: 403, reason: 'Forbidden', message: 'not today' },
        warnings: ['', 'be warned'],
      }),
    )
    const { status, body, headers } = await create('one')
    assert.equal(status, 403)
    assert.equal(body.message, 'admission webhook "no.example.com" denied the request: not today')
    assert.equal(headers.warning, '299 - "be warned"')
  })

  test('validatingAdmissionWebhook refuses without explanation when none is given', async () => {
    await configure('Validating', 'v', hook('no'))
    server.behave((_review, { send }) => send({ allowed: false, status: { code: 200, status: 'Success' } }))
    const { status, body } = await create('one')
    assert.equal(status, 400)
    assert.equal(body.message, 'admission webhook "no.example.com" denied the request without explanation')
    assert.equal('reason' in body, false)
  })

  test('validatingAdmissionWebhook speaks v1beta1 to who knows nothing else', async () => {
    await configure('Validating', 'v', hook('old', { admissionReviewVersions: ['v1beta1'] }))
    assert.equal((await create('one')).status, 201)
    assert.equal(server.asked[0]?.apiVersion, 'admission.k8s.io/v1beta1')
  })

  test('validatingAdmissionWebhook keeps audit annotations under the name of the webhook', async () => {
    await configure('Validating', 'v', hook('notes'))
    server.behave((_review, { send }) => send({ allowed: true, auditAnnotations: { why: 'because' } }))
    await create('one')
    assert.deepEqual(cluster.annotations.get('notes.example.com/why'), { value: 'because', level: 'Metadata' })
  })

  test('validatingAdmissionWebhook asks only about what rules, selectors and conditions name', async () => {
    await configure(
      'Validating',
      'v',
      hook('labels', { objectSelector: { matchLabels: { ask: 'me' } } }),
      {
        ...hook('conditions', { matchConditions: [{ name: 'c', expression: "object.data.a == '2'" }] }),
      },
      hook('namespace', { namespaceSelector: { matchLabels: { no: 'where' } } }),
    )
    await create('one')
    assert.deepEqual(server.paths, [])
    await create('two', { metadata: { name: 'two', labels: { ask: 'me' } }, data: { a: '2' } })
    assert.deepEqual(server.paths.sort(), ['/conditions?timeout=1s', '/labels?timeout=1s'])
  })

  test('validatingAdmissionWebhook fails closed on a condition that has no value', async () => {
    const matchConditions = [{ name: 'c', expression: "object.data.missing == '2'" }]
    await configure('Validating', 'v', hook('condition', { matchConditions }))
    const { status, body } = await create('one')
    assert.equal(status, 403)
    assert.match(body.message, /expression 'object.data.missing == '2'' resulted in error: no such key: missing$/)
  })

  test('validatingAdmissionWebhook refuses a dry run that would have side effects', async () => {
    const stored = hook('effects', { sideEffects: 'NoneOnDryRun' })
    await configure('Validating', 'v', stored)
    assert.equal((await create('one')).status, 201)
  })

  test('validatingAdmissionWebhook is not asked about webhook configurations', async () => {
    const everything = { apiGroups: ['*'], apiVersions: ['*'], operations: ['*'], resources: ['*'] }
    await configure('Validating', 'v', hook('lock', { rules: [everything] }))
    server.behave((_review, { send }) => send({ allowed: false }))
    assert.equal((await cluster.caller.call('DELETE', `${path}/validatingwebhookconfigurations/v`)).status, 200)
  })

  test('validatingAdmissionWebhook sees an equivalent resource in the version of its rule', async () => {
    const autoscalers = {
      ...rule,
      apiGroups: ['autoscaling'],
      apiVersions: ['v2'],
      resources: ['horizontalpodautoscalers'],
    }
    await configure('Validating', 'v', hook('hpa', { rules: [autoscalers] }))
    const spec = {
      maxReplicas: 3,
      targetCPUUtilizationPercentage: 50,
      scaleTargetRef: { kind: 'Deployment', name: 'd', apiVersion: 'apps/v1' },
    }
    const body = { apiVersion: 'autoscaling/v1', kind: 'HorizontalPodAutoscaler', metadata: { name: 'h' }, spec }
    const answer = await cluster.caller.call(
      'POST',
      '/apis/autoscaling/v1/namespaces/default/horizontalpodautoscalers?dryRun=All',
      body,
    )
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    const { kind, requestKind, object } = server.asked[0]!.request
    assert.deepEqual(kind, { group: 'autoscaling', version: 'v2', kind: 'HorizontalPodAutoscaler' })
    assert.deepEqual(requestKind, { group: 'autoscaling', version: 'v1', kind: 'HorizontalPodAutoscaler' })
    assert.equal((object as { spec: { metrics: { type: string }[] } }).spec.metrics[0]?.type, 'Resource')
  })
})

describe('a hostile webhook', () => {
  const hostile: [name: string, behave: Parameters<WebhookServer['behave']>[0], message: RegExp][] = [
    ['hangs', () => undefined, /context deadline exceeded/],
    ['stalls in its answer', (_review, { raw }) => raw.write('{"kind":'), /context deadline exceeded/],
    ['closes the connection', (_review, { raw }) => raw.destroy(), /failed to call webhook/],
    [
      'redirects',
      (_review, { raw }) => raw.writeHead(307, { location: 'https://localhost:1/' }).end(),
      /redirects are not followed/,
    ],
    ['answers 500', (_review, { raw }) => raw.writeHead(500).end('secret text'), /the server answered 500$/],
    ['answers what is no JSON', (_review, { raw }) => raw.end('<html>'), /the answer is no JSON/],
    ['answers JSON that is no review', (_review, { raw }) => raw.end('[]'), /the answer is no AdmissionReview/],
    ['answers for another request', (_review, { send }) => send({ uid: 'x', allowed: true }), /expected response.uid=/],
    [
      'answers in another version',
      (review, { raw }) =>
        raw.end(
          JSON.stringify({
            kind: 'AdmissionReview',
            apiVersion: 'admission.k8s.io/v2',
            response: { uid: review.request.uid, allowed: true },
          }),
        ),
      /expected webhook response of admission.k8s.io\/v1/,
    ],
    ['patches as a validating one', (_review, { send }) => send(patchOf()), /may not return response.patch/],
    [
      'answers without end',
      (_review, { raw }) => {
        const more = (): void => {
          if (!raw.destroyed) raw.write('x'.repeat(1 << 20), () => setImmediate(more))
        }
        more()
      },
      /the answer is longer than|context deadline exceeded/,
    ],
  ]

  for (const [name, behave, message] of hostile) {
    test(`validatingAdmissionWebhook fails closed, and open where it is to, when a webhook ${name}`, async () => {
      server.behave(behave)
      await configure('Validating', 'closed', hook('bad'))
      const closed = await create('one')
      assert.equal(closed.status, 500)
      assert.match(closed.body.message, /^Internal error occurred: failed calling webhook "bad.example.com": /)
      assert.match(closed.body.message, message)
      assert.doesNotMatch(closed.body.message, /secret text/)
      await cluster.caller.call('DELETE', `${path}/validatingwebhookconfigurations/closed`)
      await configure('Validating', 'open', hook('bad', { failurePolicy: 'Ignore' }))
      assert.equal((await create('one')).status, 201)
      const key = 'failed-open.validating.webhook.admission.k8s.io/round_0_index_0'
      assert.equal(cluster.annotations.get(key)?.value, 'bad.example.com')
    })
  }

  test('validatingAdmissionWebhook does not talk to a server whose authority it does not know', async () => {
    const other = await startWebhookServer()
    try {
      const clientConfig = { url: `https://localhost:${server.port}/x`, caBundle: other.caBundle }
      await configure('Validating', 'v', hook('unknown', { clientConfig }))
      const { status } = await create('one')
      assert.equal(status, 500)
      assert.equal(server.asked.length, 0)
    } finally {
      await other.close()
    }
  })
})

describe('mutatingAdmissionWebhook', () => {
  test('mutatingAdmissionWebhook applies patches one after the other, and keeps what they are from all but request level', async () => {
    await configure('Mutating', 'b', hook('second'))
    await configure('Mutating', 'a', hook('first'))
    server.behave((review, { send }) => {
      const { data } = review.request.object as { data: Record<string, string> }
      send(patchOf({ op: 'add', path: `/data/n${Object.keys(data).length}`, value: 'x' }))
    })
    const { status, body } = await create('one')
    assert.equal(status, 201)
    assert.deepEqual(body.data, { a: '1', n1: 'x', n2: 'x' })
    assert.deepEqual(server.paths, ['/first?timeout=1s', '/second?timeout=1s'])
    const patch = cluster.annotations.get('patch.webhook.admission.k8s.io/round_0_index_0')
    assert.equal(patch?.level, 'Request')
    assert.deepEqual(JSON.parse(cluster.annotations.get('mutation.webhook.admission.k8s.io/round_0_index_1')!.value), {
      configuration: 'b',
      webhook: 'second.example.com',
      mutated: true,
    })
  })

  test('mutatingAdmissionWebhook asks again, once, who wants to hear of later changes', async () => {
    await configure('Mutating', 'a', hook('first', { reinvocationPolicy: 'IfNeeded' }), hook('second'))
    server.behave((review, { send }) => {
      const { data } = review.request.object as { data: Record<string, string> }
      send(
        server.paths.at(-1)?.startsWith('/second')
          ? patchOf({ op: 'add', path: '/data/late', value: 'y' })
          : patchOf({ op: 'add', path: `/data/seen${'late' in data ? 'Late' : ''}`, value: 'x' }),
      )
    })
    const { body } = await create('one')
    assert.deepEqual(body.data, { a: '1', seen: 'x', late: 'y', seenLate: 'x' })
    assert.deepEqual(
      server.paths.map((one) => one.split('?')[0]),
      ['/first', '/second', '/first'],
    )
  })

  const broken: [name: string, response: object][] = [
    ['is no base64 of JSON', { allowed: true, patchType: 'JSONPatch', patch: '!!' }],
    ['has no type', { allowed: true, patch: patchOf({ op: 'add', path: '/data/x', value: '1' }).patch }],
    ['has a type that nobody knows', { ...patchOf({ op: 'add', path: '/data/x', value: '1' }), patchType: 'Merge' }],
    ['does not apply', patchOf({ op: 'remove', path: '/data/none' })],
    ['makes what is no ConfigMap', patchOf({ op: 'replace', path: '/data', value: 7 })],
  ]
  for (const [name, response] of broken) {
    test(`mutatingAdmissionWebhook fails when a patch ${name}`, async () => {
      await configure('Mutating', 'a', hook('first'))
      server.behave((_review, { send }) => send(response))
      assert.equal((await create('one')).status, 500)
    })
  }

  test('mutatingAdmissionWebhook drops fields that the type does not have, and never touches prototypes', async () => {
    await configure('Mutating', 'a', hook('first'))
    server.behave((_review, { send }) =>
      send(patchOf({ op: 'add', path: '/bogus', value: 1 }, { op: 'add', path: '/data/__proto__', value: 'p' })),
    )
    const { status, body } = await create('one')
    assert.equal(status, 201)
    assert.equal(body.bogus, undefined)
    assert.equal(({} as { p?: string }).p, undefined)
  })
})
