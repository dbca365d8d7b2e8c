/**
 * The container runtime as the node agent sees it. Two implementations pass one contract suite (`contract.ts`): CRI v1
 * over a socket (`remote.ts`) and a simulated runtime (`simulated.ts`). Every failure is a `RuntimeError`.
 */
import type {
  AuthConfig,
  ContainerConfig,
  ContainerStats,
  CriContainer,
  CriContainerStatus,
  CriImage,
  LinuxContainerResources,
  PodSandbox,
  PodSandboxConfig,
  PodSandboxStatus,
} from './message.ts'

/** gRPC status codes that decisions depend on. */
export const grpcCode = { deadlineExceeded: 4, notFound: 5, unimplemented: 12, unavailable: 14 } as const

export class RuntimeError extends Error {
  /** gRPC status code. */
  readonly code: number
  constructor(code: number, message: string) {
    super(message)
    this.name = 'RuntimeError'
    this.code = code
  }
}

export function isNotFound(error: unknown): boolean {
  return error instanceof RuntimeError && error.code === grpcCode.notFound
}

export interface RuntimeVersion {
  runtimeName: string
  runtimeVersion: string
}

export interface RuntimeCondition {
  /** `RuntimeReady` or `NetworkReady`. */
  type: string
  status: boolean
  reason: string
  message: string
}

export interface ExecSyncResult {
  stdout: Uint8Array
  stderr: Uint8Array
  exitCode: number
}

export interface StreamRequest {
  containerId: string
  tty: boolean
  stdin: boolean
  stdout: boolean
  stderr: boolean
}

export interface RuntimeService {
  version(): Promise<RuntimeVersion>
  status(): Promise<RuntimeCondition[]>
  /** Returns the sandbox's id once its network is set up. `handler` empty: the default runtime. */
  runPodSandbox(config: PodSandboxConfig, handler: string): Promise<string>
  /** Idempotent. Releases the network; the sandbox stays listed. */
  stopPodSandbox(id: string): Promise<void>
  /** Idempotent. Removes its containers too. */
  removePodSandbox(id: string): Promise<void>
  podSandboxStatus(id: string): Promise<PodSandboxStatus>
  listPodSandboxes(labels?: Record<string, string>): Promise<PodSandbox[]>
  createContainer(sandboxId: string, config: ContainerConfig, sandbox: PodSandboxConfig): Promise<string>
  startContainer(id: string): Promise<void>
  /** SIGTERM (or the image's stop signal), then SIGKILL after `timeoutSeconds`. Resolves when it has exited. */
  stopContainer(id: string, timeoutSeconds: number): Promise<void>
  /** Idempotent; a running container is killed. */
  removeContainer(id: string): Promise<void>
  listContainers(labels?: Record<string, string>): Promise<CriContainer[]>
  containerStatus(id: string): Promise<CriContainerStatus>
  updateContainerResources(id: string, resources: LinuxContainerResources): Promise<void>
  /** The runtime opens the log path again after it was moved away. */
  reopenContainerLog(id: string): Promise<void>
  /** `timeoutSeconds` 0: none. A timeout is a RuntimeError with code deadlineExceeded. */
  execSync(id: string, command: readonly string[], timeoutSeconds: number): Promise<ExecSyncResult>
  /** The address of a streaming server that runs the command (SPDY, remotecommand v4). */
  exec(request: StreamRequest & { command: readonly string[] }): Promise<string>
  attach(request: StreamRequest): Promise<string>
  portForward(sandboxId: string, ports: readonly number[]): Promise<string>
  listContainerStats(): Promise<ContainerStats[]>
  /**
   * Calls back with the id of each container or sandbox that exited or went away, as far as the runtime tells; its
   * status may say so a moment later. Calls `onLost` once when the source ends. Listing again is the fallback. Returns what ends the subscription.
   */
  watchEvents(onEvent: (id: string) => void, onLost: (error: unknown) => void): () => void
}

export interface ImageService {
  listImages(): Promise<CriImage[]>
  /** Undefined when the image is not there. */
  imageStatus(image: string): Promise<CriImage | undefined>
  /** Returns the reference under which the pulled image is known. */
  pullImage(
    image: string,
    auth: AuthConfig | undefined,
    sandbox: PodSandboxConfig,
    signal?: AbortSignal,
  ): Promise<string>
  removeImage(image: string): Promise<void>
  /** Bytes used by images and where they are stored. */
  imageFsInfo(): Promise<{ mountpoint: string; usedBytes: number }[]>
}

export interface ContainerRuntime {
  runtime: RuntimeService
  images: ImageService
  close(): void
}
