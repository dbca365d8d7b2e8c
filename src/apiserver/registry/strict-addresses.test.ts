/** Addresses and ranges that readers could take in two ways: refused, unless they are stored already. KEP-4858. */
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { TestCaller } from '../testbed/caller.ts'
import { isCanonicalCidr, isCanonicalIp, isCidr, isIp } from './validation/addresses.ts'
import { cidrWarning } from './warnings/address-warnings.ts'

const services = '/api/v1/namespaces/default/services'
const networking = '/apis/networking.k8s.io/v1'
const merge = { contentType: 'application/merge-patch+json' }
let api: TestCaller

before(async () => {
  api = await TestCaller.start()
})
after(() => api.api.stop())

const rules: [(value: string, held?: ReadonlySet<string>) => string[], string, string | undefined][] = [
  [isIp, '10.0.0.1', undefined],
  [isIp, 'FD00::1', undefined],
  [isIp, '010.0.0.1', 'must not have leading 0s'],
  [isIp, '::ffff:10.0.0.1', 'must not be an IPv4-mapped IPv6 address'],
  [isCanonicalIp, 'FD00::1', 'must be in canonical form ("fd00::1")'],
  [isCidr, '10.0.0.0/8', undefined],
  [isCidr, 'FD00::/64', undefined],
  [isCidr, '10.0.00.0/8', 'must not have leading 0s in IP or prefix length'],
  [isCidr, '10.0.0.0/08', 'must not have leading 0s in IP or prefix length'],
  [isCidr, '::ffff:10.0.0.0/104', 'must not have an IPv4-mapped IPv6 address'],
  [isCidr, '10.0.0.1/8', 'must not have bits set beyond the prefix length'],
  [isCidr, 'fd00::1/64', 'must not have bits set beyond the prefix length'],
  [isCanonicalCidr, 'fd00:0::/64', 'must be in canonical form ("fd00::/64")'],
]

for (const [rule, value, message] of rules) {
  test(`${rule.name} of ${value}: ${message ?? 'fine'}, and never wrong where it is held`, () => {
    assert.deepEqual(rule(value), message === undefined ? [] : [message])
    if (rule === isIp || rule === isCidr) assert.deepEqual(rule(value, new Set([value])), [])
  })
}

const service = (name: string, spec: object) => ({ metadata: { name }, spec: { ports: [{ port: 80 }], ...spec } })
const block = (cidr: string) => ({ podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr } }] }] })
const refused: [string, object, string][] = [
  [services, service('s', { clusterIP: '010.96.3.3' }), 'spec.clusterIPs[0]'],
  [services, service('s', { clusterIP: '::ffff:10.96.3.20' }), 'spec.clusterIPs[0]'],
  [services, service('s', { externalIPs: ['010.9.8.7'] }), 'spec.externalIPs[0]'],
  [
    services,
    service('s', { type: 'LoadBalancer', loadBalancerSourceRanges: ['10.0.0.1/8'] }),
    'spec.LoadBalancerSourceRanges[0]',
  ],
  [`${networking}/ipaddresses`, { metadata: { name: '10.96.03.1' }, spec: parent() }, 'metadata.name'],
  [`${networking}/servicecidrs`, { metadata: { name: 'c' }, spec: { cidrs: ['10.200.0.1/29'] } }, 'spec.cidrs[0]'],
  [
    `${networking}/namespaces/default/networkpolicies`,
    { metadata: { name: 'p' }, spec: block('10.0.0.1/8') },
    'spec.ingress[0].from[0].ipBlock.cidr',
  ],
]

function parent(): object {
  return { parentRef: { resource: 'services', namespace: 'default', name: 'x' } }
}

for (const [path, body, field] of refused) {
  test(`a create with such a value at ${field} of ${path.split('/').at(-1)} is refused`, async () => {
    const { status, body: answer } = await api.call('POST', path, body)
    assert.deepEqual([status, answer.details.causes[0].field], [422, field])
  })
}

test('a range that is held is warned of', () => {
  const why = 'is ambiguous in this context (should be "10.0.0.0/8" or "10.0.0.1/32"?)'
  assert.deepEqual(cidrWarning('x', '10.0.0.1/8'), [`x: CIDR value "10.0.0.1/8" ${why}`])
  assert.deepEqual(cidrWarning('x', '::ffff:10.0.0.0/104'), [])
})

test('a service that becomes a mere name and back keeps the name, with a warning', async () => {
  await api.call('POST', services, service('named', { selector: { a: 'b' } }))
  const named = { spec: { type: 'ExternalName', externalName: 'example.org' } }
  const { body: away } = await api.call('PATCH', `${services}/named`, named, merge)
  assert.deepEqual([away.spec.clusterIP, away.spec.internalTrafficPolicy], [undefined, undefined])
  const back = await api.call('PATCH', `${services}/named`, { spec: { type: 'ClusterIP' } }, merge)
  assert.deepEqual([back.body.spec.externalName, back.body.spec.internalTrafficPolicy], ['example.org', 'Cluster'])
  assert.match(String(back.headers.warning), /spec.externalName is ignored/)
})

test('addresses come from a range that no controller has looked at yet', async () => {
  await api.call('POST', `${networking}/servicecidrs`, {
    metadata: { name: 'more' },
    spec: { cidrs: ['10.200.0.0/28'] },
  })
  const { status } = await api.call('POST', services, service('in-more', { clusterIP: '10.200.0.5' }))
  const { body } = await api.call('GET', `${networking}/ipaddresses/10.200.0.5`)
  assert.deepEqual([status, body.metadata.generation, body.spec.parentRef.name], [201, undefined, 'in-more'])
})
