/** Admission webhooks: one that completes what is written, one that refuses, and one that fails. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { check, serveWebhook, withCluster } from 'k8ts/testing'

const rules = [{ apiGroups: [''], apiVersions: ['v1'], operations: ['CREATE'], resources: ['pods'] }]
const common = { sideEffects: 'None', admissionReviewVersions: ['v1'], rules }

function configuration(kind: 'Mutating' | 'Validating', clientConfig: object, more: object = {}) {
  return {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: `${kind}WebhookConfiguration`,
    metadata: { name: kind.toLowerCase() },
    webhooks: [{ name: `${kind.toLowerCase()}.example.com`, clientConfig, ...common, ...more }],
  }
}

const pod = (image: string) => ({ metadata: { name: 'web' }, spec: { containers: [{ name: 'web', image }] } })

test(
  'one webhook labels pods, another one refuses images from elsewhere',
  withCluster(async (cluster) => {
    await using labelling = await serveWebhook(({ userInfo }) => ({
      allowed: true,
      patch: [{ op: 'add', path: '/metadata/labels', value: { 'made-by': userInfo.username } }],
    }))
    await using judging = await serveWebhook(({ object }) => {
      const { containers } = (object as ReturnType<typeof pod>).spec
      const foreign = containers.find(({ image }) => !image.startsWith('registry.example/'))
      return foreign
        ? { allowed: false, status: { code: 403, message: `${foreign.image} comes from elsewhere` } }
        : { allowed: true }
    })
    await cluster.apply([
      configuration('Mutating', labelling.clientConfig),
      configuration('Validating', judging.clientConfig),
    ])
    await cluster.settled()

    const pods = cluster.client.core.v1.pods('default')
    await check.toBeDeniedWith(pods.create(pod('other/web')), 403, 'other/web comes from elsewhere')
    const { metadata } = await pods.create(pod('registry.example/web'))
    assert.match(metadata.labels?.['made-by'] ?? '', /./)
    assert.equal(judging.asked.length, 2)
  }),
)

test(
  'the failure policy says what becomes of a request when its webhook fails',
  withCluster(async (cluster) => {
    await using failing = await serveWebhook(() => {
      throw new Error('out of order')
    })
    const pods = cluster.client.core.v1.pods('default')
    await cluster.apply(configuration('Validating', failing.clientConfig, { failurePolicy: 'Fail' }))
    await cluster.settled()
    await check.toBeDeniedWith(pods.create(pod('web')), 500, 'failed calling webhook')

    await cluster.apply(configuration('Validating', failing.clientConfig, { failurePolicy: 'Ignore' }))
    await cluster.settled()
    await pods.create(pod('web'))
  }),
)
