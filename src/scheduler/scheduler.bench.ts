/**
 * Pods per second on the API server in memory, from the first binding to the last.
 * `node src/scheduler/scheduler.bench.ts [nodes] [pods]`, default 5,000 and 10,000. Prints a hash of how many pods each
 * node got, which must not change.
 */
import { createHash } from 'node:crypto'
import type { KubeObject, Resource } from '../api/meta.ts'
import { coreV1 } from '../api/resources.ts'
import type { Pod } from '../api/types/core/v1.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import type { Random } from '../platform/random.ts'
import { realClock } from '../platform/real/clock.ts'
import { simulatedRandom } from '../platform/simulated/random.ts'
import { planPlacement } from './plan.ts'
import { filters, scores } from './plugins/index.ts'
import { ClusterState } from './snapshot.ts'

export interface PlanBenchResult {
  podsPerSecond: number
  hash: string
}

/** Planning alone: the pods of ten workloads, spread over nodes of ten zones. */
export function benchPlans(nodes: number, pods: number): PlanBenchResult {
  const random: Random = simulatedRandom('bench')
  const state = new ClusterState()
  for (let index = 0; index < nodes; index++) state.setNode(nodeAt(index))
  const taken = new Map<string, number>()
  let startAt = 0
  const startMs = performance.now()
  for (let index = 0; index < pods; index++) {
    const pod = podAt(index)
    const placement = planPlacement(pod, state, { profile: { filters, scores }, random, startAt })
    if (placement.kind === 'unschedulable') throw new Error(placement.message)
    startAt = (startAt + placement.examined) % nodes
    state.assume(pod, placement.nodeName)
    taken.set(placement.nodeName, (taken.get(placement.nodeName) ?? 0) + 1)
  }
  const podsPerSecond = (pods * 1000) / (performance.now() - startMs)
  const hash = createHash('sha256').update(JSON.stringify([...taken].sort()))
  return { podsPerSecond, hash: hash.digest('hex').slice(0, 12) }
}

function nodeAt(index: number) {
  const resources = { cpu: '32', memory: '64Gi', pods: '110' }
  const name = `node-${index}`
  const labels = { 'kubernetes.io/hostname': name, 'topology.kubernetes.io/zone': `zone-${index % 10}` }
  const conditions = [{ type: 'Ready', status: 'True' }]
  return { metadata: { name, labels }, status: { capacity: resources, allocatable: resources, conditions } }
}

function podAt(index: number): Pod {
  const app = `app-${index % 10}`
  const owner = { apiVersion: 'apps/v1', kind: 'ReplicaSet', name: app, uid: app, controller: true }
  const resources = { requests: { cpu: '100m', memory: '128Mi' } }
  return {
    metadata: {
      name: `pod-${index}`,
      namespace: 'default',
      uid: `uid-${index}`,
      labels: { app },
      ownerReferences: [owner],
    },
    spec: { containers: [{ name: 'c', image: 'i:1', resources }] },
  }
}

const silentEvents: EventRecorder = { event() {}, as: () => silentEvents }

/** Through the API: informers, planning and bindings. */
async function benchScheduler(nodes: number, pods: number): Promise<number> {
  const { startTestApiServer } = await import('../apiserver/testbed/server.ts')
  const { createClient } = await import('../client/client-impl.ts')
  const { createInformers } = await import('../client/informer-impl.ts')
  const { startScheduler } = await import('./scheduler.ts')
  const clock = realClock()
  const api = await startTestApiServer({ clock })
  const client = createClient(api.transport)
  const { random, log } = api
  for (let index = 0; index < nodes; index++) await create(client, coreV1.nodes, nodeAt(index))
  for (let index = 0; index < pods; index++) {
    const { uid: _, ...metadata } = podAt(index).metadata
    await create(client, coreV1.pods, { ...podAt(index), metadata })
  }
  const informers = createInformers({ client, clock, random, log })
  informers.of(coreV1.pods)
  informers.of(coreV1.nodes)
  informers.start()
  await informers.synced()
  const startMs = performance.now()
  const scheduler = await startScheduler({ client, informers, events: silentEvents, clock, random, log })
  const unbound = () =>
    informers
      .of(coreV1.pods)
      .list()
      .some(({ spec }) => !spec?.nodeName)
  while (!scheduler.idle || unbound()) await clock.sleep(50)
  const seconds = (performance.now() - startMs) / 1000
  await scheduler.stop()
  await informers.stop()
  await api.stop()
  return pods / seconds
}

function create<T extends KubeObject>(client: Client, resource: Resource<T>, object: T): Promise<T> {
  return client.of(resource, object.metadata.namespace).create(object)
}

if (import.meta.main) {
  const nodes = Number(process.argv[2] ?? 5_000)
  const pods = Number(process.argv[3] ?? 10_000)
  const { podsPerSecond, hash } = benchPlans(nodes, pods)
  console.log(`plans: ${Math.round(podsPerSecond)} pods/s on ${nodes} nodes, ${hash}`)
  console.log(`through the API: ${Math.round(await benchScheduler(nodes, pods))} pods/s`)
}
