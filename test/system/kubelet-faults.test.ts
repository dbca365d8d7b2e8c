/** What the node agent does when something breaks under it: containers, sandboxes, the runtime, itself, its clients. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Event, Node, Pod } from '../../src/api/types/core/v1.ts'
import { helloImage, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

test('the kubelet recovers from faults', { skip: await whyNot(), timeout: 180_000 }, async (t) => {
  const cluster = await startCluster()
  try {
    const subtest = (name: string, work: (cluster: SystemCluster) => Promise<void>) => t.test(name, () => work(cluster))
    await subtest('a container that was removed behind its back, and a sandbox that was killed', removed)
    await subtest('the runtime killed: containers stay, and the node stays ready', runtimeKilled)
    await subtest('the agent killed while pods start and end: nothing is lost or done twice', agentKilled)
    await subtest('deletion ends pods in time whose hooks hang or whose container is being restarted', hangingHooks)
    await subtest('clients that go away leave no connection behind', clientsGone)
    await subtest('a hundred megabytes through exec arrive whole', largeInput)
  } finally {
    await cluster.stop()
  }
})

async function removed(cluster: SystemCluster): Promise<void> {
  await run(cluster, ['removed', 'paused'], {})
  const { containerID, podIP } = await stateOf(cluster, 'removed')
  await ctr(cluster, ['task', 'kill', '-s', 'SIGKILL', containerID])
  await until('the task to be gone', async () => (await ctr(cluster, ['task', 'rm', containerID])).exitCode !== 0)
  await ctr(cluster, ['container', 'rm', containerID])
  const paused = await stateOf(cluster, 'paused')
  const uid = (await cluster.get<Pod>('pod paused')).metadata.uid ?? ''
  const all = (await ctr(cluster, ['container', 'ls', '-q', `labels."io.kubernetes.pod.uid"==${uid}`])).stdout
  const sandbox = all.split('\n').find((id) => id !== '' && id !== paused.containerID) ?? ''
  assert.equal((await ctr(cluster, ['task', 'kill', '-s', 'SIGKILL', sandbox])).exitCode, 0)
  for (const name of ['removed', 'paused'])
    await until(`${name} to run anew`, async () => (await stateOf(cluster, name)).restartCount === 1)
  await cluster.kubectl('wait --for=condition=Ready pod/removed pod/paused --timeout=30s')
  assert.equal((await stateOf(cluster, 'removed')).podIP, podIP)
  const reasons = await reasonsOf(cluster, 'paused')
  assert.ok(reasons.includes('SandboxChanged'), reasons.join())
}

async function runtimeKilled(cluster: SystemCluster): Promise<void> {
  await run(cluster, ['stays'], {})
  const before = await stateOf(cluster, 'stays')
  const since = await readySince(cluster)
  const pid = await cluster.pidOf('containerd')
  process.kill(pid, 'SIGKILL')
  await until('another containerd', async () => (await cluster.pidOf('containerd')) !== pid)
  await run(cluster, ['after-it'], {})
  assert.deepEqual(await stateOf(cluster, 'stays'), before)
  assert.deepEqual(await readySince(cluster), since)
}

async function readySince(cluster: SystemCluster): Promise<unknown> {
  const { status } = await cluster.get<Node>(`node ${cluster.nodeName}`)
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  return [ready?.status, ready?.lastTransitionTime]
}

async function agentKilled(cluster: SystemCluster): Promise<void> {
  const container = { name: 'c', image: helloImage }
  const job = { ...container, command: ['sh', '-c', 'sleep 1; echo done > /dev/termination-log; exit 7'] }
  const labels = { app: 'busy' }
  const template = { metadata: { labels }, spec: { terminationGracePeriodSeconds: 1, containers: [container] } }
  const spec = { replicas: 6, selector: { matchLabels: labels }, template }
  const deployment = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'busy' }, spec }
  await cluster.apply(JSON.stringify(deployment))
  for (let index = 0; index < 4; index++)
    await cluster.apply(JSON.stringify(pod(`once-${index}`, { restartPolicy: 'Never', containers: [job] })))
  for (const replicas of [6, 3, 5]) {
    await cluster.kubectl(`scale deployment busy --replicas=${replicas}`)
    process.kill(await cluster.pidOf('agent'), 'SIGKILL')
    await cluster.up()
  }
  await cluster.kubectl('rollout status deployment busy --timeout=60s')
  for (let index = 0; index < 4; index++) {
    const ended = await until('the pod to have ended', async () => {
      const { status } = await cluster.get<Pod>(`pod once-${index}`)
      return status?.phase === 'Failed' && status.containerStatuses?.[0]
    })
    const { exitCode, message } = ended.state?.terminated ?? {}
    assert.deepEqual(
      { restarts: ended.restartCount, exitCode, message },
      { restarts: 0, exitCode: 7, message: 'done\n' },
    )
  }
  await cluster.kubectl('delete deployment busy --cascade=foreground --timeout=60s')
  await until('their containers to be gone', async () => {
    const { stdout } = await ctr(cluster, ['container', 'ls', '-q', 'labels."io.kubernetes.pod.name"~=busy'])
    return stdout.trim() === ''
  })
}

async function hangingHooks(cluster: SystemCluster): Promise<void> {
  const hang = { exec: { command: ['sleep', '1000'] } }
  const of = (more: object): object => ({ ...sleeper, ...more })
  const liveness = { exec: { command: ['false'] }, periodSeconds: 1, failureThreshold: 1 }
  await cluster.apply(JSON.stringify(pod('pre-stop', { containers: [of({ lifecycle: { preStop: hang } })] })))
  await cluster.apply(JSON.stringify(pod('post-start', { containers: [of({ lifecycle: { postStart: hang } })] })))
  const slow = { terminationGracePeriodSeconds: 600, containers: [of({ livenessProbe: liveness })] }
  await cluster.apply(JSON.stringify(pod('restarting', slow)))
  await cluster.kubectl('wait --for=condition=Ready pod/pre-stop --timeout=30s')
  await until('the probe to fail', async () => (await reasonsOf(cluster, 'restarting')).includes('Killing'))
  await until('the hook to run', async () => (await reasonsOf(cluster, 'post-start')).includes('Started'))
  await cluster.kubectl('delete pod pre-stop post-start restarting --grace-period=1 --timeout=20s')
}

async function clientsGone(cluster: SystemCluster): Promise<void> {
  await run(cluster, ['popular'], { containers: [{ name: 'c', image: helloImage }] })
  const agent = await cluster.pidOf('agent')
  /** Connections to the runtime's streaming server, which has a port of its own on the loopback. */
  const streams = async (): Promise<number> => {
    const { stdout } = await cluster.run(['ss', '-tnpH'])
    return stdout
      .split('\n')
      .filter((line) => line.includes(`pid=${agent},`) && /127\.0\.0\.1:\d+ +127\.0\.0\.1:/.test(line)).length
  }
  const before = await streams()
  const clients = await Promise.all([
    cluster.startKubectl('exec popular -- sleep 60'),
    cluster.startKubectl('exec -i popular -- sleep 60'),
    cluster.startKubectl('attach popular'),
    cluster.startKubectl('port-forward popular 18081:8080'),
  ])
  const connected = ['bash', '-c', 'exec 3<>/dev/tcp/127.0.0.1/18081; sleep 60'] as const
  await until('the port', async () => (await cluster.run(['ss', '-ltnH'])).stdout.includes('127.0.0.1:18081'))
  clients.push(await cluster.start(connected))
  await until('the streams to be open', async () => (await streams()) >= before + 4)
  for (const client of clients) await client.stop()
  await until('the streams to be closed', async () => (await streams()) === before)
}

async function largeInput(cluster: SystemCluster): Promise<void> {
  const { kubeconfig, home } = cluster
  const kubectl = `${home}/tools/kubectl/kubectl --kubeconfig ${kubeconfig}`
  const source = 'head -c 100000000 /dev/zero | tr "\\0" x'
  const sum = `echo $(${source} | md5sum) $(${source} | ${kubectl} exec -i popular -- md5sum)`
  const { stdout, stderr } = await cluster.run(['sh', '-c', sum])
  const [here, , there] = stdout.trim().split(/\s+/)
  assert.equal(there, here, stderr)
}

const sleeper = { name: 'c', image: helloImage, command: ['sleep', '1000'] }

function pod(name: string, spec: object): object {
  const metadata = { name, labels: { name } }
  return { apiVersion: 'v1', kind: 'Pod', metadata, spec: { terminationGracePeriodSeconds: 1, ...spec } }
}

/** Pods that sleep; resolves when they are ready. */
async function run(cluster: SystemCluster, names: readonly string[], spec: object): Promise<void> {
  for (const name of names) await cluster.apply(JSON.stringify(pod(name, { containers: [sleeper], ...spec })))
  await cluster.kubectl(`wait --for=condition=Ready --timeout=60s ${names.map((name) => `pod/${name}`).join(' ')}`)
}

async function stateOf(
  cluster: SystemCluster,
  name: string,
): Promise<{ containerID: string; restartCount: number; podIP: string }> {
  const { status } = await cluster.get<Pod>(`pod ${name}`)
  const [container] = status?.containerStatuses ?? []
  const containerID = (container?.containerID ?? '').replace('containerd://', '')
  return { containerID, restartCount: container?.restartCount ?? -1, podIP: status?.podIP ?? '' }
}

async function reasonsOf(cluster: SystemCluster, name: string): Promise<string[]> {
  const words = ['get', 'events', '-o', 'json', '--field-selector', `involvedObject.name=${name}`]
  const { items } = JSON.parse(await cluster.kubectl(words)) as { items: Event[] }
  return items.map(({ reason }) => reason ?? '')
}

function ctr(cluster: SystemCluster, words: string[]): ReturnType<SystemCluster['run']> {
  return cluster.run(['ctr', '-a', `${cluster.home}/run/containerd.sock`, '-n', 'k8s.io', ...words])
}
