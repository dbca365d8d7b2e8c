import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { familiesText } from '../../apiserver/metrics/families.ts'
import type { ControllerParts } from '../../client/controller.ts'
import { allControllers } from '../../controllers/index.ts'
import { startCluster } from '../../testing/index.ts'
import { ControllerMetrics } from './controller-metrics.ts'

const names = ['cronjob', 'endpointslice', 'job', 'node-lifecycle', 'persistentvolume-binder', 'replicaset']
const more = [
  'ephemeral-volume-controller',
  'horizontal-pod-autoscaler',
  'root-ca-certificate-publisher',
  'statefulset',
  'ttl-after-finished',
]

/** A cluster whose controllers of these names count in `metrics`. */
async function startCounted(metrics: ControllerMetrics, counted: readonly string[]) {
  const cluster = await startCluster({
    nodes: [{ name: 'n1', labels: { 'topology.kubernetes.io/zone': 'a', 'topology.kubernetes.io/region': 'r' } }],
    https: false,
    startTime: '2026-01-01T00:00:00Z',
    controllers: { except: counted },
    rules: [{ match: { labels: { app: 'job' } }, exitCode: 0 }],
  })
  const make = (name: string) => (parts: ControllerParts) => {
    const found = allControllers({ ...parts, meters: metrics }, { rootCaPem: 'CA' }).find((one) => one.name === name)
    assert.ok(found)
    return found
  }
  for (const name of counted) await cluster.run(name, make(name))
  return cluster
}

const template = (app: string) => ({
  metadata: { labels: { app } },
  spec: { containers: [{ name: 'c', image: 'web:1' }], ...(app === 'job' ? { restartPolicy: 'Never' } : {}) },
})
const selector = (app: string) => ({ matchLabels: { app } })

test('ControllerMetrics shows what controllers did, by the names that upstream’s dashboards ask for', async () => {
  const metrics = new ControllerMetrics()
  await using cluster = await startCounted(metrics, [...names, ...more])
  const { apps, batch, core } = cluster.client
  await apps.v1
    .replicaSets('default')
    .create({ metadata: { name: 'set' }, spec: { replicas: 2, selector: selector('a'), template: template('a') } })
  await core.v1
    .services('default')
    .create({ metadata: { name: 's' }, spec: { selector: { app: 'a' }, ports: [{ port: 80 }] } })
  const spec = { ttlSecondsAfterFinished: 5, completions: 2, completionMode: 'Indexed', template: template('job') }
  await batch.v1.jobs('default').create({ metadata: { name: 'j' }, spec })
  await batch.v1
    .jobs('default')
    .create({ metadata: { name: 'theirs' }, spec: { ...spec, managedBy: 'example.com/jobs' } })
  const claim = {
    storageClassName: 'none',
    accessModes: ['ReadWriteOnce'],
    resources: { requests: { storage: '1Gi' } },
  }
  await core.v1.persistentVolumeClaims('default').create({ metadata: { name: 'c' }, spec: claim })
  cluster.faults.add({ match: { resource: 'persistentvolumeclaims', verb: 'create' }, refuse: 503, times: 1 })
  const volumes = [{ name: 'v', ephemeral: { volumeClaimTemplate: { spec: { ...claim, storageClassName: 'other' } } } }]
  await core.v1
    .pods('default')
    .create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'web:1' }], volumes } })
  await cluster.settled()
  await cluster.clock.advance('10s')
  await apps.v1.replicaSets('default').patch('set', { type: 'merge', patch: { spec: { replicas: 1 } } })
  await cluster.settled()
  const lines = new Set(familiesText(metrics.families(), 'prometheus').split('\n'))
  for (const line of [
    'job_controller_jobs_finished_total{completion_mode="Indexed",result="succeeded",reason="CompletionsReached"} 1',
    'job_controller_job_pods_finished_total{completion_mode="Indexed",result="succeeded"} 2',
    'job_controller_job_finished_indexes_total{status="succeeded",backoffLimit="global"} 2',
    'job_controller_job_pods_creation_total{reason="new",status="succeeded"} 2',
    'job_controller_jobs_by_external_controller_total{controller_name="example.com/jobs"} 1',
    'job_controller_terminated_pods_tracking_finalizer_total{event="add"} 2',
    'job_controller_terminated_pods_tracking_finalizer_total{event="delete"} 2',
    'ttl_after_finished_controller_job_deletion_duration_seconds_count 1',
    // The one that stands for no endpoints goes when there are some.
    'endpoint_slice_controller_changes{operation="create"} 2',
    'endpoint_slice_controller_changes{operation="delete"} 1',
    'endpoint_slice_controller_endpoints_added_per_sync_sum 2',
    'endpoint_slice_controller_endpoints_removed_per_sync_sum 1',
    'endpoint_slice_controller_num_endpoint_slices 1',
    'endpoint_slice_controller_desired_endpoint_slices 1',
    'endpoint_slice_controller_endpoints_desired 1',
    'replicaset_controller_sorting_deletion_age_ratio_count 1',
    'replicaset_controller_sorting_deletion_age_ratio_bucket{le="1"} 1',
    'pv_collector_unbound_pvc_count{namespace="default",storage_class="none",volume_attributes_class=""} 1',
    'node_collector_zone_size{zone="r:\u0000:a"} 1',
    'node_collector_zone_health{zone="r:\u0000:a"} 100',
    'node_collector_unhealthy_nodes_in_zone{zone="r:\u0000:a"} 0',
    'horizontal_pod_autoscaler_controller_num_horizontal_pod_autoscalers 0',
    'retroactive_storageclass_total 0',
    'ephemeral_volume_controller_create_total 2',
    'ephemeral_volume_controller_create_failures_total 1',
    'garbagecollector_controller_resources_sync_error_total 0',
  ])
    assert.ok(lines.has(line), line)
  const written = [...lines].find((line) => line.startsWith('root_ca_cert_publisher_sync_total{code="200"}'))
  assert.ok(Number(written?.split(' ')[1]) >= 4)
})

test('ControllerMetrics knows every metric that the controllers name, and no other', () => {
  const metrics = new Set(new ControllerMetrics().names)
  const named = new Set<string>()
  const ends: string[] = []
  for (const room of ['controllers', 'cloud', 'scheduler']) {
    const folder = new URL(`../../${room}/`, import.meta.url)
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue
      const text = readFileSync(new URL(file, folder), 'utf8')
      for (const [, name = ''] of text.matchAll(
        /['`]([a-z_]+_(?:total|seconds|count|volumes|detaches|ratio|cidrs|unavailable|replicas|health|size|zone|claims|request))['`]/g,
      ))
        named.add(name)
      for (const [, name = ''] of text.matchAll(/'([a-z_\d]+)'/g)) if (metrics.has(name)) named.add(name)
      for (const [, end = ''] of text.matchAll(/\$\{prefix\}(_[a-z_]+)/g)) ends.push(end)
    }
  }
  assert.ok(named.size > 30)
  for (const name of named) if (!metrics.has(name)) assert.fail(`${name} is not in the table`)
  const idle = [...metrics].filter((name) => !named.has(name) && !ends.some((end) => name.endsWith(end)))
  assert.deepEqual(idle, [], 'nobody counts these')
  assert.throws(() => new ControllerMetrics().count('nonsense_total'), /nonsense_total is not in the table/)
})
