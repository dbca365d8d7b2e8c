import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../api/types/core/v1.ts'
import { addressesAnnotation, localProvider } from './local.ts'

interface Wish {
  ip?: string
  list?: string
  families?: string[]
  had?: string[]
}

function serviceOf(name: string, { ip, list, families = ['IPv4'], had = [] }: Wish = {}): Service {
  return {
    metadata: { name, uid: name, ...(list === undefined ? {} : { annotations: { [addressesAnnotation]: list } }) },
    spec: { type: 'LoadBalancer', ipFamilies: families, ...(ip === undefined ? {} : { loadBalancerIP: ip }) },
    status: { loadBalancer: { ingress: had.map((one) => ({ ip: one })) } },
  }
}

function balancersOf(pool: string, services: Service[]) {
  const { loadBalancers } = localProvider({ services: () => services, pool })
  assert.ok(loadBalancers)
  return {
    given: async (service: Service) =>
      (await loadBalancers.ensure('k', service, [])).ingress?.map(({ ip }) => ip).join(' '),
    back: (service: Service) => loadBalancers.remove('k', service),
  }
}

test('an address is kept over a restart, and given up when the pool no longer has it', async () => {
  const [kept, moved, fresh] = [
    serviceOf('a', { had: ['192.0.2.2'] }),
    serviceOf('b', { had: ['198.51.100.1'] }),
    serviceOf('c'),
  ]
  const { given } = balancersOf('192.0.2.1-192.0.2.3', [kept, moved, fresh])
  assert.deepEqual([await given(fresh), await given(moved), await given(kept)], ['192.0.2.1', '192.0.2.3', '192.0.2.2'])
})

test('an address that two Services say they have stays with one of them', async () => {
  const services = [serviceOf('a', { had: ['192.0.2.1'] }), serviceOf('b', { had: ['192.0.2.1'] })]
  const { given } = balancersOf('192.0.2.1-192.0.2.2', services)
  const all = [await given(services[0] as Service), await given(services[1] as Service)]
  assert.deepEqual(all.sort(), ['192.0.2.1', '192.0.2.2'])
})

test('a used-up pool says so, and goes on with what comes back', async () => {
  const [a, b] = [serviceOf('a'), serviceOf('b')]
  const { given, back } = balancersOf('192.0.2.1', [a, b])
  await given(a)
  await assert.rejects(given(b), /^Error: no free IPv4 address in the load balancer pool$/)
  await back(a)
  assert.equal(await given(b), '192.0.2.1')
})

test('asked-for addresses are given once, whatever way they are written, and refused where they are of no use', async () => {
  const both = ['IPv4', 'IPv6']
  const first = serviceOf('a', { list: '2001:DB8:0::5, 192.0.2.5', families: both })
  const services = [first]
  const { given } = balancersOf('192.0.2.0/28,2001:db8::/120', services)
  assert.equal(await given(first), '192.0.2.5 2001:db8::5')
  const table: [wish: Wish, why: RegExp][] = [
    [{ ip: '2001:db8::5', families: ['IPv6'] }, /address 2001:db8::5 belongs to another Service$/],
    [{ ip: '192.0.2.99' }, /address 192\.0\.2\.99 is not in the load balancer pool$/],
    [{ ip: '2001:db8::6' }, /address 2001:db8::6 is of a family that the Service does not have$/],
    [{ list: '192.0.2.6,192.0.2.7' }, /more than one IPv4 address is asked for$/],
    [{ list: 'localhost' }, /"localhost" is no address$/],
  ]
  for (const [wish, why] of table) await assert.rejects(given(serviceOf('b', wish)), why)
  assert.equal(await given(serviceOf('b', { list: '' })), '192.0.2.1')
})
