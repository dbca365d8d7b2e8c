import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import type { Resource } from '../../api/meta.ts'
import { coreV1 } from '../../api/resources.ts'
import type { Service, ServiceSpec } from '../../api/types/core/v1.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { MemoryObjects } from '../testbed/memory-objects.ts'
import { addressRange, freePlace, portRange } from './ranges.ts'
import { ServiceAllocator } from './services.ts'

let objects: MemoryObjects
let allocator: ServiceAllocator

beforeEach(() => {
  objects = new MemoryObjects()
  const options = { objects, random: simulatedRandom(), nodePorts: { first: 30_000, last: 30_003 } }
  allocator = new ServiceAllocator({ ...options, serviceCidrs: ['10.96.0.0/16', 'fd00::/108'] })
})

function service(name: string, spec: ServiceSpec): Service {
  return { metadata: { name, namespace: 'a', uid: `u-${name}` }, spec }
}

async function write(one: Service): Promise<Service> {
  const allocation = await allocator.allocate(one)
  objects.put(coreV1.services, structuredClone(one))
  await allocation.settle()
  return one
}

const port = (number: number, protocol = 'TCP', nodePort?: number) => ({
  port: number,
  protocol,
  ...(nodePort ? { nodePort } : {}),
})

test('a service gets a free address of each family it has', async () => {
  const { spec } = await write(service('s', { ipFamilies: ['IPv4', 'IPv6'] }))
  assert.match(spec?.clusterIPs?.[0] ?? '', /^10\.96\.\d+\.\d+$/)
  assert.match(spec?.clusterIPs?.[1] ?? '', /^fd00::/)
  assert.equal(spec?.clusterIP, spec?.clusterIPs?.[0])
})

test('a taken address or port is refused until its service is gone', async () => {
  await write(service('s', { type: 'NodePort', clusterIPs: ['10.96.0.10'], ports: [port(80, 'TCP', 30_001)] }))
  const sameAddress = () => allocator.allocate(service('t', { clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] }))
  await assert.rejects(sameAddress(), {
    message:
      'Service "t" is invalid: spec.clusterIPs: Invalid value: ["10.96.0.10"]: failed to allocate IP 10.96.0.10: provided IP is already allocated',
  })
  await assert.rejects(allocator.allocate(service('t', { type: 'NodePort', ports: [port(1, 'TCP', 30_001)] })), {
    message: 'Service "t" is invalid: spec.ports[0].nodePort: Invalid value: 30001: provided port is already allocated',
  })
  objects.remove(coreV1.services as Resource, 'a/s')
  await sameAddress()
})

test('an address or port out of range is refused', async () => {
  await assert.rejects(allocator.allocate(service('t', { clusterIPs: ['10.97.0.1'] })), {
    message: /failed to allocate IP 10.97.0.1: the provided network does not match the current range/,
  })
  await assert.rejects(allocator.allocate(service('t', { type: 'NodePort', ports: [port(1, 'TCP', 1)] })), {
    message: /provided port is not in the valid range. The range of valid ports is 30000-30003/,
  })
})

test('what a refused write claimed is free again, and a write on its way keeps its claim', async () => {
  const full = service('s', { type: 'NodePort', ports: [port(1), port(2), port(3), port(4)] })
  const first = await allocator.allocate(full)
  assert.equal(new Set(full.spec?.ports?.map(({ nodePort }) => nodePort)).size, 4)
  const late = service('t', { type: 'NodePort', clusterIPs: ['10.96.0.9'], ports: [port(1)] })
  await assert.rejects(allocator.allocate(late), { message: /failed to allocate a nodePort: range is full/ })
  await first.release()
  await allocator.allocate(service('u', { type: 'NodePort', clusterIPs: ['10.96.0.9'], ports: [port(1)] }))
})

test('protocols of one port share a node port, and updates keep what the service has', async () => {
  const dns = await write(service('dns', { type: 'NodePort', ports: [port(53, 'UDP'), port(53, 'TCP')] }))
  const [udp, tcp] = dns.spec?.ports ?? []
  assert.equal(udp?.nodePort, tcp?.nodePort)
  const before = structuredClone(dns)
  await write(dns)
  assert.deepEqual(dns, before)
})

test('headless and external services get nothing, a dry run shows ports and takes none', async () => {
  for (const spec of [{ clusterIP: 'None', clusterIPs: ['None'] }, { type: 'ExternalName' }]) {
    const one = service('s', structuredClone(spec))
    await allocator.allocate(one)
    assert.deepEqual(one.spec, spec)
  }
  for (let round = 0; round < 3; round++) {
    const one = service('d', { type: 'NodePort', ports: [port(1), port(2)] })
    await allocator.allocate(one, { dryRun: true })
    assert.deepEqual(
      one.spec?.ports?.map(({ nodePort }) => nodePort),
      [32_769, 32_770],
    )
  }
})

test('freePlace leaves the reserved part until the rest is full', () => {
  const range = portRange(30_000, 32_767)
  assert.equal(range.reserved, 86)
  const taken = new Set<string>()
  const first = Number(freePlace(range, (value) => taken.has(value), 0))
  assert.equal(first, 30_086)
  for (let index = range.reserved; index < range.size; index++) taken.add(range.at(index))
  assert.equal(
    freePlace(range, (value) => taken.has(value), 7),
    '30007',
  )
  assert.equal(addressRange('10.96.0.0/30').size, 2)
  assert.equal(addressRange('fd00:1::/112').at(9), 'fd00:1::a')
})
