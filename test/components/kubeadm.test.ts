/**
 * The command lines of kubeadm's static pods start our components as they stand: what kubeadm v1.36 writes for a cluster
 * of its defaults, on its layout of certificates. Only folders and ports are this test's own.
 * Source: kubeadm's manifests of the control plane.
 */
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { coordinationV1, coreV1 } from '../../src/api/resources.ts'
import type { Identity } from '../../src/api/x509/certificate.ts'
import { type Connection, connect } from '../../src/client/connect.ts'
import { kubeconfigText } from '../../src/client/kubeconfig.ts'
import { parseFlags } from '../../src/cluster/apiserver/flags.ts'
import { type RunningApiServer, startApiServer } from '../../src/cluster/apiserver/start.ts'
import { type Component, componentFlags } from '../../src/cluster/component/flag-tables.ts'
import { type RunningComponent, startComponent } from '../../src/cluster/component/start.ts'
import { type Machine, thisMachine } from '../../src/cluster/machine.ts'
import { type ClusterPki, ensureClusterPki, issueFor } from '../../src/cluster/pki/cluster-pki.ts'
import { silent } from '../../src/platform/log.ts'

const directory = mkdtempSync(join(tmpdir(), 'k8ts-kubeadm-'))
const certificates = join(directory, 'pki')
const machine: Machine = { ...thisMachine(), log: silent }
const fileOf = (name: string): string => join(certificates, name)
const running: { stop(): Promise<void> }[] = []
let pki: ClusterPki
let port = 0
let apiServer: RunningApiServer
let connection: Connection

const apiServerWords = (): string[] => [
  '--advertise-address=127.0.0.1',
  '--allow-privileged=true',
  '--authorization-mode=Node,RBAC',
  `--client-ca-file=${fileOf('ca.crt')}`,
  '--enable-admission-plugins=NodeRestriction',
  '--enable-bootstrap-token-auth=true',
  `--kubelet-client-certificate=${fileOf('apiserver-kubelet-client.crt')}`,
  `--kubelet-client-key=${fileOf('apiserver-kubelet-client.key')}`,
  '--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname',
  `--proxy-client-cert-file=${fileOf('front-proxy-client.crt')}`,
  `--proxy-client-key-file=${fileOf('front-proxy-client.key')}`,
  '--requestheader-allowed-names=front-proxy-client',
  `--requestheader-client-ca-file=${fileOf('front-proxy-ca.crt')}`,
  '--requestheader-extra-headers-prefix=X-Remote-Extra-',
  '--requestheader-group-headers=X-Remote-Group',
  '--requestheader-username-headers=X-Remote-User',
  `--secure-port=${port}`,
  '--service-account-issuer=https://kubernetes.default.svc.cluster.local',
  `--service-account-key-file=${fileOf('sa.pub')}`,
  `--service-account-signing-key-file=${fileOf('sa.key')}`,
  '--service-cluster-ip-range=10.96.0.0/12',
  `--tls-cert-file=${fileOf('apiserver.crt')}`,
  `--tls-private-key-file=${fileOf('apiserver.key')}`,
]

const etcdWords = (): string[] => [
  `--etcd-cafile=${fileOf('ca.crt')}`,
  `--etcd-certfile=${fileOf('apiserver.crt')}`,
  `--etcd-keyfile=${fileOf('apiserver.key')}`,
  '--etcd-servers=https://127.0.0.1:2379',
]

const managerWords = (): string[] => [
  '--allocate-node-cidrs=true',
  `--authentication-kubeconfig=${join(directory, 'controller-manager.conf')}`,
  `--authorization-kubeconfig=${join(directory, 'controller-manager.conf')}`,
  '--bind-address=127.0.0.1',
  `--client-ca-file=${fileOf('ca.crt')}`,
  '--cluster-cidr=10.244.0.0/16',
  '--cluster-name=kubernetes',
  `--cluster-signing-cert-file=${fileOf('ca.crt')}`,
  `--cluster-signing-key-file=${fileOf('ca.key')}`,
  '--controllers=*,bootstrapsigner,tokencleaner',
  `--kubeconfig=${join(directory, 'controller-manager.conf')}`,
  '--leader-elect=true',
  `--requestheader-client-ca-file=${fileOf('front-proxy-ca.crt')}`,
  `--root-ca-file=${fileOf('ca.crt')}`,
  `--service-account-private-key-file=${fileOf('sa.key')}`,
  '--service-cluster-ip-range=10.96.0.0/12',
  '--use-service-account-credentials=true',
]

const schedulerWords = (): string[] => [
  `--authentication-kubeconfig=${join(directory, 'scheduler.conf')}`,
  `--authorization-kubeconfig=${join(directory, 'scheduler.conf')}`,
  '--bind-address=127.0.0.1',
  `--kubeconfig=${join(directory, 'scheduler.conf')}`,
  '--leader-elect=true',
]

before(async () => {
  const rsa = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs1', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })
  await machine.disk.makeDirectory(certificates, 0o700)
  writeFileSync(fileOf('sa.key'), rsa.privateKey, { mode: 0o600 })
  writeFileSync(fileOf('sa.pub'), rsa.publicKey)
  const names = { nodeName: 'master', nodeAddresses: ['127.0.0.1'] }
  pki = await ensureClusterPki(names, { ...machine, store: { disk: machine.disk, directory: certificates } })
  port = await freePort()
  const own = ['--data-dir', join(directory, 'data'), '--default-not-ready-toleration-seconds=30']
  apiServer = await startApiServer(machine, parseFlags([...apiServerWords(), ...own]), 'master')
  for (const component of ['controller-manager', 'scheduler']) {
    const identity = certificateOf(`system:kube-${component}`)
    writeFileSync(join(directory, `${component}.conf`), kubeconfigOf(`system:kube-${component}`, identity))
  }
  writeFileSync(
    join(directory, 'admin.conf'),
    kubeconfigOf('kubernetes-admin', certificateOf('admin', 'system:masters')),
  )
  connection = await connect({ kubeconfig: join(directory, 'admin.conf') })
})

after(async () => {
  await Promise.all(running.map((one) => one.stop()))
  await connection?.close()
  await apiServer?.stop()
  rmSync(directory, { recursive: true })
})

function certificateOf(commonName: string, ...organizations: string[]): Identity {
  return issueFor(pki.ca, { subject: { commonName, organizations }, usages: ['clientAuth'] }, machine)
}

function kubeconfigOf(user: string, identity: Identity): string {
  return kubeconfigText({ server: `https://127.0.0.1:${port}`, caPem: pki.ca.certificatePem, user, identity })
}

async function started(component: Component, words: string[]): Promise<RunningComponent & { port: number }> {
  const own = await freePort()
  const flags = parseFlags([...words, `--secure-port=${own}`], componentFlags(component))
  const one = await startComponent(machine, component, flags, 'master')
  running.push(one)
  return Object.assign(one, { port: own })
}

async function read(own: number, path: string, as: { identity?: Identity; headers?: Record<string, string> } = {}) {
  const { identity, headers = {} } = as
  const tls = { insecureSkipVerify: true, ...(identity ? { identity } : {}) }
  const reply = await machine.net.request({ method: 'GET', url: `https://127.0.0.1:${own}${path}`, headers, tls })
  return { status: reply.status, text: await textOf(reply.body) }
}

async function textOf(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}

async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let turn = 0; turn < 300; turn++) {
    const found = await look().catch(() => undefined)
    if (found !== undefined) return found
    await machine.clock.sleep(50)
  }
  throw new Error('it did not come about')
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port: free } = server.address() as { port: number }
      server.close(() => resolve(free))
    })
  })
}

test("kubeadm's command lines are understood whole", () => {
  for (const words of [[...apiServerWords(), ...etcdWords()], apiServerWords()])
    assert.ok(parseFlags(words).has('secure-port'))
  const withoutAuthority = managerWords().map((word) => word.replace(/^(--cluster-signing-.*-file)=.*/, '$1='))
  for (const words of [managerWords(), withoutAuthority])
    assert.ok(parseFlags(words, componentFlags('controller-manager')).has('controllers'))
})

test("kubeadm's command lines start a control plane that works", async () => {
  const manager = await started('controller-manager', managerWords())
  const scheduler = await started('scheduler', schedulerWords())
  const { client } = connection
  await client.of(coreV1.nodes).create({ metadata: { name: 'n1' } })
  const ready = { allocatable: { cpu: '1', memory: '1Gi', pods: '9' }, conditions: [{ type: 'Ready', status: 'True' }] }
  await client.of(coreV1.nodes).patchStatus('n1', { type: 'merge', patch: { status: ready } })
  const node = await eventually(async () => {
    const found = await client.of(coreV1.nodes).get('n1')
    return found.spec?.podCIDR ? found : undefined
  })
  assert.equal(node.spec?.podCIDR, '10.244.0.0/24')
  await eventually(() => client.of(coreV1.serviceAccounts, 'default').get('default'))
  await eventually(() => client.of(coreV1.configMaps, 'default').get('kube-root-ca.crt'))
  const pods = client.of(coreV1.pods, 'default')
  await pods.create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'web:1' }] } })
  const { spec } = await eventually(async () => {
    const pod = await pods.get('p')
    return pod.spec?.nodeName ? pod : undefined
  })
  assert.deepEqual(
    spec?.tolerations?.map(({ tolerationSeconds }) => tolerationSeconds),
    [30, 300],
  )
  for (const one of [manager, scheduler])
    assert.deepEqual(await read(one.port, '/healthz'), { status: 200, text: 'ok' })
  assert.equal((await read(scheduler.port, '/readyz')).status, 200)
  const lease = await client.of(coordinationV1.leases, 'kube-system').get('kube-scheduler')
  assert.match(lease.spec?.holderIdentity ?? '', /^master_/)
})

test('a second scheduler by --config takes the pods that ask for it', async () => {
  const path = join(directory, 'second.yaml')
  const config = {
    apiVersion: 'kubescheduler.config.k8s.io/v1',
    kind: 'KubeSchedulerConfiguration',
    leaderElection: { resourceName: 'second' },
    profiles: [{ schedulerName: 'second', plugins: { score: { disabled: [{ name: '*' }] } } }],
  }
  writeFileSync(path, JSON.stringify(config))
  // A lease of another name is none of the role's own rights.
  const words = schedulerWords().map((word) => word.replace('scheduler.conf', 'admin.conf'))
  const second = await started('scheduler', [...words, `--config=${path}`])
  const pods = connection.client.of(coreV1.pods, 'default')
  const containers = [{ name: 'c', image: 'web:1' }]
  await pods.create({ metadata: { name: 'q' }, spec: { containers, schedulerName: 'second' } })
  await eventually(async () => (await pods.get('q')).spec?.nodeName)
  const { text } = await read(second.port, '/configz', { identity: certificateOf('root', 'system:masters') })
  const { leaderElection, profiles } = JSON.parse(text).componentconfig
  assert.deepEqual([leaderElection.resourceName, profiles[0].schedulerName], ['second', 'second'])
})

test("a component's port knows certificates of the cluster and whom the front proxy speaks for", async () => {
  const { port: own } = await started('controller-manager', managerWords())
  const admin = certificateOf('root', 'system:masters')
  const nobody = certificateOf('nobody')
  const proxy = pki.frontProxyClient
  const speaksFor = (user: string, group: string) => ({ 'x-remote-user': user, 'x-remote-group': group })
  const cases: [as: Parameters<typeof read>[2], status: number, words: RegExp][] = [
    [{}, 403, /User \\"system:anonymous\\" cannot get path \\"\/metrics\\"/],
    [{ identity: admin }, 200, /^# HELP /],
    [{ identity: nobody }, 403, /User \\"nobody\\" cannot get path/],
    [{ identity: proxy, headers: speaksFor('eve', 'system:authenticated') }, 403, /User \\"eve\\" cannot get path/],
    [{ identity: proxy, headers: speaksFor('eve', 'system:masters') }, 200, /^# HELP /],
    // Who is not the proxy speaks for nobody else.
    [{ identity: nobody, headers: speaksFor('eve', 'system:masters') }, 403, /User \\"nobody\\" cannot get path/],
    [{ headers: speaksFor('eve', 'system:masters') }, 403, /system:anonymous/],
    [{ headers: { authorization: 'Bearer nonsense' } }, 401, /"reason":"Unauthorized"/],
  ]
  for (const [as, status, words] of cases) {
    const answer = await read(own, '/metrics', as)
    assert.equal(answer.status, status, answer.text.slice(0, 300))
    assert.match(answer.text, words)
  }
})
