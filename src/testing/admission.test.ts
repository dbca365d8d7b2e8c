/** What a cluster's owner adds to admission works in test clusters too: policies, and webhooks over real TLS. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startWebhookServer, type WebhookServer } from '../apiserver/admission/webhook/testbed/cluster.ts'
import { endOfTurn } from '../platform/turn.ts'
import { startCluster } from './cluster.ts'
import { check } from './matchers.ts'
import type { TestCluster } from './test-cluster.ts'

const group = 'admissionregistration.k8s.io'
const rule = { apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE' as const], resources: ['pods'] }
let cluster: TestCluster
let server: WebhookServer

before(async () => {
  cluster = await startCluster({ https: false })
  server = await startWebhookServer(['localhost'])
})
after(async () => {
  await cluster.stop()
  await server.close()
})

function webhook(of: WebhookServer, timeoutSeconds = 5) {
  return {
    apiVersion: `${group}/v1`,
    kind: 'ValidatingWebhookConfiguration',
    metadata: { name: 'pods' },
    webhooks: [
      {
        name: 'pods.example.com',
        clientConfig: { url: `https://localhost:${of.port}/`, caBundle: of.caBundle },
        ...{ sideEffects: 'None', admissionReviewVersions: ['v1'], timeoutSeconds, rules: [rule] },
      },
    ],
  }
}

const pods = (of: TestCluster) => of.client.core.v1.pods('default')
const pod = (name: string) => ({ metadata: { name }, spec: { containers: [{ name: 'c', image: 'i' }] } })
const job = { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } }

test('a validating admission policy judges what is written', async () => {
  using branch = cluster.fork()
  const validations = [{ expression: "object.metadata.name.startsWith('good')", message: 'only good pods' }]
  await branch.apply([
    {
      apiVersion: `${group}/v1`,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'good' },
      spec: { matchConstraints: { resourceRules: [rule] }, validations },
    },
    {
      apiVersion: `${group}/v1`,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'good' },
      spec: { policyName: 'good', validationActions: ['Deny'] },
    },
  ])
  await branch.settled()
  await check.toBeDeniedWith(pods(branch).create(pod('bad')), 422, 'only good pods')
  await pods(branch).create(pod('good'))
})

test('webhooks are asked, and settled waits for their answer in real time', async () => {
  using branch = cluster.fork()
  await branch.apply(webhook(server))
  server.behave((review, { send }) => {
    if (review.request.name === 'refused')
      return send({ allowed: false, status: { code: 403, message: 'not this one' } })
    void turns(200).then(() => send({ allowed: true }))
  })
  await branch.settled()
  await check.toBeDeniedWith(pods(branch).create(pod('refused')), 403, 'not this one')
  await branch.client.batch.v1.jobs('default').create({ metadata: { name: 'once' }, ...job })
  await branch.settled()
  assert.equal((await branch.client.batch.v1.jobs('default').get('once')).status?.succeeded, 1)
})

test('settled names a webhook that does not answer', async () => {
  using branch = cluster.fork()
  await branch.apply(webhook(server, 30))
  const { promise: asked, resolve } = Promise.withResolvers<void>()
  let answer = (): void => undefined
  server.behave((_review, { send }) => {
    answer = () => send({ allowed: true })
    resolve()
  })
  await branch.settled()
  const created = pods(branch).create(pod('waits'))
  await asked
  await assert.rejects(branch.settled({ timeout: '200ms' }), /kube-apiserver: POST https:\/\/localhost:\d+\//)
  answer()
  await created
})

/** Long enough that who took the request for one that waits for the cluster's time would have gone on. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise<void>(endOfTurn)
}
