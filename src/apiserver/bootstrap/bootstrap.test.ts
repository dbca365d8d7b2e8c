import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Resource } from '../../api/meta.ts'
import {
  coordinationV1,
  coreV1,
  discoveryV1,
  flowcontrolV1,
  networkingV1,
  rbacV1,
  schedulingV1,
} from '../../api/resources.ts'
import type { ObjectMeta } from '../../api/types/meta/v1.ts'
import type { ClusterRole, RoleBinding } from '../../api/types/rbac/v1.ts'
import { createClient } from '../../client/client-impl.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import { readFeatureGates } from '../scheme/feature-gates.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { bootstrap } from './bootstrap.ts'
import { defaultRbac, reconcileBinding, reconcileRole, rulesOfDefaultRole } from './default-rbac.ts'

const advertise = { address: '192.0.2.1', port: 6443, hostName: 'host-a' }

const clusterRoles = { resource: rbacV1.clusterRoles as Resource, validateName: () => [] }
const strategies = new Map([['clusterroles.rbac.authorization.k8s.io', clusterRoles]])

async function start(clock = simulatedClock(), store = memoryStore({ clock }), more = {}) {
  const random = simulatedRandom('bootstrap-test')
  const { server, transport } = await startTestApiServer({ store, clock, random, strategies })
  const options = { server, store, clock, random, log: silent, advertise, clientCaPem: 'CA', ...more }
  const done = await bootstrap(options)
  const client = createClient(transport)
  return { clock, store, server, done, client }
}

test('bootstrap makes what every cluster has, and nothing the second time', async () => {
  const { clock, store, client, done } = await start()
  const names = (await client.of(coreV1.namespaces).list()).items.map(({ metadata }) => metadata.name)
  assert.deepEqual(names, ['default', 'kube-node-lease', 'kube-public', 'kube-system'])
  const service = await client.of(coreV1.services, 'default').get('kubernetes')
  assert.deepEqual([service.spec?.clusterIP, service.spec?.ports?.[0]?.targetPort], ['10.96.0.1', 6443])
  const endpoints = await client.of(coreV1.endpoints, 'default').get('kubernetes')
  assert.deepEqual(endpoints.subsets?.[0]?.addresses, [{ ip: '192.0.2.1' }])
  const slice = await client.of(discoveryV1.endpointSlices, 'default').get('kubernetes')
  assert.deepEqual(slice.endpoints?.[0]?.addresses, ['192.0.2.1'])
  const leases = await client
    .of(coordinationV1.leases, 'kube-system')
    .list({ labelSelector: 'apiserver.kubernetes.io/identity=kube-apiserver' })
  assert.match(leases.items[0]?.metadata.name ?? '', /^apiserver-[a-z2-7]{26}$/)
  assert.deepEqual(leases.items[0]?.metadata.annotations, { 'kubernetes.io/peer-advertise-address': '192.0.2.1:6443' })
  const published = await client.of(coreV1.configMaps, 'kube-system').get('extension-apiserver-authentication')
  assert.deepEqual(published.data, { 'client-ca-file': 'CA' })
  assert.deepEqual((await client.of(networkingV1.serviceCIDRs).get('kubernetes')).spec?.cidrs, ['10.96.0.0/16'])
  assert.ok(done.written > 140)
  assert.equal((await start(clock, store)).done.written, 0)
})

test('bootstrap reads nothing of ConfigMaps that are not its own', async ({ mock }) => {
  const clock = simulatedClock()
  const store = memoryStore({ clock })
  const range = mock.method(store, 'range')
  await start(clock, store)
  const prefixes = range.mock.calls.map((call) => call.arguments[0].prefix)
  const ofConfigMaps = prefixes.filter(
    (prefix) => '/registry/configmaps/x'.startsWith(prefix) || prefix.startsWith('/registry/configmaps/'),
  )
  assert.deepEqual(ofConfigMaps, ['/registry/configmaps/kube-system/'])
})

test('bootstrap adds what a default role has lost and leaves what was added or is not to be updated', async () => {
  const { clock, store, client } = await start()
  const roles = client.of(rbacV1.clusterRoles)
  const discovery = await roles.get('system:discovery')
  const extra = { verbs: ['get'], nonResourceURLs: ['/extra'] }
  await roles.update({ ...discovery, rules: [extra] })
  const dns = await roles.get('system:kube-dns')
  const annotations = { 'rbac.authorization.kubernetes.io/autoupdate': 'false' }
  await roles.update({ ...dns, metadata: { ...dns.metadata, annotations }, rules: [] })
  assert.equal((await start(clock, store)).done.written, 1)
  const { rules = [] } = await roles.get('system:discovery')
  assert.deepEqual(rules[0], extra)
  assert.ok(rules.some(({ nonResourceURLs }) => nonResourceURLs?.includes('/api')))
  assert.deepEqual((await roles.get('system:kube-dns')).rules ?? [], [])
})

test('the endpoints follow the servers that renew their lease', async () => {
  const { clock, store, client } = await start()
  const other = await start(clock, store, { advertise: { ...advertise, address: '192.0.2.2', hostName: 'host-b' } })
  const addresses = async () =>
    (await client.of(coreV1.endpoints, 'default').get('kubernetes')).subsets?.[0]?.addresses?.map(({ ip }) => ip)
  assert.deepEqual(await addresses(), ['192.0.2.1', '192.0.2.2'])
  await other.done.stop()
  assert.deepEqual(await addresses(), ['192.0.2.1'])
})

test('default roles are those of upstream, in number and marks', () => {
  const all = defaultRbac()
  const count = (plural: string) => all.filter(({ resource }) => resource.plural === plural).length
  assert.deepEqual(['clusterroles', 'clusterrolebindings', 'roles', 'rolebindings'].map(count), [69, 50, 7, 7])
  const edit = all.find(({ resource, object }) => resource.plural === 'clusterroles' && object.metadata.name === 'edit')
    ?.object as ClusterRole
  assert.deepEqual(edit.metadata.labels, {
    'rbac.authorization.k8s.io/aggregate-to-admin': 'true',
    'kubernetes.io/bootstrapping': 'rbac-defaults',
  })
  assert.deepEqual(edit.aggregationRule?.clusterRoleSelectors, [
    { matchLabels: { 'rbac.authorization.k8s.io/aggregate-to-edit': 'true' } },
  ])
  assert.ok(rulesOfDefaultRole('system:node').some(({ resources }) => resources?.includes('leases')))
})

test('the roles of gated controllers come and go with their gates', () => {
  const rolesWith = (...gates: string[]) => {
    const roles = defaultRbac(readFeatureGates(gates)).filter(({ resource }) =>
      resource.plural.startsWith('clusterrole'),
    )
    return (name: string) => roles.filter(({ object }) => object.metadata.name === `system:controller:${name}`)
  }
  const standard = rolesWith()
  assert.equal(standard('storage-version-migrator-controller').length, 0)
  assert.equal(standard('device-taint-eviction-controller').length, 2)
  assert.equal(rolesWith('StorageVersionMigrator=true')('storage-version-migrator-controller').length, 2)
  assert.equal(rolesWith('DRADeviceTaints=false')('device-taint-eviction-controller').length, 0)
  const [role] = rolesWith('DRADeviceTaintRules=true')('device-taint-eviction-controller')
  const rules = (role?.object as ClusterRole | undefined)?.rules
  assert.ok(rules?.some(({ resources }) => resources?.includes('devicetaintrules/status')))
})

test('reconcileRole and reconcileBinding are silent when nothing is missing', () => {
  const metadata = { name: 'r', labels: { own: 'x' }, annotations: {} }
  const rules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }]
  const target: ClusterRole = {
    metadata: { name: 'r' },
    rules: [{ verbs: ['get'], apiGroups: [''], resources: ['pods'] }],
  }
  assert.equal(reconcileRole({ metadata, rules }, target), undefined)
  const roleRef = { kind: 'ClusterRole', name: 'r' }
  const subject = { kind: 'User', name: 'u' }
  const binding: RoleBinding = { metadata, roleRef, subjects: [subject] }
  assert.equal(reconcileBinding(binding, binding), undefined)
  const more = reconcileBinding(binding, { ...binding, subjects: [subject, { kind: 'User', name: 'v' }] })
  assert.deepEqual(
    more?.subjects?.map(({ name }) => name),
    ['u', 'v'],
  )
})

test('bootstrap says who owns what the server made, and who its conditions', async () => {
  const { client } = await start()
  const fieldsOf = ({ metadata }: { metadata: ObjectMeta }) =>
    (metadata.managedFields ?? []).map(({ manager, operation, subresource = '', fieldsV1 }) => {
      const { 'f:metadata': _metadata, ...rest } = fieldsV1 as Record<string, unknown>
      return [manager, operation, subresource, JSON.stringify(rest)]
    })
  const ofClass = fieldsOf(await client.of(schedulingV1.priorityClasses).get('system-node-critical'))
  assert.deepEqual(ofClass, [
    ['kube-apiserver', 'Update', '', '{"f:description":{},"f:preemptionPolicy":{},"f:value":{}}'],
  ])
  assert.deepEqual(fieldsOf(await client.of(networkingV1.serviceCIDRs).get('kubernetes')), [
    [
      'kubernetes-service-cidr-controller',
      'Apply',
      'status',
      '{"f:status":{"f:conditions":{"k:{\\"type\\":\\"Ready\\"}":{".":{},"f:lastTransitionTime":{},"f:message":{},"f:status":{},"f:type":{}}}}}',
    ],
    ['kube-apiserver', 'Update', '', '{"f:spec":{"f:cidrs":{}}}'],
  ])
  assert.deepEqual(
    fieldsOf(await client.of(flowcontrolV1.flowSchemas).get('exempt')).map(([manager]) => manager),
    ['api-priority-and-fairness-config-consumer-v1', 'api-priority-and-fairness-config-producer-v1'],
  )
  const [[, , , ofService] = []] = fieldsOf(await client.of(coreV1.services, 'default').get('kubernetes'))
  assert.doesNotMatch(ofService ?? '', /clusterIPs|ipFamilies/)
  const address = await client.of(networkingV1.ipAddresses).get('10.96.0.1')
  assert.deepEqual(fieldsOf(address), [
    [
      'kube-apiserver',
      'Update',
      '',
      '{"f:spec":{"f:parentRef":{".":{},"f:name":{},"f:namespace":{},"f:resource":{}}}}',
    ],
  ])
})
