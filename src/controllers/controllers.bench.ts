/**
 * What controllers cost at scale, on the API server in memory with simulated nodes: many Deployments scaled, pods
 * collected after their owner, a namespace of pods deleted, and what a large cluster occupies.
 * `node --expose-gc src/controllers/controllers.bench.ts [part] [scale]`, parts: scale, collect, cluster; scale shrinks or
 * grows the counts (default 1). CPU is this process's, server, scheduler and nodes included.
 */
import { createHash } from 'node:crypto'
import { startCluster } from '../testing/cluster.ts'
import type { TestCluster } from '../testing/test-cluster.ts'

type Figures = Record<string, number | string>

const rounded = (value: number): number => Math.round(value * 100) / 100
const containers = [{ name: 'c', image: 'web:1' }]

export const parts: Record<string, (scale: number) => Promise<Figures>> = {
  /** 1,000 Deployments of one replica are scaled to three. */
  async scale(scale) {
    const deployments = Math.ceil(1_000 * scale)
    const { cluster, reconciles } = await started(Math.ceil(100 * scale))
    await using _ = cluster
    const api = cluster.client.apps.v1.deployments('default')
    for (let index = 0; index < deployments; index++) await api.create(deployment(`web-${index}`, 1))
    await cluster.settled()
    reconciles.clear()
    const measured = await measure(cluster, async () => {
      const patch = { spec: { replicas: 3 } }
      for (let index = 0; index < deployments; index++) await api.patch(`web-${index}`, { type: 'merge', patch })
      await cluster.settled()
    })
    const { items } = await cluster.client.apps.v1.deployments('default').list()
    const ready = items.map(({ status }) => status?.readyReplicas)
    return { deployments, ...measured.per(deployments), ...counted(reconciles, deployments), hash: hashOf(ready) }
  },

  /** 5,000 pods go after the object that owns them. */
  async collect(scale) {
    const pods = Math.ceil(5_000 * scale)
    const { cluster, reconciles } = await started(Math.ceil(100 * scale))
    await using _ = cluster
    const owner = await cluster.client.core.v1.configMaps('default').create({ metadata: { name: 'owner' } })
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: owner.metadata.uid ?? '' }]
    await createPods(cluster, { namespace: 'default', pods, nodes: Math.ceil(100 * scale), ownerReferences })
    reconciles.clear()
    const measured = await measure(cluster, async () => {
      await cluster.client.core.v1.configMaps('default').delete('owner')
      await cluster.settled()
    })
    const left = (await cluster.client.core.v1.pods('default').list()).items.length
    return { pods, left, ...measured.per(pods), ...counted(reconciles, pods) }
  },

  /** What 1,000 nodes and 50,000 pods occupy, and how long their namespace takes to go. */
  async cluster(scale) {
    const [nodes, pods] = [Math.ceil(1_000 * scale), Math.ceil(50_000 * scale)]
    const { cluster, reconciles } = await started(0)
    await using _ = cluster
    await cluster.client.core.v1.namespaces().create({ metadata: { name: 'big' } })
    await cluster.settled()
    const before = occupied()
    await cluster.nodes.add(nodes)
    await createPods(cluster, { namespace: 'big', pods, nodes, ownerReferences: [] })
    const after = occupied()
    reconciles.clear()
    const measured = await measure(cluster, async () => {
      await cluster.client.core.v1.namespaces().delete('big')
      await cluster.settled()
    })
    const left = (await cluster.client.core.v1.namespaces().list()).items.some(
      ({ metadata }) => metadata.name === 'big',
    )
    return {
      nodes,
      pods,
      heapMegabytes: rounded((after.heap - before.heap) / 2 ** 20),
      bytesMegabytes: rounded((after.bytes - before.bytes) / 2 ** 20),
      residentMegabytes: rounded((after.resident - before.resident) / 2 ** 20),
      kilobytesPerPod: rounded((after.heap + after.bytes - before.heap - before.bytes) / 1024 / pods),
      namespaceLeft: String(left),
      ...measured.per(pods),
      ...counted(reconciles, pods),
    }
  },
}

async function started(nodes: number): Promise<{ cluster: TestCluster; reconciles: Map<string, number> }> {
  const reconciles = new Map<string, number>()
  const cluster = await startCluster({
    nodes,
    https: false,
    podEvents: false,
    settleTimeout: '30m',
    onReconcile: (name) => reconciles.set(name, (reconciles.get(name) ?? 0) + 1),
  })
  await cluster.settled()
  return { cluster, reconciles }
}

async function createPods(
  cluster: TestCluster,
  wanted: { namespace: string; pods: number; nodes: number; ownerReferences: object[] },
): Promise<void> {
  const { namespace, pods, nodes } = wanted
  const ownerReferences = wanted.ownerReferences as []
  const api = cluster.client.core.v1.pods(namespace)
  for (let index = 0; index < pods; index++) {
    const metadata = { name: `pod-${index}`, labels: { app: `app-${index % 100}` }, ownerReferences }
    await api.create({ metadata, spec: { containers, nodeName: `node-${(index % nodes) + 1}` } })
    if (index % 5_000 === 4_999) await cluster.settled()
  }
  await cluster.settled()
}

/** Wall clock, CPU and writes of some work. */
async function measure(cluster: TestCluster, work: () => Promise<void>) {
  const startMs = performance.now()
  const cpu = process.cpuUsage()
  const revision = await cluster.revision()
  await work()
  const { user, system } = process.cpuUsage(cpu)
  const [tookMs, writes] = [performance.now() - startMs, (await cluster.revision()) - revision]
  return {
    per: (changes: number): Figures => ({
      tookMs: Math.round(tookMs),
      perSecond: Math.round((changes / tookMs) * 1_000),
      cpuMsPerChange: rounded((user + system) / 1_000 / changes),
      writesPerChange: rounded(writes / changes),
    }),
  }
}

/** Reconciles per change, and who makes most of them. */
function counted(reconciles: ReadonlyMap<string, number>, changes: number): Figures {
  const all = [...reconciles].sort(([, one], [, other]) => other - one)
  const total = all.reduce((sum, [, count]) => sum + count, 0)
  const most = all.slice(0, 4).map(([name, count]) => `${name} ${rounded(count / changes)}`)
  return { reconcilesPerChange: rounded(total / changes), most: most.join(', ') }
}

function occupied(): { heap: number; bytes: number; resident: number } {
  globalThis.gc?.()
  const { heapUsed, arrayBuffers, rss } = process.memoryUsage()
  return { heap: heapUsed, bytes: arrayBuffers, resident: rss }
}

function deployment(name: string, replicas: number) {
  const labels = { app: name }
  return {
    metadata: { name },
    spec: { replicas, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } } },
  }
}

function hashOf(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
}

if (import.meta.main) {
  const [wanted, scale = '1'] = process.argv.slice(2)
  for (const name of wanted === undefined ? Object.keys(parts) : [wanted]) {
    const part = parts[name]
    if (!part) throw new Error(`there is no part ${JSON.stringify(name)}; there are: ${Object.keys(parts).join(', ')}`)
    process.stdout.write(`${name} ${JSON.stringify(await part(Number(scale)))}\n`)
  }
}
