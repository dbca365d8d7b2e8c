/** One node's pods under kubectl: streams into them, what they are given, and what happens when they fail. */
import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import type { Event, Pod } from '../../src/api/types/core/v1.ts'
import { helloImage, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

const suite = { skip: await whyNot(), timeout: 300_000 }

describe('pods', suite, () => {
  let cluster: SystemCluster
  let scratch: string
  before(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'k8ts-pods-'))
    cluster = await startCluster()
  })
  after(async () => {
    await rm(scratch, { recursive: true, force: true })
    await cluster?.stop()
  })

  const run = async (name: string, script: string, ...options: string[]): Promise<void> => {
    await cluster.kubectl([
      ...['run', name, `--image=${helloImage}`, '--restart=Never', ...options],
      ...['--', 'sh', '-c', script],
    ])
    await cluster.kubectl(`wait pod ${name} --for=condition=Ready --timeout=60s`)
  }
  const podOf = (name: string) => cluster.get<Pod>(`pod ${name}`)
  const eventsOf = async (name: string): Promise<Event[]> =>
    (await cluster.get<{ items: Event[] }>(`events --field-selector=involvedObject.name=${name}`)).items

  test('kubectl logs shows, follows and limits', async () => {
    await run('logs', 'echo first; echo second; until [ -e /tmp/go ]; do sleep 0.1; done; echo third')
    assert.equal(await cluster.kubectl('logs logs --tail=1'), 'second\n')
    const following = await cluster.startKubectl('logs -f logs')
    await until('the lines so far', async () => (await following.output()) === 'first\nsecond\n')
    await cluster.kubectl('exec logs -- touch /tmp/go')
    assert.equal(await following.exited, 0)
    assert.equal(await following.output(), 'first\nsecond\nthird\n')
    assert.match(await cluster.kubectl('logs logs --timestamps --since=1h'), /^\d{4}-\S+Z first\n/)
  })

  test('kubectl exec carries standard streams, their end and the exit code', async () => {
    await run('exec', 'sleep 3600')
    const both = await cluster.tryKubectl(['exec', 'exec', '--', 'sh', '-c', 'echo out; echo err >&2; exit 7'])
    assert.equal(both.stdout, 'out\n')
    assert.match(both.stderr, /^err$/m)
    assert.equal(both.exitCode, 7)
    const input = 'x'.repeat(300_000)
    assert.equal(await cluster.kubectl('exec -i exec -- wc -c', { input }), '300000\n')
    assert.equal((await cluster.kubectl('exec exec -- head -c 3000000 /dev/zero')).length, 3_000_000)
  })

  test('kubectl cp copies both ways', async () => {
    await run('cp', 'sleep 3600')
    const bytes = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251))
    await writeFile(join(scratch, 'sent'), bytes)
    await cluster.kubectl(`cp ${join(scratch, 'sent')} cp:/tmp/there`)
    await cluster.kubectl(`cp cp:/tmp/there ${join(scratch, 'back')}`)
    assert.deepEqual(await readFile(join(scratch, 'back')), bytes)
  })

  test('kubectl port-forward reaches a pod and a Service', async () => {
    await cluster.kubectl(`run web --image=${helloImage} --port=8080 --expose`)
    await cluster.kubectl('wait pod web --for=condition=Ready --timeout=60s')
    for (const target of ['pod/web', 'service/web']) {
      const forward = await cluster.startKubectl(`port-forward ${target} :8080`)
      const port = await until('the local port', async () => /127\.0\.0\.1:(\d+) ->/.exec(await forward.output())?.[1])
      for (let count = 0; count < 3; count++)
        assert.equal(
          (await cluster.run(['busybox', 'wget', '-q', '-O', '-', `http://127.0.0.1:${port}/`])).stdout,
          'web\n',
        )
      await forward.stop()
    }
  })

  test('kubectl attach and run -i speak with the main process', async () => {
    const words = `run echo --image=${helloImage} --restart=Never -i --rm -q -- sed s/^/got:/`
    assert.match(await cluster.kubectl(words, { input: 'one\ntwo\n' }), /^got:one\ngot:two\n/)
  })

  test('kubectl debug adds a container that shares the processes of its target', async () => {
    await run('debugged', 'exec sleep 4321')
    await cluster.kubectl([
      ...['debug', 'debugged', `--image=${helloImage}`, '--target=debugged', '-c', 'tool', '--attach=false'],
      ...['--', 'sh', '-c', 'ps'],
    ])
    const logs = await until('the output', async () => {
      const { stdout } = await cluster.tryKubectl('logs debugged -c tool')
      return /ps$/m.test(stdout) && stdout
    })
    assert.match(logs, /sleep 4321/)
  })

  test('volumes and environment hold what objects and the pod itself say', async () => {
    await cluster.apply(givenThings)
    await cluster.kubectl('wait pod given --for=condition=Ready --timeout=60s')
    const env = await cluster.kubectl('exec given -- env')
    for (const line of ['COLOR=blue', 'PASSWORD=hush', 'ALL_color=blue', 'NAME=given', 'JOINED=blue-given', 'CPU=1'])
      assert.ok(env.split('\n').includes(line), `${line} is missing in\n${env}`)
    const read = (path: string) => cluster.kubectl(['exec', 'given', '--', 'cat', path])
    assert.equal(await read('/config/color'), 'blue')
    assert.equal(await read('/secret/password'), 'hush')
    assert.equal(await read('/projected/labels'), 'tier="test"')
    assert.match(await read('/var/run/secrets/kubernetes.io/serviceaccount/token'), /^ey/)
    const mounts = await read('/proc/mounts')
    assert.match(mounts, /tmpfs \/memory tmpfs/)
    const modes = await cluster.kubectl(['exec', 'given', '--', 'sh', '-c', 'stat -L -c %a /secret/password'])
    assert.equal(modes, '400\n')
    await cluster.kubectl(['patch', 'configmap', 'given', '-p', '{"data":{"color":"green"}}'])
  })

  test('a liveness probe that fails restarts its container, with events and back-off for a crashing one', async () => {
    await cluster.apply(sickPods)
    const restarted = await until('the restart', async () => {
      const { status } = await podOf('sick')
      return (status?.containerStatuses?.[0]?.restartCount ?? 0) >= 1 && status
    })
    assert.match(restarted.containerStatuses?.[0]?.lastState?.terminated?.reason ?? '', /^(Error|Completed)$/)
    const reasons = (await eventsOf('sick')).map(({ reason, message }) => `${reason}: ${message}`)
    assert.ok(
      reasons.some((text) => text.startsWith('Unhealthy: Liveness probe failed:')),
      reasons.join('\n'),
    )
    assert.ok(reasons.includes('Killing: Container sick failed liveness probe, will be restarted'), reasons.join('\n'))
    const waiting = await until('the back-off', async () => {
      const { status } = await podOf('crashing')
      return status?.containerStatuses?.[0]?.state?.waiting
    })
    assert.equal(waiting.reason, 'CrashLoopBackOff')
    assert.equal(await cluster.kubectl('logs crashing -p'), 'about to fail\n')
  })

  test('a readiness probe decides whether a pod is ready, a startup probe when it begins', async () => {
    await cluster.apply(slowPod)
    await until('the pod to run', async () => (await podOf('slow')).status?.phase === 'Running')
    assert.equal((await podOf('slow')).status?.containerStatuses?.[0]?.ready, false)
    await cluster.kubectl('exec slow -- touch /tmp/started /tmp/ready')
    await cluster.kubectl('wait pod slow --for=condition=Ready --timeout=30s')
    await cluster.kubectl('exec slow -- rm /tmp/ready')
    await cluster.kubectl('wait pod slow --for=condition=Ready=false --timeout=30s')
  })

  test('init containers run in order before the others; one that fails holds them back', async () => {
    await cluster.apply(initPods)
    await cluster.kubectl('wait pod init --for=condition=Ready --timeout=60s')
    assert.equal(await cluster.kubectl('exec init -- cat /work/log'), 'first\nsecond\n')
    await until('the failure', async () => /^Init:(Error|CrashLoopBackOff)$/m.test(await statusOf('init-fails')))
  })
  const statusOf = async (name: string): Promise<string> =>
    (await cluster.kubectl(`get pod ${name} --no-headers`)).split(/ +/)[2] ?? ''

  test('a deleted pod is asked to end, with its hook first, and killed after its grace', async () => {
    await cluster.apply(graceful)
    await cluster.kubectl('wait pod graceful stubborn --for=condition=Ready --timeout=60s')
    const following = await cluster.startKubectl('logs -f graceful')
    await until('the first line', async () => (await following.output()).includes('waiting'))
    await cluster.kubectl('delete pod graceful --timeout=30s')
    await following.exited
    assert.equal(await following.output(), 'waiting\nhook\ngot TERM\n')
    const startMs = performance.now()
    await cluster.kubectl('delete pod stubborn --timeout=30s')
    assert.ok(performance.now() - startMs >= 1_900, 'it was killed before its 2 s were over')
  })

  // Last: it takes up to a minute, which the tests above shorten.
  test('a volume follows its ConfigMap', async () => {
    const read = () => cluster.kubectl('exec given -- cat /config/color')
    await until('the file to change', async () => (await read()) === 'green', 120_000)
  })
})

const container = `image: ${helloImage}\n    imagePullPolicy: IfNotPresent`

const givenThings = `
apiVersion: v1
kind: ConfigMap
metadata: { name: given }
data: { color: blue }
---
apiVersion: v1
kind: Secret
metadata: { name: given }
stringData: { password: hush }
---
apiVersion: v1
kind: Pod
metadata: { name: given, labels: { tier: test } }
spec:
  containers:
  - name: main
    ${container}
    command: [sleep, "3600"]
    resources: { limits: { cpu: 600m, memory: 32Mi } }
    env:
    - { name: COLOR, valueFrom: { configMapKeyRef: { name: given, key: color } } }
    - { name: PASSWORD, valueFrom: { secretKeyRef: { name: given, key: password } } }
    - { name: NAME, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
    - { name: CPU, valueFrom: { resourceFieldRef: { resource: limits.cpu } } }
    - { name: JOINED, value: $(COLOR)-$(NAME) }
    envFrom: [{ prefix: ALL_, configMapRef: { name: given } }]
    volumeMounts:
    - { name: config, mountPath: /config }
    - { name: secret, mountPath: /secret }
    - { name: projected, mountPath: /projected }
    - { name: memory, mountPath: /memory }
  volumes:
  - { name: config, configMap: { name: given } }
  - { name: secret, secret: { secretName: given, defaultMode: 0400 } }
  - { name: memory, emptyDir: { medium: Memory } }
  - name: projected
    projected:
      sources: [{ downwardAPI: { items: [{ path: labels, fieldRef: { fieldPath: metadata.labels } }] } }]
`

const sickPods = `
apiVersion: v1
kind: Pod
metadata: { name: sick }
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: sick
    ${container}
    command: [sleep, "3600"]
    livenessProbe: { exec: { command: [cat, /missing] }, periodSeconds: 1, failureThreshold: 2 }
---
apiVersion: v1
kind: Pod
metadata: { name: crashing }
spec:
  containers:
  - name: crashing
    ${container}
    command: [sh, -c, "echo about to fail; exit 3"]
`

const slowPod = `
apiVersion: v1
kind: Pod
metadata: { name: slow }
spec:
  containers:
  - name: slow
    ${container}
    startupProbe: { exec: { command: [cat, /tmp/started] }, periodSeconds: 1, failureThreshold: 60 }
    readinessProbe: { exec: { command: [cat, /tmp/ready] }, periodSeconds: 1, failureThreshold: 1 }
    livenessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 }
`

const initPods = `
apiVersion: v1
kind: Pod
metadata: { name: init }
spec:
  initContainers:
  - { name: one, image: ${helloImage}, command: [sh, -c, "echo first >> /work/log"], volumeMounts: [{ name: work, mountPath: /work }] }
  - { name: two, image: ${helloImage}, command: [sh, -c, "echo second >> /work/log"], volumeMounts: [{ name: work, mountPath: /work }] }
  containers:
  - { name: main, image: ${helloImage}, volumeMounts: [{ name: work, mountPath: /work }] }
  volumes: [{ name: work, emptyDir: {} }]
---
apiVersion: v1
kind: Pod
metadata: { name: init-fails }
spec:
  initContainers: [{ name: one, image: ${helloImage}, command: ["false"] }]
  containers: [{ name: main, image: ${helloImage} }]
`

const graceful = `
apiVersion: v1
kind: Pod
metadata: { name: graceful }
spec:
  terminationGracePeriodSeconds: 20
  containers:
  - name: main
    ${container}
    command: [sh, -c, "trap 'echo got TERM; exit 0' TERM; echo waiting; while :; do sleep 0.1; done"]
    lifecycle: { preStop: { exec: { command: [sh, -c, "echo hook > /proc/1/fd/1"] } } }
---
apiVersion: v1
kind: Pod
metadata: { name: stubborn }
spec:
  terminationGracePeriodSeconds: 2
  containers: [{ name: main, image: ${helloImage}, command: [sh, -c, "trap '' TERM; sleep 3600"] }]
`
