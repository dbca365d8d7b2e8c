/** Workloads sized by what their pods use, over minutes of a held clock: metrics.k8s.io from simulated nodes' rules. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { metricsV1beta1 } from '../../src/api/resources.ts'
import type { HorizontalPodAutoscalerBehavior, MetricSpec } from '../../src/api/types/autoscaling/v2.ts'
import { startCluster } from '../../src/testing/cluster.ts'

const cpuAtHalf: MetricSpec = {
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 50 } },
}

async function startWeb({
  metrics = [cpuAtHalf],
  behavior,
  replicas = 2,
}: {
  metrics?: MetricSpec[]
  behavior?: HorizontalPodAutoscalerBehavior
  replicas?: number
} = {}) {
  const load = { total: 100, memory: '20Mi' }
  const cluster = await startCluster({
    https: false,
    freeze: true,
    startTime: '2026-01-01T00:00:00Z',
    nodes: 3,
    rules: () => ({ usage: ({ metadata }) => usageOf(metadata.labels) }),
  })
  let running = replicas
  const usageOf = (labels: Record<string, string> | undefined) =>
    labels?.app === 'web' ? { cpu: `${Math.round(load.total / running)}m`, memory: load.memory } : {}
  const { apps, autoscaling } = cluster.client
  const template = {
    metadata: { labels: { app: 'web' } },
    spec: {
      containers: [
        { name: 'c', image: 'web:1', resources: { requests: { cpu: '100m', memory: '20Mi' } } },
        { name: 'side', image: 'side:1', resources: { requests: { cpu: '100m', memory: '20Mi' } } },
      ],
    },
  }
  const selector = { matchLabels: { app: 'web' } }
  await apps.v1.deployments('default').create({ metadata: { name: 'web' }, spec: { replicas, selector, template } })
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' }
  await autoscaling.v2.horizontalPodAutoscalers('default').create({
    metadata: { name: 'web' },
    spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 10, metrics, ...(behavior ? { behavior } : {}) },
  })
  return {
    cluster,
    load,
    async after(seconds: number) {
      for (let passed = 0; passed < seconds; passed += 15) {
        await cluster.clock.advance(15_000, { exact: true })
        await cluster.settled()
        running = (await apps.v1.deployments('default').get('web')).status?.readyReplicas ?? 1
      }
      return running
    },
    async condition(type: string) {
      const { status } = await autoscaling.v2.horizontalPodAutoscalers('default').get('web')
      return status?.conditions?.find((one) => one.type === type)
    },
    [Symbol.asyncDispose]: () => cluster.stop(),
  }
}

test('an autoscaler follows the load up at once and down after five minutes', async () => {
  await using web = await startWeb()
  // Both containers of each pod use this much, and each requests 100m.
  web.load.total = 100
  assert.equal(await web.after(360), 2)
  assert.equal((await web.condition('ScalingActive'))?.reason, 'ValidMetricFound')
  web.load.total = 300
  assert.equal(await web.after(120), 6)
  web.load.total = 50
  assert.equal(await web.after(240), 6)
  assert.equal((await web.condition('AbleToScale'))?.reason, 'ScaleDownStabilized')
  assert.equal(await web.after(120), 1)
})

test('an autoscaler keeps to the policies of its behaviour', async () => {
  const policies = [{ type: 'Pods', value: 1, periodSeconds: 60 }]
  await using web = await startWeb({
    behavior: { scaleUp: { policies }, scaleDown: { policies, stabilizationWindowSeconds: 0 } },
  })
  await web.after(360)
  web.load.total = 1000
  const before = await web.after(0)
  const inOne = await web.after(45)
  const inThree = await web.after(120)
  assert.ok(inOne <= before + 1 && inThree >= before + 2 && inThree <= before + 3, `${before} ${inOne} ${inThree}`)
  assert.equal((await web.condition('ScalingLimited'))?.reason, 'ScaleUpLimit')
})

test('an autoscaler takes the larger of two metrics, of one container too', async () => {
  const side: MetricSpec = {
    type: 'ContainerResource',
    containerResource: { name: 'memory', container: 'side', target: { type: 'AverageValue', averageValue: '10Mi' } },
  }
  await using web = await startWeb({ metrics: [cpuAtHalf, side] })
  // What each uses stays twice the target, so there are never enough.
  assert.equal(await web.after(90), 10)
  const { status } = await web.cluster.client.autoscaling.v2.horizontalPodAutoscalers('default').get('web')
  assert.deepEqual(
    status?.currentMetrics?.map(({ type }) => type),
    ['Resource', 'ContainerResource'],
  )
  assert.match(status?.currentMetrics?.[1]?.containerResource?.current.averageValue ?? '', /^\d+Mi$/)
})

test('a settled autoscaler writes nothing', async () => {
  await using web = await startWeb()
  await web.after(360)
  const { cluster } = web
  const before = (await cluster.client.autoscaling.v2.horizontalPodAutoscalers('default').get('web')).metadata
  await web.after(300)
  const after = (await cluster.client.autoscaling.v2.horizontalPodAutoscalers('default').get('web')).metadata
  assert.equal(after.resourceVersion, before.resourceVersion)
})

test('metrics.k8s.io answers for nodes and pods, with selectors, and says what is not there', async () => {
  await using web = await startWeb()
  await web.after(60)
  const nodes = await web.cluster.api.of(metricsV1beta1.nodes).list()
  assert.deepEqual(
    nodes.items.map(({ metadata }) => metadata.name),
    ['node-1', 'node-2', 'node-3'],
  )
  const pods = web.cluster.api.of(metricsV1beta1.pods, 'default')
  const { items } = await pods.list({ labelSelector: 'app=web' })
  assert.equal(items.length, 2)
  assert.deepEqual(items[0]?.containers, [
    { name: 'c', usage: { cpu: '50m', memory: '20Mi' } },
    { name: 'side', usage: { cpu: '50m', memory: '20Mi' } },
  ])
  assert.deepEqual((await pods.list({ labelSelector: 'app=other' })).items, [])
  const one = await pods.get(items[0]?.metadata.name ?? '')
  assert.equal(one.window, '15s')
  await assert.rejects(pods.get('nobody'), { message: 'pods.metrics.k8s.io "default/nobody" not found' })
  const cut = 'node-3'
  await web.cluster.nodes.partition(cut)
  await web.after(75)
  const left = await web.cluster.api.of(metricsV1beta1.nodes).list()
  assert.deepEqual(
    left.items.map(({ metadata }) => metadata.name),
    ['node-1', 'node-2'],
  )
})

test('an autoscaler keeps to a tolerance of its own, whatever way the server writes it', async () => {
  await using web = await startWeb({ behavior: { scaleUp: { tolerance: '0.5' }, scaleDown: { tolerance: '0.5' } } })
  await web.after(360)
  web.load.total = 130
  assert.equal(await web.after(60), 2)
  web.load.total = 300
  assert.equal(await web.after(120), 6)
})
