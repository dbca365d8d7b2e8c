/** What tests rely on without looking: time in all its uses, seeds, and that nothing is left behind. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { connect } from 'node:tls'
import { coreV1 } from '../api/resources.ts'
import type { TokenRequest } from '../api/types/authentication/v1.ts'
import { createClient } from '../client/client-impl.ts'
import { httpTransport } from '../client/http-transport.ts'
import { accessOf, parseKubeconfig } from '../client/kubeconfig.ts'
import { runAsLeader } from '../client/leader-election.ts'
import { realNet } from '../platform/real/net.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { startCluster } from './cluster.ts'

const configMap = (name: string) => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data: {} })
const job = { spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'i' }] } } } }

/** A program of its own, whose last line is JSON. */
async function program(source: string, env: Record<string, string> = {}): Promise<unknown> {
  const index = JSON.stringify(new URL('index.ts', import.meta.url).href)
  const text = `import { startCluster } from ${index}\n${source}`
  const { NODE_TEST_CONTEXT: _, ...outer } = process.env
  const options = { env: { ...outer, ...env }, timeout: 60_000 }
  return new Promise((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module-typescript', '-e', text], options, (error, stdout, stderr) =>
      error
        ? reject(new Error(`${error.message}\n${stderr}`))
        : resolve(JSON.parse(stdout.trim().split('\n').at(-1) ?? '')),
    )
  })
}

test('stop leaves no handle open: the process ends by itself, its files are gone', async () => {
  const left = (await program(`
    import { existsSync } from 'node:fs'
    const idle = process.getActiveResourcesInfo().sort()
    const cluster = await startCluster({ nodes: 2 })
    const file = await cluster.kubeconfigFile()
    const real = await startCluster({ time: 'real' })
    const fork = cluster.fork()
    await fork.serve()
    const informer = cluster.client.core.v1.pods().informer()
    await informer.synced()
    await cluster.client.batch.v1.jobs('default').create({ metadata: { name: 'once' }, ...${JSON.stringify(job)} })
    await cluster.settled()
    await cluster.clock.advance('1h')
    const wasThere = existsSync(file)
    for (const each of [fork, cluster, real]) await each.stop()
    const turns = async () => { for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate) }
    await turns()
    const open = process.getActiveResourcesInfo().sort()
    console.log(JSON.stringify({ idle, open, wasThere, isThere: existsSync(file) }))
  `)) as { idle: string[]; open: string[]; wasThere: boolean; isThere: boolean }
  assert.deepEqual(left, { idle: left.idle, open: left.idle, wasThere: true, isThere: false })
})

test('fifty clusters live in one process, at 15 MB each or less', async () => {
  const { megabytes, nodes } = (await program(`
    const clusters = [await startCluster()]
    const before = process.memoryUsage().rss
    while (clusters.length < 51) clusters.push(await startCluster())
    const megabytes = (process.memoryUsage().rss - before) / 50 / 2 ** 20
    const lists = await Promise.all(clusters.map(({ client }) => client.core.v1.nodes().list()))
    for (const cluster of clusters) await cluster.stop()
    console.log(JSON.stringify({ megabytes, nodes: lists.map(({ items }) => items.length) }))
  `)) as { megabytes: number; nodes: number[] }
  assert.deepEqual(
    nodes,
    Array.from({ length: 51 }, () => 1),
  )
  assert.ok(megabytes <= 15, `${megabytes} MB each`)
})

const seeded = `
  const cluster = await startCluster({ nodes: 3, https: false })
  cluster.faults.chaos({ share: 0.2 })
  for (let index = 0; index < 5; index++) await cluster.client.batch.v1.jobs('default').create({ metadata: { generateName: 'job-' }, ...${JSON.stringify(job)} })
  await cluster.settled()
  await cluster.kill('node-2')
  await cluster.clock.advance('10m')
  const { items } = await cluster.client.core.v1.pods('default').list()
  const pods = items.map(({ metadata, spec, status }) => [metadata.name, metadata.uid, spec.nodeName, status.startTime])
  console.log(JSON.stringify({ seed: cluster.seed, pods, timeline: cluster.timeline.text() }))
  await cluster.stop()
`

test('K8TS_SEED replays a run exactly in another process, and another seed makes another', async () => {
  type Run = { seed: string; pods: unknown[]; timeline: string }
  const first = (await program(seeded, { K8TS_SEED: '7' })) as Run
  assert.match(first.seed, /^7@\d+$/)
  const [again, told, other] = (await Promise.all([
    program(seeded, { K8TS_SEED: '7' }),
    program(seeded, { K8TS_SEED: first.seed }),
    program(seeded, { K8TS_SEED: '8' }),
  ])) as [Run, Run, Run]
  assert.deepEqual(again, first)
  assert.deepEqual(told, first)
  assert.notDeepEqual(other.pods, first.pods)
})

test('service account tokens expire by the clock of the cluster, and the serving certificate does not', async () => {
  await using cluster = await startCluster()
  const api = cluster.client.core.v1.serviceAccounts('default')
  const body = { metadata: {}, spec: { audiences: [], expirationSeconds: 3_600 } } as TokenRequest
  const { status } = await api.createSub('default', 'token', body)
  const { server, tls } = await accessOf(await parseKubeconfig(cluster.kubeconfig), async () => '')
  const { identity: _, ...anonymous } = tls
  const ask = async (): Promise<string> => {
    const transport = httpTransport({ net: realNet(), server, tls: anonymous, token: status?.token ?? '' })
    const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' }
    const path = '/apis/authentication.k8s.io/v1/selfsubjectreviews'
    const client = createClient(transport)
    const answer = await client.raw<{ status: { userInfo: { username: string } } }>('POST', path, review)
    await transport.close()
    return answer.status.userInfo.username
  }
  assert.equal(await ask(), 'system:serviceaccount:default:default')
  await cluster.clock.advance('61m')
  await assert.rejects(ask(), { code: 401 })
  await cluster.clock.advance('5000d')
  const { port } = new URL(server)
  const days = await new Promise<number>((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), ca: tls.caPem ?? '' }, () => {
      resolve((Date.parse(socket.getPeerCertificate().valid_to) - Date.now()) / 86_400_000)
      socket.end()
    })
    socket.once('error', reject)
  })
  assert.ok(days > 0 && days < 5_000, `${days} days`)
})

test('a leader that falls silent loses its lease by the clock of the cluster', async () => {
  await using cluster = await startCluster({ https: false })
  const led: string[] = []
  const ending = new AbortController()
  const lease = { namespace: 'default', name: 'leader' }
  const stand = (identity: string) =>
    cluster.run(identity, ({ client, clock, log }) => ({
      name: identity,
      sources: [],
      reconcile: async () => ({ kind: 'done' }),
      start: () => {
        const random = simulatedRandom(identity)
        void runAsLeader({ client, clock, random, log, lease, identity }, ending.signal, async (leading) => {
          led.push(identity)
          await new Promise((resolve) => leading.addEventListener('abort', resolve))
        }).catch(() => undefined)
      },
    }))
  await stand('first')
  await cluster.clock.advance('5s')
  cluster.faults.add({ match: { component: 'first' }, refuse: 'no answer' })
  await stand('second')
  await cluster.clock.advance('10s')
  const early = [...led]
  await cluster.clock.advance('1m')
  ending.abort()
  assert.deepEqual([early, led], [['first'], ['first', 'second']])
})

test('a component whose clock is wrong acts by it', async () => {
  await using cluster = await startCluster({ https: false, startTime: '2030-01-01T00:30:00Z' })
  const schedule = { schedule: '0 * * * *', jobTemplate: job }
  await cluster.client.batch.v1.cronJobs('default').create({ metadata: { name: 'hourly' }, spec: schedule })
  const count = async () => (await cluster.client.batch.v1.jobs('default').list()).items.length
  await cluster.clock.advance('10m')
  assert.equal(await count(), 0)
  const end = cluster.faults.add({ match: { component: 'kube-controller-manager' }, clockSkewMs: 25 * 60_000 })
  await cluster.client.batch.v1
    .cronJobs('default')
    .patch('hourly', { type: 'merge', patch: { metadata: { labels: { a: 'b' } } } })
  await cluster.settled()
  assert.equal(await count(), 1)
  end()
  const late = cluster.faults.add({ match: { component: 'kube-apiserver' }, clockSkewMs: -3_600_000 })
  await cluster.client.core.v1.configMaps('default').create({ metadata: { name: 'early' } })
  const { creationTimestamp } = (await cluster.client.core.v1.configMaps('default').get('early')).metadata
  assert.equal(creationTimestamp, '2029-12-31T23:40:00Z')
  late()
  assert.throws(() => cluster.faults.add({ clockSkewMs: Number.NaN }), RangeError)
})

test('a slow disk holds writes up for as long as it takes, in the time of the cluster', async () => {
  await using cluster = await startCluster({ https: false })
  const end = cluster.faults.add({ disk: { slow: '2s' }, match: {} })
  let done = false
  const writing = cluster.client.core.v1
    .configMaps('default')
    .create({ metadata: { name: 'slow' } })
    .then(() => {
      done = true
    })
  await cluster.clock.advance('1s')
  assert.equal(done, false)
  await cluster.clock.advance('2s')
  end()
  await writing
})

test('apply takes an object, an array, YAML, a file and a folder with what lies below it', async () => {
  await using cluster = await startCluster({ https: false, controllers: false })
  const folder = mkdtempSync(`${tmpdir()}/k8ts-apply-`)
  try {
    mkdirSync(`${folder}/below`)
    writeFileSync(`${folder}/one.json`, JSON.stringify(configMap('one')))
    writeFileSync(
      `${folder}/below/two.yml`,
      `---\n${JSON.stringify(configMap('two'))}\n---\n${JSON.stringify(configMap('three'))}\n`,
    )
    writeFileSync(`${folder}/README.md`, 'not: [a manifest')
    const given: [string, object | string, string[]][] = [
      ['an object', configMap('a'), ['a']],
      ['an array', [configMap('b'), configMap('c')], ['b', 'c']],
      ['YAML', 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: d }\n', ['d']],
      ['a List', { apiVersion: 'v1', kind: 'List', items: [configMap('e')] }, ['e']],
      ['a file', `${folder}/one.json`, ['one']],
      ['a folder', folder, ['two', 'three', 'one']],
    ]
    for (const [what, applicable, names] of given) {
      const applied = await cluster.apply(applicable)
      assert.deepEqual(applied.map(({ metadata }) => metadata.name).sort(), [...names].sort(), what)
    }
    await assert.rejects(cluster.apply(`${folder}/none`), /there is no such file or folder/)
    await assert.rejects(cluster.apply('kind: [\n'), /no valid YAML/)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('a held clock serves clients outside without the test waiting', async () => {
  await using cluster = await startCluster()
  const { server, tls } = await accessOf(await parseKubeconfig(cluster.kubeconfig), async () => '')
  const transport = httpTransport({ net: realNet(), server, tls })
  const client = createClient(transport, { userAgent: 'outside' })
  await client
    .of(coreV1.pods, 'default')
    .create({ metadata: { name: 'p' }, spec: { containers: [{ name: 'c', image: 'i' }] } })
  const phase = async () => (await client.of(coreV1.pods, 'default').get('p')).status?.phase
  for (let asked = 0; (await phase()) !== 'Running'; asked++) assert.ok(asked < 500, 'the pod does not start')
  await transport.close()
})
