/**
 * Plays on real containers what was recorded from the Go kubelet (the folder named by K8TS_RECORDED_STATES, else
 * `../shared/recorded-states` beside the checkout) and compares what it leaves of pods: conditions, container states,
 * reasons, and the words of its events.
 */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { KubeObject } from '../../src/api/meta.ts'
import type { ContainerState, ContainerStatus, Event, Pod } from '../../src/api/types/core/v1.ts'
import { helloImage, type SystemCluster, startCluster, until, whyNot } from './harness.ts'

const folder = process.env.K8TS_RECORDED_STATES ?? new URL('../../../shared/recorded-states', import.meta.url).pathname
const wanted = ['08', '09', '15', '22', '24', '25', '26']
const recordedImage = /registry\.k8s\.io\/e2e-test-images\/busybox:[\w.-]+/g

interface Recording {
  scenario: string
  steps: ({ create: KubeObject } | { waitSeconds: number })[]
  events: { object: string; type: string; reason: string; message: string; component: string }[]
  objects: KubeObject[]
}

const skip = existsSync(folder) ? await whyNot() : `SKIPPED: no recorded states at ${folder}`

test('pods end up as recorded from the Go kubelet', { skip, timeout: 180_000, concurrency: true }, async (t) => {
  const cluster = await startCluster()
  try {
    const files = readdirSync(folder).filter((name) => wanted.includes(name.slice(0, 2)) && name.endsWith('.json'))
    assert.equal(files.length, wanted.length)
    // All at once: most of their time is waiting.
    await Promise.all(files.map((file) => t.test(file, () => play(cluster, file))))
  } finally {
    await cluster.stop()
  }
})

async function play(cluster: SystemCluster, file: string): Promise<void> {
  const namespace = `recorded-${file.slice(0, 2)}`
  const text = readFileSync(join(folder, file), 'utf8')
    .replaceAll(recordedImage, helloImage)
    .replaceAll('{{ns}}', namespace)
  const recording = JSON.parse(text) as Recording
  await cluster.kubectl(`create namespace ${namespace}`)
  for (const step of recording.steps)
    if ('create' in step) await cluster.kubectl(`-n ${namespace} create -f -`, { input: JSON.stringify(step.create) })
  const expected = { pods: describePods(recording.objects), events: describeRecorded(recording) }
  let seen: unknown
  await until('the recorded state', async () => {
    seen = await observe(cluster, namespace)
    return JSON.stringify(seen) === JSON.stringify(expected)
  }).catch(() => assert.deepEqual(seen, expected))
}

async function observe(cluster: SystemCluster, namespace: string): Promise<object> {
  const [pods, events] = await Promise.all([
    cluster.get<{ items: Pod[] }>(`pods -n ${namespace}`),
    cluster.get<{ items: Event[] }>(`events -n ${namespace}`),
  ])
  const ofKubelet = events.items.filter(({ source }) => source?.component === 'kubelet')
  return {
    pods: describePods(pods.items.map((pod) => ({ ...pod, kind: 'Pod' }))),
    events: words(
      ofKubelet.map(({ involvedObject, type, reason, message }) => {
        const field = involvedObject.fieldPath ? `#${involvedObject.fieldPath}` : ''
        return {
          object: `Pod/${involvedObject.name}${field}`,
          type: type ?? '',
          reason: reason ?? '',
          message: message ?? '',
        }
      }),
    ),
  }
}

function describeRecorded({ events }: Recording): string[] {
  return words(events.filter(({ component }) => component === 'kubelet'))
}

/** Sorted and without repetitions: how often and in which order is particular to a run. */
function words(events: { object: string; type: string; reason: string; message: string }[]): string[] {
  const lines = events.map(({ object, type, reason, message }) => [
    withoutSuffix(object),
    type,
    reason,
    withoutUid(message),
  ])
  return [...new Set(lines.map((line) => line.join(' | ')))].sort()
}

function withoutSuffix(object: string): string {
  return object.replace(/^Pod\/j-[a-z0-9]{5}/, 'Pod/j-')
}

function withoutUid(message: string): string {
  return message.replace(/\([0-9a-f-]{36}\)/g, '(<uid>)')
}

function describePods(objects: readonly KubeObject[]): object[] {
  const pods = objects.filter(({ kind }) => kind === 'Pod') as Pod[]
  return pods
    .map(({ metadata, status }) => ({
      name: withoutSuffix(`Pod/${metadata.name}`),
      phase: status?.phase,
      reason: status?.reason,
      qosClass: status?.qosClass,
      conditions: status?.conditions?.map(({ type, status: value, reason, message }) => [type, value, reason, message]),
      containers: [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].map(
        describeContainer,
      ),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** A container in back-off is told by how it ended: whether that was still its state is a matter of milliseconds. */
function describeContainer(status: ContainerStatus): object {
  const { name, ready, started, restartCount, image, lastState, resources } = status
  const state = status.state?.waiting?.reason === 'CrashLoopBackOff' ? lastState : status.state
  const mounts = status.volumeMounts?.map(({ mountPath, readOnly, recursiveReadOnly }) => [
    mountPath,
    readOnly,
    recursiveReadOnly,
  ])
  const states = { state: stateOf(state), lastState: stateOf(lastState) }
  return { name, ready, started, restartCount, image, ...states, resources, mounts }
}

function stateOf(state: ContainerState | undefined): object | undefined {
  const { running, waiting, terminated } = state ?? {}
  if (running) return { running: running.startedAt !== undefined }
  if (waiting) return { waiting: waiting.reason, message: waiting.message && withoutUid(waiting.message) }
  if (!terminated) return undefined
  const { exitCode, reason, message, startedAt, finishedAt, containerID } = terminated
  const told = [startedAt, finishedAt, containerID].every((value) => Boolean(value))
  return { terminated: reason, exitCode, message, told }
}
