/** What workloads' options promise, one by one, on a whole cluster with simulated nodes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../src/api/types/core/v1.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const started = (options: Parameters<typeof startCluster>[0] = {}) =>
  startCluster({ https: false, freeze: true, startTime: '2030-03-01T00:00:00Z', ...options })
const selector = { matchLabels: { app: 'a' } }
const template = (image = 'app:1', spec: object = {}) => ({
  metadata: { labels: { app: 'a' } },
  spec: { containers: [{ name: 'c', image }], ...spec },
})
const workload = (apiVersion: string, kind: string, spec: object, name = 'a') => ({
  apiVersion,
  kind,
  metadata: { name },
  spec,
})

async function podsOf(cluster: TestCluster): Promise<Pod[]> {
  const { items } = await cluster.client.core.v1.pods('default').list({ labelSelector: 'app=a' })
  return items.filter(({ metadata }) => !metadata.deletionTimestamp)
}

const namesOf = (objects: readonly { metadata: { name?: string } }[]) =>
  objects.map(({ metadata }) => metadata.name).sort()
const imagesOf = (pods: readonly Pod[]) => pods.map(({ spec }) => spec?.containers[0]?.image).sort()

async function eventsOf(cluster: TestCluster, reason: string): Promise<string[]> {
  await cluster.settled()
  const { items } = await cluster.client.core.v1.events('default').list()
  return items.filter((event) => event.reason === reason).map(({ message = '' }) => message)
}

test('a paused Deployment keeps its pods and scales, and goes on when it is resumed', async () => {
  await using cluster = await started()
  const api = cluster.client.apps.v1.deployments('default')
  await cluster.apply(workload('apps/v1', 'Deployment', { replicas: 2, selector, template: template() }))
  await cluster.settled()
  const spec = { paused: true, replicas: 3, template: { spec: { containers: [{ name: 'c', image: 'app:2' }] } } }
  await api.patch('a', { type: 'strategic', patch: { spec } })
  await cluster.settled()
  assert.deepEqual(imagesOf(await podsOf(cluster)), ['app:1', 'app:1', 'app:1'])
  const paused = (await api.get('a')).status?.conditions?.find(({ type }) => type === 'Progressing')
  assert.deepEqual(
    [paused?.status, paused?.reason, paused?.message],
    ['Unknown', 'DeploymentPaused', 'Deployment is paused'],
  )
  await api.patch('a', { type: 'merge', patch: { spec: { paused: false } } })
  await cluster.settled()
  assert.deepEqual(imagesOf(await podsOf(cluster)), ['app:2', 'app:2', 'app:2'])
})

test('a template that was there before gets its old ReplicaSet back, with a new revision', async () => {
  await using cluster = await started()
  const api = cluster.client.apps.v1.deployments('default')
  const image = async (name: string) => {
    await api.patch('a', {
      type: 'strategic',
      patch: { spec: { template: { spec: { containers: [{ name: 'c', image: name }] } } } },
    })
    await cluster.settled()
  }
  await cluster.apply(workload('apps/v1', 'Deployment', { replicas: 1, selector, template: template() }))
  await cluster.settled()
  const [first] = (await cluster.client.apps.v1.replicaSets('default').list()).items
  await image('app:2')
  await image('app:1')
  const back = await cluster.client.apps.v1.replicaSets('default').get(first?.metadata.name ?? '')
  const annotations = back.metadata.annotations ?? {}
  assert.equal(annotations['deployment.kubernetes.io/revision'], '3')
  assert.equal(annotations['deployment.kubernetes.io/revision-history'], '1')
  assert.equal((await api.get('a')).metadata.annotations?.['deployment.kubernetes.io/revision'], '3')
  assert.equal((await cluster.client.apps.v1.replicaSets('default').list()).items.length, 2)
})

test('a Deployment whose ReplicaSet name is taken counts the collision and takes another', async () => {
  await using cluster = await started()
  const sets = cluster.client.apps.v1.replicaSets('default')
  const deployment = workload('apps/v1', 'Deployment', { replicas: 1, selector, template: template() })
  await cluster.apply(deployment)
  await cluster.settled()
  const [mine] = (await sets.list()).items
  const name = mine?.metadata.name ?? ''
  await cluster.client.apps.v1.deployments('default').delete('a')
  await cluster.settled()
  const other = { matchLabels: { app: 'other' } }
  await cluster.apply(
    workload(
      'apps/v1',
      'ReplicaSet',
      { replicas: 0, selector: other, template: { ...template(), metadata: { labels: { app: 'other' } } } },
      name,
    ),
  )
  await cluster.apply(deployment)
  await cluster.settled()
  const again = await cluster.client.apps.v1.deployments('default').get('a')
  assert.deepEqual([again.status?.collisionCount, again.status?.readyReplicas], [1, 1])
  assert.equal((await sets.list()).items.length, 2)
})

test('pods that may not be made are asked for in small numbers, and the set says why', async () => {
  await using cluster = await started()
  await cluster.apply({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: 'few' },
    spec: { hard: { pods: '3' } },
  })
  await cluster.settled()
  cluster.timeline.clear()
  await cluster.apply(workload('apps/v1', 'ReplicaSet', { replicas: 200, selector, template: template() }))
  await cluster.settled({ timeout: '30s' })
  const refused = cluster.timeline.entries.filter(
    ({ text, status }) => text === 'create pods default/' && status === 403,
  )
  // Batches of 1, 2, 4 …: one round meets its first refusal with at most four at once, the next ones with one.
  assert.ok(refused.length > 0 && refused.length < 40, `${refused.length} refused`)
  const set = await cluster.client.apps.v1.replicaSets('default').get('a')
  const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
  assert.equal(failure?.reason, 'FailedCreate')
  assert.match(
    failure?.message ?? '',
    /^pods "a-\w+" is forbidden: exceeded quota: few, requested: pods=1, used: pods=3, limited: pods=3$/,
  )
  assert.equal(set.status?.replicas, 3)
})

test('a ReplicaSet adopts what it selects, releases what it no longer does, and counts what is on its way out', async () => {
  await using cluster = await started({ rules: [{ stopAfter: '20s' }] })
  const pods = cluster.client.core.v1.pods('default')
  await pods.create({
    metadata: { name: 'orphan', labels: { app: 'a' } },
    spec: { containers: [{ name: 'c', image: 'app:1' }] },
  })
  await cluster.apply(workload('apps/v1', 'ReplicaSet', { replicas: 2, selector, template: template() }))
  await cluster.settled()
  assert.equal((await podsOf(cluster)).length, 2)
  assert.equal((await pods.get('orphan')).metadata.ownerReferences?.[0]?.kind, 'ReplicaSet')
  await pods.patch('orphan', { type: 'merge', patch: { metadata: { labels: { app: 'mine' } } } })
  await cluster.settled()
  assert.equal((await pods.get('orphan')).metadata.ownerReferences, undefined)
  assert.equal((await podsOf(cluster)).length, 2)
  await cluster.client.apps.v1.replicaSets('default').patch('a', { type: 'merge', patch: { spec: { replicas: 1 } } })
  await cluster.settled()
  assert.equal((await cluster.client.apps.v1.replicaSets('default').get('a')).status?.terminatingReplicas, 1)
  await cluster.clock.advance('30s')
  assert.equal((await cluster.client.apps.v1.replicaSets('default').get('a')).status?.terminatingReplicas ?? 0, 0)
})

const claimTemplates = [
  {
    metadata: { name: 'data' },
    spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  },
]
const stateful = (more: object) =>
  workload('apps/v1', 'StatefulSet', {
    replicas: 3,
    serviceName: 'a',
    podManagementPolicy: 'Parallel',
    selector,
    template: template(),
    ...more,
  })

async function claimsOf(cluster: TestCluster) {
  await cluster.settled()
  const { items } = await cluster.client.core.v1.persistentVolumeClaims('default').list()
  return namesOf(items.filter(({ metadata }) => !metadata.deletionTimestamp))
}

/** Volumes to bind to, so that the pods run. */
const volumes = Array.from({ length: 4 }, (_, index) => ({
  apiVersion: 'v1',
  kind: 'PersistentVolume',
  metadata: { name: `volume-${index}` },
  spec: {
    capacity: { storage: '1Gi' },
    accessModes: ['ReadWriteOnce'],
    hostPath: { path: `/data/${index}` },
    claimRef: { namespace: 'default', name: `data-a-${index}` },
  },
}))

test('claims of a StatefulSet stay unless their policy says that they go with the pod or with the set', async () => {
  await using cluster = await started()
  await cluster.apply(volumes)
  const sets = cluster.client.apps.v1.statefulSets('default')
  const scale = async (replicas: number) => {
    await sets.patch('a', { type: 'merge', patch: { spec: { replicas } } })
    await cluster.settled()
  }
  await cluster.apply(stateful({ volumeClaimTemplates: claimTemplates }))
  assert.deepEqual(await claimsOf(cluster), ['data-a-0', 'data-a-1', 'data-a-2'])
  await scale(2)
  assert.deepEqual(await claimsOf(cluster), ['data-a-0', 'data-a-1', 'data-a-2'])
  const policy = { whenScaled: 'Delete', whenDeleted: 'Delete' }
  await sets.patch('a', { type: 'merge', patch: { spec: { persistentVolumeClaimRetentionPolicy: policy } } })
  await cluster.settled()
  const claim = await cluster.client.core.v1.persistentVolumeClaims('default').get('data-a-0')
  assert.deepEqual(
    claim.metadata.ownerReferences?.map(({ kind, controller }) => [kind, controller]),
    [['StatefulSet', true]],
  )
  await scale(1)
  assert.deepEqual(await claimsOf(cluster), ['data-a-0', 'data-a-2'])
  await sets.delete('a')
  assert.deepEqual(await claimsOf(cluster), ['data-a-2'])
})

test('a StatefulSet counts from its start ordinal and moves with it', async () => {
  await using cluster = await started()
  await cluster.apply(stateful({ replicas: 2, ordinals: { start: 5 } }))
  await cluster.settled()
  assert.deepEqual(namesOf(await podsOf(cluster)), ['a-5', 'a-6'])
  await cluster.client.apps.v1
    .statefulSets('default')
    .patch('a', { type: 'merge', patch: { spec: { ordinals: { start: 6 } } } })
  await cluster.settled()
  assert.deepEqual(namesOf(await podsOf(cluster)), ['a-6', 'a-7'])
})

test('a StatefulSet rolls one pod at a time: the gate for more is off by default', async () => {
  await using cluster = await started({ rules: [{ readyAfter: '10s' }] })
  await cluster.apply(stateful({ replicas: 4, updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } }))
  await cluster.clock.advance('1m')
  const patch = { spec: { template: { spec: { containers: [{ name: 'c', image: 'app:2' }] } } } }
  await cluster.client.apps.v1.statefulSets('default').patch('a', { type: 'strategic', patch })
  await cluster.settled()
  assert.deepEqual(imagesOf(await podsOf(cluster)), ['app:1', 'app:1', 'app:1', 'app:2'])
  await cluster.clock.advance('2m')
  assert.deepEqual(imagesOf(await podsOf(cluster)), ['app:2', 'app:2', 'app:2', 'app:2'])
})

test('a DaemonSet that surges has the new pod ready before the old one goes, and follows its nodes', async () => {
  await using cluster = await started({ nodes: 2, rules: [{ readyAfter: '10s' }] })
  const updateStrategy = { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } }
  await cluster.apply(workload('apps/v1', 'DaemonSet', { selector, updateStrategy, template: template() }))
  await cluster.clock.advance('1m')
  const sets = cluster.client.apps.v1.daemonSets('default')
  await sets.patch('a', {
    type: 'strategic',
    patch: { spec: { template: { spec: { containers: [{ name: 'c', image: 'app:2' }] } } } },
  })
  await cluster.settled()
  assert.deepEqual(imagesOf(await podsOf(cluster)), ['app:1', 'app:1', 'app:2'])
  await cluster.clock.advance('2m')
  assert.deepEqual(imagesOf(await podsOf(cluster)), ['app:2', 'app:2'])
  await cluster.nodes.add(1)
  await cluster.settled()
  assert.equal((await podsOf(cluster)).length, 3)
  await sets.patch('a', { type: 'merge', patch: { spec: { template: { spec: { nodeSelector: { disk: 'fast' } } } } } })
  await cluster.client.core.v1
    .nodes()
    .patch('node-1', { type: 'merge', patch: { metadata: { labels: { disk: 'fast' } } } })
  await cluster.clock.advance('1m')
  assert.deepEqual(
    (await podsOf(cluster)).map(({ spec }) => spec?.nodeName),
    ['node-1'],
  )
  assert.equal((await cluster.client.apps.v1.controllerRevisions('default').list()).items.length, 3)
})

const job = (spec: object, podSpec: object = {}) =>
  workload('batch/v1', 'Job', { template: template('app:1', { restartPolicy: 'Never', ...podSpec }), ...spec })

test('a Job ends when its success policy is met, and stops what still runs', async () => {
  const rules = [
    { match: { labels: { 'batch.kubernetes.io/job-completion-index': '1' } }, exitAfter: 'never' as const },
  ]
  await using cluster = await started({ rules })
  const successPolicy = { rules: [{ succeededIndexes: '0' }] }
  await cluster.apply(job({ completionMode: 'Indexed', completions: 2, parallelism: 2, successPolicy }))
  await cluster.settled()
  const { status } = await cluster.client.batch.v1.jobs('default').get('a')
  assert.deepEqual(
    status?.conditions?.map(({ type, reason, message }) => [type, reason, message]),
    [
      ['SuccessCriteriaMet', 'SuccessPolicy', 'Matched rules at index 0'],
      ['Complete', 'SuccessPolicy', 'Matched rules at index 0'],
    ],
  )
  assert.deepEqual([status?.succeeded, status?.completedIndexes, status?.active ?? 0], [1, '0', 0])
})

test('a Job that another controller manages is left alone', async () => {
  await using cluster = await started()
  await cluster.apply(job({ managedBy: 'example.com/own' }))
  await cluster.settled()
  assert.deepEqual((await podsOf(cluster)).length, 0)
  assert.deepEqual((await cluster.client.batch.v1.jobs('default').get('a')).status ?? {}, {})
})

test('a Job replaces a pod while it goes, or only once it has failed', async () => {
  for (const [podReplacementPolicy, expected] of [
    ['TerminatingOrFailed', 1],
    ['Failed', 0],
  ] as const) {
    await using cluster = await started({ rules: [{ exitAfter: 'never', stopAfter: '20s' }] })
    await cluster.apply(job({ podReplacementPolicy }))
    await cluster.settled()
    const [pod] = await podsOf(cluster)
    await cluster.client.core.v1.pods('default').delete(pod?.metadata.name ?? '')
    // A pod that is deleted counts as failed, and the first failure is waited for.
    await cluster.clock.advance('11s')
    assert.equal((await podsOf(cluster)).length, expected, podReplacementPolicy)
    assert.equal((await cluster.client.batch.v1.jobs('default').get('a')).status?.terminating, 1)
  }
})

const cron = (spec: object) =>
  workload('batch/v1', 'CronJob', {
    schedule: '* * * * *',
    jobTemplate: { spec: { template: template('app:1', { restartPolicy: 'Never' }) } },
    ...spec,
  })

test('a CronJob whose Job still runs waits, or takes its place, as its policy says', async () => {
  for (const [concurrencyPolicy, running] of [
    ['Allow', 3],
    ['Forbid', 1],
    ['Replace', 1],
  ] as const) {
    await using cluster = await started({ rules: [{ exitAfter: 'never' }] })
    await cluster.apply(cron({ concurrencyPolicy }))
    await cluster.clock.advance('200s')
    const jobs = namesOf((await cluster.client.batch.v1.jobs('default').list()).items)
    assert.equal(jobs.length, running, concurrencyPolicy)
    const said = await eventsOf(cluster, 'JobAlreadyActive')
    const forbidden = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    assert.deepEqual(new Set(said), new Set(concurrencyPolicy === 'Forbid' ? [forbidden] : []))
  }
})

test('a CronJob that missed more than a hundred starts says so, and starts once', async () => {
  await using cluster = await started()
  const api = cluster.client.batch.v1.cronJobs('default')
  await cluster.apply(cron({ suspend: true }))
  await cluster.clock.advance('3h')
  await api.patch('a', { type: 'merge', patch: { spec: { suspend: false } } })
  const said = await eventsOf(cluster, 'TooManyMissedTimes')
  assert.deepEqual(said, [
    'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew',
  ])
  assert.equal((await cluster.client.batch.v1.jobs('default').list()).items.length, 1)
})

test('daemon pods that end are made anew, after a back-off where they fail', async () => {
  await using cluster = await started({ nodes: 1 })
  await cluster.apply(workload('apps/v1', 'DaemonSet', { selector, template: template() }))
  const pods = cluster.client.core.v1.pods('default')
  const end = async (phase: string) => {
    const [pod] = await podsOf(cluster)
    await pods.patchStatus(pod?.metadata.name ?? '', { type: 'merge', patch: { status: { phase } } })
    await cluster.settled()
    const [next, ...others] = await podsOf(cluster)
    assert.deepEqual(others, [])
    return next?.metadata.uid !== pod?.metadata.uid
  }
  await cluster.settled()
  assert.deepEqual([await end('Succeeded'), await end('Failed'), await end('Failed')], [true, true, false])
  const [held] = await podsOf(cluster)
  await cluster.clock.advance('2s')
  await cluster.settled()
  assert.notEqual((await podsOf(cluster))[0]?.metadata.uid, held?.metadata.uid)
  const [succeeded] = await eventsOf(cluster, 'SucceededDaemonPod')
  assert.match(
    succeeded ?? '',
    /^Found succeeded daemon pod default\/a-[a-z0-9]{5} on node node-1, will try to delete it$/,
  )
  const failed = await eventsOf(cluster, 'FailedDaemonPod')
  assert.match(failed[0] ?? '', /^Found failed daemon pod default\/a-[a-z0-9]{5} on node node-1, will try to kill it$/)
})
