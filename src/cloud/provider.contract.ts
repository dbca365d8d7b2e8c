/** What every provider has to do, whoever serves it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Service } from '../api/types/core/v1.ts'
import type { CloudProvider } from './provider.ts'

const cluster = 'kubernetes'
const node: Node = { metadata: { name: 'node1', uid: 'n1' }, status: {} }
const serviceOf = (name: string): Service => ({
  metadata: { name, namespace: 'default', uid: `uid-${name}` },
  spec: { type: 'LoadBalancer', ipFamilies: ['IPv4'], ports: [{ port: 80 }] },
})

const [one, other] = [serviceOf('one'), serviceOf('other')]
const services = [one, other]

/** `start`: a provider that has made nothing yet, for a cluster with these Services, and what ends it. */
export function describeProvider(
  name: string,
  start: (services: readonly Service[]) => Promise<{ provider: CloudProvider; stop(): Promise<void> }>,
): void {
  const withProvider = async (body: (provider: CloudProvider) => Promise<void>): Promise<void> => {
    const { provider, stop } = await start(services)
    try {
      await body(provider)
    } finally {
      await stop()
    }
  }

  test(`${name} knows a machine, with an id that stays`, () =>
    withProvider(async ({ instances }) => {
      assert.ok(instances)
      const first = await instances.metadata(node)
      assert.match(first?.providerID ?? '', /^[a-z0-9-]+:\/\/./)
      assert.deepEqual(await instances.metadata(node), first)
      assert.equal(await instances.exists(node), true)
      assert.equal(await instances.isShutDown(node), false)
    }))

  test(`${name} makes a load balancer once, another for another Service, and takes it away`, () =>
    withProvider(async ({ loadBalancers }) => {
      assert.ok(loadBalancers)
      assert.equal(await loadBalancers.get(cluster, one), undefined)
      const made = await loadBalancers.ensure(cluster, one, [node])
      const [ingress] = made.ingress ?? []
      assert.ok(ingress?.ip ?? ingress?.hostname)
      assert.deepEqual(await loadBalancers.ensure(cluster, one, [node]), made)
      assert.deepEqual(await loadBalancers.get(cluster, one), made)
      assert.notDeepEqual(await loadBalancers.ensure(cluster, other, [node]), made)
      await loadBalancers.update(cluster, one, [])
      assert.deepEqual(await loadBalancers.get(cluster, one), made)
      await loadBalancers.remove(cluster, one)
      await loadBalancers.remove(cluster, one)
      assert.equal(await loadBalancers.get(cluster, one), undefined)
    }))
}
