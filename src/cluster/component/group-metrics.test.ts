import assert from 'node:assert/strict'
import { test } from 'node:test'
import { httpTransport } from '../../client/http-transport.ts'
import { accessOf, parseKubeconfig } from '../../client/kubeconfig.ts'
import { realNet } from '../../platform/real/net.ts'
import { startCluster } from '../../testing/index.ts'

test('a control plane tells on its own port what its controllers and its scheduler did', async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const { core, apps } = cluster.client
  const spec = { containers: [{ name: 'c', image: 'web:1' }] }
  const pods = core.v1.pods('default')
  const labels = { app: 'web' }
  await apps.v1.replicaSets('default').create({
    metadata: { name: 'set' },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  })
  await pods.create({
    metadata: { name: 'gated' },
    spec: { ...spec, schedulingGates: [{ name: 'example.com/later' }] },
  })
  await pods.create({ metadata: { name: 'elsewhere' }, spec: { ...spec, nodeSelector: { disk: 'none' } } })
  await cluster.settled()
  const lines = new Set((await metricsOf(cluster.kubeconfig)).split('\n'))
  for (const line of [
    'running_managed_controllers{manager="kube-controller-manager",name="replicaset-controller"} 1',
    'workqueue_depth{name="replicaset"} 0',
    'scheduler_pending_pods{queue="active"} 0',
    'scheduler_pending_pods{queue="gated"} 1',
    'scheduler_pending_pods{queue="unschedulable"} 1',
    'scheduler_unschedulable_pods{plugin="NodeAffinity",profile="default-scheduler"} 1',
    'scheduler_cache_size{type="nodes"} 1',
    'scheduler_cache_size{type="pods"} 2',
    'scheduler_cache_size{type="assumed_pods"} 0',
    'scheduler_schedule_attempts_total{result="scheduled",profile="default-scheduler"} 2',
    'scheduler_schedule_attempts_total{result="unschedulable",profile="default-scheduler"} 1',
    'scheduler_pod_scheduling_attempts_bucket{le="1"} 2',
    'scheduler_pod_scheduling_sli_duration_seconds_count{attempts="1"} 2',
    'scheduler_preemption_attempts_total 1',
  ])
    assert.ok(lines.has(line), line)
  const families = [...lines].filter((line) => line.startsWith('# TYPE '))
  assert.equal(new Set(families).size, families.length)
})

async function metricsOf(kubeconfig: string): Promise<string> {
  const { server, tls } = await accessOf(await parseKubeconfig(kubeconfig), async () => '')
  const transport = httpTransport({ net: realNet(), server, tls })
  const { body } = await transport.send({ method: 'GET', path: '/metrics', headers: {} })
  await transport.close()
  const chunks: Uint8Array[] = body instanceof Uint8Array ? [body] : await Array.fromAsync(body)
  return Buffer.concat(chunks).toString('utf8')
}
