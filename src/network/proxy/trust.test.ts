import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service } from '../../api/types/core/v1.ts'
import type { EndpointSlice } from '../../api/types/discovery/v1.ts'
import { planService } from './plan.ts'
import type { Trust } from './trust.ts'

const service: Service = {
  metadata: { name: 's', namespace: 'mine' },
  spec: { clusterIP: '10.96.0.1', externalIPs: ['8.8.8.8', '10.96.0.10'], ports: [{ port: 80 }] },
  status: { loadBalancer: { ingress: [{ ip: '1.1.1.1' }] } },
}
const owners: Record<string, string> = { '10.244.0.5': 'mine', '10.244.0.6': 'theirs' }
const base: Trust = { podCidrs: ['10.244.0.0/16'], namespaceOf: (address) => owners[address] }

function slice(addresses: string[], labels: Record<string, string> = {}): EndpointSlice {
  const endpoints = addresses.map((address) => ({ addresses: [address] }))
  return { metadata: { name: 'x', labels }, addressType: 'IPv4', ports: [{ port: 80 }], endpoints }
}

const managed = { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }

/** Fronts with their endpoints. */
function routed(slices: EndpointSlice[], trust: Trust = base, own: Service = service): string[] {
  return planService(own, slices, { nodeName: 'n', family: 'IPv4', trust })
    .filter(({ map }) => map.startsWith('endpoints-'))
    .map(({ key, value }) => `${key.split(' ')[0]} ${value.split(' ')[0]}`)
}

test('external IPs and addresses of load balancers are routed only from trusted ranges', () => {
  const slices = [slice(['192.0.2.1'])]
  assert.deepEqual(routed(slices), ['10.96.0.1 192.0.2.1'])
  assert.deepEqual(routed(slices, { ...base, externalCidrs: ['8.8.8.0/24'] }), [
    '10.96.0.1 192.0.2.1',
    '8.8.8.8 192.0.2.1',
  ])
  assert.equal(routed(slices, { ...base, externalCidrs: ['0.0.0.0/0'] }).length, 4)
  assert.deepEqual(routed(slices, { ...base, isBalancer: () => true }), ['10.96.0.1 192.0.2.1', '1.1.1.1 192.0.2.1'])
})

test('hand-written endpoints reach pods of their own namespace and what is no pod, unless told otherwise', () => {
  const slices = [slice(['10.244.0.5', '10.244.0.6', '10.244.1.7', '192.0.2.1'])]
  const own = ['10.96.0.1 10.244.0.5', '10.96.0.1 192.0.2.1']
  assert.deepEqual(routed(slices), own)
  assert.equal(routed(slices, { ...base, foreignEndpoints: true }).length, 4)
})

test('the label of the controller lets through pods of other nodes, and only with a selector; never foreign pods here', () => {
  const slices = [slice(['10.244.0.5', '10.244.0.6', '10.244.1.7'], managed)]
  assert.deepEqual(routed(slices), ['10.96.0.1 10.244.0.5'])
  const selecting = { ...service, spec: { ...service.spec, selector: { app: 'a' } } }
  assert.deepEqual(routed(slices, base, selecting), ['10.96.0.1 10.244.0.5', '10.96.0.1 10.244.1.7'])
})
