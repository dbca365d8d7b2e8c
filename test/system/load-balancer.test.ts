/** Services of type LoadBalancer on a machine without a cloud, with real packets from the node and from another machine. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Node, Service } from '../../src/api/types/core/v1.ts'
import { helloImage, nodeAddress, prepareCluster, until, whyNot } from './harness.ts'

const manifests = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: hello }
spec:
  replicas: 2
  selector: { matchLabels: { app: hello } }
  template:
    metadata: { labels: { app: hello } }
    spec: { containers: [{ name: c, image: ${helloImage} }] }
---
apiVersion: v1
kind: Service
metadata: { name: hello }
spec:
  type: LoadBalancer
  allocateLoadBalancerNodePorts: false
  selector: { app: hello }
  ports: [{ port: 80, targetPort: 8080 }]
---
apiVersion: v1
kind: Service
metadata: { name: near }
spec:
  type: LoadBalancer
  loadBalancerIP: 192.168.77.40
  selector: { app: hello }
  ports: [{ port: 80, targetPort: 8080 }]
`

test('a load balancer’s address answers on the node and to who reaches it, until its Service goes', {
  skip: await whyNot(),
  timeout: 300_000,
}, async () => {
  const cluster = await prepareCluster()
  try {
    await cluster.up(['--bare', '--load-balancer-pool', '10.97.0.0/24,192.168.77.40-192.168.77.41'])
    const { spec } = await cluster.get<Node>('node test-node')
    assert.equal(spec?.providerID, 'local://test-node')
    assert.equal(spec?.taints, undefined)
    await cluster.apply(manifests)
    await cluster.kubectl('rollout status deployment/hello --timeout=90s')
    const address = await until('an address', async () => {
      const { status } = await cluster.get<Service>('service hello')
      return status?.loadBalancer?.ingress?.[0]?.ip
    })
    assert.equal(address, '10.97.0.1')
    const fetch = ['curl', '-sf', '--max-time', '3', `http://${address}/`] as const
    const inside = await until('an answer on the node', async () => {
      const { exitCode, stdout } = await cluster.run(fetch)
      return exitCode === 0 && stdout
    })
    assert.match(inside, /hello/i)
    await cluster.runOutside(['ip', 'route', 'add', '10.97.0.0/24', 'via', nodeAddress])
    assert.equal((await cluster.runOutside(fetch)).exitCode, 0)
    const near = ['curl', '-sf', '--max-time', '3', 'http://192.168.77.40/'] as const
    await until('an answer on the node’s network, without a route', async () => {
      return (await cluster.runOutside(near)).exitCode === 0
    })
    await cluster.kubectl('delete service hello near')
    await until('no answer there', async () => (await cluster.runOutside(near)).exitCode !== 0)
    await until('no answer', async () => (await cluster.run(fetch)).exitCode !== 0)
  } finally {
    await cluster.stop()
  }
})
