/**
 * Controllers and scheduler on the API server in memory, with nodes that only exist on paper: a bound pod becomes ready
 * at once, or does what the test says. Time is held; `settle` waits until nothing more happens by itself.
 */

import type { KubeObject, Resource } from '../../src/api/meta.ts'
import { coordinationV1, coreV1 } from '../../src/api/resources.ts'
import type { ContainerStatus, Pod } from '../../src/api/types/core/v1.ts'
import { startTestApiServer } from '../../src/apiserver/testing.ts'
import type { Client } from '../../src/client/client.ts'
import { createClient } from '../../src/client/client-impl.ts'
import type { RunningController } from '../../src/client/controller.ts'
import { runController } from '../../src/client/controller-run.ts'
import { createEventRecorder } from '../../src/client/events-impl.ts'
import { createInformers } from '../../src/client/informer-impl.ts'
import { allControllers } from '../../src/controllers/index.ts'
import { rfc3339, rfc3339Micro } from '../../src/platform/clock.ts'
import { type SimulatedClock, simulatedClock } from '../../src/platform/simulated/clock.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { type Scheduler, startScheduler } from '../../src/scheduler/scheduler.ts'

export interface Testbed extends AsyncDisposable {
  client: Client
  clock: SimulatedClock
  /** What a bound pod turns into; default: ready. Set to change it. */
  behave: (pod: Pod) => PodOutcome
  /** Whether nodes renew their leases as time moves. Default true. */
  nodesAlive: boolean
  settle(): Promise<void>
  /** Settles, moves time, settles. */
  advance(ms: number): Promise<void>
  events(): Promise<string[]>
  create<T extends KubeObject>(resource: Resource<T>, object: T): Promise<T>
}

export type PodOutcome = 'ready' | 'pending' | 'succeeded' | { failed: number }

export const namespace = 'test'
const heartbeatMs = 20_000

export async function startTestbed({ nodes = ['node1'] }: { nodes?: string[] } = {}): Promise<Testbed> {
  const clock = simulatedClock()
  const random = simulatedRandom('testbed')
  const api = await startTestApiServer({ clock, namespaces: [namespace] })
  const client = createClient(api.transport)
  const { log } = api
  const informers = createInformers({ client, clock, random, log, freeze: true })
  const recorder = createEventRecorder({ client, clock, random, log, component: 'test' })
  const parts = { client, informers, events: recorder, clock, random, log }
  const stopping = new AbortController()
  for (const name of nodes) await createNode(client, name)
  const controllers: RunningController[] = allControllers(parts, { rootCaPem: 'CA' }).map((one) =>
    runController(one, parts, stopping.signal),
  )
  informers.start()
  const scheduler: Scheduler = await startScheduler(parts)
  const bed: Testbed = {
    client,
    clock,
    behave: () => 'ready',
    nodesAlive: true,
    settle: () => settle(bed, { controllers, scheduler, flush: () => recorder.flush() }),
    async advance(ms) {
      await bed.settle()
      for (let left = ms; left > 0; left -= heartbeatMs) {
        if (bed.nodesAlive) for (const name of nodes) await renewLease(client, name, rfc3339Micro(clock.nowMs()))
        await clock.advance(Math.min(left, heartbeatMs))
        await bed.settle()
      }
    },
    async events() {
      await bed.settle()
      const { items } = await client.of(coreV1.events, namespace).list()
      return items.map(
        ({ involvedObject, type, reason, message }) =>
          `${involvedObject.kind}/${involvedObject.name} ${type} ${reason}: ${message}`,
      )
    },
    create: (resource, object) => client.of(resource, namespace).create(object),
    async [Symbol.asyncDispose]() {
      stopping.abort()
      await scheduler.stop()
      await Promise.all(controllers.map((one) => one.stop()))
      await informers.stop()
      await api.stop()
    },
  }
  actAsKubelet(bed, client, informers.of(coreV1.pods))
  await bed.settle()
  return bed
}

async function settle(
  bed: Testbed,
  {
    controllers,
    scheduler,
    flush,
  }: { controllers: RunningController[]; scheduler: Scheduler; flush: () => Promise<void> },
): Promise<void> {
  for (let calm = 0, turns = 0; calm < 5; turns++) {
    if (turns > 5_000) throw new Error('the controllers do not come to rest')
    await bed.clock.advance(1)
    const busy = controllers.some((one) => !one.idle) || !scheduler.idle
    calm = busy ? 0 : calm + 1
  }
  await flush()
}

/** Nodes on paper: start what is bound, let go of what is being deleted. */
function actAsKubelet(bed: Testbed, client: Client, pods: ReturnType<ReturnType<typeof createInformers>['of']>): void {
  const acted = new Set<string>()
  pods.onChange(({ type, object }) => {
    const pod = object as Pod
    const { name = '', uid = '' } = pod.metadata
    const api = client.of(coreV1.pods, pod.metadata.namespace)
    if (type === 'deleted' || !pod.spec?.nodeName) return
    if (pod.metadata.deletionTimestamp) {
      if (acted.has(`${uid} gone`)) return
      acted.add(`${uid} gone`)
      void api.delete(name, { gracePeriodSeconds: 0, preconditions: { uid } }).catch(() => {})
      return
    }
    if (acted.has(uid)) return
    acted.add(uid)
    const status = statusFor(pod, bed.behave(pod), rfc3339(bed.clock.nowMs()))
    if (status) void api.patchStatus(name, { type: 'merge', patch: { status } }).catch(() => {})
  })
}

function statusFor(pod: Pod, outcome: PodOutcome, now: string): Pod['status'] | undefined {
  if (outcome === 'pending') return undefined
  const ready = outcome === 'ready'
  const exitCode = outcome === 'succeeded' ? 0 : typeof outcome === 'object' ? outcome.failed : undefined
  const containerStatuses: ContainerStatus[] = (pod.spec?.containers ?? []).map(({ name, image = '' }) => ({
    name,
    image,
    imageID: image,
    ready,
    restartCount: 0,
    state:
      exitCode === undefined
        ? { running: { startedAt: now } }
        : { terminated: { exitCode, finishedAt: now, reason: exitCode === 0 ? 'Completed' : 'Error' } },
  }))
  return {
    phase: ready ? 'Running' : exitCode === 0 ? 'Succeeded' : 'Failed',
    podIP: '10.244.0.9',
    podIPs: [{ ip: '10.244.0.9' }],
    conditions: [{ type: 'Ready', status: ready ? 'True' : 'False', lastTransitionTime: now }],
    containerStatuses,
  }
}

async function renewLease(client: Client, name: string, renewTime: string): Promise<void> {
  const leases = client.of(coordinationV1.leases, 'kube-node-lease')
  const lease = { metadata: { name }, spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime } }
  await leases.patch(name, { type: 'merge', patch: lease }).catch(() => leases.create(lease))
}

async function createNode(client: Client, name: string): Promise<void> {
  const resources = { cpu: '4', memory: '8Gi', pods: '110' }
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' }
  const nodes = client.of(coreV1.nodes)
  const node = await nodes.create({ metadata: { name, labels } })
  const now = '2026-01-01T00:00:00Z'
  const ready = {
    type: 'Ready',
    status: 'True',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason: 'KubeletReady',
    message: '',
  }
  await nodes.updateStatus({ ...node, status: { capacity: resources, allocatable: resources, conditions: [ready] } })
}
