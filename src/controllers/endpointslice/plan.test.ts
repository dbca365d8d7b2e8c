import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Node, Pod, Service, ServiceSpec } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { planSlices, podsWithoutNode } from './plan.ts'

function service(spec: Partial<ServiceSpec> = {}): Service {
  return {
    metadata: { name: 's', namespace: 'n', labels: { l: '1' } },
    spec: {
      selector: { app: 'a' },
      ipFamilies: ['IPv4'],
      ports: [{ name: 'http', port: 80, targetPort: 8080 }],
      ...spec,
    },
  }
}

function pod(
  index: number,
  {
    ready = true,
    going = false,
    ips = [`10.0.${index >> 8}.${index & 255}`],
    port,
  }: { ready?: boolean; going?: boolean; ips?: string[]; port?: number } = {},
): Pod {
  const ports = port ? { ports: [{ name: 'web', containerPort: port }] } : {}
  return {
    metadata: { name: `p${index}`, namespace: 'n', uid: `u${index}`, ...(going ? { deletionTimestamp: 'now' } : {}) },
    spec: { nodeName: 'node1', containers: [{ name: 'c', ...ports }] },
    status: { podIPs: ips.map((ip) => ({ ip })), conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
  }
}

const pods = (count: number, from = 0) => Array.from({ length: count }, (_, index) => pod(from + index))
const zoned: Node = { metadata: { name: 'node1', labels: { 'topology.kubernetes.io/zone': 'z' } } }

function plan(subject: Service, of: Pod[], slices: EndpointSlice[] = []) {
  return planSlices({ service: subject, pods: of, slices, nodeOf: () => zoned, changeTime: '' })
}

const sizes = (slices: EndpointSlice[]) => slices.map(({ endpoints }) => endpoints?.length ?? 0)
const named = (slices: EndpointSlice[]) =>
  slices.map((slice, index) => ({ ...slice, metadata: { ...slice.metadata, name: `s-${index}` } }))

test('planSlices makes one empty slice for a Service without pods', () => {
  const { create } = plan(service(), [])
  assert.deepEqual([sizes(create), create[0]?.ports], [[0], undefined])
  assert.deepEqual(create[0]?.metadata.labels, {
    l: '1',
    'kubernetes.io/service-name': 's',
    'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
  })
})

test('planSlices puts at most 100 endpoints into a slice, or as many as it is told', () => {
  assert.deepEqual(sizes(plan(service(), pods(250)).create), [100, 100, 50])
  const input = { service: service(), pods: pods(5), slices: [], nodeOf: () => zoned, changeTime: '' }
  assert.deepEqual(sizes(planSlices({ ...input, endpointsMax: 2 }).create), [2, 2, 1])
})

test('planSlices fills gaps before it makes slices, and moves nothing', () => {
  const slices = named(plan(service(), pods(150)).create)
  const changed = plan(service(), [...pods(149, 1), ...pods(20, 300)], slices)
  assert.deepEqual([sizes(changed.create), sizes(changed.update), changed.delete.length], [[], [100, 69], 0])
  const before = new Set(slices[1]?.endpoints?.map(({ addresses }) => addresses[0]))
  const after = new Set(changed.update[1]?.endpoints?.map(({ addresses }) => addresses[0]))
  assert.ok([...before].every((address) => after.has(address)))
})

test('planSlices writes nothing when nothing changed', () => {
  const slices = named(plan(service(), pods(150)).create)
  const { unchanged, ...writes } = plan(service(), pods(150), slices)
  assert.deepEqual(writes, { create: [], update: [], delete: [], hinting: new Map() })
  assert.deepEqual(unchanged, slices)
})

test('planSlices puts new endpoints where it writes anyway, and into one slice that has room for all of the rest', () => {
  const slices = named(plan(service(), pods(250)).create).map((slice, index) =>
    index === 0 ? { ...slice, endpoints: slice.endpoints?.slice(10) ?? [] } : slice,
  )
  // 90, 100 and 50 endpoints: one of the last leaves and two come.
  const few = plan(service(), [...pods(239, 10), pod(300), pod(301)], slices)
  assert.deepEqual([few.update.map(({ metadata }) => metadata.name), sizes(few.update)], [['s-2'], [51]])
  const more = plan(service(), [...pods(240, 10), ...pods(8, 300)], slices)
  assert.deepEqual([more.update.map(({ metadata }) => metadata.name), sizes(more.update)], [['s-0'], [98]])
  const many = plan(service(), [...pods(240, 10), ...pods(120, 300)], slices)
  assert.deepEqual([sizes(many.update), sizes(many.create)], [[70], [100]])
})

test('planSlices leaves pods of nodes out that are not there, and slices of an earlier Service of its name', () => {
  const lost = (subject: Service) =>
    planSlices({ service: subject, pods: [pod(1)], slices: [], nodeOf: () => undefined, changeTime: '' })
  assert.deepEqual(sizes(lost(service()).create), [0])
  assert.deepEqual(sizes(lost(service({ publishNotReadyAddresses: true })).create), [1])
  const input = { pods: [pod(1)], slices: [], nodeOf: () => undefined, changeTime: '' }
  assert.equal(podsWithoutNode({ ...input, service: service() }).length, 1)
  assert.equal(podsWithoutNode({ ...input, service: service({ publishNotReadyAddresses: true }) }).length, 0)
  const [slice] = named(plan(service(), pods(1)).create)
  const owner = { apiVersion: 'v1', kind: 'Service', name: 's', uid: 'earlier', controller: true }
  const foreign = { ...slice, metadata: { ...slice?.metadata, ownerReferences: [owner] } } as EndpointSlice
  const again = plan(service(), pods(1), [foreign])
  assert.deepEqual([sizes(again.create), again.delete], [[1], [foreign]])
})

test('planSlices removes slices that are no longer needed, but keeps one', () => {
  const slices = named(plan(service(), pods(150)).create)
  const fewer = plan(service(), pods(50), slices)
  assert.deepEqual([sizes(fewer.update), fewer.delete.map(({ metadata }) => metadata.name)], [[50], ['s-1']])
  const renamed = plan(service({ ports: [{ name: 'http', port: 80, targetPort: 9090 }] }), pods(50), slices)
  assert.deepEqual([sizes(renamed.create), renamed.delete.length], [[50], 2])
})

test('planSlices makes slices for both families of addresses', () => {
  const dual = [pod(1, { ips: ['10.0.0.1', 'fd00::1'] }), pod(2, { ips: ['10.0.0.2'] })]
  const { create } = plan(service({ ipFamilies: ['IPv4', 'IPv6'] }), dual)
  assert.deepEqual(
    create.map(({ addressType, endpoints }) => [addressType, endpoints?.map(({ addresses }) => addresses[0])]),
    [
      ['IPv4', ['10.0.0.1', '10.0.0.2']],
      ['IPv6', ['fd00::1']],
    ],
  )
})

test('planSlices makes a slice for each meaning of a named port', () => {
  const web = service({ ports: [{ name: 'http', port: 80, targetPort: 'web' }] })
  const { create } = plan(web, [pod(1, { port: 8080 }), pod(2, { port: 9090 }), pod(3)])
  const numbers = create.map(({ ports = [] }) => ports.map(({ port }) => port))
  assert.deepEqual(numbers.sort(), [[], [8080], [9090]])
})

describe('the conditions of an endpoint', () => {
  const cases: [what: string, pod: Pod, service: Service, ready: boolean, serving: boolean, terminating: boolean][] = [
    ['a ready pod', pod(1), service(), true, true, false],
    ['an unready pod', pod(1, { ready: false }), service(), false, false, false],
    ['a ready pod that goes', pod(1, { going: true }), service(), false, true, true],
    [
      'an unready pod that is published',
      pod(1, { ready: false }),
      service({ publishNotReadyAddresses: true }),
      true,
      false,
      false,
    ],
  ]
  for (const [what, subject, of, ready, serving, terminating] of cases) {
    test(`follow ${what}`, () => {
      const [endpoint] = plan(of, [subject]).create[0]?.endpoints ?? []
      assert.deepEqual(endpoint?.conditions, { ready, serving, terminating })
      assert.deepEqual([endpoint?.zone, endpoint?.nodeName], ['z', 'node1'])
    })
  }
})

test('planSlices marks the slices of a headless Service and names its pods', () => {
  const [slice] = plan(service({ clusterIP: 'None' }), [
    { ...pod(1), spec: { containers: [], hostname: 'h', subdomain: 's' } },
  ]).create
  assert.equal(slice?.metadata.labels?.['service.kubernetes.io/headless'], '')
  assert.equal(slice?.endpoints?.[0]?.hostname, 'h')
})
