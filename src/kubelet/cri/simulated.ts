/**
 * A container runtime without containers: it keeps what it is told, moves with the clock it is given, and ends
 * "processes" as a small script says. For tests and simulated nodes; it passes the same contract as the real one.
 */
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type {
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
import { type ContainerRuntime, grpcCode, type ImageService, RuntimeError, type RuntimeService } from './runtime.ts'
import { exitOf, outputOf, type ProcessScript } from './simulated-process.ts'

export interface SimulatedRuntimeOptions {
  clock: Clock
  random: Random
  /** First part of pod addresses: `10.244.0`. Default. */
  podNetwork?: string
  /** How long a container runs and how it ends. Default: understands `exit N`, `sleep N`, `true` and `false`. */
  process?: ProcessScript
  /** Images that can't be pulled, with the error's text. Default: every pull succeeds. */
  pullError?(image: string): string | undefined
  /** Why a running container can't be given these resources. Default: every change succeeds. */
  resizeError?(container: string, resources: LinuxContainerResources): string | undefined
  /** Bytes that a container uses. Default 1 MiB. */
  memoryUsageBytes?(container: string): number
  /** How long making a sandbox and starting a container take. Default 0. */
  latencyMs?: { sandbox?: number; start?: number; pull?: number }
}

export interface SimulatedRuntime extends ContainerRuntime {
  /** Ends a running container as if its process had exited. */
  exit(containerId: string, exitCode: number): void
  /** Takes a container away behind everybody's back. */
  vanish(containerId: string): void
  /** While true, every call fails as if nobody listened. */
  down: boolean
  readonly pulled: readonly string[]
}

interface Sandbox {
  id: string
  config: PodSandboxConfig
  ready: boolean
  createdMs: number
  ip: string
}

interface Container {
  id: string
  sandboxId: string
  config: ContainerConfig
  state: 'CONTAINER_CREATED' | 'CONTAINER_RUNNING' | 'CONTAINER_EXITED'
  createdMs: number
  startedMs: number
  finishedMs: number
  exitCode: number
  cancelExit: (() => void) | undefined
  /** Listings and ages must differ even when the clock stands still. */
  sequence: number
}

export function simulatedRuntime(options: SimulatedRuntimeOptions): SimulatedRuntime {
  const world = new World(options)
  return {
    runtime: world.guarded(runtimeService(world)),
    images: world.guarded(imageService(world)),
    close() {},
    exit: (id, exitCode) => world.end(world.container(id), exitCode),
    vanish: (id) => world.vanish(id),
    get down() {
      return world.down
    },
    set down(value) {
      world.down = value
    },
    pulled: world.pulled,
  }
}

class World {
  readonly options: SimulatedRuntimeOptions
  readonly sandboxes = new Map<string, Sandbox>()
  readonly containers = new Map<string, Container>()
  readonly images = new Map<string, CriImage>()
  readonly pulled: string[] = []
  readonly watchers = new Set<(id: string) => void>()
  down = false
  #sequence = 0
  #address = 1

  constructor(options: SimulatedRuntimeOptions) {
    this.options = options
  }

  guarded<T extends object>(service: T): T {
    return new Proxy(service, {
      get: (target, name, receiver) => {
        const method = Reflect.get(target, name, receiver) as unknown
        if (typeof method !== 'function' || name === 'watchEvents') return method
        return async (...parameters: unknown[]) => {
          if (this.down) throw new RuntimeError(grpcCode.unavailable, 'the simulated runtime is down')
          return (method as (...all: unknown[]) => unknown).apply(target, parameters)
        }
      },
    })
  }

  now(): number {
    return this.options.clock.nowMs()
  }

  id(): string {
    return Buffer.from(this.options.random.bytes(32)).toString('hex')
  }

  address(): string {
    this.#address++
    return `${this.options.podNetwork ?? '10.244.0'}.${this.#address}`
  }

  next(): number {
    return this.#sequence++
  }

  sandbox(id: string): Sandbox {
    const sandbox = this.sandboxes.get(id)
    if (sandbox) return sandbox
    throw new RuntimeError(grpcCode.notFound, `an error occurred when try to find sandbox: not found`)
  }

  container(id: string): Container {
    const container = this.containers.get(id)
    if (container) return container
    throw new RuntimeError(grpcCode.notFound, `an error occurred when try to find container "${id}": not found`)
  }

  start(container: Container): void {
    container.state = 'CONTAINER_RUNNING'
    container.startedMs = this.now()
    const script = this.options.process ?? exitOf
    const exit = script({ command: container.config.command ?? [], args: container.config.args ?? [] })
    if (exit) container.cancelExit = this.options.clock.after(exit.afterMs, () => this.end(container, exit.exitCode))
  }

  end(container: Container, exitCode: number): void {
    if (container.state !== 'CONTAINER_RUNNING') return
    container.cancelExit?.()
    container.state = 'CONTAINER_EXITED'
    container.exitCode = exitCode
    container.finishedMs = this.now()
    this.tell(container.id)
  }

  vanish(id: string): void {
    this.container(id).cancelExit?.()
    this.containers.delete(id)
    this.tell(id)
  }

  tell(id: string): void {
    for (const watcher of this.watchers) watcher(id)
  }

  async wait(milliseconds: number | undefined): Promise<void> {
    if (milliseconds) await this.options.clock.sleep(milliseconds)
  }
}

function runtimeService(world: World): RuntimeService {
  return { ...nodeService(world), ...sandboxService(world), ...containerService(world) }
}

type NodeCalls = 'version' | 'status' | 'listContainerStats' | 'exec' | 'attach' | 'portForward' | 'watchEvents'

function nodeService(world: World): Pick<RuntimeService, NodeCalls> {
  const noStreams = async (): Promise<string> => {
    throw new RuntimeError(grpcCode.unimplemented, 'a simulated container has no streams')
  }
  return {
    version: async () => ({ runtimeName: 'simulated', runtimeVersion: '1.0' }),
    status: async () =>
      ['RuntimeReady', 'NetworkReady'].map((type) => ({ type, status: true, reason: '', message: '' })),
    listContainerStats: async () =>
      [...world.containers.values()]
        .filter(({ state }) => state === 'CONTAINER_RUNNING')
        .map(({ id, config }) => ({
          attributes: { id, labels: config.labels, metadata: config.metadata },
          memory: memoryOf(world.options, config.metadata?.name ?? ''),
        })),
    exec: noStreams,
    attach: noStreams,
    portForward: noStreams,
    watchEvents(onEvent) {
      world.watchers.add(onEvent)
      return () => world.watchers.delete(onEvent)
    },
  }
}

function memoryOf({ memoryUsageBytes }: SimulatedRuntimeOptions, container: string): ContainerStats['memory'] {
  const value = memoryUsageBytes?.(container) ?? 2 ** 20
  return { usageBytes: { value }, workingSetBytes: { value } }
}

type SandboxCalls = 'runPodSandbox' | 'stopPodSandbox' | 'removePodSandbox' | 'podSandboxStatus' | 'listPodSandboxes'

function sandboxService(world: World): Pick<RuntimeService, SandboxCalls> {
  const stop = async (id: string): Promise<void> => {
    const sandbox = world.sandboxes.get(id)
    if (!sandbox) return
    for (const container of world.containers.values()) if (container.sandboxId === id) world.end(container, 137)
    sandbox.ready = false
  }
  return {
    async runPodSandbox(config) {
      await world.wait(world.options.latencyMs?.sandbox)
      const onHost = config.linux?.securityContext?.namespaceOptions?.network === 'NODE'
      const sandbox = { id: world.id(), config, ready: true, createdMs: world.now(), ip: onHost ? '' : world.address() }
      world.sandboxes.set(sandbox.id, sandbox)
      return sandbox.id
    },
    stopPodSandbox: stop,
    async removePodSandbox(id) {
      await stop(id)
      for (const container of [...world.containers.values()])
        if (container.sandboxId === id) world.containers.delete(container.id)
      world.sandboxes.delete(id)
    },
    async podSandboxStatus(id) {
      return sandboxStatus(world.sandbox(id))
    },
    async listPodSandboxes(labels) {
      return [...world.sandboxes.values()].filter(({ config }) => matches(config.labels, labels)).map(listedSandbox)
    },
  }
}

type ContainerCalls = Exclude<keyof RuntimeService, NodeCalls | SandboxCalls>

function containerService(world: World): Pick<RuntimeService, ContainerCalls> {
  return {
    async createContainer(sandboxId, config) {
      if (!world.sandbox(sandboxId).ready) throw new RuntimeError(2, `sandbox container "${sandboxId}" is not running`)
      const container: Container = {
        id: world.id(),
        sandboxId,
        config,
        state: 'CONTAINER_CREATED',
        createdMs: world.now(),
        startedMs: 0,
        finishedMs: 0,
        exitCode: 0,
        cancelExit: undefined,
        sequence: world.next(),
      }
      world.containers.set(container.id, container)
      return container.id
    },
    async startContainer(id) {
      await world.wait(world.options.latencyMs?.start)
      const container = world.container(id)
      if (container.state !== 'CONTAINER_CREATED')
        throw new RuntimeError(2, `container "${id}" is not in created state`)
      world.start(container)
    },
    async stopContainer(id) {
      const container = world.containers.get(id)
      if (container) world.end(container, 137)
    },
    async removeContainer(id) {
      const container = world.containers.get(id)
      if (!container) return
      world.end(container, 137)
      world.containers.delete(id)
    },
    async listContainers(labels) {
      return [...world.containers.values()]
        .filter(({ config }) => matches(config.labels, labels))
        .map((container) => listedContainer(world, container))
    },
    async containerStatus(id) {
      return containerStatus(world, world.container(id))
    },
    async updateContainerResources(id, resources) {
      const container = world.container(id)
      const refusal = world.options.resizeError?.(container.config.metadata?.name ?? '', resources)
      if (refusal !== undefined) throw new RuntimeError(2, refusal)
      const { linux } = container.config
      container.config = {
        ...container.config,
        linux: { ...linux, resources: { ...linux?.resources, ...resources } },
      }
    },
    async reopenContainerLog(id) {
      world.container(id)
    },
    async execSync(id, command) {
      if (world.container(id).state !== 'CONTAINER_RUNNING')
        throw new RuntimeError(2, `container is in ${world.container(id).state} state`)
      const script = world.options.process ?? exitOf
      const empty = new Uint8Array()
      const stdout = Buffer.from(outputOf(command))
      return { stdout, stderr: empty, exitCode: script({ command, args: [] })?.exitCode ?? 0 }
    },
  }
}

function imageService(world: World): ImageService {
  return {
    listImages: async () => [...world.images.values()],
    imageStatus: async (image) => world.images.get(image),
    async pullImage(image) {
      await world.wait(world.options.latencyMs?.pull)
      const refusal = world.options.pullError?.(image)
      if (refusal !== undefined) throw new RuntimeError(2, refusal)
      world.pulled.push(image)
      const id = `sha256:${world.id()}`
      world.images.set(image, { id, repoTags: [image], repoDigests: [`${image}@${id}`], size: 1_000_000 })
      return id
    },
    removeImage: async (image) => {
      for (const [name, { id }] of world.images) if (name === image || id === image) world.images.delete(name)
    },
    imageFsInfo: async () => [{ mountpoint: '/', usedBytes: 0 }],
  }
}

function matches(labels: Record<string, string> | undefined, wanted: Record<string, string> | undefined): boolean {
  return Object.entries(wanted ?? {}).every(([key, value]) => labels?.[key] === value)
}

function nanoseconds(milliseconds: number): number | undefined {
  return milliseconds === 0 ? undefined : milliseconds * 1e6
}

function listedSandbox({ id, config, ready, createdMs }: Sandbox): PodSandbox {
  return {
    id,
    metadata: config.metadata,
    state: ready ? 'SANDBOX_READY' : 'SANDBOX_NOTREADY',
    createdAt: nanoseconds(createdMs),
    labels: config.labels,
    annotations: config.annotations,
  }
}

function sandboxStatus(sandbox: Sandbox): PodSandboxStatus {
  const options = sandbox.config.linux?.securityContext?.namespaceOptions
  return {
    ...listedSandbox(sandbox),
    network: sandbox.ready && sandbox.ip !== '' ? { ip: sandbox.ip } : {},
    linux: { namespaces: { options } },
  }
}

function listedContainer(world: World, container: Container): CriContainer {
  const { id, sandboxId, config, state } = container
  return {
    id,
    podSandboxId: sandboxId,
    metadata: config.metadata,
    image: config.image,
    imageRef: imageRef(world, container),
    state,
    createdAt: createdNs(container),
    labels: config.labels,
    annotations: config.annotations,
  }
}

/** A microsecond later for each container before it, so that newer ones are newer. */
function createdNs({ createdMs, sequence }: Container): number {
  return createdMs * 1e6 + sequence * 1e6
}

function imageRef(world: World, { config }: Container): string {
  const name = config.image?.image ?? ''
  return world.images.get(name)?.id ?? name
}

function containerStatus(world: World, container: Container): CriContainerStatus {
  const { config, state, startedMs, finishedMs, exitCode } = container
  const ended = state === 'CONTAINER_EXITED'
  return {
    ...listedContainer(world, container),
    image: { image: config.image?.userSpecifiedImage ?? config.image?.image },
    startedAt: nanoseconds(startedMs),
    finishedAt: nanoseconds(finishedMs),
    exitCode: ended && exitCode !== 0 ? exitCode : undefined,
    reason: ended ? (exitCode === 0 ? 'Completed' : 'Error') : undefined,
    mounts: config.mounts,
    resources: { linux: config.linux?.resources },
    logPath: config.logPath,
  }
}
