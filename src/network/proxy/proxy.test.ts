import assert from 'node:assert/strict'
import { test } from 'node:test'
import { coreV1, discoveryV1 } from '../../api/resources.ts'
import { silent } from '../../platform/log.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { testInformers } from '../testbed/informers.ts'
import type { Runner } from './kernel.ts'
import { startServiceProxy } from './proxy.ts'

const managed = { 'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io' }

/** Notes scripts, and fails those it is told to. */
function recorder() {
  const scripts: string[] = []
  let failures = 0
  let hasTable = true
  const exec: Runner = {
    async run(argv, options) {
      if (argv[1] === 'list') return { exitCode: hasTable ? 0 : 1, stdout: '', stderr: '' }
      if (argv[0] !== 'nft') return { exitCode: 0, stdout: '', stderr: '' }
      scripts.push(String(options?.input))
      if (failures > 0) {
        failures--
        return { exitCode: 1, stdout: '', stderr: 'Error: no such file\nmore' }
      }
      return { exitCode: 0, stdout: '', stderr: '' }
    },
  }
  return {
    exec,
    scripts,
    failNext() {
      failures++
    },
    loseTable() {
      hasTable = false
    },
  }
}

const ranges6 = { clusterCidr: 'fd00:244::/56', serviceCidr: 'fd00:96::/112' }

function setUp(ipv6?: typeof ranges6) {
  const [kernel, informers, clock] = [recorder(), testInformers(), simulatedClock()]
  const addresses = { clusterCidr: '10.244.0.0/16', serviceCidr: '10.96.0.0/16', ...(ipv6 ? { ipv6 } : {}) }
  const proxy = startServiceProxy({
    ...{ informers, exec: kernel.exec, clock, log: silent, nodeName: 'here' },
    ...addresses,
  })
  const put = (clusterIP: string, endpoints: string[]): void => {
    const ports = [{ name: 'http', port: 80, protocol: 'TCP' }]
    informers.put(coreV1.services, {
      metadata: { name: 's', namespace: 'd' },
      spec: { clusterIP, ports, selector: { app: 'a' } },
    })
    informers.put(discoveryV1.endpointSlices, {
      metadata: { name: 's-1', namespace: 'd', labels: { 'kubernetes.io/service-name': 's', ...managed } },
      addressType: 'IPv4',
      ports: [{ name: 'http', port: 8080, protocol: 'TCP' }],
      endpoints: endpoints.map((address) => ({ addresses: [address] })),
    })
  }
  return { kernel, informers, clock, proxy, put }
}

test('startServiceProxy loads everything once after its caches synced, then sends differences', async () => {
  const { kernel, informers, clock, proxy, put } = setUp()
  put('10.96.0.1', ['10.244.0.1'])
  await clock.advance(1000)
  assert.equal(kernel.scripts.length, 0)
  assert.match(proxy.health() ?? '', /first load/)
  informers.sync()
  await clock.advance(1000)
  await proxy.ready
  assert.equal(proxy.health(), undefined)
  assert.equal(kernel.scripts.length, 1)
  assert.match(
    kernel.scripts[0]!,
    /^add table ip k8ts\ndelete table ip k8ts\n[\s\S]*endpoints-0 \{ 10\.96\.0\.1 \. tcp \. 80 : 10\.244\.0\.1 \. 8080 \}/,
  )
  put('10.96.0.1', ['10.244.0.1', '10.244.0.2'])
  await clock.advance(1000)
  assert.equal(kernel.scripts.length, 2)
  assert.doesNotMatch(kernel.scripts[1]!, /delete table|10\.244\.0\.1 /)
  assert.match(kernel.scripts[1]!, /endpoints-1 \{ 10\.96\.0\.1 \. tcp \. 80 : 10\.244\.0\.2 \. 8080 \}/)
  informers.remove(coreV1.services, 'd/s')
  await clock.advance(1000)
  assert.match(kernel.scripts[2]!, /delete element ip k8ts services \{ 10\.96\.0\.1 \. tcp \. 80 \}/)
  await clock.advance(60_000)
  assert.equal(kernel.scripts.length, 3)
  await proxy.stop()
})

test('startServiceProxy keeps a table for each family, and is well when both are', async () => {
  const { kernel, informers, clock, proxy } = setUp(ranges6)
  informers.put(coreV1.services, {
    metadata: { name: 's', namespace: 'd' },
    spec: {
      clusterIP: '10.96.0.1',
      clusterIPs: ['10.96.0.1', 'fd00:96::1'],
      ports: [{ port: 80, protocol: 'TCP' }],
      selector: { app: 'a' },
    },
  })
  for (const [addressType, address] of Object.entries({ IPv4: '10.244.0.1', IPv6: 'fd00:244::1' }))
    informers.put(discoveryV1.endpointSlices, {
      metadata: { name: addressType, namespace: 'd', labels: { 'kubernetes.io/service-name': 's', ...managed } },
      addressType,
      ports: [{ port: 8080, protocol: 'TCP' }],
      endpoints: [{ addresses: [address] }],
    })
  kernel.failNext()
  informers.sync()
  await clock.advance(100)
  assert.match(proxy.health() ?? '', /apply nft rules/)
  await clock.advance(2_000)
  await proxy.ready
  assert.equal(proxy.health(), undefined)
  const [first, second] = ['ip', 'ip6'].map((word) =>
    kernel.scripts.findLast((text) => text.startsWith(`add table ${word} k8ts`)),
  )
  assert.match(first ?? '', /endpoints-0 \{ 10\.96\.0\.1 \. tcp \. 80 : 10\.244\.0\.1 \. 8080 \}/)
  assert.match(second ?? '', /endpoints-0 \{ fd00:96::1 \. tcp \. 80 : fd00:244::1 \. 8080 \}/)
  assert.doesNotMatch(second ?? '', /10\.96|ipv4_addr/)
  await proxy.stop()
})

test('startServiceProxy loads everything anew after a failure, later each time', async () => {
  const { kernel, informers, clock, proxy, put } = setUp()
  informers.sync()
  await clock.advance(1000)
  kernel.failNext()
  kernel.failNext()
  put('10.96.0.1', ['10.244.0.1'])
  await clock.advance(100)
  assert.equal(proxy.health(), 'apply nft rules: Error: no such file')
  assert.equal(kernel.scripts.length, 2)
  await clock.advance(600)
  assert.equal(kernel.scripts.length, 3)
  await clock.advance(600)
  assert.equal(kernel.scripts.length, 3)
  await clock.advance(600)
  assert.match(kernel.scripts[3]!, /delete table[\s\S]*10\.244\.0\.1 \. 8080/)
  assert.equal(proxy.health(), undefined)
  await proxy.stop()
})

test('startServiceProxy loads everything anew when the table is gone', async () => {
  const { kernel, informers, clock, proxy } = setUp()
  informers.sync()
  await clock.advance(1000)
  kernel.loseTable()
  await clock.advance(31_000)
  assert.equal(kernel.scripts.length, 2)
  await proxy.stop()
})
