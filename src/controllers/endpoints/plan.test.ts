import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoints, Pod, Service, ServiceSpec } from '../../api/types/core/v1.ts'
import { planEndpoints, sameEndpoints } from './plan.ts'

function service(spec: Partial<ServiceSpec> = {}, labels: Record<string, string> = {}): Service {
  const ports = [{ name: 'http', port: 80, targetPort: 8080 }]
  return { metadata: { name: 's', namespace: 'n', labels }, spec: { selector: { app: 'a' }, ports, ...spec } }
}

function pod(index: number, { ready = true, port }: { ready?: boolean; port?: number } = {}): Pod {
  const ports = port ? { ports: [{ name: 'web', containerPort: port }] } : {}
  return {
    metadata: { name: `p${index}`, namespace: 'n', uid: `u${index}` },
    spec: { nodeName: 'node1', containers: [{ name: 'c', ...ports }] },
    status: {
      podIPs: [{ ip: `10.0.${index >> 8}.${index & 255}` }],
      conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }],
    },
  }
}

const pods = (count: number, { ready = true, from = 0 } = {}) =>
  Array.from({ length: count }, (_, index) => pod(from + index, { ready }))
const plan = (of: Service, among: Pod[], existing?: Endpoints) => planEndpoints(of, among, { existing, changeTime: '' })
const sizes = ({ subsets = [] }: Endpoints) =>
  subsets.map(({ addresses, notReadyAddresses }) => [addresses?.length, notReadyAddresses?.length])
const overCapacity = ({ metadata }: Endpoints) => metadata.annotations?.['endpoints.kubernetes.io/over-capacity']

const twoPorts = [
  { name: 'http', port: 80, targetPort: 8080 },
  { name: 'web', port: 81, targetPort: 'web' },
]

test('ports that the same addresses offer share a subset', () => {
  const { subsets = [] } = plan(service({ ports: twoPorts }), [pod(2, { port: 8081 }), pod(1), pod(3, { port: 8082 })])
  assert.deepEqual(
    subsets.map(({ addresses = [], ports = [] }) => [
      addresses.map(({ ip }) => ip),
      ports.map(({ name, port }) => `${name} ${port}`),
    ]),
    [
      [['10.0.0.1', '10.0.0.2', '10.0.0.3'], ['http 8080']],
      [['10.0.0.2'], ['web 8081']],
      [['10.0.0.3'], ['web 8082']],
    ],
  )
  const alike = plan(service({ ports: twoPorts }), [pod(1, { port: 8081 }), pod(2, { port: 8081, ready: false })])
  assert.deepEqual([sizes(alike), alike.subsets?.[0]?.ports?.length], [[[1, 1]], 2])
})

test('a headless Service without ports lists addresses alone', () => {
  const { subsets } = plan(service({ clusterIP: 'None', ports: [] }), [pod(1)])
  assert.deepEqual(
    subsets?.map(({ addresses = [], ...rest }) => [addresses.length, rest]),
    [[1, {}]],
  )
})

test('of more than 1,000 addresses those that are not ready are left out first, in proportion', () => {
  const crowd = [...pods(900, { ready: false }), ...pods(300, { from: 900 })]
  const mixed = plan(service(), crowd)
  assert.deepEqual([sizes(mixed), overCapacity(mixed)], [[[300, 700]], 'truncated'])
  const ready = plan(service(), [...pods(1100), ...pods(5, { ready: false, from: 1100 })])
  assert.deepEqual(sizes(ready), [[1000, undefined]])
  const halves = [...pods(1500), ...Array.from({ length: 500 }, (_, index) => pod(1500 + index, { port: 8081 }))]
  assert.deepEqual(sizes(plan(service({ ports: twoPorts }), halves)), [
    [800, undefined],
    [200, undefined],
  ])
  const all = plan(service(), pods(1000), mixed)
  assert.deepEqual([sizes(all), overCapacity(all)], [[[1000, undefined]], undefined])
})

test('only what counts asks for a write', () => {
  const wanted = plan(service({}, { l: '1', 'service.kubernetes.io/headless': '' }), pods(1001))
  assert.deepEqual(wanted.metadata.labels, { l: '1', 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' })
  const { annotations } = wanted.metadata
  const of = (changed: Record<string, string>) => ({
    ...wanted,
    metadata: { ...wanted.metadata, annotations: changed },
  })
  assert.ok(sameEndpoints(of({ ...annotations, note: 'x' }), wanted))
  assert.ok(!sameEndpoints(of({}), wanted))
})
