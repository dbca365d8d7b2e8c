import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1 } from '../../src/api/resources.ts'
import type { Node, Service } from '../../src/api/types/core/v1.ts'
import { cloudControllers } from '../../src/cloud/index.ts'
import { localProvider } from '../../src/cloud/local/local.ts'
import type { CloudProvider, Instances, LoadBalancers, Route, Routes } from '../../src/cloud/provider.ts'
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
  assert.ok((await bed.events()).includes('Service/a Normal DeletedLoadBalancer: Deleted load balancer'))
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

/** A cloud whose load balancers do as the test says. */
function balancing(calls: string[], { ensure, update }: Partial<LoadBalancers> = {}) {
  return (local: CloudProvider): CloudProvider => {
    const { loadBalancers } = local
    assert.ok(loadBalancers)
    return {
      ...local,
      loadBalancers: {
        get: (cluster, service) => loadBalancers.get(cluster, service),
        async remove(cluster, service) {
          calls.push(`remove ${service.metadata.name}`)
          await loadBalancers.remove(cluster, service)
        },
        async ensure(cluster, service, nodes) {
          calls.push(`ensure ${service.metadata.name} ${nodes.map(({ metadata }) => metadata.name).join()}`)
          await ensure?.(cluster, service, nodes)
          return await loadBalancers.ensure(cluster, service, nodes)
        },
        async update(cluster, service, nodes) {
          calls.push(`update ${service.metadata.name} ${nodes.map(({ metadata }) => metadata.name).join()}`)
          await update?.(cluster, service, nodes)
        },
      },
    }
  }
}

test('a load balancer that hangs holds up no other', async () => {
  shared = undefined
  await using bed = await startTestbed()
  const calls: string[] = []
  let answer: () => void = () => {}
  const hangs = new Promise<void>((resolve) => {
    answer = resolve
  })
  const ensure = async (_: string, { metadata }: Service) => {
    if (metadata.name === 'slow') await hangs
    return {}
  }
  await runCloud(bed, balancing(calls, { ensure }))
  const services = bed.client.of(coreV1.services, namespace)
  await bed.create(coreV1.services, serviceOf('slow'))
  for (const name of ['a', 'b']) await bed.create(coreV1.services, serviceOf(name))
  while (!addressesOf(await services.get('b'))) await new Promise((resolve) => setImmediate(resolve))
  assert.equal(addressesOf(await services.get('slow')), undefined)
  answer()
  await bed.settle()
  assert.ok(addressesOf(await services.get('slow')))
})

test('a load balancer that cannot be updated is ensured, in the words of Kubernetes', async () => {
  shared = undefined
  await using bed = await startTestbed({ nodes: ['node1'] })
  const calls: string[] = []
  const update = async () => {
    throw new Error('busy')
  }
  await runCloud(bed, balancing(calls, { update }))
  await bed.create(coreV1.services, serviceOf('a'))
  await bed.settle()
  const nodes = bed.client.of(coreV1.nodes)
  await nodes.create({ metadata: { name: 'node2' } })
  await bed.settle()
  assert.deepEqual(calls, ['ensure a node1', 'update a node1,node2', 'ensure a node1,node2'])
  const message =
    'Error updating load balancer with new hosts [node1 node2] [node names limited, total number of nodes: 2], error: busy'
  assert.ok((await bed.events()).includes(`Service/a Warning UpdateLoadBalancerFailed: ${message}`))
})

test('a load balancer whose Service lost its finalizer is taken away with it', async () => {
  shared = undefined
  await using bed = await startTestbed()
  const calls: string[] = []
  await runCloud(bed, balancing(calls))
  const services = bed.client.of(coreV1.services, namespace)
  await bed.create(coreV1.services, serviceOf('a', {}))
  await bed.settle()
  await services.patch('a', { type: 'merge', patch: { metadata: { finalizers: null } } })
  await services.delete('a')
  await bed.settle()
  assert.equal(calls.at(-1), 'remove a')
  await bed.create(coreV1.services, serviceOf('b', { externalTrafficPolicy: 'Local' }))
  await bed.settle()
  await services.patch('b', { type: 'merge', patch: { metadata: { finalizers: ['example.com/hold'] } } })
  await services.patch('b', { type: 'merge', patch: { spec: { type: 'ClusterIP' } } })
  await bed.settle()
  assert.equal(calls.at(-1), 'remove b')
  assert.deepEqual((await services.get('b')).metadata.finalizers, ['example.com/hold'])
})

const shutdown = 'node.cloudprovider.kubernetes.io/shutdown'

test('a node keeps the taint of its shut down machine until it is ready, and its own labels', async () => {
  shared = undefined
  await using bed = await startTestbed({ nodes: [] })
  let isOff = true
  const instances: Instances = {
    exists: async () => true,
    isShutDown: async () => isOff,
    metadata: async () => ({ providerID: 'test://7', additionalLabels: { rack: 'cloud' } }),
  }
  await runCloud(bed, (local) => ({ ...local, instances }))
  const nodes = bed.client.of(coreV1.nodes)
  const labels = { rack: 'mine', 'beta.kubernetes.io/instance-type': 'big' }
  await nodes.create({ metadata: { name: 'n', labels } })
  const isTainted = async () => (await nodes.get('n')).spec?.taints?.some(({ key }) => key === shutdown) ?? false
  await bed.advance(5_000)
  assert.equal(await isTainted(), true)
  isOff = false
  await bed.advance(10_000)
  assert.equal(await isTainted(), true)
  const conditions = [{ type: 'Ready', status: 'True' }]
  await nodes.patchStatus('n', { type: 'merge', patch: { status: { conditions } } })
  await bed.settle()
  assert.equal(await isTainted(), false)
  await bed.advance(600_000)
  const { labels: has = {} } = (await nodes.get('n')).metadata
  assert.deepEqual([has.rack, has['node.kubernetes.io/instance-type']], ['mine', 'big'])
})

test('a node that cannot be deleted says so, and a cloud that does not answer is asked again', async () => {
  shared = undefined
  await using bed = await startTestbed({ nodes: [] })
  let asked = 0
  const instances: Instances = {
    async exists() {
      asked++
      if (asked < 3) throw new Error('away')
      return false
    },
    isShutDown: async () => false,
    metadata: async () => undefined,
  }
  await runCloud(bed, (local) => ({ ...local, instances }))
  const nodes = bed.client.of(coreV1.nodes)
  await nodes.create({ metadata: { name: 'n' } })
  await bed.advance(5_000)
  assert.equal(asked, 2)
  assert.ok(await nodes.get('n'))
  await bed.advance(5_000)
  await assert.rejects(nodes.get('n'), { code: 404 })
})

test('one route that fails holds up no other, and nodes say how theirs goes', async () => {
  shared = undefined
  await using bed = await startTestbed({ nodes: [] })
  const there: Route[] = [
    { name: 'old', targetNode: 'gone', destinationCIDR: '10.244.9.0/24' },
    { name: 'elsewhere', targetNode: 'bare', destinationCIDR: '192.0.2.0/24' },
  ]
  const routes: Routes = {
    list: async () => [...there],
    async create(_, route) {
      if (route.targetNode === 'full') throw new Error('table full')
      there.push(route)
    },
    async remove() {
      throw new Error('stuck')
    },
  }
  await runCloud(bed, (local) => ({ ...local, routes }))
  const nodes = bed.client.of(coreV1.nodes)
  const nodeOf = (name: string, cidr?: string) =>
    nodes.create({ metadata: { name }, spec: cidr ? { podCIDR: cidr, podCIDRs: [cidr] } : {} })
  await nodeOf('a', '10.244.1.0/24')
  const full = await nodeOf('full', '10.244.2.0/24')
  for (const name of ['bare', 'none']) await nodeOf(name)
  const other = { type: 'NetworkUnavailable', status: 'False', reason: 'SomebodyElse' }
  await nodes.patchStatus('a', { type: 'merge', patch: { status: { conditions: [other] } } })
  await bed.advance(10_000)
  const said = async (name: string) => {
    const { conditions = [] } = (await nodes.get(name)).status ?? {}
    const found = conditions.find(({ type }) => type === 'NetworkUnavailable')
    return found && `${found.status} ${found.reason}`
  }
  assert.deepEqual(await Promise.all(['a', 'full', 'bare', 'none'].map(said)), [
    'False RouteCreated',
    'True NoRouteCreated',
    'True NoRouteCreated',
    undefined,
  ])
  const message = `Could not create route ${full.metadata.uid} 10.244.2.0/24 for node full after 0ms: table full`
  const { items } = await bed.client.of(coreV1.events, 'default').list()
  assert.ok(items.some((event) => event.reason === 'FailedToCreateRoute' && event.message === message))
})
