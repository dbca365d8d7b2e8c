import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Pod } from '../../api/types/core/v1.ts'
import { hostsFile, parseResolvConf, podHostName, podResolver } from './dns.ts'

const host = parseResolvConf('# made by hand\nnameserver 1.1.1.1\nsearch example.com\noptions timeout:1\n')
const cluster = { servers: ['10.96.0.10'], domain: 'cluster.local' }

function podOf(spec: Partial<Pod['spec']> & object = {}): Pod {
  return { metadata: { name: 'p', namespace: 'n' }, spec: { containers: [], ...spec } }
}

test('podResolver asks the cluster first when the policy is the default', () => {
  assert.deepEqual(podResolver(podOf(), cluster, host), {
    servers: ['10.96.0.10'],
    searches: ['n.svc.cluster.local', 'svc.cluster.local', 'cluster.local', 'example.com'],
    options: ['ndots:5'],
  })
})

test('podResolver gives the node resolver to host-network pods and to policy Default', () => {
  for (const spec of [{ hostNetwork: true }, { dnsPolicy: 'Default' }])
    assert.deepEqual(podResolver(podOf(spec), cluster, host), host)
  const both = podResolver(podOf({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' }), cluster, host)
  assert.deepEqual(both.servers, ['10.96.0.10'])
})

test('podResolver adds what the pod says and lets its options win', () => {
  const dnsConfig = {
    nameservers: ['9.9.9.9'],
    searches: ['own'],
    options: [{ name: 'ndots', value: '2' }, { name: 'edns0' }],
  }
  assert.deepEqual(podResolver(podOf({ dnsConfig }), cluster, host).options, ['ndots:2', 'edns0'])
  assert.deepEqual(podResolver(podOf({ dnsPolicy: 'None', dnsConfig }), cluster, host), {
    servers: ['9.9.9.9'],
    searches: ['own'],
    options: ['ndots:2', 'edns0'],
  })
})

test('podHostName follows hostname, subdomain and setHostnameAsFQDN', () => {
  assert.deepEqual(podHostName(podOf(), 'cluster.local'), { hostname: 'p', domain: '' })
  const spec = { hostname: 'h', subdomain: 's' }
  assert.deepEqual(podHostName(podOf(spec), 'cluster.local'), { hostname: 'h', domain: 's.n.svc.cluster.local' })
  const full = podHostName(podOf({ ...spec, setHostnameAsFQDN: true }), 'cluster.local')
  assert.equal(full.hostname, 'h.s.n.svc.cluster.local')
})

test('hostsFile names the pod and its aliases', () => {
  const pod = podOf({ hostAliases: [{ ip: '1.2.3.4', hostnames: ['a', 'b'] }] })
  const text = hostsFile(pod, ['10.0.0.5'], { hostname: 'p', domain: '' }, '')
  assert.match(text, /^# Kubernetes-managed hosts file\.\n127\.0\.0\.1\tlocalhost\n/)
  assert.match(text, /10\.0\.0\.5\tp\n\n# Entries added by HostAliases\.\n1\.2\.3\.4\ta\tb\n$/)
})

test('hostsFile keeps the node file for host-network pods', () => {
  const text = hostsFile(podOf({ hostNetwork: true }), [], { hostname: 'p', domain: '' }, '127.0.0.1 node\n')
  assert.equal(text, '# Kubernetes-managed hosts file (host network).\n127.0.0.1 node\n')
})
