import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Container, Pod, Probe } from '../../api/types/core/v1.ts'
import type { HttpReply, Net } from '../../platform/net.ts'
import { type SimulatedClock, simulatedClock } from '../../platform/simulated/clock.ts'
import type { RuntimeService } from '../cri/runtime.ts'
import type { ContainerRecord, PodRuntime } from '../pod/runtime-state.ts'
import { Probes } from './probes.ts'

interface Stage {
  probes: Probes
  clock: SimulatedClock
  events: string[]
  changes: string[]
  /** Status of the next answers; 0: nobody listens. */
  answer: { status: number }
  asked: () => number
  start(container: Partial<Container>, status?: Pod['status']): { pod: Pod; record: ContainerRecord }
}

function makeStage(): Stage {
  const clock = simulatedClock()
  const answer = { status: 200 }
  const events: string[] = []
  const changes: string[] = []
  let asked = 0
  const request = async (): Promise<HttpReply> => {
    asked++
    if (answer.status === 0) throw Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
    return { status: answer.status, headers: {}, body: (async function* () {})() }
  }
  const probes = new Probes({
    clock,
    net: { request } as unknown as Net,
    runtime: {} as RuntimeService,
    connectGrpc: () => assert.fail('no gRPC here'),
    events: { pod() {}, container: (_pod, _named, _type, reason, message) => events.push(`${reason}: ${message}`) },
    onChange: (uid) => changes.push(uid),
  })
  const start: Stage['start'] = (container, status) => {
    const record = { id: 'id', name: 'c', state: 'running', startedMs: clock.nowMs() } as ContainerRecord
    const spec = { containers: [{ name: 'c', ...container }] }
    const pod: Pod = { metadata: { uid: 'u' }, spec, ...(status ? { status } : {}) }
    const sandbox = { id: 's', attempt: 0, ready: true, createdMs: 0, ips: ['10.0.0.2'], hostNetwork: false }
    const runtime: PodRuntime = { sandboxes: [sandbox], containers: [record] }
    probes.sync(pod, runtime)
    return { pod, record }
  }
  return { probes, clock, events, changes, answer, asked: () => asked, start }
}

const http: Probe = { httpGet: { port: 80, path: '/x' } }

test('Probes makes a container ready as soon as it answers, without telling of failures while it comes up', async () => {
  const { probes, clock, events, answer, start } = makeStage()
  answer.status = 0
  const { pod, record } = start({ readinessProbe: http })
  await clock.advance(300)
  assert.equal(probes.isReady(pod, record), false)
  answer.status = 200
  await clock.advance(500)
  assert.equal(probes.isReady(pod, record), true)
  assert.deepEqual(events, [])
})

test('Probes takes readiness away only when failures reach the threshold', async () => {
  const { probes, clock, events, answer, start } = makeStage()
  const { pod, record } = start({ readinessProbe: { ...http, periodSeconds: 1, failureThreshold: 2 } })
  await clock.advance(500)
  answer.status = 503
  await clock.advance(1_000)
  assert.equal(probes.isReady(pod, record), true)
  await clock.advance(1_000)
  assert.equal(probes.isReady(pod, record), false)
  assert.deepEqual(events, Array(2).fill('Unhealthy: Readiness probe failed: HTTP probe failed with statuscode: 503'))
})

test('Probes reports a refused connection as Go words it', async () => {
  const { clock, events, answer, start } = makeStage()
  answer.status = 0
  start({ livenessProbe: http })
  await clock.advance(100)
  const text = 'Get "http://10.0.0.2:80/x": dial tcp 10.0.0.2:80: connect: connection refused'
  assert.deepEqual(events, [`Unhealthy: Liveness probe failed: ${text}`])
})

test('Probes holds a liveness failure and asks no more until the container is replaced', async () => {
  const { probes, clock, changes, answer, asked, start } = makeStage()
  answer.status = 500
  const { record } = start({ livenessProbe: { ...http, periodSeconds: 1, failureThreshold: 1 } })
  await clock.advance(100)
  assert.equal(probes.verdict(record.id, 'liveness'), 'failure')
  assert.deepEqual(changes, ['u'])
  const before = asked()
  await clock.advance(5_000)
  assert.equal(asked(), before)
})

test('Probes lets liveness and readiness wait for the startup probe', async () => {
  const { probes, clock, answer, start } = makeStage()
  answer.status = 500
  const probe = { ...http, periodSeconds: 1, failureThreshold: 100 }
  const { pod, record } = start({
    startupProbe: probe,
    livenessProbe: { ...probe, failureThreshold: 1 },
    readinessProbe: probe,
  })
  await clock.advance(3_000)
  assert.equal(probes.verdict(record.id, 'liveness'), 'unknown')
  assert.equal(probes.hasStarted(pod, record), false)
  answer.status = 200
  await clock.advance(1_000)
  assert.equal(probes.hasStarted(pod, record), true)
  assert.equal(probes.isReady(pod, record), true)
})

test('Probes waits for the initial delay', async () => {
  const { clock, asked, start } = makeStage()
  start({ readinessProbe: { ...http, periodSeconds: 1, initialDelaySeconds: 3 } })
  await clock.advance(2_500)
  assert.equal(asked(), 0)
  await clock.advance(1_000)
  assert.equal(asked(), 1)
})

test('Probes believes what was published about a container that ran before the agent did', () => {
  const { probes, answer, start } = makeStage()
  answer.status = 0
  const published = {
    name: 'c',
    ready: true,
    started: true,
    restartCount: 0,
    image: '',
    imageID: '',
    containerID: 'containerd://id',
  }
  const { pod, record } = start({ readinessProbe: http, startupProbe: http }, { containerStatuses: [published] })
  assert.equal(probes.hasStarted(pod, record), true)
  assert.equal(probes.isReady(pod, record), true)
})
