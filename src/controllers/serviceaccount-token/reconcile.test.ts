import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authenticationV1, coreV1 } from '../../api/resources.ts'
import { startCluster } from '../../testing/cluster.ts'
import type { TestCluster } from '../../testing/test-cluster.ts'

const namespace = 'default'
const tracking = 'kube-apiserver-legacy-service-account-token-tracking'
const tokenSecret = (name: string, account: string) => ({
  metadata: { name, annotations: { 'kubernetes.io/service-account.name': account } },
  type: 'kubernetes.io/service-account-token',
})

function start(): Promise<TestCluster> {
  return startCluster({ https: false, freeze: true, nodes: 0, startTime: '2026-01-01T12:00:00Z' })
}

const decode = (text = '') => Buffer.from(text, 'base64').toString('utf8')

test('a Secret gets a token that is good until the Secret or its account goes', async () => {
  await using cluster = await start()
  const secrets = cluster.api.of(coreV1.secrets, namespace)
  const accounts = cluster.api.of(coreV1.serviceAccounts, namespace)
  const account = await accounts.create({ metadata: { name: 'robot' } })
  await secrets.create(tokenSecret('key', 'robot'))
  await cluster.settled()
  const { data = {}, metadata } = await secrets.get('key')
  assert.deepEqual(
    [decode(data.namespace), metadata.annotations?.['kubernetes.io/service-account.uid']],
    [namespace, account.metadata.uid],
  )
  assert.match(decode(data['ca.crt']), /BEGIN CERTIFICATE/)
  const review = async () => {
    const reviews = cluster.api.of(authenticationV1.tokenReviews)
    return (await reviews.create({ metadata: {}, spec: { token: decode(data.token) } })).status
  }
  const good = await review()
  assert.equal(good?.user?.username, 'system:serviceaccount:default:robot')
  const after = await secrets.get('key')
  assert.equal(after.metadata.labels?.['kubernetes.io/legacy-token-last-used'], '2026-01-01')
  await review()
  assert.equal((await secrets.get('key')).metadata.resourceVersion, after.metadata.resourceVersion)
  const labels = { 'kubernetes.io/legacy-token-invalid-since': '2026-01-01' }
  await secrets.patch('key', { type: 'merge', patch: { metadata: { labels } } })
  assert.match((await review())?.error ?? '', /has been marked invalid/)
  await accounts.delete('robot')
  await cluster.settled()
  await assert.rejects(secrets.get('key'), { reason: 'NotFound' })
  assert.equal((await review())?.error, 'Token has been invalidated')
})

test('tokens that were made by themselves are marked after a year and go after another', async () => {
  await using cluster = await start()
  const secrets = cluster.api.of(coreV1.secrets, namespace)
  const accounts = cluster.api.of(coreV1.serviceAccounts, namespace)
  const since = (await cluster.api.of(coreV1.configMaps, 'kube-system').get(tracking)).data?.since
  assert.equal(since, '2026-01-01')
  await accounts.create({ metadata: { name: 'robot' }, secrets: [{ name: 'own' }] })
  await secrets.create(tokenSecret('own', 'robot'))
  await secrets.create(tokenSecret('by-hand', 'robot'))
  await cluster.settled()
  const marks = async () => {
    await cluster.settled()
    const { items } = await secrets.list()
    return items.map(({ metadata }) => [metadata.name, metadata.labels?.['kubernetes.io/legacy-token-invalid-since']])
  }
  await cluster.clock.advance('364d')
  assert.deepEqual(await marks(), [
    ['by-hand', undefined],
    ['own', undefined],
  ])
  await cluster.clock.advance('3d')
  const marked = await marks()
  assert.match(marked[1]?.[1] ?? '', /^2027-01-0\d$/)
  await cluster.clock.advance('367d')
  assert.deepEqual(await marks(), [['by-hand', undefined]])
})
