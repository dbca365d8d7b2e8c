/**
 * A container runtime over CRI v1 on a gRPC channel (containerd 1.6 or newer). Exits are learnt from containerd's own
 * event service on the same socket, because 1.6 does not answer GetContainerEvents.
 */
import { type GrpcChannel, GrpcError } from '../../platform/grpc.ts'
import { containerIdOfEvent, encodeSubscribe, subscribeMethod } from './containerd-events.ts'
import type { Message, MessageName } from './message.ts'
import {
  type ContainerRuntime,
  type ExecSyncResult,
  grpcCode,
  type ImageService,
  RuntimeError,
  type RuntimeService,
} from './runtime.ts'
import { decodeMessage, encodeMessage } from './wire.ts'

/** Longer than the runtime's own limit for setting up a sandbox. */
const callTimeoutMs = 4 * 60_000
/** A pull may take as long as the layers need; it is bounded so that a dead registry does not hold a worker forever. */
const pullTimeoutMs = 60 * 60_000

export function remoteRuntime(channel: GrpcChannel): ContainerRuntime {
  const call: Call = async (service, method, request, reply, message, timeoutMs = callTimeoutMs, signal) => {
    const bytes = encodeMessage(request, message)
    try {
      const options = signal ? { timeoutMs, signal } : { timeoutMs }
      return decodeMessage(reply, await channel.unary(`/runtime.v1.${service}/${method}`, bytes, options))
    } catch (error) {
      throw runtimeError(error)
    }
  }
  return { runtime: runtimeService(call, channel), images: imageService(call), close: () => channel.close() }
}

type Call = <Request extends MessageName, Reply extends MessageName>(
  service: 'RuntimeService' | 'ImageService',
  method: string,
  request: Request,
  reply: Reply,
  message: Message<Request>,
  timeoutMs?: number,
  signal?: AbortSignal,
) => Promise<Message<Reply>>

function runtimeError(error: unknown): unknown {
  return error instanceof GrpcError ? new RuntimeError(error.code, error.details) : error
}

async function ignoringNotFound(work: Promise<unknown>): Promise<void> {
  try {
    await work
  } catch (error) {
    if (!(error instanceof RuntimeError && error.code === grpcCode.notFound)) throw error
  }
}

function runtimeService(call: Call, channel: GrpcChannel): RuntimeService {
  return {
    ...nodeCalls(call),
    ...sandboxCalls(call),
    ...containerCalls(call),
    ...streamCalls(call),
    watchEvents: (onEvent, onLost) => watchContainerdEvents(channel, onEvent, onLost),
  }
}

function nodeCalls(call: Call): Pick<RuntimeService, 'version' | 'status' | 'listContainerStats'> {
  return {
    async version() {
      const reply = await call('RuntimeService', 'Version', 'VersionRequest', 'VersionResponse', {}, 5_000)
      return { runtimeName: reply.runtimeName ?? '', runtimeVersion: reply.runtimeVersion ?? '' }
    },
    async status() {
      const reply = await call('RuntimeService', 'Status', 'StatusRequest', 'StatusResponse', {}, 10_000)
      return (reply.status?.conditions ?? []).map((condition) => ({
        type: condition.type ?? '',
        status: condition.status ?? false,
        reason: condition.reason ?? '',
        message: condition.message ?? '',
      }))
    },
    async listContainerStats() {
      const types = ['ListContainerStatsRequest', 'ListContainerStatsResponse'] as const
      return (await call('RuntimeService', 'ListContainerStats', ...types, {})).stats ?? []
    },
  }
}

type SandboxCalls = Pick<
  RuntimeService,
  'runPodSandbox' | 'stopPodSandbox' | 'removePodSandbox' | 'podSandboxStatus' | 'listPodSandboxes'
>

function sandboxCalls(call: Call): SandboxCalls {
  return {
    async runPodSandbox(config, handler) {
      const types = ['RunPodSandboxRequest', 'RunPodSandboxResponse'] as const
      const reply = await call('RuntimeService', 'RunPodSandbox', ...types, { config, runtimeHandler: handler })
      return reply.podSandboxId ?? ''
    },
    stopPodSandbox: (id) =>
      ignoringNotFound(
        call('RuntimeService', 'StopPodSandbox', 'StopPodSandboxRequest', 'StopPodSandboxResponse', {
          podSandboxId: id,
        }),
      ),
    removePodSandbox: (id) =>
      ignoringNotFound(
        call('RuntimeService', 'RemovePodSandbox', 'RemovePodSandboxRequest', 'RemovePodSandboxResponse', {
          podSandboxId: id,
        }),
      ),
    async podSandboxStatus(id) {
      const types = ['PodSandboxStatusRequest', 'PodSandboxStatusResponse'] as const
      const reply = await call('RuntimeService', 'PodSandboxStatus', ...types, { podSandboxId: id })
      return reply.status ?? {}
    },
    async listPodSandboxes(labels) {
      const filter = labels ? { filter: { labelSelector: labels } } : {}
      const types = ['ListPodSandboxRequest', 'ListPodSandboxResponse'] as const
      return (await call('RuntimeService', 'ListPodSandbox', ...types, filter)).items ?? []
    },
  }
}

type ContainerCalls = Pick<
  RuntimeService,
  | 'createContainer'
  | 'startContainer'
  | 'stopContainer'
  | 'removeContainer'
  | 'listContainers'
  | 'containerStatus'
  | 'updateContainerResources'
  | 'reopenContainerLog'
  | 'execSync'
>

function containerCalls(call: Call): ContainerCalls {
  return {
    async createContainer(podSandboxId, config, sandboxConfig) {
      const types = ['CreateContainerRequest', 'CreateContainerResponse'] as const
      const message = { podSandboxId, config, sandboxConfig }
      return (await call('RuntimeService', 'CreateContainer', ...types, message)).containerId ?? ''
    },
    async startContainer(containerId) {
      await call('RuntimeService', 'StartContainer', 'StartContainerRequest', 'StartContainerResponse', { containerId })
    },
    stopContainer: (containerId, timeoutSeconds) => {
      const types = ['StopContainerRequest', 'StopContainerResponse'] as const
      const message = { containerId, timeout: timeoutSeconds }
      return ignoringNotFound(
        call('RuntimeService', 'StopContainer', ...types, message, callTimeoutMs + timeoutSeconds * 1000),
      )
    },
    removeContainer: (containerId) => {
      const types = ['RemoveContainerRequest', 'RemoveContainerResponse'] as const
      return ignoringNotFound(call('RuntimeService', 'RemoveContainer', ...types, { containerId }))
    },
    async listContainers(labels) {
      const filter = labels ? { filter: { labelSelector: labels } } : {}
      const types = ['ListContainersRequest', 'ListContainersResponse'] as const
      return (await call('RuntimeService', 'ListContainers', ...types, filter)).containers ?? []
    },
    async containerStatus(containerId) {
      const types = ['ContainerStatusRequest', 'ContainerStatusResponse'] as const
      return (await call('RuntimeService', 'ContainerStatus', ...types, { containerId })).status ?? {}
    },
    async updateContainerResources(containerId, linux) {
      const types = ['UpdateContainerResourcesRequest', 'UpdateContainerResourcesResponse'] as const
      await call('RuntimeService', 'UpdateContainerResources', ...types, { containerId, linux })
    },
    async reopenContainerLog(containerId) {
      const types = ['ReopenContainerLogRequest', 'ReopenContainerLogResponse'] as const
      await call('RuntimeService', 'ReopenContainerLog', ...types, { containerId })
    },
    async execSync(containerId, command, timeoutSeconds) {
      const types = ['ExecSyncRequest', 'ExecSyncResponse'] as const
      const message = { containerId, cmd: [...command], timeout: timeoutSeconds }
      const timeoutMs = timeoutSeconds > 0 ? timeoutSeconds * 1000 + 10_000 : pullTimeoutMs
      return execResult(await call('RuntimeService', 'ExecSync', ...types, message, timeoutMs))
    },
  }
}

function execResult(reply: Message<'ExecSyncResponse'>): ExecSyncResult {
  const empty = new Uint8Array()
  return { stdout: reply.stdout ?? empty, stderr: reply.stderr ?? empty, exitCode: reply.exitCode ?? 0 }
}

function streamCalls(call: Call): Pick<RuntimeService, 'exec' | 'attach' | 'portForward'> {
  return {
    async exec({ command, ...rest }) {
      const message = { ...rest, cmd: [...command] }
      return (await call('RuntimeService', 'Exec', 'ExecRequest', 'ExecResponse', message)).url ?? ''
    },
    async attach(request) {
      return (await call('RuntimeService', 'Attach', 'AttachRequest', 'AttachResponse', request)).url ?? ''
    },
    async portForward(podSandboxId, ports) {
      const types = ['PortForwardRequest', 'PortForwardResponse'] as const
      return (await call('RuntimeService', 'PortForward', ...types, { podSandboxId, port: [...ports] })).url ?? ''
    },
  }
}

function imageService(call: Call): ImageService {
  return {
    async listImages() {
      return (await call('ImageService', 'ListImages', 'ListImagesRequest', 'ListImagesResponse', {})).images ?? []
    },
    async imageStatus(image) {
      const types = ['ImageStatusRequest', 'ImageStatusResponse'] as const
      return (await call('ImageService', 'ImageStatus', ...types, { image: { image } })).image
    },
    async pullImage(image, auth, sandboxConfig, signal) {
      const types = ['PullImageRequest', 'PullImageResponse'] as const
      const message = { image: { image }, auth, sandboxConfig }
      return (await call('ImageService', 'PullImage', ...types, message, pullTimeoutMs, signal)).imageRef ?? ''
    },
    removeImage: (image) => {
      const types = ['RemoveImageRequest', 'RemoveImageResponse'] as const
      return ignoringNotFound(call('ImageService', 'RemoveImage', ...types, { image: { image } }))
    },
    async imageFsInfo() {
      const types = ['ImageFsInfoRequest', 'ImageFsInfoResponse'] as const
      const reply = await call('ImageService', 'ImageFsInfo', ...types, {})
      return (reply.imageFilesystems ?? []).map((usage) => ({
        mountpoint: usage.fsId?.mountpoint ?? '',
        usedBytes: usage.usedBytes?.value ?? 0,
      }))
    },
  }
}

function watchContainerdEvents(
  channel: GrpcChannel,
  onEvent: (id: string) => void,
  onLost: (error: unknown) => void,
): () => void {
  const stop = new AbortController()
  const follow = async (): Promise<void> => {
    const events = channel.serverStream(subscribeMethod, encodeSubscribe(), { signal: stop.signal })
    for await (const bytes of events) {
      const id = containerIdOfEvent(bytes)
      if (id !== undefined) onEvent(id)
    }
    throw new RuntimeError(grpcCode.unavailable, 'the runtime ended the event stream')
  }
  follow().catch((error: unknown) => {
    if (!stop.signal.aborted) onLost(runtimeError(error))
  })
  return () => stop.abort()
}
