/** What may die at any moment: our processes, containerd, a container, a disk quota. Everything recovers, nothing acknowledged is lost. */
import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, test } from 'node:test'
import type { Event, Pod } from '../../src/api/types/core/v1.ts'
import { helloImage, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

const suite = { skip: await whyNot(), timeout: 300_000 }
/** A killed process is back at work this long after the next start. */
const recoveryMs = 5_000

describe('faults', suite, () => {
  let cluster: SystemCluster
  let address: string
  before(async () => {
    cluster = await startCluster()
    await cluster.apply(manifest)
    await cluster.kubectl('rollout status deployment/steady --timeout=60s')
    await cluster.kubectl('wait pod beside --for=condition=Ready --timeout=60s')
    address = await cluster.kubectl(['get', 'service', 'steady', '-o', 'jsonpath={.spec.clusterIP}'])
  })
  // What one test left dead is no failure of the next.
  beforeEach(() => cluster.up())
  after(() => cluster?.stop())

  const steadyContainers = async (): Promise<string[]> =>
    (await cluster.get<{ items: Pod[] }>('pods -l app=steady')).items
      .flatMap(({ status }) => status?.containerStatuses ?? [])
      .map(({ containerID, restartCount }) => `${containerID} ${restartCount}`)
      .sort()
  const kill = async (role: 'server' | 'agent' | 'containerd', signal: 'SIGKILL' | 'SIGTERM'): Promise<number> => {
    const pid = await cluster.pidOf(role)
    process.kill(pid, signal)
    await until(`${role} to be gone`, async () => !cluster.platform.exec.alive(pid))
    return pid
  }
  const takesPods = async (name: string): Promise<void> => {
    await cluster.kubectl(`run ${name} --image=${helloImage} --restart=Never`)
    await cluster.kubectl(`wait pod ${name} --for=condition=Ready --timeout=30s`)
  }
  const serviceAnswers = async (): Promise<void> => {
    const { stdout } = await cluster.run(['busybox', 'wget', '-q', '-O', '-', `http://${address}/`])
    assert.match(stdout, /^steady-/)
  }

  test('no acknowledged write is lost when the server is killed in the middle of writing', async () => {
    const before = await steadyContainers()
    const writer = await cluster.start(['sh', '-c', writeUntilRefused])
    await until('some writes', async () => (await writer.output()).split('\n').length > 6)
    await kill('server', 'SIGKILL')
    await writer.exited
    const acknowledged = (await writer.output()).split('\n').filter((name) => /^configmap\/w\d+$/.test(name))
    await serviceAnswers()
    const startMs = performance.now()
    await cluster.up()
    assert.ok(performance.now() - startMs < recoveryMs, `took ${performance.now() - startMs} ms`)
    const kept = new Set((await cluster.kubectl('get configmaps -o name')).split('\n'))
    assert.ok(acknowledged.length >= 5)
    assert.deepEqual(
      acknowledged.filter((name) => !kept.has(name)),
      [],
    )
    assert.deepEqual(await steadyContainers(), before)
    await takesPods('after-server')
  })

  test('containers outlive a killed agent, which finds them again', async () => {
    const before = await steadyContainers()
    await kill('agent', 'SIGKILL')
    await serviceAnswers()
    const startMs = performance.now()
    await cluster.up()
    await takesPods('after-agent')
    assert.ok(performance.now() - startMs < recoveryMs, `took ${performance.now() - startMs} ms`)
    assert.deepEqual(await steadyContainers(), before)
    assert.match(await cluster.kubectl('exec deploy/steady -- hostname'), /^steady-/)
  })

  test('containers outlive a killed containerd, which is started again', async () => {
    const before = await steadyContainers()
    const pid = await kill('containerd', 'SIGKILL')
    await until('a new containerd', async () => (await cluster.pidOf('containerd')) !== pid)
    await takesPods('after-containerd')
    assert.deepEqual(await steadyContainers(), before)
    assert.match(await cluster.kubectl('exec deploy/steady -- hostname'), /^steady-/)
  })

  test('server, agent and containerd killed together come back with all there was', async () => {
    const before = await steadyContainers()
    for (const role of ['agent', 'containerd', 'server'] as const) await kill(role, 'SIGKILL')
    const startMs = performance.now()
    await cluster.up()
    assert.ok(performance.now() - startMs < recoveryMs, `took ${performance.now() - startMs} ms`)
    await takesPods('after-all')
    assert.deepEqual(await steadyContainers(), before)
  })

  test('SIGTERM ends server and agent in peace, and containers run on', async () => {
    const before = await steadyContainers()
    for (const role of ['agent', 'server'] as const) {
      const startMs = performance.now()
      await kill(role, 'SIGTERM')
      assert.ok(performance.now() - startMs < 5_000, `${role} took ${performance.now() - startMs} ms to end`)
    }
    await serviceAnswers()
    await cluster.up()
    assert.deepEqual(await steadyContainers(), before)
  })

  test('a container that vanishes behind our back comes back, with events', async () => {
    const { status } = await cluster.get<Pod>('pod beside')
    const id = status?.containerStatuses?.[0]?.containerID?.replace('containerd://', '') ?? ''
    const ctr = (...words: string[]) =>
      cluster.run(['ctr', '--address', `${cluster.home}/run/containerd.sock`, '--namespace', 'k8s.io', ...words])
    await ctr('task', 'kill', '--signal', 'SIGKILL', id)
    await ctr('task', 'delete', '--force', id)
    await ctr('container', 'delete', id)
    const replaced = await until('another container', async () => {
      const now = (await cluster.get<Pod>('pod beside')).status
      const container = now?.containerStatuses?.[0]
      return container?.ready && container.containerID !== `containerd://${id}` && container
    })
    assert.ok((replaced.restartCount ?? 0) >= 1)
    // Events are written behind the status.
    await until('a second event of a start', async () => {
      const { items } = await cluster.get<{ items: Event[] }>(
        'events --field-selector=involvedObject.name=beside,reason=Started',
      )
      return items.reduce((sum, event) => sum + (event.count ?? 1), 0) >= 2
    })
  })

  test('a sandbox that is killed is made anew', async () => {
    const uid = (await cluster.get<Pod>('pod beside')).metadata.uid
    const pause = await until('the sandbox', async () => {
      const { stdout } = await cluster.run(['sh', '-c', `grep -l ${uid} /proc/[0-9]*/cgroup`])
      for (const path of stdout.split('\n')) {
        const directory = path.slice(0, -'/cgroup'.length)
        if (path && /^\/?pause/.test(await cluster.platform.disk.readText(`${directory}/cmdline`).catch(() => '')))
          return Number(directory.slice('/proc/'.length))
      }
      return undefined
    })
    process.kill(pause, 'SIGKILL')
    const events = 'events --field-selector=involvedObject.name=beside,reason=SandboxChanged'
    await until('the event', async () => (await cluster.get<{ items: Event[] }>(events)).items.length > 0)
    await cluster.kubectl('wait pod beside --for=condition=Ready --timeout=30s')
    await until('the new pod to answer', async () => {
      const ip = (await cluster.get<Pod>('pod beside')).status?.podIP
      return (await cluster.run(['busybox', 'wget', '-q', '-O', '-', `http://${ip}:8080/`])).stdout === 'beside\n'
    })
  })

  test('a pod that writes past the sizeLimit of an emptyDir is evicted', async () => {
    await cluster.apply(greedy)
    const evicted = await until(
      'the eviction',
      async () => {
        const { status } = await cluster.get<Pod>('pod greedy')
        return status?.phase === 'Failed' && status
      },
      90_000,
    )
    assert.equal(evicted.reason, 'Evicted')
    assert.equal(evicted.message, 'Usage of EmptyDir volume "data" exceeds the limit "5Mi". ')
    const events = await cluster.get<{ items: Event[] }>(
      'events --field-selector=involvedObject.name=greedy,reason=Evicted',
    )
    assert.equal(events.items.length, 1)
  })
})

/** Names of ConfigMaps as the server acknowledges them, until it no longer does. */
const writeUntilRefused =
  'i=0; while kubectl=$K8TS_HOME/tools/kubectl/kubectl; $kubectl create configmap w$i -o name 2>/dev/null; do i=$((i + 1)); done'

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: steady }
spec:
  replicas: 2
  selector: { matchLabels: { app: steady } }
  template:
    metadata: { labels: { app: steady } }
    spec:
      containers: [{ name: web, image: ${helloImage}, readinessProbe: { httpGet: { path: /, port: 8080 } } }]
---
apiVersion: v1
kind: Service
metadata: { name: steady }
spec: { selector: { app: steady }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: beside }
spec: { terminationGracePeriodSeconds: 1, containers: [{ name: web, image: ${helloImage} }] }
`

const greedy = `
apiVersion: v1
kind: Pod
metadata: { name: greedy }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: main
    image: ${helloImage}
    command: [sh, -c, "dd if=/dev/zero of=/data/file bs=1M count=20; sleep 3600"]
    volumeMounts: [{ name: data, mountPath: /data }]
  volumes: [{ name: data, emptyDir: { sizeLimit: 5Mi } }]
`
