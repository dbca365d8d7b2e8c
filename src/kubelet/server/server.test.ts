import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { issueAuthority, issueCertificate } from '../../api/x509/certificate.ts'
import type { TlsIdentity } from '../../platform/net.ts'
import { realNet } from '../../platform/real/net.ts'
import { startTestNode, type TestNode, testNamespace } from '../test-node.test.ts'

const net = realNet()
const span = { notBeforeMs: Date.now() - 60_000, notAfterMs: Date.now() + 3_600_000 }

function authority(commonName: string): TlsIdentity {
  return issueAuthority({ subject: { commonName, organizations: [] }, serial: randomBytes(16), ...span })
}

function leaf(ca: TlsIdentity, commonName: string, organizations: string[]): TlsIdentity {
  return issueCertificate(ca, {
    subject: { commonName, organizations },
    ipAddresses: ['127.0.0.1'],
    usages: ['serverAuth', 'clientAuth'],
    serial: randomBytes(16),
    ...span,
  })
}

interface Served {
  node: TestNode
  get(path: string, identity?: TlsIdentity): Promise<{ status: number; text: string }>
  admin: TlsIdentity
  stranger: TlsIdentity
}

async function withServer(work: (served: Served) => Promise<void>): Promise<void> {
  const ca = authority('cluster')
  const server = { host: '127.0.0.1', port: 0, identity: leaf(ca, 'node', []), clientCaPem: ca.certificatePem }
  const node = await startTestNode({ net, config: { server } })
  const get: Served['get'] = async (path, identity) => {
    const tls = { caPem: ca.certificatePem, ...(identity ? { identity } : {}) }
    const reply = await net.request({ method: 'GET', url: `https://127.0.0.1:${node.kubelet.port}${path}`, tls })
    const chunks: Uint8Array[] = []
    for await (const chunk of reply.body) chunks.push(chunk)
    return { status: reply.status, text: Buffer.concat(chunks).toString() }
  }
  try {
    const admin = leaf(ca, 'kube-apiserver-kubelet-client', ['system:masters'])
    const stranger = leaf(authority('somebody else'), 'kubernetes-admin', ['system:masters'])
    await work({ node, get, admin, stranger })
  } finally {
    await node.stop()
  }
}

test('startServer lets in only callers that the cluster vouches for', () =>
  withServer(async ({ get, admin, stranger }) => {
    assert.deepEqual(await get('/healthz', admin), { status: 200, text: 'ok' })
    assert.equal((await get('/healthz')).status, 401)
    assert.equal((await get('/pods', stranger)).status, 401)
    assert.equal((await get('/nowhere', admin)).status, 404)
  }))

test('startServer gives a container log with its options, and upstream refusals', () =>
  withServer(async ({ node, get, admin }) => {
    const sleeper = { name: 'c', image: 'busybox:1', command: ['sleep', '1000'] }
    const pod = await node.create('p', { containers: [sleeper] })
    await node.pass(1_000)
    const directory = `/kubelet/logs/${testNamespace}_p_${pod.metadata.uid}/c`
    await node.disk.write(
      `${directory}/0.log`,
      '2026-01-01T00:00:00Z stdout F one\n2026-01-01T00:00:01Z stdout F two\n',
    )
    const logs = `/containerLogs/${testNamespace}/p/c`
    assert.deepEqual(await get(`${logs}?tailLines=1`, admin), { status: 200, text: 'two\n' })
    const refusal = async (path: string): Promise<string> => {
      const { status, text } = await get(path, admin)
      return `${status} ${(JSON.parse(text) as { message: string }).message}`
    }
    assert.equal(await refusal(`${logs}?previous=true`), '400 previous terminated container "c" in pod "p" not found')
    assert.equal(await refusal(`/containerLogs/${testNamespace}/p/x`), '400 container x is not valid for pod p')
    assert.equal(await refusal(`/containerLogs/${testNamespace}/q/c`), '404 pod "q" does not exist')
    assert.equal(await refusal(`${logs}?tailLines=many`), '400 parse tailLines: it has to be a whole number: "many"')
    assert.equal(await refusal(`/exec/${testNamespace}/p/c`), '400 Upgrade request required')
  }))

test('startServer says why there is no log when a container waits', () =>
  withServer(async ({ node, get, admin }) => {
    const container = { name: 'c', image: 'busybox:1', envFrom: [{ configMapRef: { name: 'none' } }] }
    await node.create('p', { containers: [container] })
    await node.pass(2_000)
    const { status, text } = await get(`/containerLogs/${testNamespace}/p/c`, admin)
    const message = 'container "c" in pod "p" is waiting to start: CreateContainerConfigError'
    assert.deepEqual([status, (JSON.parse(text) as { message: string }).message], [400, message])
  }))

test('startServer lists pods and their use of resources', () =>
  withServer(async ({ node, get, admin }) => {
    await node.create('p', { containers: [{ name: 'c', image: 'busybox:1', command: ['sleep', '1000'] }] })
    await node.pass(1_000)
    const pods = JSON.parse((await get('/pods', admin)).text) as { items: { metadata: { name: string } }[] }
    assert.deepEqual(
      pods.items.map(({ metadata }) => metadata.name),
      ['p'],
    )
    const summary = JSON.parse((await get('/stats/summary', admin)).text) as { pods: { podRef: { name: string } }[] }
    assert.equal(summary.pods[0]?.podRef.name, 'p')
    assert.match((await get('/metrics/resource', admin)).text, /container_memory_working_set_bytes\{container="c"/)
  }))

test('startServer tells how the agent is set', () =>
  withServer(async ({ get, admin, stranger }) => {
    const { kubeletconfig } = JSON.parse((await get('/configz', admin)).text)
    const { kind, maxPods, podPidsLimit, clusterDNS, evictionHard } = kubeletconfig
    assert.deepEqual([kind, maxPods, podPidsLimit, clusterDNS], ['KubeletConfiguration', 110, -1, ['10.96.0.10']])
    assert.deepEqual(evictionHard, {
      'memory.available': '100Mi',
      'nodefs.available': '10%',
      'nodefs.inodesFree': '5%',
    })
    const { fileCheckFrequency, nodeStatusReportFrequency, nodeLeaseDurationSeconds } = kubeletconfig
    assert.deepEqual([fileCheckFrequency, nodeStatusReportFrequency, nodeLeaseDurationSeconds], ['20s', '5m0s', 40])
    assert.equal((await get('/configz', stranger)).status, 401)
  }))
