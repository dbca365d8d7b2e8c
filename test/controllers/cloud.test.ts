import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../src/api/resources.ts'
import type { Node, Service } from '../../src/api/types/core/v1.ts'
import { cloudControllers } from '../../src/cloud/index.ts'
import { localProvider } from '../../src/cloud/local/local.ts'
import type { CloudProvider } from '../../src/cloud/provider.ts'
import { namespace, startTestbed, type Testbed } from './testbed.ts'

async function runCloud(
  bed: Testbed,
  change: (local: CloudProvider) => CloudProvider = (local) => local,
  pool?: string,
) {
  let count = 0
  const names = [
    'cloud-node-controller',
    'cloud-node-lifecycle-controller',
    'service-lb-controller',
    'node-route-controller',
  ]
  for (const name of names)
    await bed.cluster.run(name, (parts) => {
      const services = parts.informers.of(coreV1.services)
      const local = shared ?? localProvider({ services: () => services.list(), ...(pool ? { pool } : {}) })
      shared = local
      const found = cloudControllers(parts, change(local), { clusterCidrs: ['10.244.0.0/16'] }).find(
        (one) => one.name === name,
      )
      count++
      return found ?? { name, sources: [], reconcile: async () => ({ kind: 'done' }) }
    })
  return count
}
let shared: CloudProvider | undefined

const serviceOf = (name: string, spec: object = {}): Service => ({
  metadata: { name },
  spec: { type: 'LoadBalancer', ports: [{ port: 80 }], selector: { app: 'web' }, ...spec },
})

const addressesOf = ({ status }: Service) => status?.loadBalancer?.ingress?.map(({ ip }) => ip)

test('a Service gets an address from the pool, tells of it, and gives it back', async () => {
  shared = undefined
  await using bed = await startTestbed()
  await runCloud(bed, undefined, '192.0.2.10-192.0.2.11')
  const services = bed.client.of(coreV1.services, namespace)
  await bed.create(coreV1.services, serviceOf('a'))
  await bed.create(coreV1.services, serviceOf('foreign', { loadBalancerClass: 'example.com/other' }))
  await bed.settle()
  await bed.create(coreV1.services, serviceOf('b', { loadBalancerIP: '192.0.2.11' }))
  await bed.create(coreV1.services, serviceOf('c'))
  await bed.settle()
  assert.deepEqual(addressesOf(await services.get('a')), ['192.0.2.10'])
  assert.deepEqual(addressesOf(await services.get('b')), ['192.0.2.11'])
  assert.equal(addressesOf(await services.get('c')), undefined)
  assert.equal(addressesOf(await services.get('foreign')), undefined)
  assert.deepEqual((await services.get('a')).metadata.finalizers, ['service.kubernetes.io/load-balancer-cleanup'])
  const events = await bed.events()
  assert.deepEqual(
    events.filter((event) => event.startsWith('Service/a ')),
    [
      'Service/a Normal EnsuringLoadBalancer: Ensuring load balancer',
      'Service/a Normal EnsuredLoadBalancer: Ensured load balancer',
    ],
  )
  const full =
    'Error syncing load balancer: failed to ensure load balancer: no free IPv4 address in the load balancer pool'
  assert.ok(events.includes(`Service/c Warning SyncLoadBalancerFailed: ${full}`))
  await services.delete('a')
  await bed.settle()
  await assert.rejects(services.get('a'), { code: 404 })
  await bed.advance(10_000)
  assert.deepEqual(addressesOf(await services.get('c')), ['192.0.2.10'])
})

test('a Service that is a load balancer no more loses its address and finalizer', async () => {
  shared = undefined
  await using bed = await startTestbed()
  await runCloud(bed)
  await bed.create(coreV1.services, serviceOf('a'))
  await bed.settle()
  const services = bed.client.of(coreV1.services, namespace)
  assert.deepEqual(addressesOf(await services.get('a')), ['10.97.0.1'])
  await services.patch('a', { type: 'merge', patch: { spec: { type: 'ClusterIP' } } })
  await bed.settle()
  const { metadata, status } = await services.get('a')
  assert.deepEqual([metadata.finalizers, status?.loadBalancer], [undefined, {}])
  assert.ok((await bed.events()).includes('Service/a Normal Type: LoadBalancer -> ClusterIP'))
})

test('load balancers follow the nodes, and a settled cluster makes no calls', async () => {
  shared = undefined
  await using bed = await startTestbed({ nodes: ['node1', 'node2'] })
  const calls: string[] = []
  const namesOf = (nodes: readonly Node[]) => nodes.map(({ metadata }) => metadata.name).join()
  await runCloud(bed, (local) => {
    const { loadBalancers } = local
    assert.ok(loadBalancers)
    return {
      ...local,
      loadBalancers: {
        get: (cluster, service) => loadBalancers.get(cluster, service),
        remove: (cluster, service) => loadBalancers.remove(cluster, service),
        async ensure(cluster, service, nodes) {
          calls.push(`ensure ${namesOf(nodes)}`)
          return await loadBalancers.ensure(cluster, service, nodes)
        },
        async update(_cluster, _service, nodes) {
          calls.push(`update ${namesOf(nodes)}`)
        },
      },
    }
  })
  await bed.create(coreV1.services, serviceOf('a'))
  await bed.advance(600_000)
  const label = { 'node.kubernetes.io/exclude-from-external-load-balancers': '' }
  await bed.client.of(coreV1.nodes).patch('node1', { type: 'merge', patch: { metadata: { labels: label } } })
  await bed.advance(600_000)
  assert.deepEqual(calls, ['ensure node1,node2', 'update node2'])
})

test('a node is a member once its cloud has said what it is', async () => {
  shared = undefined
  await using bed = await startTestbed({ nodes: [] })
  let known = false
  await runCloud(bed, (local) => ({
    ...local,
    instances: {
      exists: async ({ metadata }) => metadata.name !== 'gone',
      isShutDown: async () => true,
      metadata: async () =>
        known
          ? {
              providerID: 'test://7',
              zone: 'z1',
              region: 'r1',
              instanceType: 'big',
              nodeAddresses: [{ type: 'ExternalIP', address: '203.0.113.7' }],
              additionalLabels: { 'example.com/rack': '4', 'node.kubernetes.io/evil': 'x' },
            }
          : undefined,
    },
  }))
  const taints = [{ key: 'node.cloudprovider.kubernetes.io/uninitialized', value: 'true', effect: 'NoSchedule' }]
  const nodes = bed.client.of(coreV1.nodes)
  await nodes.create({ metadata: { name: 'new' }, spec: { taints } })
  await bed.settle()
  assert.ok((await nodes.get('new')).spec?.taints?.some(({ key }) => key === taints[0]?.key))
  known = true
  await bed.advance(5_000)
  const node = await nodes.get('new')
  assert.equal(node.spec?.providerID, 'test://7')
  assert.equal(
    node.spec?.taints?.some(({ key }) => key === taints[0]?.key),
    false,
  )
  assert.deepEqual(node.status?.addresses, [{ type: 'ExternalIP', address: '203.0.113.7' }])
  const { labels = {} } = node.metadata
  assert.deepEqual(
    [labels['topology.kubernetes.io/zone'], labels['topology.kubernetes.io/region'], labels['example.com/rack']],
    ['z1', 'r1', '4'],
  )
  assert.equal(labels['node.kubernetes.io/evil'], undefined)
  assert.ok(node.spec?.taints?.some(({ key }) => key === 'node.cloudprovider.kubernetes.io/shutdown'))
  await nodes.create({ metadata: { name: 'gone' } })
  await bed.advance(5_000)
  await assert.rejects(nodes.get('gone'), { code: 404 })
})
