import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../api/resources.ts'
import { createClient } from '../../client/client-impl.ts'
import { httpTransport } from '../../client/http-transport.ts'
import { accessOf, parseKubeconfig } from '../../client/kubeconfig.ts'
import { realNet } from '../../platform/real/net.ts'
import { startCluster } from '../cluster.ts'

const deployment = (name: string, replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name },
  spec: {
    replicas,
    selector: { matchLabels: { app: name } },
    template: { metadata: { labels: { app: name } }, spec: { containers: [{ name: 'c', image: 'web:1' }] } },
  },
})

test('a controller tries again when its writes are refused, and settled waits for that', async () => {
  await using cluster = await startCluster({ https: false })
  for (const refuse of [409, 429, 500, 'no answer'] as const) {
    cluster.faults.add({ match: { component: 'kube-controller-manager', verb: 'create' }, refuse, times: 2 })
  }
  await cluster.apply(deployment('web', 2))
  await cluster.settled()
  assert.equal((await cluster.client.apps.v1.deployments('default').get('web')).status?.readyReplicas, 2)
  const struck = cluster.timeline.entries.filter(({ component }) => component === 'fault').length
  assert.ok(struck >= 4, `${struck} faults struck`)
})

test('every refusal comes with its code and reason, and is noted', async () => {
  await using cluster = await startCluster({ https: false })
  const refusals = [
    [409, 'Conflict'],
    [410, 'Expired'],
    [429, 'TooManyRequests'],
    [500, 'InternalError'],
    [503, 'ServiceUnavailable'],
    [504, 'Timeout'],
  ] as const
  const client = cluster.as('ann', 'system:masters')
  for (const [refuse, reason] of refusals) {
    const end = cluster.faults.add({ name: `refuse ${refuse}`, match: { component: 'ann', verb: 'list' }, refuse })
    await assert.rejects(client.core.v1.nodes().list(), { code: refuse, reason })
    end()
  }
  const slow = cluster.faults.add({ match: { component: 'ann' }, delay: { min: '1s', max: '3s' } })
  const answered = client.core.v1.nodes().list()
  await cluster.clock.advance('3s')
  assert.equal((await answered).items.length, 1)
  slow()
  const notes = cluster.timeline.entries.filter(({ component }) => component === 'fault').map(({ text }) => text)
  assert.ok(notes.includes('refuse 410: ann: GET /api/v1/nodes'), notes.join('\n'))
})

test('an answer that is lost does not make a controller create twice', async () => {
  await using cluster = await startCluster({ https: false })
  cluster.faults.add({
    match: { component: 'kube-controller-manager', verb: 'create', resource: 'replicasets' },
    loseAnswer: true,
    times: 1,
  })
  await cluster.apply(deployment('web', 1))
  await cluster.settled()
  assert.equal((await cluster.client.apps.v1.replicaSets('default').list()).items.length, 1)
  assert.equal((await cluster.client.core.v1.pods('default').list()).items.length, 1)
})

test('dropped watches are resumed, late ones take their time', async () => {
  await using cluster = await startCluster({ https: false })
  cluster.faults.add({ match: { verb: 'watch' }, dropWatchAfter: 1 })
  await cluster.reset()
  await cluster.apply(deployment('web', 3))
  await cluster.settled()
  await cluster.clock.advance('10s')
  assert.equal((await cluster.client.apps.v1.deployments('default').get('web')).status?.readyReplicas, 3)
  cluster.faults.clear()
  cluster.faults.add({ match: { component: 'kube-scheduler', resource: 'pods/binding' }, delay: '5s' })
  await cluster.apply(deployment('slow', 1))
  await cluster.settled()
  const ready = async () => (await cluster.client.apps.v1.deployments('default').get('slow')).status?.readyReplicas ?? 0
  assert.equal(await ready(), 0)
  await cluster.clock.advance('5s')
  await cluster.settled()
  assert.equal(await ready(), 1)
})

test('late events come after their own delay, however many came before them', async () => {
  await using cluster = await startCluster({ https: false })
  const seen: string[] = []
  cluster.faults.add({ match: { component: 'follower', verb: 'watch' }, delayEvents: '10s' })
  const informer = cluster.as('follower', 'system:masters').core.v1.configMaps('default').informer()
  await cluster.settled()
  informer.onChange(({ object }) => seen.push(object.metadata.name ?? ''))
  const api = cluster.client.core.v1.configMaps('default')
  for (let index = 0; index < 20; index++) await api.create({ metadata: { name: `n-${index}` } })
  await cluster.clock.advance('9s')
  await api.create({ metadata: { name: 'last' } })
  await cluster.clock.advance('1s')
  assert.deepEqual(
    seen.filter((name) => name.startsWith('n-')),
    Array.from({ length: 20 }, (_, index) => `n-${index}`),
  )
  assert.ok(!seen.includes('last'))
  await cluster.clock.advance('9s')
  assert.equal(seen.at(-1), 'last')
})

test('a full disk refuses writes until it has room again', async () => {
  await using cluster = await startCluster({ https: false })
  const end = cluster.faults.add({ disk: 'full' })
  await assert.rejects(cluster.apply(deployment('web', 1)), { code: 500 })
  end()
  await cluster.apply(deployment('web', 1))
  await cluster.settled()
  assert.equal((await cluster.client.apps.v1.deployments('default').get('web')).status?.readyReplicas, 1)
})

test('faults of nodes reach the renewals of their leases, which go by no request', async () => {
  await using cluster = await startCluster({ nodes: 2, https: false })
  const ready = async () => {
    const { items } = await cluster.client.core.v1.nodes().list()
    return items.map(({ status }) => status?.conditions?.find(({ type }) => type === 'Ready')?.status)
  }
  const match = { component: 'simulated-nodes', resource: 'leases', name: 'node-1' }
  const end = cluster.faults.add({ match, refuse: 'no answer' })
  await cluster.clock.advance('2m')
  assert.deepEqual(await ready(), ['Unknown', 'True'])
  end()
  await cluster.clock.advance('1m')
  assert.deepEqual(await ready(), ['True', 'True'])
})

test('a node that is cut off counts as lost, and says what happened when it is back', async () => {
  await using cluster = await startCluster({ https: false })
  cluster.nodes.rule({ match: { name: 'ends' }, exitAfter: '30s' })
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'ends' },
    spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] },
  })
  await cluster.settled()
  await cluster.nodes.partition('node-1')
  await cluster.clock.advance('60s')
  const phase = async () => (await cluster.client.core.v1.pods('default').get('ends')).status?.phase
  assert.equal(await phase(), 'Running')
  await cluster.nodes.revive('node-1')
  await cluster.settled()
  assert.equal(await phase(), 'Succeeded')
})

test('clients over HTTPS are struck too', async () => {
  await using cluster = await startCluster()
  const { server, tls } = await accessOf(await parseKubeconfig(cluster.kubeconfig), async () => '')
  const transport = httpTransport({ net: realNet(), server, tls })
  const client = createClient(transport, { userAgent: 'outside/1' })
  cluster.faults.add({ match: { component: 'outside', verb: 'list' }, refuse: 429, times: 1 })
  cluster.faults.add({ match: { component: 'outside', verb: 'create' }, refuse: 'no answer', times: 1 })
  await assert.rejects(client.of(coreV1.nodes).list(), { code: 429 })
  const create = () => client.of(coreV1.configMaps, 'default').create({ metadata: { name: 'once' } })
  await assert.rejects(create(), { name: 'TransportError' })
  await create()
  assert.equal((await client.of(coreV1.nodes).get('node-1')).metadata.name, 'node-1')
  await transport.close()
})

async function run(seed: string): Promise<string> {
  await using cluster = await startCluster({ https: false, nodes: 2, seed, startTime: '2026-01-01T00:00:00Z' })
  cluster.faults.chaos({ share: 0.1 })
  await cluster.apply(deployment('web', 3))
  await cluster.settled()
  await cluster.kill('node-2')
  await cluster.clock.advance('7m')
  cluster.faults.clear()
  await cluster.clock.advance('5m')
  await cluster.settled()
  const { status } = await cluster.client.apps.v1.deployments('default').get('web')
  assert.equal(status?.readyReplicas, 3, `seed ${seed} does not converge when faults stop`)
  return cluster.timeline.text()
}

/** `K8TS_SEEDS=100` tries that many. */
const seeds = Number(process.env.K8TS_SEEDS ?? 3)

test('a seed repeats a run with its faults exactly', async () => {
  for (let seed = 1; seed <= seeds; seed++) {
    const [first, second] = [await run(String(seed)), await run(String(seed))]
    assert.equal(second, first, `seed ${seed}`)
  }
  assert.notEqual(await run('1'), await run('2'))
})
