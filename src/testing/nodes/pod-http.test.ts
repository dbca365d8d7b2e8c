import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startCluster } from '../cluster.ts'
import type { TestCluster } from '../test-cluster.ts'

let cluster: TestCluster
before(async () => {
  cluster = await startCluster({ nodes: 2, https: false, startTime: '2030-01-01T00:00:00Z' })
})
after(() => cluster.stop())

async function run(name: string, more: object = {}): Promise<void> {
  const ports = [{ name: 'http', containerPort: 8080 }]
  const spec = { containers: [{ name: 'c', image: 'web:1', ports }] }
  await cluster.client.core.v1.pods('default').create({ metadata: { name, labels: { app: name } }, spec, ...more })
  await cluster.settled()
}

test('pods and Services answer HTTP by their rules, through the proxies', async () => {
  cluster.nodes.rule(`
- match: { labels: { app: web } }
  http:
    - { path: /healthz, body: ok }
    - { path: '/items/*', status: 404, body: none }
`)
  await run('web')
  await cluster.client.core.v1.services('default').create({
    metadata: { name: 'web' },
    spec: { selector: { app: 'web' }, ports: [{ name: 'http', port: 80, targetPort: 'http' } as never] },
  })
  await cluster.settled()
  for (const target of ['pods/web', 'pods/web:8080', 'services/web', 'services/web:http']) {
    assert.equal((await cluster.http(target, '/healthz')).body, 'ok', target)
  }
  const missing = await cluster.http('pods/web', '/items/7')
  assert.deepEqual([missing.status, missing.body], [404, 'none'])
  assert.equal((await cluster.http('pods/web', '/else')).status, 404)
})

test('a rule sees the request, and one that fails is the application’s own error', async () => {
  cluster.nodes.rule({
    match: { name: 'echo' },
    http: ({ method, path, query, port, body, container }) => {
      if (path === '/fails') throw new Error('out of tea')
      return { body: JSON.stringify({ method, path, size: query.get('size'), port, body, container }) }
    },
  })
  await run('echo')
  const { body } = await cluster.http('pods/echo', '/tea%20pot?size=3', { method: 'POST', body: 'milk' })
  assert.deepEqual(JSON.parse(body), {
    method: 'POST',
    path: '/tea pot',
    size: '3',
    port: 8080,
    body: 'milk',
    container: 'c',
  })
  const failed = await cluster.http('pods/echo', '/fails')
  assert.deepEqual([failed.status, failed.body], [500, 'simulated: the rule failed: Error: out of tea\n'])
})

test('where nobody listens connections are refused, and lost nodes don’t answer', async () => {
  await run('deaf')
  await assert.rejects(cluster.http('pods/deaf'), {
    code: 503,
    message: /^error trying to reach service: dial tcp 10\.244\.\d+\.\d+:8080: connect: connection refused$/,
  })
  const node = (await cluster.client.core.v1.pods('default').get('deaf')).spec?.nodeName ?? ''
  await cluster.nodes.partition(node)
  await assert.rejects(cluster.http(`nodes/${node}`, '/stats/summary'), { code: 503, message: /does not answer/ })
  await assert.rejects(cluster.logs('deaf'), { code: 500, message: /error dialing backend/ })
  await cluster.nodes.revive(node)
  await cluster.settled()
  assert.equal(await cluster.logs('deaf'), '')
})

interface Summary {
  node: { cpu: { usageCoreNanoSeconds: number }; memory: { availableBytes: number; workingSetBytes: number } }
  pods: {
    podRef: { name: string }
    cpu: { usageNanoCores: number; usageCoreNanoSeconds: number }
    memory: { workingSetBytes: number }
  }[]
}

test('nodes tell what their pods use, in counters that only grow', async () => {
  let cpu = '250m'
  const remove = cluster.nodes.rule({ match: { name: 'busy' }, usage: () => ({ cpu, memory: '64Mi' }) })
  await run('busy', {})
  const node = (await cluster.client.core.v1.pods('default').get('busy')).spec?.nodeName ?? ''
  const read = async () => {
    const summary = await cluster.api.raw<Summary>('GET', `/api/v1/nodes/${node}/proxy/stats/summary`)
    const pod = summary.pods.find(({ podRef }) => podRef.name === 'busy')
    assert.ok(pod)
    return { pod, node: summary.node }
  }
  await cluster.clock.advance('100s')
  const first = await read()
  assert.deepEqual([first.pod.cpu.usageNanoCores, first.pod.memory.workingSetBytes], [250e6, 64 * 2 ** 20])
  assert.equal(first.pod.cpu.usageCoreNanoSeconds, 25e9)
  cpu = '1'
  await cluster.clock.advance('10s')
  assert.equal((await read()).pod.cpu.usageCoreNanoSeconds, 35e9)
  remove()
  await cluster.clock.advance('10s')
  const last = await read()
  assert.equal(last.pod.cpu.usageCoreNanoSeconds, 35e9 + 1e6 * 10)
  assert.ok(last.node.cpu.usageCoreNanoSeconds > first.node.cpu.usageCoreNanoSeconds)
  assert.equal(last.node.memory.availableBytes, 16 * 2 ** 30 - last.node.memory.workingSetBytes)
  const metrics = (await cluster.http(`nodes/${node}`, '/metrics/resource')).body
  assert.match(metrics, /^container_cpu_usage_seconds_total\{container="c",namespace="default",pod="busy"\} 35\.01$/m)
  assert.match(metrics, /^pod_memory_working_set_bytes\{namespace="default",pod="busy"\} 1048576$/m)
})

test('a node’s counter goes on when a pod is gone', async () => {
  using own = cluster.fork()
  const [node = ''] = own.nodes.names
  const total = async (): Promise<number> =>
    (await own.api.raw<Summary>('GET', `/api/v1/nodes/${node}/proxy/stats/summary`)).node.cpu.usageCoreNanoSeconds
  await own.settled()
  await own.clock.advance('1h')
  const before = await total()
  await own.client.core.v1.pods('default').deleteCollection()
  await own.settled()
  assert.ok((await total()) >= before)
})
