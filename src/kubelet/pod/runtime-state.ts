/**
 * What the runtime knows of one pod, read through CRI: its sandboxes and containers, newest first. Everything the node
 * agent needs after its own restart is rebuilt from here.
 */
import type { Disk } from '../../platform/disk.ts'
import type { CriContainerStatus, LinuxContainerResources, PodSandboxStatus } from '../cri/message.ts'
import { isNotFound, type RuntimeService } from '../cri/runtime.ts'
import {
  containerNameLabel,
  hashAnnotation,
  podUidLabel,
  restartCountAnnotation,
  terminationMessagePathAnnotation,
  terminationMessagePolicyAnnotation,
} from './names.ts'
import { terminationMessage } from './termination-message.ts'

export interface SandboxRecord {
  id: string
  attempt: number
  ready: boolean
  createdMs: number
  /** In the order the network gave them; empty for host network. */
  ips: string[]
  hostNetwork: boolean
}

export interface ContainerRecord {
  id: string
  name: string
  sandboxId: string
  state: 'created' | 'running' | 'exited' | 'unknown'
  /** How often it was restarted before this run. */
  restartCount: number
  /** `containerHash` of the definition it was made from. */
  hash: string
  createdMs: number
  /** 0: never started. */
  startedMs: number
  finishedMs: number
  exitCode: number
  reason: string
  message: string
  image: string
  imageId: string
  /** What it may use, where the runtime tells. */
  resources?: LinuxContainerResources | undefined
}

export interface PodRuntime {
  sandboxes: SandboxRecord[]
  containers: ContainerRecord[]
}

export const emptyRuntime: PodRuntime = { sandboxes: [], containers: [] }

/** The newest run of the named container. */
export function latest(runtime: PodRuntime, name: string): ContainerRecord | undefined {
  return runtime.containers.find((container) => container.name === name)
}

export function runningContainers(runtime: PodRuntime): ContainerRecord[] {
  return runtime.containers.filter(({ state }) => state === 'running')
}

/**
 * Reads a pod's state. Records of exited containers never change, so `known` (the state read before) spares the
 * runtime from being asked about them again.
 */
export async function inspectPod(
  runtime: RuntimeService,
  disk: Disk,
  uid: string,
  known: PodRuntime,
): Promise<PodRuntime> {
  const labels = { [podUidLabel]: uid }
  const [sandboxes, containers] = await Promise.all([runtime.listPodSandboxes(labels), runtime.listContainers(labels)])
  const exited = new Map(
    known.containers.filter(({ state }) => state === 'exited').map((record) => [record.id, record]),
  )
  const [sandboxRecords, containerRecords] = await Promise.all([
    Promise.all(
      sandboxes.map(({ id = '' }) => unlessGone(async () => sandboxRecord(await runtime.podSandboxStatus(id)))),
    ),
    Promise.all(
      containers.map(({ id = '', podSandboxId = '' }) => {
        const record = exited.get(id)
        if (record) return record
        return unlessGone(async () => containerRecord(disk, podSandboxId, await runtime.containerStatus(id)))
      }),
    ),
  ])
  return {
    sandboxes: sandboxRecords.filter((record) => record !== undefined).sort((a, b) => b.createdMs - a.createdMs),
    containers: containerRecords.filter((record) => record !== undefined).sort((a, b) => b.createdMs - a.createdMs),
  }
}

async function unlessGone<T>(read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function sandboxRecord(status: PodSandboxStatus): SandboxRecord {
  const network = status.network
  return {
    id: status.id ?? '',
    attempt: status.metadata?.attempt ?? 0,
    ready: status.state === 'SANDBOX_READY',
    createdMs: milliseconds(status.createdAt),
    ips: [network?.ip, ...(network?.additionalIps ?? []).map(({ ip }) => ip)].filter((ip): ip is string => Boolean(ip)),
    hostNetwork: status.linux?.namespaces?.options?.network === 'NODE',
  }
}

const states = {
  CONTAINER_CREATED: 'created',
  CONTAINER_RUNNING: 'running',
  CONTAINER_EXITED: 'exited',
  CONTAINER_UNKNOWN: 'unknown',
} as const

async function containerRecord(disk: Disk, sandboxId: string, status: CriContainerStatus): Promise<ContainerRecord> {
  const { labels = {}, annotations = {} } = status
  const state = states[status.state ?? 'CONTAINER_UNKNOWN'] ?? 'unknown'
  const message =
    state === 'exited'
      ? await terminationMessage(disk, status, {
          path: annotations[terminationMessagePathAnnotation] ?? '',
          fallsBackToLogs: annotations[terminationMessagePolicyAnnotation] === 'FallbackToLogsOnError',
        })
      : ''
  return {
    id: status.id ?? '',
    name: labels[containerNameLabel] ?? status.metadata?.name ?? '',
    sandboxId,
    state,
    restartCount: Number(annotations[restartCountAnnotation] ?? status.metadata?.attempt ?? 0),
    hash: annotations[hashAnnotation] ?? '',
    createdMs: milliseconds(status.createdAt),
    startedMs: milliseconds(status.startedAt),
    finishedMs: milliseconds(status.finishedAt),
    exitCode: status.exitCode ?? 0,
    reason: status.reason ?? '',
    message: message === '' && state === 'exited' ? (status.message ?? '') : message,
    image: status.image?.image ?? '',
    imageId: status.imageRef ?? '',
    resources: status.resources?.linux,
  }
}

function milliseconds(nanoseconds: number | undefined): number {
  return nanoseconds === undefined || nanoseconds < 0 ? 0 : Math.floor(nanoseconds / 1e6)
}
