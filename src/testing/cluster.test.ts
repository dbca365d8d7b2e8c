import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { coreV1 } from '../api/resources.ts'
import { createClient } from '../client/client-impl.ts'
import { httpTransport } from '../client/http-transport.ts'
import { accessOf, parseKubeconfig } from '../client/kubeconfig.ts'
import { realNet } from '../platform/real/net.ts'
import { NotSettledError } from './activity/quiet.ts'
import { startCluster } from './cluster.ts'
import type { TestCluster } from './test-cluster.ts'

const deployment = (name: string, replicas = 3) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
  },
})

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ nodes: 3 })
})
after(() => cluster.stop())

async function overHttps(kubeconfig: string) {
  const { server, tls } = await accessOf(await parseKubeconfig(kubeconfig), async () => '')
  const transport = httpTransport({ net: realNet(), server, tls })
  return { client: createClient(transport), close: () => transport.close() }
}

test('settled waits until a Deployment is ready, without time passing', async () => {
  const startMs = cluster.clock.nowMs()
  await cluster.apply(deployment('web'))
  await cluster.settled()
  const { status } = await cluster.client.apps.v1.deployments('default').get('web')
  assert.equal(status?.readyReplicas, 3)
  const pods = (await cluster.client.core.v1.pods('default').list({ labelSelector: 'app=web' })).items
  assert.deepEqual(new Set(pods.map(({ spec }) => spec?.nodeName)), new Set(['node-1', 'node-2', 'node-3']))
  assert.deepEqual(new Set(pods.map(({ status: of }) => of?.podIP)).size, 3)
  assert.equal(cluster.clock.nowMs(), startMs)
})

test('a client over HTTPS with the kubeconfig sees the same cluster', async () => {
  const { client, close } = await overHttps(cluster.kubeconfig)
  const nodes = await client.of(coreV1.nodes).list()
  assert.deepEqual(
    nodes.items.map(({ metadata }) => metadata.name),
    ['node-1', 'node-2', 'node-3'],
  )
  const ending = new AbortController()
  const revision = nodes.metadata.resourceVersion ?? ''
  const changes = client.of(coreV1.nodes).watch({ resourceVersion: revision, signal: ending.signal })
  const first = changes[Symbol.asyncIterator]().next()
  await cluster.client.core.v1
    .nodes()
    .patch('node-2', { type: 'merge', patch: { metadata: { labels: { seen: 'yes' } } } })
  const { value } = await first
  assert.deepEqual([value?.type, value?.object.metadata.name], ['MODIFIED', 'node-2'])
  ending.abort()
  await close()
})

test('a Job succeeds, and its pods say so', async () => {
  await cluster.apply(`
apiVersion: batch/v1
kind: Job
metadata: { name: once }
spec:
  completions: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: c, image: job }]
`)
  await cluster.settled()
  const { status } = await cluster.client.batch.v1.jobs('default').get('once')
  assert.equal(status?.succeeded, 2)
  assert.ok(status?.conditions?.some(({ type, status: value }) => type === 'Complete' && value === 'True'))
})

test('deletion completes, pods and dependents included', async () => {
  await cluster.apply([{ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'gone' } }])
  await cluster.apply(deployment('d', 2), { namespace: 'gone' })
  await cluster.settled()
  await cluster.client.core.v1.namespaces().delete('gone')
  await cluster.settled()
  await cluster.clock.advance('1m')
  await assert.rejects(cluster.client.core.v1.namespaces().get('gone'), { code: 404 })
})

test('a killed node turns NotReady, and its pods move when their toleration has run out', async () => {
  await using own = await startCluster({ nodes: 2, https: false })
  await own.apply(deployment('web', 2))
  await own.settled()
  await own.kill('node-2')
  await own.settled()
  await own.clock.advance('60s')
  const ready = async () =>
    (await own.client.core.v1.nodes().get('node-2')).status?.conditions?.find(({ type }) => type === 'Ready')?.status
  assert.equal(await ready(), 'Unknown')
  await own.clock.advance('6m')
  const pods = (await own.client.core.v1.pods('default').list()).items
  const running = pods.filter(({ metadata }) => !metadata.deletionTimestamp)
  assert.deepEqual(
    running.map(({ spec }) => spec?.nodeName),
    ['node-1', 'node-1'],
  )
  await own.nodes.revive('node-2')
  await own.settled()
  assert.equal(await ready(), 'True')
  assert.equal((await own.client.core.v1.pods('default').list()).items.length, 2)
})

test('a CronJob runs over a year while time is advanced', async () => {
  await using own = await startCluster({ https: false, startTime: '2030-01-01T00:00:00Z' })
  await own.apply({
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'monthly' },
    spec: {
      schedule: '0 6 1 * *',
      timeZone: 'Etc/UTC',
      jobTemplate: {
        spec: { template: { spec: { restartPolicy: 'OnFailure', containers: [{ name: 'c', image: 'i' }] } } },
      },
    },
  })
  const seen = new Set<string>()
  for (let month = 0; month < 12; month++) {
    await own.clock.advance('30d')
    for (const { metadata } of (await own.client.batch.v1.jobs('default').list()).items) seen.add(metadata.name ?? '')
  }
  assert.equal(seen.size, 12)
  const { status } = await own.client.batch.v1.cronJobs('default').get('monthly')
  assert.equal(status?.lastSuccessfulTime, '2030-12-01T06:00:00Z')
  const nodes = (await own.client.core.v1.nodes().list()).items
  assert.equal(nodes[0]?.status?.conditions?.find(({ type }) => type === 'Ready')?.status, 'True')
})

test('client certificates expire by the clock of the cluster', async () => {
  const hourly = cluster.kubeconfigFor({ user: 'ann', groups: ['system:masters'], validFor: '1h' })
  const { client, close } = await overHttps(hourly)
  await client.of(coreV1.nodes).list()
  await cluster.clock.advance('61m')
  await assert.rejects(client.of(coreV1.nodes).list(), { code: 401 })
  await close()
})

test('settled names who is busy when it times out', async () => {
  await using stuck = await startCluster({ https: false, settleTimeout: 300 })
  let stop = false
  const again = (): void => {
    if (!stop)
      void stuck.client.core.v1
        .namespaces()
        .list()
        .then(again, () => undefined)
  }
  again()
  await assert.rejects(stuck.settled(), (error) => {
    assert.ok(error instanceof NotSettledError)
    assert.match(error.message, /test: GET \/api\/v1\/namespaces|still busy/)
    return true
  })
  stop = true
})

test("as lets another user act, with that user's rights", async () => {
  await assert.rejects(cluster.as('ann').core.v1.secrets('default').list(), {
    code: 403,
    message:
      'secrets is forbidden: User "ann" cannot list resource "secrets" in API group "" in the namespace "default"',
  })
})

test('stop leaves nothing open', async () => {
  const before = process.getActiveResourcesInfo().filter((name) => name.startsWith('TCP')).length
  const own = await startCluster()
  const { client, close } = await overHttps(own.kubeconfig)
  await client.of(coreV1.nodes).list()
  await close()
  await own.stop()
  const open = () =>
    process
      .getActiveResourcesInfo()
      .filter((name) => name.startsWith('TCP'))
      .slice(before)
  for (let turn = 0; turn < 1_000 && open().length > 0; turn++) await new Promise((resolve) => setImmediate(resolve))
  assert.deepEqual(open(), [])
})

test('an empty text is no path: it does not apply what lies in the working folder', async () => {
  await assert.rejects(cluster.apply(''), /neither a manifest nor a path/)
})

test('how many nodes is a whole number', async () => {
  for (const wrong of [-1, 1.5, Number.NaN])
    await assert.rejects(cluster.nodes.add(wrong), /whole number/, String(wrong))
})
