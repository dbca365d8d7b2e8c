/** A settled cluster makes no writes: hours pass over every kind of workload, and nobody but the leases' holders writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startCluster } from '../../src/testing/index.ts'

const containers = [{ name: 'c', image: 'web:1', ports: [{ name: 'http', containerPort: 80 }] }]
const labels = (app: string) => ({ app })
const template = (app: string, spec: object = {}) => ({
  metadata: { labels: labels(app) },
  spec: { containers, ...spec },
})
const selector = (app: string) => ({ matchLabels: labels(app) })
const object = (apiVersion: string, kind: string, name: string, rest: object) => ({
  apiVersion,
  kind,
  metadata: { name },
  ...rest,
})

const workloads = [
  object('apps/v1', 'Deployment', 'rolling', {
    spec: { replicas: 3, minReadySeconds: 5, selector: selector('rolling'), template: template('rolling') },
  }),
  object('apps/v1', 'Deployment', 'recreate', {
    spec: {
      replicas: 2,
      strategy: { type: 'Recreate' },
      selector: selector('recreate'),
      template: template('recreate'),
    },
  }),
  object('apps/v1', 'Deployment', 'paused', {
    spec: { replicas: 2, paused: true, selector: selector('paused'), template: template('paused') },
  }),
  object('apps/v1', 'Deployment', 'impossible', {
    spec: {
      replicas: 2,
      progressDeadlineSeconds: 60,
      selector: selector('impossible'),
      template: template('impossible', { nodeSelector: { no: 'such-node' } }),
    },
  }),
  object('apps/v1', 'ReplicaSet', 'set', {
    spec: { replicas: 2, selector: selector('set'), template: template('set') },
  }),
  object('v1', 'ReplicationController', 'elder', {
    spec: { replicas: 2, selector: labels('elder'), template: template('elder') },
  }),
  object('apps/v1', 'StatefulSet', 'stateful', {
    spec: {
      replicas: 3,
      serviceName: 'headless',
      minReadySeconds: 5,
      selector: selector('stateful'),
      template: template('stateful'),
    },
  }),
  object('apps/v1', 'DaemonSet', 'daemon', { spec: { selector: selector('daemon'), template: template('daemon') } }),
  object('batch/v1', 'Job', 'done', {
    spec: { completions: 3, parallelism: 2, template: template('done', { restartPolicy: 'Never' }) },
  }),
  object('batch/v1', 'Job', 'indexed', {
    spec: { completions: 3, completionMode: 'Indexed', template: template('indexed', { restartPolicy: 'Never' }) },
  }),
  object('batch/v1', 'Job', 'failing', {
    spec: { backoffLimit: 1, template: template('failing', { restartPolicy: 'Never' }) },
  }),
  object('batch/v1', 'Job', 'suspended', {
    spec: { suspend: true, template: template('suspended', { restartPolicy: 'Never' }) },
  }),
  object('batch/v1', 'CronJob', 'suspended', {
    spec: {
      suspend: true,
      schedule: '* * * * *',
      jobTemplate: { spec: { template: template('cron', { restartPolicy: 'Never' }) } },
    },
  }),
  object('batch/v1', 'CronJob', 'yearly', {
    spec: {
      schedule: '0 0 1 1 *',
      timeZone: 'Europe/Zurich',
      jobTemplate: { spec: { template: template('cron', { restartPolicy: 'Never' }) } },
    },
  }),
]

const others = [
  object('v1', 'Service', 'rolling', {
    spec: { selector: labels('rolling'), ports: [{ port: 80, targetPort: 'http' }] },
  }),
  object('v1', 'Service', 'headless', {
    spec: { clusterIP: 'None', selector: labels('stateful'), ports: [{ port: 80 }] },
  }),
  object('policy/v1', 'PodDisruptionBudget', 'rolling', {
    spec: { minAvailable: '50%', selector: selector('rolling') },
  }),
  object('v1', 'ResourceQuota', 'quota', { spec: { hard: { pods: '100', 'count/jobs.batch': '100' } } }),
  object('v1', 'PersistentVolumeClaim', 'waiting', {
    spec: { storageClassName: '', accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  }),
]

test('a settled cluster makes no writes for hours, whatever runs in it', async () => {
  await using cluster = await startCluster({
    nodes: 3,
    https: false,
    freeze: true,
    startTime: '2030-03-01T00:00:00Z',
    rules: [{ match: { labels: labels('failing') }, exitCode: 1 }],
  })
  await cluster.apply([...workloads, ...others])
  await cluster.settled()
  // Back-offs, deadlines and what counts seconds come to their ends.
  await cluster.clock.advance('30m')
  await cluster.settled()
  cluster.timeline.clear()
  await cluster.clock.advance('6h')
  await cluster.settled()
  const writes = cluster.timeline.entries.filter(({ status, text }) => status !== undefined && !text.includes('leases'))
  // Pods that fit nowhere are tried again every five minutes and counted onto their event, as upstream does.
  const isRetry = ({ component, text }: { component: string; text: string }) =>
    component === 'kube-scheduler' && text.startsWith('patch events default/impossible-')
  assert.deepEqual(
    writes.filter((one) => !isRetry(one)).map(({ component, text, status }) => `${component}: ${text} → ${status}`),
    [],
  )
  assert.ok(writes.length <= 2 * ((6 * 60) / 5 + 1), `${writes.length} retries`)
  const running = (await cluster.client.core.v1.pods('default').list()).items.filter(
    ({ status }) => status?.phase === 'Running',
  )
  // A Deployment that was paused from the start has no ReplicaSet yet.
  assert.equal(running.length, 3 + 2 + 2 + 2 + 3 + 3)
})
