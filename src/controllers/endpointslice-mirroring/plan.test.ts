import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Endpoints, Service } from '../../api/types/core/v1.ts'
import { isMirrored, planMirror } from './plan.ts'

const service: Service = { metadata: { name: 's' }, spec: {} }
const endpoints = (more: Partial<Endpoints> = {}): Endpoints => ({ metadata: { name: 's', namespace: 'n' }, ...more })

test('isMirrored is so for hand-made Endpoints of a Service without selector', () => {
  const labelled = (labels: Record<string, string>) => endpoints({ metadata: { name: 's', labels } })
  assert.equal(isMirrored(endpoints(), service), true)
  assert.equal(isMirrored(endpoints(), undefined), false)
  assert.equal(isMirrored(undefined, service), false)
  assert.equal(isMirrored(endpoints(), { ...service, spec: { selector: { a: 'b' } } }), false)
  assert.equal(isMirrored(labelled({ 'endpointslice.kubernetes.io/skip-mirror': 'true' }), service), false)
  assert.equal(isMirrored(labelled({ 'endpointslice.kubernetes.io/skip-mirror': 'false' }), service), true)
})

test('planMirror makes one slice for each address family and set of ports', () => {
  const plan = planMirror(
    endpoints({
      metadata: {
        name: 's',
        namespace: 'n',
        labels: { l: '1' },
        annotations: { a: '1', 'kubectl.kubernetes.io/last-applied-configuration': '{}' },
      },
      subsets: [
        {
          addresses: [{ ip: '192.0.2.1' }, { ip: 'fd00::1', hostname: 'h' }, { ip: 'nonsense' }],
          notReadyAddresses: [{ ip: '192.0.2.2' }],
          ports: [{ port: 80 }],
        },
        { addresses: [{ ip: '192.0.2.3' }], ports: [{ name: 'x', port: 81, protocol: 'UDP', appProtocol: 'h2' }] },
      ],
    }),
    [],
  )
  assert.deepEqual(
    plan.create.map(({ addressType, endpoints, ports }) => ({ addressType, endpoints, ports })),
    [
      {
        addressType: 'IPv4',
        endpoints: [
          { addresses: ['192.0.2.1'], conditions: { ready: true } },
          { addresses: ['192.0.2.2'], conditions: { ready: false } },
        ],
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
      },
      {
        addressType: 'IPv6',
        endpoints: [{ addresses: ['fd00::1'], conditions: { ready: true }, hostname: 'h' }],
        ports: [{ name: '', protocol: 'TCP', port: 80 }],
      },
      {
        addressType: 'IPv4',
        endpoints: [{ addresses: ['192.0.2.3'], conditions: { ready: true } }],
        ports: [{ name: 'x', protocol: 'UDP', port: 81, appProtocol: 'h2' }],
      },
    ],
  )
  assert.equal(plan.invalid, 1)
  assert.deepEqual(plan.create[0]?.metadata.annotations, { a: '1' })
  assert.deepEqual(plan.create[0]?.metadata.labels, {
    l: '1',
    'kubernetes.io/service-name': 's',
    'endpointslice.kubernetes.io/managed-by': 'endpointslicemirroring-controller.k8s.io',
  })
})

test('planMirror makes one slice of a subset, of its first 1,000 addresses', () => {
  const valid = Array.from({ length: 1002 }, (_, index) => ({ ip: `10.0.${index >> 8}.${index & 255}` }))
  const addresses = [{ ip: 'nonsense' }, ...valid]
  const plan = planMirror(endpoints({ subsets: [{ addresses, ports: [{ port: 80 }] }] }), [])
  assert.deepEqual([plan.invalid, plan.skipped], [1, 3])
  assert.deepEqual(
    plan.create.map((slice) => slice.endpoints?.length),
    [1000],
  )
  const few = planMirror(endpoints({ subsets: [{ addresses: valid, ports: [{ port: 80 }] }] }), [], 7)
  assert.deepEqual([few.skipped, few.create.map((slice) => slice.endpoints?.length)], [995, [7]])
})

test('planMirror has nothing to write when the slices say the same, and removes what is no longer said', () => {
  const subsets = [{ addresses: [{ ip: '192.0.2.1' }], ports: [{ port: 80 }] }]
  const first = planMirror(endpoints({ subsets }), [])
  const again = planMirror(endpoints({ subsets }), first.create)
  assert.deepEqual([again.create, again.update, again.delete], [[], [], []])
  assert.deepEqual(planMirror(endpoints(), first.create).delete, first.create)
})
