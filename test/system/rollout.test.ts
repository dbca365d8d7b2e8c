/** Rollouts and node maintenance with real pods: update, undo, scale, cordon, taint, drain. */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Pod } from '../../src/api/types/core/v1.ts'
import { helloImage, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

const suite = { skip: await whyNot(), timeout: 300_000 }

describe('rollouts and maintenance', suite, () => {
  let cluster: SystemCluster
  before(async () => {
    cluster = await startCluster()
    await cluster.apply(manifest)
  })
  after(() => cluster?.stop())

  const podsOf = async (selector: string): Promise<Pod[]> =>
    (await cluster.get<{ items: Pod[] }>(`pods -l ${selector}`)).items
  const stageOf = async (): Promise<string> =>
    await cluster.kubectl([
      'get',
      'deployment',
      'app',
      '-o',
      'jsonpath={.spec.template.spec.containers[0].env[0].value}',
    ])

  test('a rollout replaces all pods, is remembered and can be undone', async () => {
    await cluster.kubectl('rollout status deployment/app --timeout=60s')
    await cluster.kubectl('set env deployment/app STAGE=two')
    const output = await cluster.kubectl('rollout status deployment/app --timeout=60s')
    assert.match(output, /deployment "app" successfully rolled out/)
    assert.equal(await stageOf(), 'two')
    const revisions = (await cluster.kubectl('rollout history deployment/app')).match(/^\d+/gm)
    assert.deepEqual(revisions, ['1', '2'])
    await cluster.kubectl('rollout undo deployment/app')
    await cluster.kubectl('rollout status deployment/app --timeout=60s')
    assert.equal(await stageOf(), 'one')
    const stages = (await podsOf('app=app')).filter(({ metadata }) => !metadata.deletionTimestamp)
    assert.deepEqual(
      stages.map(({ spec }) => spec?.containers[0]?.env?.[0]?.value),
      ['one', 'one', 'one'],
    )
  })

  test('a rollout to an image that does not exist keeps the old pods and says why it hangs', async () => {
    await cluster.kubectl('set image deployment/app app=k8ts.local/missing:9')
    const waiting = await until('the failed pull', async () =>
      (await podsOf('app=app'))
        .map(({ status }) => status?.containerStatuses?.[0]?.state?.waiting)
        .find((state) => state !== undefined && /ErrImage|ImagePull/.test(state.reason ?? '')),
    )
    assert.match(waiting.message ?? '', /k8ts\.local\/missing:9/)
    assert.match(await cluster.kubectl('get deployment app --no-headers'), /app +3\/3/)
    await cluster.kubectl('rollout undo deployment/app')
    await cluster.kubectl('rollout status deployment/app --timeout=60s')
  })

  test('scaling goes up and down to nothing', async () => {
    for (const replicas of [5, 0, 3]) {
      await cluster.kubectl(`scale deployment/app --replicas=${replicas}`)
      await until(`${replicas} pods`, async () => {
        const pods = await podsOf('app=app')
        return pods.length === replicas && pods.every(({ status }) => status?.phase === 'Running')
      })
    }
  })

  test('a StatefulSet starts its pods in order with stable names, a DaemonSet has one on the node', async () => {
    await cluster.kubectl('rollout status statefulset/store --timeout=60s')
    const [first, second] = await podsOf('app=store')
    assert.deepEqual([first?.metadata.name, second?.metadata.name], ['store-0', 'store-1'])
    const startedAt = (pod: Pod | undefined): string => pod?.status?.startTime ?? ''
    assert.ok(startedAt(first) <= startedAt(second))
    await cluster.kubectl('rollout status daemonset/agent --timeout=60s')
    assert.equal((await podsOf('app=agent')).length, 1)
  })

  test('a Job runs to completion, another fails after its back-off limit', async () => {
    await cluster.kubectl('wait job/adds --for=condition=Complete --timeout=60s')
    assert.equal(await cluster.kubectl('logs job/adds'), '42\n')
    await cluster.kubectl('wait job/fails --for=condition=Failed --timeout=60s')
  })

  test('a cordoned node takes no new pods and says so; uncordoned, it does', async () => {
    await cluster.kubectl(`cordon ${cluster.nodeName}`)
    await cluster.kubectl(`run waits --image=${helloImage}`)
    const events = 'get events --field-selector=involvedObject.name=waits,reason=FailedScheduling'
    await until('the event', async () => (await cluster.kubectl(events)).includes('1 node(s) were unschedulable'))
    await cluster.kubectl(`uncordon ${cluster.nodeName}`)
    await cluster.kubectl('wait pod waits --for=condition=Ready --timeout=30s')
  })

  test('a NoSchedule taint holds back new pods, NoExecute sends running ones away', async () => {
    await cluster.kubectl(`taint node ${cluster.nodeName} work=none:NoSchedule`)
    await cluster.kubectl(`run tainted --image=${helloImage}`)
    const events = 'get events --field-selector=involvedObject.name=tainted,reason=FailedScheduling'
    await until('the event', async () => (await cluster.kubectl(events)).includes('untolerated taint'))
    await cluster.kubectl(`taint node ${cluster.nodeName} work=none:NoSchedule-`)
    await cluster.kubectl('wait pod tainted --for=condition=Ready --timeout=30s')
    await cluster.kubectl(`taint node ${cluster.nodeName} work=none:NoExecute`)
    await cluster.kubectl('wait pod tainted --for=delete --timeout=60s')
    await cluster.kubectl(`taint node ${cluster.nodeName} work=none:NoExecute-`)
    await cluster.kubectl('rollout status deployment/app --timeout=60s')
    await cluster.kubectl('rollout status statefulset/store --timeout=60s')
  })

  test('drain evicts within the disruption budget and leaves DaemonSets', async () => {
    const words = `drain ${cluster.nodeName} --ignore-daemonsets --delete-emptydir-data --force --timeout=5s`
    const { exitCode, stderr } = await cluster.tryKubectl(`${words} --pod-selector=app=store`)
    assert.notEqual(exitCode, 0)
    assert.match(stderr, /Cannot evict pod as it would violate the pod's disruption budget/)
    await cluster.kubectl('delete poddisruptionbudget store')
    await cluster.kubectl(words.replace('5s', '60s'))
    assert.equal((await podsOf('app=agent')).length, 1)
    const others = (await podsOf('app!=agent')).filter(
      ({ spec, status }) => spec?.nodeName && status?.phase === 'Running',
    )
    assert.deepEqual(
      others.map(({ metadata }) => metadata.name),
      [],
    )
    await cluster.kubectl(`uncordon ${cluster.nodeName}`)
    await cluster.kubectl('rollout status deployment/app --timeout=60s')
  })
})

const manifest = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: app }
spec:
  replicas: 3
  selector: { matchLabels: { app: app } }
  template:
    metadata: { labels: { app: app } }
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{ name: app, image: ${helloImage}, env: [{ name: STAGE, value: one }] }]
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: store }
spec:
  replicas: 2
  serviceName: store
  selector: { matchLabels: { app: store } }
  template:
    metadata: { labels: { app: store } }
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: app, image: ${helloImage} }] }
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: { name: store }
spec: { minAvailable: 2, selector: { matchLabels: { app: store } } }
---
apiVersion: apps/v1
kind: DaemonSet
metadata: { name: agent }
spec:
  selector: { matchLabels: { app: agent } }
  template:
    metadata: { labels: { app: agent } }
    spec:
      tolerations: [{ operator: Exists }]
      containers: [{ name: app, image: ${helloImage} }]
---
apiVersion: batch/v1
kind: Job
metadata: { name: adds }
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: ${helloImage}, command: [sh, -c, "echo $((40 + 2))"] }]
---
apiVersion: batch/v1
kind: Job
metadata: { name: fails }
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      containers: [{ name: main, image: ${helloImage}, command: ["false"] }]
`
