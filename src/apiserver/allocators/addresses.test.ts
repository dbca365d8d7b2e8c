import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, networkingV1 } from '../../api/resources.ts'
import type { Service } from '../../api/types/core/v1.ts'
import type { IPAddress } from '../../api/types/networking/v1.ts'
import { silent } from '../../platform/log.ts'
import { TestCaller } from '../testbed/caller.ts'
import { startTestApiServer } from '../testbed/server.ts'
import { AddressObjects, addressObject } from './addresses.ts'
import { AddressRepair, planAddressRepair } from './repair.ts'

const services = '/api/v1/namespaces/default/services'
const addresses = '/apis/networking.k8s.io/v1/ipaddresses'
const cidrs = '/apis/networking.k8s.io/v1/servicecidrs'

const dual = { services: { serviceCidrs: ['10.96.0.0/24', 'fd00::/112'] } }

async function withCaller(options: object, body: (caller: TestCaller) => Promise<void>): Promise<void> {
  const caller = await TestCaller.start(options)
  try {
    await body(caller)
  } finally {
    await caller.api.stop()
  }
}

async function namesOf(caller: TestCaller): Promise<string[]> {
  const { body } = await caller.get(addresses)
  return body.items.map((item: IPAddress) => item.metadata.name).sort()
}

const service = (name: string, spec: object = {}) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } })

test('each cluster IP has an IPAddress that comes, changes and goes with its Service', async () => {
  await withCaller(dual, async (caller) => {
    const { body: made } = await caller.call('POST', services, service('s', { ipFamilyPolicy: 'RequireDualStack' }))
    assert.deepEqual(made.spec.ipFamilies, ['IPv4', 'IPv6'])
    assert.deepEqual(await namesOf(caller), [...made.spec.clusterIPs].sort())
    const { body: object } = await caller.get(`${addresses}/${made.spec.clusterIP}`)
    assert.deepEqual(object.spec.parentRef, { resource: 'services', namespace: 'default', name: 's' })
    assert.deepEqual(object.metadata.labels, {
      'ipaddress.kubernetes.io/ip-family': 'IPv4',
      'ipaddress.kubernetes.io/managed-by': 'ipallocator.k8s.io',
    })
    const merge = { contentType: 'application/merge-patch+json' }
    const single = await caller.call('PATCH', `${services}/s`, { spec: { ipFamilyPolicy: 'SingleStack' } }, merge)
    assert.deepEqual(single.body.spec.clusterIPs, [made.spec.clusterIP])
    assert.deepEqual(await namesOf(caller), [made.spec.clusterIP])
    await caller.call('PATCH', `${services}/s`, { spec: { ipFamilyPolicy: 'PreferDualStack' } }, merge)
    assert.equal((await namesOf(caller)).length, 2)
    await caller.call('DELETE', `${services}/s`)
    assert.deepEqual(await namesOf(caller), [])
  })
})

test('a dry run, a refused Service and a headless one take no address', async () => {
  await withCaller({}, async (caller) => {
    assert.equal((await caller.call('POST', `${services}?dryRun=All`, service('s'))).status, 201)
    assert.equal((await caller.call('POST', services, service('s', { clusterIP: '10.96.0.9' }))).status, 201)
    assert.equal((await caller.call('POST', services, service('t', { clusterIP: '10.96.0.9' }))).status, 422)
    assert.equal((await caller.call('POST', services, service('u', { clusterIP: 'None' }))).status, 201)
    assert.deepEqual(await namesOf(caller), ['10.96.0.9'])
  })
})

test('an IPAddress that is there keeps Services from its address, whoever made it', async () => {
  await withCaller({}, async (caller) => {
    const spec = { parentRef: { group: 'example.com', resource: 'gateways', name: 'g' } }
    assert.equal((await caller.call('POST', addresses, { metadata: { name: '10.96.0.7' }, spec })).status, 201)
    const { status, body } = await caller.call('POST', services, service('s', { clusterIP: '10.96.0.7' }))
    assert.equal(status, 422)
    assert.match(body.message, /failed to allocate IP 10\.96\.0\.7: provided IP is already allocated/)
  })
})

test('two servers over one store never give one address twice', async () => {
  const one = await startTestApiServer({ services: { serviceCidrs: ['10.96.0.0/28'] } })
  const options = { store: one.store, clock: one.clock, services: { serviceCidrs: ['10.96.0.0/28'] } }
  const other = await startTestApiServer(options)
  const callers = [new TestCaller(one), new TestCaller(other)]
  const answers = await Promise.all(
    Array.from({ length: 14 }, (_, index) => callers[index % 2]!.call('POST', services, service(`s${index}`))),
  )
  assert.deepEqual(
    answers.map(({ status }) => status),
    new Array(14).fill(201),
  )
  assert.equal(new Set(answers.map(({ body }) => body.spec.clusterIP)).size, 14)
  const full = await callers[0]!.call('POST', services, service('late'))
  assert.deepEqual(
    [full.status, full.body.message],
    [500, 'Internal error occurred: failed to allocate a serviceIP: range is full'],
  )
  await other.stop()
  await one.stop()
})

test('a ServiceCIDR adds its range once it is ready, and takes it away when it is being deleted', async () => {
  await withCaller({ services: { serviceCidrs: ['10.96.0.0/30'] } }, async (caller) => {
    const at = (name: string, clusterIP: string) => caller.call('POST', services, service(name, { clusterIP }))
    await caller.call('POST', cidrs, {
      metadata: { name: 'more', finalizers: ['example.com/f'] },
      spec: { cidrs: ['10.5.0.0/24'] },
    })
    const condition = {
      type: 'Ready',
      reason: 'r',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    }
    const merge = { contentType: 'application/merge-patch+json' }
    const setReady = (status: string) =>
      caller.call('PATCH', `${cidrs}/more/status`, { status: { conditions: [{ ...condition, status }] } }, merge)
    await setReady('False')
    assert.equal((await at('a', '10.5.0.4')).status, 422)
    await setReady('True')
    assert.equal((await at('a', '10.5.0.4')).status, 201)
    for (const name of ['b', 'c']) assert.match((await at(name, '')).body.spec.clusterIP, /^10\.96\./)
    assert.match((await at('d', '')).body.spec.clusterIP, /^10\.5\./)
    await caller.call('DELETE', `${cidrs}/more`)
    assert.equal((await at('e', '10.5.0.5')).status, 422)
  })
})

const held = (name: string, ...clusterIPs: string[]): Service => ({
  metadata: { namespace: 'default', name },
  spec: { clusterIPs },
})

test('planAddressRepair finds what one has without the other', () => {
  const foreign: IPAddress = { metadata: { name: '10.0.0.9' }, spec: { parentRef: { resource: 'x', name: 'y' } } }
  const plan = planAddressRepair(
    [held('a', '10.0.0.1'), held('b', '10.0.0.2'), held('c', 'None'), held('d', '10.0.0.4')],
    [
      addressObject('10.0.0.1', held('a')),
      addressObject('10.0.0.3', held('gone')),
      addressObject('10.0.0.4', held('other')),
      foreign,
    ],
  )
  assert.deepEqual(
    plan.missing.map(({ address }) => address),
    ['10.0.0.2'],
  )
  assert.deepEqual(plan.orphaned, ['10.0.0.3'])
  assert.deepEqual(plan.contested, ['10.0.0.4'])
})

test('AddressRepair makes what is missing and removes what nobody needs', async () => {
  await withCaller({}, async (caller) => {
    await caller.call('POST', services, service('s', { clusterIP: '10.96.0.9' }))
    await caller.call('DELETE', `${addresses}/10.96.0.9`)
    await caller.call('POST', addresses, addressObject('10.96.0.50', held('gone')))
    const { server, store, clock, random } = caller.api
    const parts = { scheme: server.scheme, clock, random }
    const repair = new AddressRepair({
      objects: server.objects,
      store,
      addresses: new AddressObjects(parts),
      clock,
      log: silent,
    })
    await repair.start()
    assert.deepEqual(await namesOf(caller), ['10.96.0.9'])
    await repair.stop()
    assert.equal(await server.objects.get(networkingV1.ipAddresses, '10.96.0.50'), undefined)
    assert.ok(await server.objects.get(coreV1.services, 'default/s'))
  })
})
