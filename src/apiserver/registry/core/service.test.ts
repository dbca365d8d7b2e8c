import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Service, ServiceSpec } from '../../../api/types/core/v1.ts'
import { writeContext } from '../testbed/write-context.ts'
import { services } from './service.ts'

function service(spec: ServiceSpec): Service {
  const object: Service = { metadata: { name: 's', namespace: 'n' }, spec: structuredClone(spec) }
  services.default?.(object)
  return object
}

function updated(spec: ServiceSpec, old: Service): Service {
  const object = service(spec)
  services.prepareForUpdate?.(object, old, writeContext)
  return object
}

const stored = service({
  type: 'NodePort',
  clusterIP: '10.96.0.9',
  clusterIPs: ['10.96.0.9'],
  ipFamilies: ['IPv4'],
  ipFamilyPolicy: 'SingleStack',
  ports: [{ name: 'http', port: 80, nodePort: 30080 }],
})

test('prepareForUpdate keeps what was allocated when the client leaves it out', () => {
  const { spec } = updated({ type: 'NodePort', ports: [{ name: 'http', port: 81 }] }, stored)
  assert.deepEqual([spec?.clusterIP, spec?.clusterIPs], ['10.96.0.9', ['10.96.0.9']])
  assert.equal(spec?.ports?.[0]?.nodePort, 30080)
})

test('prepareForUpdate knows a port by its name, be it empty, and not by its number', () => {
  const unnamed = service({ type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] })
  assert.equal(updated({ type: 'NodePort', ports: [{ port: 81 }] }, unnamed).spec?.ports?.[0]?.nodePort, 30080)
  const renamed = updated({ type: 'NodePort', ports: [{ name: 'web', port: 80 }] }, stored)
  assert.equal(renamed.spec?.ports?.[0]?.nodePort, undefined)
  const given = updated(
    {
      type: 'NodePort',
      ports: [
        { name: 'http', port: 80 },
        { name: 'b', port: 81, nodePort: 30080 },
      ],
    },
    stored,
  )
  assert.equal(given.spec?.ports?.[0]?.nodePort, undefined)
})

test('prepareForUpdate drops node ports that only the old type had', () => {
  const { spec } = updated({ ...stored.spec, type: 'ClusterIP' }, stored)
  assert.equal(spec?.ports?.[0]?.nodePort, undefined)
  assert.equal(spec?.externalTrafficPolicy, undefined)
  assert.equal(spec?.clusterIP, '10.96.0.9')
})

test('prepareForUpdate leaves a load balancer its node ports when it is to get no others', () => {
  const balancer = service({ ...stored.spec, type: 'LoadBalancer' })
  const kept = updated({ ...balancer.spec, allocateLoadBalancerNodePorts: false }, balancer)
  assert.equal(kept.spec?.ports?.[0]?.nodePort, 30080)
  const named = { ...kept.spec, ports: [{ name: 'http', port: 80 }] }
  assert.equal(updated(named, kept).spec?.ports?.[0]?.nodePort, undefined)
  const { spec } = updated({ ...kept.spec, type: 'ClusterIP' }, kept)
  assert.equal(spec?.ports?.[0]?.nodePort, undefined)
})

test('prepareForUpdate lets the status of a load balancer go with its type', () => {
  const balancer = service({ ...stored.spec, type: 'LoadBalancer' })
  balancer.status = { loadBalancer: { ingress: [{ ip: '192.0.2.1' }] } }
  assert.equal(updated({ ...balancer.spec }, balancer).status?.loadBalancer?.ingress?.length, 1)
  assert.deepEqual(updated({ ...balancer.spec, type: 'NodePort' }, balancer).status, { loadBalancer: {} })
})

test('prepareForUpdate gives the address up when the service becomes a name', () => {
  const object = updated({ ...stored.spec, type: 'ExternalName', externalName: 'example.org' }, stored)
  assert.equal(object.spec?.clusterIP, undefined)
  assert.deepEqual(services.validateUpdate?.(object, stored), [])
})

test('validateUpdate refuses another address', () => {
  const errors = services.validateUpdate?.(
    updated({ ...stored.spec, clusterIP: '10.96.0.10', clusterIPs: ['10.96.0.10'] }, stored),
    stored,
  )
  assert.deepEqual(
    errors?.map(({ path, detail }) => [path, detail]),
    [['spec.clusterIPs[0]', 'may not change once set']],
  )
})

test('validateCreate refuses two families on a cluster of one', () => {
  const object = service({ ports: [{ port: 80 }], ipFamilyPolicy: 'RequireDualStack', ipFamilies: ['IPv4', 'IPv6'] })
  services.prepareForCreate?.(object, writeContext)
  assert.deepEqual(
    services.validateCreate?.(object)?.map(({ path }) => path),
    ['spec.ipFamilyPolicy', 'spec.ipFamilies[1]'],
  )
})

test('a headless service without a selector may serve both families', () => {
  const object = service({ clusterIP: 'None' })
  services.prepareForCreate?.(object, writeContext)
  assert.deepEqual(object.spec?.ipFamilies, ['IPv4', 'IPv6'])
  assert.deepEqual(services.validateCreate?.(object), [])
})
