/** A settled cluster makes no writes: hours pass over every kind of workload, and nobody but the leases' holders writes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../src/api/resources.ts'
import type { Controller } from '../../src/client/controller.ts'
import { cloudControllers } from '../../src/cloud/index.ts'
import { localProvider } from '../../src/cloud/local/local.ts'
import { startCluster } from '../../src/testing/index.ts'
import { attacher } from './csi-driver.ts'

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

const claim = (name: string, storageClassName: string) =>
  object('v1', 'PersistentVolumeClaim', name, {
    spec: { storageClassName, accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
  })
const user = (name: string) => {
  const volumes = [{ name: 'v', persistentVolumeClaim: { claimName: name } }]
  return object('v1', 'Pod', `user-of-${name}`, { spec: { containers, volumes } })
}

const storage = [
  object('storage.k8s.io/v1', 'StorageClass', 'local-path', {
    provisioner: 'k8ts.dev/local-path',
    volumeBindingMode: 'WaitForFirstConsumer',
  }),
  object('storage.k8s.io/v1', 'StorageClass', 'nobody', { provisioner: 'nobody.example.com' }),
  object('v1', 'PersistentVolume', 'attached', {
    spec: {
      capacity: { storage: '1Gi' },
      accessModes: ['ReadWriteOnce'],
      storageClassName: 'attached',
      csi: { driver: 'csi.example.com', volumeHandle: 'h' },
    },
  }),
  ...[claim('directory', 'local-path'), claim('attached', 'attached'), claim('unmade', 'nobody')],
  ...[user('directory'), user('attached'), user('unmade')],
]

const balancers = [
  object('v1', 'Service', 'balancer', {
    metadata: { name: 'balancer', annotations: { 'service.kubernetes.io/topology-mode': 'Auto' } },
    spec: { type: 'LoadBalancer', selector: labels('rolling'), ports: [{ port: 80 }] },
  }),
  object('v1', 'Service', 'near', {
    spec: { trafficDistribution: 'PreferSameNode', selector: labels('stateful'), ports: [{ port: 80 }] },
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
  const nodes = cluster.client.core.v1.nodes()
  for (const [name, zone] of Object.entries({ 'node-1': 'a', 'node-2': 'b', 'node-3': 'b' })) {
    await nodes.patch(name, { type: 'merge', patch: { metadata: { labels: { 'topology.kubernetes.io/zone': zone } } } })
  }
  await cluster.run('csi-attacher', attacher)
  for (const name of ['cloud-node-controller', 'cloud-node-lifecycle-controller', 'service-lb-controller']) {
    await cluster.run(name, (parts) => {
      const services = parts.informers.of(coreV1.services)
      const provider = localProvider({ services: () => services.list() })
      return cloudControllers(parts, provider, {}).find((one) => one.name === name) as Controller
    })
  }
  await cluster.apply([...workloads, ...others, ...storage, ...balancers])
  await cluster.settled()
  // Back-offs, deadlines and what counts seconds come to their ends.
  await cluster.clock.advance('30m')
  await cluster.settled()
  const refused = cluster.timeline.entries.filter(({ status }) => status === 403)
  assert.deepEqual(
    refused.map(({ component, text }) => `${component}: ${text}`),
    [],
    'each controller has the rights that it needs',
  )
  cluster.timeline.clear()
  await cluster.clock.advance('6h')
  await cluster.settled()
  const writes = cluster.timeline.entries.filter(({ status, text }) => status !== undefined && !text.includes('leases'))
  // Pods that fit nowhere are tried again every five minutes and counted onto their event, as upstream does.
  const isRetry = ({ component, text }: { component: string; text: string }) =>
    component === 'kube-scheduler' && /^patch events default\/(impossible-|user-of-unmade\.)/.test(text)
  assert.deepEqual(
    writes.filter((one) => !isRetry(one)).map(({ component, text, status }) => `${component}: ${text} → ${status}`),
    [],
  )
  assert.ok(writes.length <= 3 * ((6 * 60) / 5 + 1), `${writes.length} retries`)
  const running = (await cluster.client.core.v1.pods('default').list()).items.filter(
    ({ status }) => status?.phase === 'Running',
  )
  // A Deployment that was paused from the start has no ReplicaSet yet.
  assert.equal(running.length, 3 + 2 + 2 + 2 + 3 + 3 + 2)
  const [balancer] =
    (await cluster.client.core.v1.services('default').get('balancer')).status?.loadBalancer?.ingress ?? []
  assert.equal(balancer?.ip, '10.97.0.1')
})
