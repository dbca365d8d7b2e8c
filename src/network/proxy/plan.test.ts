import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod, Service, ServiceSpec } from '../../api/types/core/v1.ts'
import type { Endpoint, EndpointSlice } from '../../api/types/discovery/v1.ts'
import { backendsOf } from './endpoints.ts'
import { planHostPorts, planService } from './plan.ts'

const trust = { externalCidrs: ['203.0.113.0/24'] }
const context = { nodeName: 'here', family: 'IPv4', trust } as const
const port = { name: 'http', port: 80, protocol: 'TCP' }

function service(spec: ServiceSpec, change: Partial<Service> = {}): Service {
  return {
    metadata: { name: 's', namespace: 'd' },
    spec: { clusterIP: '10.96.0.1', ports: [port], ...spec },
    ...change,
  }
}

function slice(...endpoints: Endpoint[]): EndpointSlice {
  return {
    metadata: { name: 's-1' },
    addressType: 'IPv4',
    ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
    endpoints,
  }
}

const here: Endpoint = { addresses: ['10.244.0.5'], nodeName: 'here' }
const there: Endpoint = { addresses: ['10.244.1.5'], nodeName: 'there' }

/** `map key → value` lines. */
function planned(spec: ServiceSpec, endpoints: Endpoint[], change: Partial<Service> = {}): string[] {
  const elements = planService(service(spec, change), [slice(...endpoints)], context)
  return elements.map(({ map, key, value }) => `${map} ${key}${value && ` → ${value}`}`)
}

test('planService serves a cluster IP by the number of its endpoints', () => {
  assert.deepEqual(planned({}, [there, here]), [
    'cluster-ips 10.96.0.1',
    'services 10.96.0.1 . tcp . 80 → goto cluster-2',
    'endpoints-0 10.96.0.1 . tcp . 80 → 10.244.0.5 . 8080',
    'endpoints-1 10.96.0.1 . tcp . 80 → 10.244.1.5 . 8080',
    'hairpin 10.244.0.5 . 10.244.0.5',
  ])
})

test('planService remembers clients when affinity is asked for', () => {
  const spec = { sessionAffinity: 'ClientIP', sessionAffinityConfig: { clientIP: { timeoutSeconds: 60 } } }
  const lines = planned(spec, [there])
  assert.ok(lines.includes('services 10.96.0.1 . tcp . 80 → goto cluster-sticky-1'))
  assert.ok(lines.includes('sticky 10.96.0.1 . tcp . 80 → jump remember-60'))
  assert.ok(
    planned({ sessionAffinity: 'ClientIP' }, [there]).includes('sticky 10.96.0.1 . tcp . 80 → jump remember-10800'),
  )
})

test('planService refuses without endpoints and is silent where only the policy keeps them away', () => {
  assert.deepEqual(planned({}, []), ['cluster-ips 10.96.0.1', 'unserved 10.96.0.1 . tcp . 80 → goto refuse'])
  const lines = planned({ internalTrafficPolicy: 'Local' }, [there])
  assert.ok(lines.includes('unserved 10.96.0.1 . tcp . 80 → drop'))
})

test('planService gives outside addresses and node ports their own treatment', () => {
  const status = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }, { ip: '203.0.113.2', ipMode: 'Proxy' }] } }
  const ports = [{ ...port, nodePort: 30080 }]
  const lines = planned({ type: 'LoadBalancer', ports, externalIPs: ['203.0.113.9'] }, [there], { status })
  for (const line of [
    'services 203.0.113.9 . tcp . 80 → goto external-1',
    'services 203.0.113.1 . tcp . 80 → goto external-1',
    'port-services tcp . 30080 → goto port-external-1',
    'port-endpoints-0 tcp . 30080 → 10.244.1.5 . 8080',
  ])
    assert.ok(lines.includes(line), line)
  assert.ok(!lines.some((line) => line.includes('203.0.113.2')))
})

test('planService splits clients for externalTrafficPolicy Local', () => {
  const spec = { type: 'NodePort', externalTrafficPolicy: 'Local', ports: [{ ...port, nodePort: 30080 }] }
  const lines = planned(spec, [here, there])
  for (const line of [
    'port-services tcp . 30080 → goto port-split',
    'port-inside-verdicts tcp . 30080 → goto port-inside-2',
    'port-outside-verdicts tcp . 30080 → goto port-local-1',
    'port-local-endpoints-0 tcp . 30080 → 10.244.0.5 . 8080',
  ])
    assert.ok(lines.includes(line), line)
  assert.ok(planned(spec, [there]).includes('port-outside-verdicts tcp . 30080 → drop'))
})

test('planService leaves alone what is not for it', () => {
  const other = { metadata: { name: 's', labels: { 'service.kubernetes.io/service-proxy-name': 'x' } } }
  assert.deepEqual(planned({ type: 'ExternalName' }, [here]), [])
  assert.deepEqual(planned({ clusterIP: 'None' }, [here]), [])
  assert.deepEqual(planned({ clusterIP: 'fd00::1' }, [here]), [])
  assert.deepEqual(planned({}, [here], other), [])
})

test('backendsOf takes ready endpoints, else those that serve while they terminate', () => {
  const ending = { ready: false, serving: true, terminating: true }
  const cases: [name: string, endpoints: Endpoint[], cluster: string[], local: string[]][] = [
    ['all ready', [here, there], ['10.244.0.5', '10.244.1.5'], ['10.244.0.5']],
    ['one terminating', [{ ...here, conditions: ending }, there], ['10.244.1.5'], ['10.244.0.5']],
    ['all terminating', [{ ...here, conditions: ending }], ['10.244.0.5'], ['10.244.0.5']],
    ['not ready', [{ ...here, conditions: { ready: false } }], [], []],
    ['not serving', [{ ...here, conditions: { ...ending, serving: false } }], [], []],
  ]
  for (const [name, endpoints, cluster, local] of cases) {
    const found = backendsOf(port, [slice(...endpoints)], context)
    assert.deepEqual(
      [found.cluster.map((each) => each.address), found.local.map((each) => each.address)],
      [cluster, local],
      name,
    )
  }
})

test('backendsOf counts an endpoint in two slices once, as ready if either says so', () => {
  const found = backendsOf(port, [slice({ ...here, conditions: { ready: false } }), slice(here)], context)
  assert.equal(found.cluster.length, 1)
})

test('backendsOf follows zone hints only when all endpoints have one and some point here', () => {
  const hinted = (endpoint: Endpoint, zone: string): Endpoint => ({
    ...endpoint,
    hints: { forZones: [{ name: zone }] },
  })
  const addresses = (endpoints: Endpoint[], zone?: string): string[] =>
    backendsOf(port, [slice(...endpoints)], { ...context, ...(zone ? { zone } : {}) }).cluster.map(
      (each) => each.address,
    )
  const both = [hinted(here, 'a'), hinted(there, 'b')]
  assert.deepEqual(addresses(both, 'b'), ['10.244.1.5'])
  assert.equal(addresses(both, 'c').length, 2)
  assert.equal(addresses(both).length, 2)
  assert.equal(addresses([hinted(here, 'a'), there], 'a').length, 2)
})

test('planHostPorts maps ports of running pods with an address of their own', () => {
  const pod = (change: Partial<Pod>): Pod => ({
    metadata: { name: 'p' },
    spec: {
      containers: [
        {
          name: 'c',
          ports: [
            { containerPort: 80, hostPort: 8080 },
            { containerPort: 53, hostPort: 5353, hostIP: '192.0.2.1', protocol: 'UDP' },
            { containerPort: 9 },
          ],
        },
      ],
    },
    status: { podIP: '10.244.0.5', phase: 'Running' },
    ...change,
  })
  const lines = planHostPorts(pod({}), 'IPv4').map(({ map, key, value }) => `${map} ${key} ${value}`.trim())
  assert.deepEqual(lines, [
    'host-ports tcp . 8080 10.244.0.5 . 80',
    'host-address-ports 192.0.2.1 . udp . 5353 10.244.0.5 . 53',
    'hairpin 10.244.0.5 . 10.244.0.5',
  ])
  assert.deepEqual(planHostPorts(pod({ status: { podIP: '10.244.0.5', phase: 'Failed' } }), 'IPv4'), [])
  assert.deepEqual(planHostPorts(pod({ status: { phase: 'Pending' } }), 'IPv4'), [])
})
