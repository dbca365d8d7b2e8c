/**
 * `k8ts controller-manager` and `k8ts scheduler` as processes of their own beside `k8ts apiserver`: they find it by its
 * kubeconfig, two managers share one lease, and their ports ask the server who may read them.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { request } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, before, test } from 'node:test'
import { appsV1, coordinationV1, coreV1, rbacV1 } from '../../src/api/resources.ts'
import { type Connection, connect } from '../../src/client/connect.ts'

const program = new URL('../../bin/k8ts', import.meta.url).pathname

interface Running {
  child: ChildProcess
  port: number
  /** Messages of the log so far, the newest last. */
  lines: string[]
}

let directory = ''
let kubeconfig = ''
let connection: Connection
const running = new Set<Running>()

before(async () => {
  directory = mkdtempSync(join(tmpdir(), 'k8ts-components-'))
  await start('apiserver', '--data-dir', join(directory, 'data'), '--secure-port=0', '--bind-address=127.0.0.1')
  kubeconfig = join(directory, 'data/admin.kubeconfig')
  connection = await connect({ kubeconfig })
})

after(async () => {
  await connection?.close()
  for (const each of [...running].reverse()) await stop(each)
  rmSync(directory, { recursive: true })
})

async function start(...words: string[]): Promise<Running> {
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines: string[] = []
  const found = await new Promise<number>((resolve, reject) => {
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      const { port } = line.startsWith('{') ? (JSON.parse(line) as { port?: number }) : {}
      if (port !== undefined) resolve(port)
    })
    child.once('exit', () => reject(new Error(`${words[0]} ended: ${lines.join('\n')}`)))
  })
  const one = { child, port: found, lines }
  running.add(one)
  return one
}

async function startComponent(name: string, ...more: string[]): Promise<Running> {
  const port = String(await freePort())
  const election = [
    '--leader-elect-lease-duration=3s',
    '--leader-elect-renew-deadline=2s',
    '--leader-elect-retry-period=300ms',
  ]
  return start(
    name,
    '--kubeconfig',
    kubeconfig,
    '--bind-address=127.0.0.1',
    '--secure-port',
    port,
    ...election,
    ...more,
  )
}

async function stop(one: Running, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
  running.delete(one)
  const ended = new Promise((resolve) => one.child.once('exit', resolve))
  one.child.kill(signal)
  await ended
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

function read({ port }: Running, path: string, token?: string): Promise<{ status: number; text: string }> {
  const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
  const options = { host: '127.0.0.1', port, path, headers, rejectUnauthorized: false }
  return new Promise((resolve, reject) => {
    const sent = request(options, (answer) => {
      let text = ''
      answer.on('data', (chunk: Buffer) => {
        text += chunk
      })
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }))
    })
    sent.on('error', reject).end()
  })
}

/** Looks again and again, as long as the answer is not there. */
async function eventually<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (let turn = 0; turn < 150; turn++) {
    const found = await look().catch(() => undefined)
    if (found !== undefined) return found
    await connection.clock.sleep(100)
  }
  throw new Error('it did not come about')
}

function holder(name: string): Promise<string | undefined> {
  const leases = connection.client.of(coordinationV1.leases, 'kube-system')
  return leases.get(name).then(({ spec }) => spec?.holderIdentity || undefined)
}

test('a manager and a scheduler on their own make a Deployment run, and another manager takes over', async () => {
  const { client } = connection
  const first = await startComponent('controller-manager', '--controllers=*,-cronjob')
  const holderBefore = await eventually(() => holder('kube-controller-manager'))
  const second = await startComponent('controller-manager')
  await startComponent('scheduler')
  const status = {
    allocatable: { cpu: '4', memory: '8Gi', pods: '110' },
    conditions: [{ type: 'Ready', status: 'True' }],
  }
  await client.of(coreV1.nodes).create({ metadata: { name: 'n1' } })
  // Not an update: the manager writes to the node as well.
  await client.of(coreV1.nodes).patchStatus('n1', { type: 'merge', patch: { status } })
  await eventually(async () => (await client.of(coreV1.serviceAccounts, 'default').get('default')).metadata.uid)
  const deployments = client.of(appsV1.deployments, 'default')
  await deployments.create(deployment('web'))
  const pods = client.of(coreV1.pods, 'default')
  const bound = await eventually(async () => {
    const { items } = await pods.list({ labelSelector: 'app=web' })
    return items.length === 2 && items.every(({ spec }) => spec?.nodeName === 'n1') ? items : undefined
  })
  assert.equal(bound.length, 2)
  await stop(first, 'SIGKILL')
  const holderAfter = await eventually(async () => {
    const name = await holder('kube-controller-manager')
    return name === holderBefore ? undefined : name
  })
  assert.notEqual(holderAfter, holderBefore)
  await deployments.patch('web', { type: 'merge', patch: { spec: { replicas: 3 } } })
  await eventually(async () => ((await pods.list({ labelSelector: 'app=web' })).items.length === 3 ? true : undefined))
  await stop(second)
  assert.equal(
    (await client.of(coordinationV1.leases, 'kube-system').get('kube-controller-manager')).spec?.holderIdentity,
    '',
  )
})

test("a component's port tells everybody of its health, and the rest to whom the API server lets", async () => {
  const manager = await startComponent('controller-manager', '--concurrent-deployment-syncs=7')
  assert.deepEqual(await read(manager, '/healthz'), { status: 200, text: 'ok' })
  const refused = await read(manager, '/metrics')
  assert.equal(refused.status, 403)
  const { reason, message } = JSON.parse(refused.text) as { reason: string; message: string }
  assert.deepEqual([reason, message], ['Forbidden', 'forbidden: User "system:anonymous" cannot get path "/metrics"'])
  assert.equal((await read(manager, '/metrics', 'nonsense')).status, 401)
  const token = await tokenOf('monitor')
  assert.equal((await read(manager, '/metrics', await tokenOf('nobody'))).status, 403)
  const { client } = connection
  await client.raw('POST', '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings', {
    metadata: { name: 'monitor' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ kind: 'ServiceAccount', name: 'monitor', namespace: 'default' }],
  })
  const metrics = await eventually(async () => {
    const { status, text } = await read(manager, '/metrics', token)
    const worked = /workqueue_work_duration_seconds_count\{name="deployment"\} [1-9]/
    const idle = /^workqueue_depth\{name="deployment"\} 0$/m
    return status === 200 && worked.test(text) && idle.test(text) ? text : undefined
  })
  assert.match(metrics, /^workqueue_adds_total\{name="deployment"\} [1-9]/m)
  assert.match(metrics, /^leader_election_master_status\{name="kube-controller-manager"\} 1$/m)
  assert.match(metrics, /^workqueue_unfinished_work_seconds\{name="endpoint_slice"\} 0$/m)
  assert.match(metrics, /^rest_client_requests_total\{code="200",host="[^"]+",method="GET"\} [1-9]/m)
  assert.match(metrics, /^running_managed_controllers\{manager="kube-controller-manager",name="ttl-controller"\} 1$/m)
  assert.match(metrics, /^kubernetes_feature_enabled\{name="DRADeviceTaints",stage="BETA"\} 1$/m)
  assert.match(metrics, /^workqueue_work_duration_seconds_count\{name="deployment"\} [1-9]/m)
  const { text } = await read(manager, '/configz', token)
  const configuration = JSON.parse(text)['kubecontrollermanager.config.k8s.io']
  assert.deepEqual(configuration.DeploymentController, { ConcurrentDeploymentSyncs: 7 })
  assert.deepEqual(configuration.NodeLifecycleController.NodeMonitorGracePeriod, '50s')
  // A busy machine may lose the lease for a moment.
  const shows = async (path: string, line: RegExp) =>
    await eventually(async () => (line.test((await read(manager, path, token)).text) ? true : undefined))
  await shows('/healthz?verbose', /^\[\+\]deployment-controller ok$/m)
  await shows('/metrics/slis', /^kubernetes_healthcheck\{name="ttl-controller",type="healthz"\} 1$/m)
  assert.match((await read(manager, '/flagz', token)).text, /^leader-elect-lease-duration=3s$/m)
  assert.equal((await read(manager, '/nothing', token)).status, 404)
})

test('components refuse flags that they do not honour, and say why', () => {
  const table: [words: string[], message: RegExp][] = [
    [['controller-manager', '--nonsense'], /unknown flag: --nonsense/],
    [
      ['controller-manager', '--cloud-provider=aws'],
      /--cloud-provider=aws is not offered, only external: cloud providers run apart/,
    ],
    [['scheduler', '--profiling'], /--profiling=true is not offered, only false: there are no pprof endpoints/],
    [
      ['controller-manager', '--kubeconfig', kubeconfig, '--concurrent-job-syncs=0'],
      /--concurrent-job-syncs must be at least 1/,
    ],
    [
      ['controller-manager', '--kubeconfig', kubeconfig, '--allocate-node-cidrs'],
      /--allocate-node-cidrs needs --cluster-cidr/,
    ],
    [['scheduler', '--controllers=*'], /unknown flag: --controllers/],
    [
      ['scheduler', '--kubeconfig', kubeconfig, '--leader-elect-lease-duration=1s'],
      /need lease duration > renew deadline/,
    ],
  ]
  for (const [words, message] of table) {
    const { status, stderr } = spawnSync(program, words, { encoding: 'utf8', timeout: 20_000 })
    assert.notEqual(status, 0)
    assert.match(stderr, message)
  }
})

async function tokenOf(name: string): Promise<string> {
  const accounts = connection.client.of(coreV1.serviceAccounts, 'default')
  await accounts.create({ metadata: { name } })
  const asked = { kind: 'TokenRequest', apiVersion: 'authentication.k8s.io/v1', metadata: {}, spec: {} }
  const { status } = await accounts.createSub<typeof asked & { status?: { token: string } }>(name, 'token', asked)
  return status?.token ?? ''
}

function deployment(name: string) {
  const labels = { app: name }
  const spec = { containers: [{ name: 'c', image: 'web:1' }] }
  return {
    metadata: { name },
    spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  }
}

test('a manager with --use-service-account-credentials has its controllers act as accounts of their own', async () => {
  for (const each of [...running].slice(1)) await stop(each)
  const { client } = connection
  // Without the role, the account's controller can do nothing, whatever the kubeconfig may.
  const bindings = client.of(rbacV1.clusterRoleBindings)
  const replicaSetRole = 'system:controller:replicaset-controller'
  const binding = await bindings.get(replicaSetRole)
  await bindings.delete(replicaSetRole)
  await startComponent('controller-manager', '--use-service-account-credentials')
  await client.of(appsV1.deployments, 'default').create(deployment('by-account'))
  const sets = client.of(appsV1.replicaSets, 'default')
  const pods = client.of(coreV1.pods, 'default')
  const labelSelector = 'app=by-account'
  await eventually(async () => ((await sets.list({ labelSelector })).items.length === 1 ? true : undefined))
  const accounts = client.of(coreV1.serviceAccounts, 'kube-system')
  await eventually(() => accounts.get('replicaset-controller'))
  await accounts.get('deployment-controller')
  assert.equal((await pods.list({ labelSelector })).items.length, 0)
  await bindings.create({ ...binding, metadata: { name: replicaSetRole } })
  await eventually(async () => ((await pods.list({ labelSelector })).items.length === 2 ? true : undefined))
  // A token of an account that was made anew is another one.
  await accounts.delete('replicaset-controller')
  await client
    .of(appsV1.deployments, 'default')
    .patch('by-account', { type: 'merge', patch: { spec: { replicas: 3 } } })
  await eventually(async () => ((await pods.list({ labelSelector })).items.length === 3 ? true : undefined))
})
