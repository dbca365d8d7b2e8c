/**
 * Nodes that only exist on paper, for tests of everything but the node agent: a bound pod becomes ready at once, or
 * does what the test says, and a pod that is being deleted is let go of at once. Works on any clock.
 */
import { coordinationV1, coreV1 } from '../src/api/resources.ts'
import type { ContainerStatus, Pod, PodCondition } from '../src/api/types/core/v1.ts'
import type { Client } from '../src/client/client.ts'
import type { Informers } from '../src/client/informer.ts'
import { type Clock, rfc3339, rfc3339Micro } from '../src/platform/clock.ts'

export type PodOutcome = 'ready' | 'pending' | 'succeeded' | { failed: number }

export interface PaperKubelet {
  client: Client
  pods: ReturnType<Informers['of']>
  clock: Clock
  /** What a bound pod turns into. */
  behave(pod: Pod): PodOutcome
}

/** Starts what is bound to any node, and lets go of what is being deleted, until the informer stops. */
export function actAsKubelet({ client, pods, clock, behave }: PaperKubelet): void {
  const acted = new Set<string>()
  let addresses = 2
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
    const place = { ip: `10.244.${addresses >> 8}.${addresses++ & 255}`, now: rfc3339(clock.nowMs()) }
    const status = statusFor(pod, behave(pod), place)
    if (status) void api.patchStatus(name, { type: 'merge', patch: { status } }).catch(() => {})
  })
}

/** A Ready node with 4 CPUs, 8 GiB and room for 110 pods. */
export async function createNode(client: Client, name: string, now = '2026-01-01T00:00:00Z'): Promise<void> {
  const resources = { cpu: '4', memory: '8Gi', pods: '110' }
  const labels = { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux' }
  const ready = {
    type: 'Ready',
    status: 'True',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
    reason: 'KubeletReady',
    message: '',
  }
  const status = { capacity: resources, allocatable: resources, conditions: [ready] }
  await client.of(coreV1.nodes).create({ metadata: { name, labels }, status })
}

/** A node whose lease is not renewed for 40 s counts as lost. */
export async function renewLease(client: Client, name: string, clock: Clock): Promise<void> {
  const leases = client.of(coordinationV1.leases, 'kube-node-lease')
  const renewTime = rfc3339Micro(clock.nowMs())
  const lease = { metadata: { name }, spec: { holderIdentity: name, leaseDurationSeconds: 40, renewTime } }
  await leases.patch(name, { type: 'merge', patch: lease }).catch(() => leases.create(lease))
}

function statusFor(pod: Pod, outcome: PodOutcome, { ip, now }: { ip: string; now: string }): Pod['status'] | undefined {
  if (outcome === 'pending') return undefined
  const ready = outcome === 'ready'
  const exitCode = outcome === 'succeeded' ? 0 : typeof outcome === 'object' ? outcome.failed : undefined
  const started = { startTime: pod.status?.startTime ?? now, hostIP: '192.0.2.10', hostIPs: [{ ip: '192.0.2.10' }] }
  return {
    ...started,
    phase: ready ? 'Running' : exitCode === 0 ? 'Succeeded' : 'Failed',
    podIP: ip,
    podIPs: [{ ip }],
    conditions: conditionsFor(pod, ready, now),
    containerStatuses: (pod.spec?.containers ?? []).map(({ name, image = '' }) =>
      containerStatus({ name, image, ready, exitCode, now }),
    ),
  }
}

function conditionsFor(pod: Pod, ready: boolean, now: string): PodCondition[] {
  const kept = pod.status?.conditions ?? []
  const of = (type: string, status: boolean): PodCondition => ({
    type,
    status: status ? 'True' : 'False',
    lastTransitionTime: kept.find((each) => each.type === type)?.lastTransitionTime ?? now,
  })
  return [of('Initialized', true), of('Ready', ready), of('ContainersReady', ready), of('PodScheduled', true)]
}

interface PaperContainer {
  name: string
  image: string
  ready: boolean
  exitCode: number | undefined
  now: string
}

function containerStatus({ name, image, ready, exitCode, now }: PaperContainer): ContainerStatus {
  const reason = exitCode === 0 ? 'Completed' : 'Error'
  const state =
    exitCode === undefined
      ? { running: { startedAt: now } }
      : { terminated: { exitCode, startedAt: now, finishedAt: now, reason } }
  return { name, image, imageID: image, ready, started: ready, restartCount: 0, state }
}
