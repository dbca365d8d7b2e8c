/** Every controller acts as its own service account: what RBAC takes from one, it alone can no longer do. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rbacV1 } from '../../src/api/resources.ts'
import { namespace, startTestbed } from './testbed.ts'

const selector = { matchLabels: { app: 'a' } }
const containers = [{ name: 'c', image: 'web:1' }]
const template = { metadata: { labels: selector.matchLabels }, spec: { containers } }

test('a controller without its role stands still, the others go on, and it catches up when it has the role again', async () => {
  await using bed = await startTestbed()
  const { client } = bed.cluster
  const name = 'system:controller:deployment-controller'
  const bindings = bed.client.of(rbacV1.clusterRoleBindings)
  const { roleRef, subjects } = await bindings.get(name)
  await bindings.delete(name)
  await client.apps.v1.deployments(namespace).create({ metadata: { name: 'd' }, spec: { selector, template } })
  await client.apps.v1.replicaSets(namespace).create({
    metadata: { name: 'r' },
    spec: {
      replicas: 2,
      selector: { matchLabels: { app: 'b' } },
      template: { ...template, metadata: { labels: { app: 'b' } } },
    },
  })
  await bed.advance(1_000)
  const sets = async () => (await client.apps.v1.replicaSets(namespace).list()).items.map(({ metadata }) => metadata)
  assert.deepEqual(
    (await sets()).map((set) => set.name),
    ['r'],
  )
  assert.equal((await client.apps.v1.replicaSets(namespace).get('r')).status?.readyReplicas, 2)
  const refused = bed.cluster.timeline.entries.filter(({ status }) => status === 403)
  assert.ok(refused.some(({ text }) => text.includes('create replicasets')))
  await bindings.create({ metadata: { name }, roleRef, ...(subjects ? { subjects } : {}) })
  await bed.advance(60_000)
  assert.equal((await sets()).filter(({ ownerReferences }) => ownerReferences?.[0]?.name === 'd').length, 1)
})

test('the accounts of the controllers that upstream runs by default are there', async () => {
  await using bed = await startTestbed()
  const { items } = await bed.cluster.client.core.v1.serviceAccounts('kube-system').list()
  const names = new Set(items.map(({ metadata }) => metadata.name))
  const wanted = `attachdetach-controller bootstrap-signer certificate-controller clusterrole-aggregation-controller
    cronjob-controller daemon-set-controller deployment-controller disruption-controller endpoint-controller
    endpointslice-controller endpointslicemirroring-controller ephemeral-volume-controller expand-controller
    generic-garbage-collector horizontal-pod-autoscaler job-controller legacy-service-account-token-cleaner
    namespace-controller node-controller persistent-volume-binder pod-garbage-collector pv-protection-controller
    pvc-protection-controller replicaset-controller replication-controller resource-claim-controller
    resourcequota-controller root-ca-cert-publisher service-account-controller service-cidrs-controller
    statefulset-controller token-cleaner ttl-after-finished-controller ttl-controller
    validatingadmissionpolicy-status-controller volumeattributesclass-protection-controller`.split(/\s+/)
  assert.deepEqual(
    wanted.filter((name) => !names.has(name)),
    [],
  )
})
