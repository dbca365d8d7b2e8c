/** Service traffic with real packets: cluster IPs, DNS, node ports, UDP, session affinity, and no endpoint at all. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Service } from '../../src/api/types/core/v1.ts'
import { helloImage, nodeAddress, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

const suite = { skip: await whyNot(), timeout: 300_000 }

describe('Services', suite, () => {
  let cluster: SystemCluster
  before(async () => {
    cluster = await startCluster()
    await cluster.apply(manifest)
    await cluster.kubectl('rollout status deployment/web --timeout=60s')
    await cluster.kubectl('wait pod client --for=condition=Ready --timeout=60s')
  })
  after(() => cluster?.stop())

  const service = async (name: string): Promise<NonNullable<Service['spec']>> =>
    (await cluster.get<Service>(`service ${name}`)).spec!
  const timesAsk = (url: string, count: number): string =>
    `for i in $(seq ${count}); do busybox wget -q -O - ${url} || echo failed; done`
  /** Who answered, request by request, each on a connection of its own. */
  const ask = async (url: string, count: number): Promise<string[]> => {
    return (await cluster.run(['sh', '-c', timesAsk(url, count)])).stdout.trim().split('\n')
  }
  const askFromPod = async (url: string, count: number): Promise<string[]> => {
    const script = `for i in $(seq ${count}); do wget -q -T 5 -O - ${url} || echo failed; done`
    return (await cluster.kubectl(['exec', 'client', '--', 'sh', '-c', script])).trim().split('\n')
  }
  const allFrom = (answers: readonly string[], pattern: RegExp): void => {
    for (const answer of answers) assert.match(answer, pattern)
  }

  test('a cluster IP spreads connections over all ready pods, from the node and from pods', async () => {
    const { clusterIP } = await service('web')
    for (const answers of [await ask(`http://${clusterIP}/`, 30), await askFromPod(`http://${clusterIP}/`, 30)]) {
      assert.equal(answers.length, 30)
      allFrom(answers, /^web-/)
      assert.equal(new Set(answers).size, 3)
    }
  })

  test('a pod reaches itself through its own Service', async () => {
    const { clusterIP } = await service('client')
    assert.deepEqual(await askFromPod(`http://${clusterIP}:8080/`, 3), ['client', 'client', 'client'])
  })

  test('cluster DNS knows Services by short and full names, and headless ones by their pods', async () => {
    allFrom(await askFromPod('http://web/', 1), /^web-/)
    allFrom(await askFromPod('http://web.default.svc.cluster.local/', 1), /^web-/)
    const lookup = (name: string) => cluster.kubectl(['exec', 'client', '--', 'nslookup', '-type=a', name])
    const { clusterIP } = await service('web')
    assert.ok((await lookup('web.default.svc.cluster.local')).includes(`Address: ${clusterIP}`))
    const addresses = (await lookup('headless.default.svc.cluster.local')).match(/^Address: 10\.244\.\S+/gm)
    assert.equal(new Set(addresses).size, 3)
    const missing = await cluster.tryKubectl('exec client -- nslookup nobody.default.svc.cluster.local')
    assert.match(missing.stdout + missing.stderr, /NXDOMAIN/)
  })

  test('a node port answers at the addresses of the node, loopback too: to it, to pods, to other machines', async () => {
    const { ports } = await service('web-nodeport')
    const url = `http://${nodeAddress}:${ports?.[0]?.nodePort}/`
    allFrom(await ask(url, 6), /^web-/)
    allFrom(await ask(`http://127.0.0.1:${ports?.[0]?.nodePort}/`, 6), /^web-/)
    allFrom(await askFromPod(url, 6), /^web-/)
    const { stdout } = await cluster.runOutside(['sh', '-c', timesAsk(url, 6)])
    allFrom(stdout.trim().split('\n'), /^web-/)
  })

  test('UDP goes through a Service as well, also one whose endpoints were written by hand', async () => {
    const { clusterIP, ports } = await service('udp')
    const echo = `const s = require('dgram').createSocket('udp4')
      s.on('message', (m, from) => s.send('echo ' + m, from.port, from.address)).bind(9000, () => console.log('listening'))`
    const client = (address: string, port: number | undefined): readonly [string, ...string[]] => [
      process.execPath,
      '-e',
      `const s = require('dgram').createSocket('udp4')
      s.on('message', (m) => { console.log(String(m)); process.exit() }).send('hi', ${port}, '${address}')
      setTimeout(() => process.exit(1), 3000)`,
    ]
    const server = await cluster.start([process.execPath, '-e', echo])
    try {
      await until('the server', async () => (await server.output()).includes('listening'))
      assert.equal((await cluster.run(client(clusterIP ?? '', 9000))).stdout, 'echo hi\n')
      assert.equal((await cluster.run(client(nodeAddress, ports?.[0]?.nodePort))).stdout, 'echo hi\n')
      assert.equal((await cluster.runOutside(client(nodeAddress, ports?.[0]?.nodePort))).stdout, 'echo hi\n')
    } finally {
      await server.stop()
    }
  })

  test('session affinity keeps a client with one pod', async () => {
    const { clusterIP } = await service('web-sticky')
    assert.equal(new Set(await askFromPod(`http://${clusterIP}/`, 20)).size, 1)
  })

  test('a Service without endpoints refuses at once, and serves when it has one', async () => {
    const { clusterIP } = await service('empty')
    const startMs = performance.now()
    assert.deepEqual(await ask(`http://${clusterIP}/`, 1), ['failed'])
    assert.ok(performance.now() - startMs < 2_000, 'it was left waiting')
    await cluster.kubectl('label pod client tier=empty')
    await until('an answer', async () => (await ask(`http://${clusterIP}/`, 1))[0] === 'client')
  })

  test('pods reach the API server by its Service and its name', async () => {
    for (const host of ['kubernetes.default.svc', '10.96.0.1'])
      await cluster.kubectl(['exec', 'client', '--', 'nc', '-w', '3', host, '443'])
  })

  test('pods that stop leave the Service before connections to them fail', async () => {
    const { clusterIP } = await service('web')
    const restarting = cluster.kubectl('rollout restart deployment/web')
    const answers = await ask(`http://${clusterIP}/`, 150)
    await restarting
    assert.deepEqual(
      answers.filter((answer) => !answer.startsWith('web-')),
      [],
    )
  })
})

const webService = (name: string, rest: string): string => `
apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { selector: { app: web }, ports: [{ port: 80, targetPort: 8080 }], ${rest} }
---`

const manifest = `
${webService('web', '')}
${webService('web-nodeport', 'type: NodePort')}
${webService('web-sticky', 'sessionAffinity: ClientIP')}
${webService('headless', 'clusterIP: None')}
apiVersion: v1
kind: Service
metadata: { name: empty }
spec: { selector: { tier: empty }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: client }
spec: { selector: { app: client }, ports: [{ port: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: udp }
spec: { type: NodePort, ports: [{ port: 9000, protocol: UDP }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: udp-by-hand, labels: { kubernetes.io/service-name: udp } }
addressType: IPv4
ports: [{ name: "", port: 9000, protocol: UDP }]
endpoints: [{ addresses: [${nodeAddress}], conditions: { ready: true } }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 3
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      containers:
      - name: web
        image: ${helloImage}
        readinessProbe: { httpGet: { path: /, port: 8080 }, periodSeconds: 1 }
        lifecycle: { preStop: { exec: { command: [sleep, "1"] } } }
---
apiVersion: v1
kind: Pod
metadata: { name: client, labels: { app: client } }
spec: { containers: [{ name: client, image: ${helloImage} }] }
`
