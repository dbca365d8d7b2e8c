/** What the node agent's server answers, apart from transport and access. Source: the kubelet's API as kube-apiserver uses it. */
import { apiError, badRequest, internalError } from '../../api/errors.ts'
import type { ContainerStatus, Pod } from '../../api/types/core/v1.ts'
import type { Net } from '../../platform/net.ts'
import type { RuntimeService } from '../cri/runtime.ts'
import { type LogOptions, readLog } from '../logs/reader.ts'
import { containerLogPath, podLogDirectory } from '../pod/names.ts'
import type { PodParts } from '../pod/parts.ts'
import type { ContainerRecord } from '../pod/runtime-state.ts'
import { findContainer } from '../pod/spec.ts'
import type { PodWorker } from '../pod/worker.ts'
import type { PodManager } from '../pod-manager.ts'
import {
  type CommandStreams,
  StreamRefused,
  streamCommand,
  streamPorts,
  type Upgrade,
} from '../streaming/remote-command.ts'

export interface RouteParts extends PodParts {
  net: Net
  manager: PodManager
}

/** `/containerLogs/{namespace}/{pod}/{container}` */
export async function containerLogs(
  parts: RouteParts,
  path: readonly string[],
  query: URLSearchParams,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const [namespace = '', name = '', container = ''] = path
  const worker = workerOf(parts, namespace, name)
  const options = logOptions(query, parts.clock.nowMs())
  const record = logRecord(worker.pod, worker, container, query.get('previous') === 'true')
  const file = `${podLogDirectory(parts.settings.logRoot, worker.pod)}/${containerLogPath(container, record.restartCount)}`
  if (!(await parts.disk.stat(file))) throw internalError(`the log file of container ${container} is gone`)
  const isRunning = (): boolean =>
    worker.containers.containers.some(
      ({ id, state }) => id === record.id && (state === 'running' || state === 'created'),
    )
  return readLog({ disk: parts.disk, clock: parts.clock, isRunning }, file, options, signal)
}

function logOptions(query: URLSearchParams, nowMs: number): LogOptions {
  const number = (name: string): number | undefined => {
    const text = query.get(name)
    if (text === null) return undefined
    if (!/^\d+$/.test(text)) throw badRequest(`parse ${name}: it has to be a whole number: ${JSON.stringify(text)}`)
    return Number(text)
  }
  const options: LogOptions = {
    follow: query.get('follow') === 'true',
    timestamps: query.get('timestamps') === 'true',
    stream: streamOf(query.get('stream')),
  }
  const tailLines = number('tailLines')
  const limitBytes = number('limitBytes')
  const sinceSeconds = number('sinceSeconds')
  const sinceTime = query.get('sinceTime')
  if (tailLines !== undefined) options.tailLines = tailLines
  if (limitBytes !== undefined) options.limitBytes = limitBytes
  if (sinceSeconds !== undefined) options.sinceMs = nowMs - sinceSeconds * 1000
  else if (sinceTime !== null) options.sinceMs = Date.parse(sinceTime)
  return options
}

function streamOf(text: string | null): LogOptions['stream'] {
  return text === 'Stdout' || text === 'Stderr' ? text : 'All'
}

/** The run whose log is asked for; refusals are upstream's, word for word. */
function logRecord(pod: Pod, worker: PodWorker, container: string, previous: boolean): ContainerRecord {
  const podName = pod.metadata.name ?? ''
  const quoted = `${JSON.stringify(container)} in pod ${JSON.stringify(podName)}`
  if (!findContainer(pod, container)) throw badRequest(`container ${container} is not valid for pod ${podName}`)
  const runs = worker.containers.containers.filter(({ name }) => name === container)
  const [newest] = runs
  if (previous) {
    const ended = newest?.state === 'exited' && isWaiting(worker, container) ? newest : runs[1]
    if (!ended) throw badRequest(`previous terminated container ${quoted} not found`)
    return ended
  }
  if (newest && newest.startedMs > 0) return newest
  throw badRequest(`container ${quoted} is waiting to start: ${whyWaiting(worker, container)}`)
}

function publishedStatus(worker: PodWorker, container: string): ContainerStatus | undefined {
  const status = worker.publishedStatus()
  const lists = [status?.initContainerStatuses, status?.containerStatuses, status?.ephemeralContainerStatuses]
  return lists.flatMap((list) => list ?? []).find(({ name }) => name === container)
}

function isWaiting(worker: PodWorker, container: string): boolean {
  return publishedStatus(worker, container)?.state?.waiting !== undefined
}

function whyWaiting(worker: PodWorker, container: string): string {
  const reason = publishedStatus(worker, container)?.state?.waiting?.reason ?? 'ContainerCreating'
  const texts: Record<string, string> = {
    ErrImagePull: "image can't be pulled",
    ImagePullBackOff: 'trying and failing to pull image',
  }
  return texts[reason] ?? reason
}

export function workerOf({ manager }: RouteParts, namespace: string, name: string): PodWorker {
  const worker = manager.find(namespace, name)
  if (worker) return worker
  throw apiError({ code: 404, reason: 'NotFound', message: `pod ${JSON.stringify(name)} does not exist` })
}

function runningRecord(worker: PodWorker, container: string): ContainerRecord {
  const record = worker.containers.containers.find(({ name, state }) => name === container && state === 'running')
  if (record) return record
  throw apiError({
    code: 404,
    reason: 'NotFound',
    message: `container not found (${JSON.stringify(container)})`,
  })
}

/** `/exec`, `/attach` and `/portForward`. Throws `StreamRefused` or an ApiError before anything was written. */
export async function stream(
  parts: RouteParts,
  path: readonly string[],
  query: URLSearchParams,
  upgrade: Upgrade,
): Promise<void> {
  const [action, namespace = '', name = '', ...rest] = path
  const worker = workerOf(parts, namespace, name)
  const { runtime } = parts
  if (action === 'portForward') return forwardPorts(parts, worker, query, upgrade)
  const container = rest.at(-1) ?? ''
  const record = runningRecord(worker, container)
  const streams = streamsOf(query)
  if (!streams.stdin && !streams.stdout && !streams.stderr)
    throw badRequest('you must specify at least 1 of stdin, stdout, stderr')
  const url = await streamUrl(runtime, action === 'attach', record.id, query.getAll('command'), streams)
  return streamCommand(parts, url, upgrade, streams)
}

async function forwardPorts(
  { runtime, net }: RouteParts,
  worker: PodWorker,
  query: URLSearchParams,
  upgrade: Upgrade,
): Promise<void> {
  const sandbox = worker.containers.sandboxes.find(({ ready }) => ready)
  if (!sandbox) throw apiError({ code: 404, reason: 'NotFound', message: 'pod not found' })
  const ports = query.getAll('port').flatMap((text) => text.split(',').map(Number))
  return streamPorts(net, await runtime.portForward(sandbox.id, ports), upgrade)
}

function streamUrl(
  runtime: RuntimeService,
  attach: boolean,
  containerId: string,
  command: readonly string[],
  streams: CommandStreams,
): Promise<string> {
  const request = { containerId, ...streams, stderr: streams.stderr && !streams.tty }
  return attach ? runtime.attach(request) : runtime.exec({ ...request, command })
}

/** Both spellings: the API server's and the kubelet's own. */
function streamsOf(query: URLSearchParams): CommandStreams {
  const is = (...names: string[]): boolean => names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''))
  return {
    stdin: is('input', 'stdin'),
    stdout: is('output', 'stdout'),
    stderr: is('error', 'stderr'),
    tty: is('tty'),
  }
}

/** `/run/{namespace}/{pod}/[uid/]{container}`: runs a command and answers with what it wrote. */
export async function runCommand(
  parts: RouteParts,
  path: readonly string[],
  query: URLSearchParams,
): Promise<Uint8Array> {
  const [namespace = '', name = '', ...rest] = path
  const record = runningRecord(workerOf(parts, namespace, name), rest.at(-1) ?? '')
  const command = (query.get('cmd') ?? '').split(' ').filter((word) => word !== '')
  const { stdout, stderr } = await parts.runtime.execSync(record.id, command, 60)
  return Buffer.concat([stdout, stderr])
}

export { StreamRefused }
