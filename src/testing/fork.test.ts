import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster } from './cluster.ts'
import type { TestCluster } from './test-cluster.ts'

const configMap = (name: string, text: string) => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  data: { text },
})

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ nodes: 2, https: false })
})
after(() => cluster.stop())

const textOf = async (of: TestCluster, name: string): Promise<string | undefined> =>
  (await of.client.core.v1.configMaps('default').get(name)).data?.text

test('fork goes its own way, with controllers and nodes of its own', async () => {
  await cluster.apply(configMap('shared', 'before'))
  await cluster.settled()
  using branch = cluster.fork()
  await branch.apply(configMap('shared', 'branch'))
  await branch.client.batch.v1.jobs('default').create({
    metadata: { name: 'once' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
  })
  await branch.settled()
  assert.equal((await branch.client.batch.v1.jobs('default').get('once')).status?.succeeded, 1)
  await branch.clock.advance('1h')
  const nodes = (await branch.client.core.v1.nodes().list()).items
  assert.deepEqual(
    nodes.map(({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status),
    ['True', 'True'],
  )
  assert.deepEqual([await textOf(branch, 'shared'), await textOf(cluster, 'shared')], ['branch', 'before'])
  await assert.rejects(cluster.client.batch.v1.jobs('default').get('once'), { code: 404 })
  assert.equal(branch.clock.nowMs() - cluster.clock.nowMs(), 3_600_000)
})

test('a fork of a fork works, and rules of the origin hold in it', async () => {
  const remove = cluster.nodes.rule({ match: { name: 'talks' }, logs: 'hello' })
  using branch = cluster.fork()
  using twig = branch.fork()
  remove()
  await twig.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'talks' },
    spec: { containers: [{ name: 'c', image: 'i' }] },
  })
  await twig.settled()
  assert.equal((await twig.client.core.v1.pods('default').get('talks')).status?.phase, 'Running')
})

test('at shows what was there at a revision, and nothing happens in it by itself', async () => {
  await cluster.apply(configMap('aged', 'old'))
  const revision = await cluster.revision()
  await cluster.apply(configMap('aged', 'new'))
  using past = cluster.at(revision)
  assert.equal(await textOf(past, 'aged'), 'old')
  assert.equal(await textOf(cluster, 'aged'), 'new')
  assert.throws(() => cluster.at(revision + 1_000_000), { name: 'FutureRevisionError' })
  for (const wrong of [Number.NaN, 1.5, -1]) assert.throws(() => cluster.at(wrong), RangeError, String(wrong))
})

test('reset brings back the start, for clients that had the cluster before too', async () => {
  await using own = await startCluster()
  const { server } = own
  await own.apply(configMap('mine', 'x'))
  await own.settled()
  await own.reset()
  await assert.rejects(own.client.core.v1.configMaps('default').get('mine'), { code: 404 })
  assert.equal(own.server, server)
  await own.client.batch.v1.jobs('default').create({
    metadata: { name: 'once' },
    spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
  })
  await own.settled()
  assert.equal((await own.client.batch.v1.jobs('default').get('once')).status?.succeeded, 1)
})

test('a fork whose faults stand before it has begun lets their time pass and settles', {
  timeout: 20_000,
}, async () => {
  for (const fault of [
    { match: { component: 'kube-*' }, delay: '2s' },
    { match: { component: 'kube-*', verb: 'list' }, refuse: 503, times: 3 },
    { match: { component: 'simulated-nodes' }, refuse: 'no answer', times: 2 },
  ] as const) {
    using branch = cluster.fork()
    branch.faults.add(fault)
    await branch.client.batch.v1.jobs('default').create({
      metadata: { name: 'once' },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } },
    })
    await branch.settled()
    await branch.clock.advance('1m')
    assert.equal((await branch.client.batch.v1.jobs('default').get('once')).status?.succeeded, 1)
  }
})

test('settled names who cannot begin when a fault never ends', { timeout: 20_000 }, async () => {
  using branch = cluster.fork()
  branch.faults.add({ match: { component: 'kube-controller-manager', verb: 'list' }, refuse: 503 })
  await assert.rejects(branch.settled({ timeout: '500ms' }), /yet to begin/)
  branch.faults.clear()
  await branch.clock.advance('1m')
})
