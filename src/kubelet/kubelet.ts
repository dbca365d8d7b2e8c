/**
 * The node agent: makes the runtime's containers be what the API says this node should run, and tells the API how they
 * and the node are. It keeps no state of its own that it needs after a restart.
 * Source: https://kubernetes.io/docs/concepts/architecture/#kubelet
 */
import { localPath } from '../api/local-path.ts'
import { coreV1 } from '../api/resources.ts'
import type { Node, Pod, Service } from '../api/types/core/v1.ts'
import { managedAttachAnnotation } from '../api/volume-binding.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import { createEventRecorder } from '../client/events-impl.ts'
import type { Informer, Informers } from '../client/informer.ts'
import { createInformers } from '../client/informer-impl.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Exec } from '../platform/exec.ts'
import type { ConnectGrpc } from '../platform/grpc.ts'
import type { Logger } from '../platform/log.ts'
import type { Listening, Net } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import { assemble, openResources } from './assembly.ts'
import { type Cgroups, detectCgroups } from './cgroups/cgroups.ts'
import { defaults, type KubeletConfig, type KubeletServerConfig } from './config.ts'
import { pacedRuntime } from './cri/paced.ts'
import type { ContainerRuntime } from './cri/runtime.ts'
import { Pressure } from './eviction/pressure.ts'
import { startMaintenance } from './maintenance.ts'
import { type Machine, readMachine } from './node/machine.ts'
import { NodeAgent } from './node/node-agent.ts'
import { nodeLabels, type RuntimeHealth, readNodeStatus } from './node/read-status.ts'
import type { NodeView, PodParts } from './pod/parts.ts'
import { PodManager } from './pod-manager.ts'
import { RuntimeWatch } from './runtime-watch.ts'
import { startServer } from './server/server.ts'
import { followManifests } from './static/manifest-directory.ts'
import { Mirrors } from './static/mirrors.ts'
import { type LocalVolumes, localVolumesDirectory } from './volumes/local-volumes.ts'

export interface KubeletParts {
  client: Client
  /** Shared with others in the process; started by their owner. Default: the agent's own. */
  informers?: Informers
  clock: Clock
  random: Random
  disk: Disk
  exec: Exec
  net: Net
  log: Logger
  runtime: ContainerRuntime
  /** Mounts an image that the runtime holds at a directory. Absent: pods have no images as volumes. */
  mountImage?: ((id: string, directory: string) => Promise<void>) | undefined
  connectGrpc: ConnectGrpc
  config: KubeletConfig
}

export interface Kubelet {
  /** Of its HTTPS server; 0 without one. */
  readonly port: number
  /** Pods that this node has something of. */
  pods(): Pod[]
  /** Stops watching and serving; containers go on running. */
  stop(): Promise<void>
}

/** Resolves when the node is registered and pods are being looked after. */
export async function startKubelet(given: KubeletParts): Promise<Kubelet> {
  const parts = { ...given, runtime: pacedRuntime(given.runtime, sandboxesAtOnceMax) }
  const { client, clock, random, log, disk, config } = parts
  const own = parts.informers ? undefined : createInformers({ client, clock, random, log })
  const informers = parts.informers ?? (own as Informers)
  const selection = { fieldSelector: `spec.nodeName=${config.nodeName}` }
  const podInformer = informers.of(coreV1.pods, selection)
  const services = informers.of(coreV1.services)
  own?.start()
  const [machine, cgroups] = await Promise.all([
    readMachine(disk, config.architecture),
    detectCgroups(
      { disk, exec: parts.exec, log, podPidsMax: config.podPidsLimit },
      config.cgroupRoot ?? defaults.cgroupRoot,
    ),
  ])
  const events = createEventRecorder({ client, clock, random, log, component: 'kubelet', host: config.nodeName })
  const health: RuntimeHealth = { runtime: true, answeredMs: clock.monotonicMs() }
  let nodeObject: Node | undefined
  const node = nodeView(parts, { machine, cgroups, services, object: () => nodeObject })
  const pressure = new Pressure(clock)
  const resources = await openResources(parts, events, () => manager)
  const podParts = assemble(parts, { cgroups, node, events, resources, wake: (uid) => manager.wake(uid) })
  const notInMemory = await podParts.volumes.mountMemory()
  if (notInMemory !== undefined) log.warn('secrets are written to disk', { reason: notInMemory })
  const nodes = client.of(coreV1.nodes)
  const readNode = () => nodes.get(config.nodeName).catch(() => nodeObject)
  const mirrors = new Mirrors({ client, log, node: () => nodeObject })
  const ofNode = { nodeObject: () => nodeObject, readNode }
  const manager = new PodManager({ ...podParts, ...ofNode, pressure, mirrors, pods: podInformer })
  const nodeAgent = makeNodeAgent(parts, { machine, events, health, pressure }, (object) => {
    nodeObject = object
  })
  const watch = watchRuntime(parts, { manager, nodeAgent, health, podInformer })
  const registered = Promise.all([nodeAgent.start(), podInformer.synced(), services.synced()])
  await watch.start()
  const unfollow = await followStaticPods(parts, manager)
  await registered
  manager.start()
  const nodeEvent: NodeAgent['event'] = (...event) => nodeAgent.event(...event)
  const { images: imageService } = parts.runtime
  const maintenance = startMaintenance({ ...podParts, config, manager, pressure, nodeEvent, imageService })
  const server = config.server && (await serve(parts, podParts, manager, config.server))
  return {
    port: server?.port ?? 0,
    pods: () => [...manager.workers()].map(({ pod }) => pod),
    async stop() {
      unfollow()
      maintenance.stop()
      manager.stop()
      watch.stop()
      nodeAgent.stop()
      podParts.probes.stop()
      podParts.statuses.stop()
      await Promise.all([server?.close(stopGraceMs), own?.stop()])
    },
  }
}

interface NodeViewParts {
  machine: Machine
  cgroups: Cgroups
  services: Informer<Service>
  object(): Node | undefined
}

function nodeView({ config }: KubeletParts, { machine, cgroups, services, object }: NodeViewParts): NodeView {
  return {
    memoryCapacityBytes: machine.memoryBytes,
    cgroupVersion: cgroups.version,
    ips: () => config.nodeAddresses,
    allocatable: () => object()?.status?.allocatable ?? {},
    services: () => services.list(),
  }
}

interface Watchers {
  manager: PodManager
  nodeAgent: NodeAgent
  health: RuntimeHealth
  podInformer: Informer<Pod>
}

function watchRuntime(
  { runtime, clock, log }: KubeletParts,
  { manager, nodeAgent, health, podInformer }: Watchers,
): RuntimeWatch {
  return new RuntimeWatch({
    runtime: runtime.runtime,
    clock,
    log,
    podOf: (id) => manager.podOf(id),
    runs: (id) => manager.runs(id),
    onPodChanged: (uid) => manager.wake(uid),
    onListed: (pods) => {
      if (podInformer.hasSynced)
        manager.endOrphans(pods).catch((error: unknown) => log.warn('orphans not ended', { error: String(error) }))
    },
    onHealth: (healthy) => {
      if (healthy) health.answeredMs = clock.monotonicMs()
      if (health.runtime === healthy) return
      health.runtime = healthy
      nodeAgent.refresh()
      if (healthy) manager.wakeAll()
    },
  })
}

const stopGraceMs = 500
/** Measured on two cores; more only make each other slower. */
const sandboxesAtOnceMax = 4

/** They may be what the API server itself runs in: nothing of it is waited for. */
async function followStaticPods({ clock, disk, log, config }: KubeletParts, manager: PodManager): Promise<() => void> {
  const { staticPodPath: directory, nodeName } = config
  if (directory === undefined) return () => undefined
  return followManifests({ clock, disk, log, directory, nodeName, onPods: (pods) => manager.setStatic(pods) })
}

function serve(
  { net, client, config }: KubeletParts,
  podParts: PodParts & { localVolumes: LocalVolumes },
  manager: PodManager,
  server: KubeletServerConfig,
): Promise<Listening> {
  return startServer({ ...podParts, net, client, manager, nodeName: config.nodeName, server, config })
}

interface NodeAgentFacts {
  machine: Machine
  events: EventRecorder
  health: RuntimeHealth
  pressure: Pressure
}

function makeNodeAgent(
  parts: KubeletParts,
  { machine, events, health, pressure }: NodeAgentFacts,
  onNode: (node: Node) => void,
): NodeAgent {
  const { client, clock, log, config } = parts
  return new NodeAgent({
    client,
    clock,
    events,
    log,
    nodeName: config.nodeName,
    labels: nodeLabels(config, machine),
    annotations: {
      [managedAttachAnnotation]: 'true',
      [localPath.directoryAnnotation]: localVolumesDirectory(config),
      ...config.annotations,
    },
    taints: config.taints ?? [],
    podCidr: config.podCidr,
    status: (previous) => readNodeStatus({ ...parts, machine, health, pressure }, previous),
    onNode,
  })
}
