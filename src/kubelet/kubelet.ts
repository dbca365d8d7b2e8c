/**
 * The node agent: makes the runtime's containers be what the API says this node should run, and tells the API how they
 * and the node are. It keeps no state of its own that it needs after a restart.
 * Source: https://kubernetes.io/docs/concepts/architecture/#kubelet
 */
import { localPath } from '../api/local-path.ts'
import { coreV1 } from '../api/resources.ts'
import type { Node, Pod } from '../api/types/core/v1.ts'
import { managedAttachAnnotation } from '../api/volume-binding.ts'
import type { Client } from '../client/client.ts'
import type { EventRecorder } from '../client/events.ts'
import { createEventRecorder } from '../client/events-impl.ts'
import type { Informers } from '../client/informer.ts'
import { createInformers } from '../client/informer-impl.ts'
import type { Clock } from '../platform/clock.ts'
import type { Disk } from '../platform/disk.ts'
import type { Exec } from '../platform/exec.ts'
import type { ConnectGrpc } from '../platform/grpc.ts'
import type { Logger } from '../platform/log.ts'
import type { Listening, Net } from '../platform/net.ts'
import type { Random } from '../platform/random.ts'
import { AllocationManager } from './allocation/allocation-manager.ts'
import { ResizeMetrics } from './allocation/resize-metrics.ts'
import { ResourceState } from './allocation/resource-state.ts'
import { type Cgroups, detectCgroups } from './cgroups/cgroups.ts'
import { defaults, type KubeletConfig, type KubeletServerConfig } from './config.ts'
import { pacedRuntime } from './cri/paced.ts'
import type { ContainerRuntime } from './cri/runtime.ts'
import { Pressure } from './eviction/pressure.ts'
import { ImagePuller } from './images/puller.ts'
import { startMaintenance } from './maintenance.ts'
import { type Machine, readMachine } from './node/machine.ts'
import { NodeAgent } from './node/node-agent.ts'
import { nodeLabels, type RuntimeHealth, readNodeStatus } from './node/read-status.ts'
import { parseResolvConf } from './pod/dns.ts'
import { nameOf, namespaceOf, uidOf } from './pod/names.ts'
import type { NodeView, PodEvents, PodParts } from './pod/parts.ts'
import { fieldPathOf } from './pod/spec.ts'
import { PodManager } from './pod-manager.ts'
import { lifecycleHooks } from './probes/hooks.ts'
import { Probes } from './probes/probes.ts'
import { cachedReferences } from './references.ts'
import { RuntimeWatch } from './runtime-watch.ts'
import { startServer } from './server/server.ts'
import { StatusManager } from './status/manager.ts'
import { LocalVolumes, localVolumesDirectory } from './volumes/local-volumes.ts'
import { Volumes } from './volumes/manager.ts'
import { podPaths } from './volumes/paths.ts'
import { Tokens } from './volumes/tokens.ts'

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
  const node: NodeView = {
    memoryCapacityBytes: machine.memoryBytes,
    cgroupVersion: cgroups.version,
    ips: () => config.nodeAddresses,
    allocatable: () => nodeObject?.status?.allocatable ?? {},
    services: () => services.list(),
  }
  const pressure = new Pressure(clock)
  const resources = await openResources(parts, events, () => manager)
  const podParts = assemble(parts, { cgroups, node, events, resources, wake: (uid) => manager.wake(uid) })
  const notInMemory = await podParts.volumes.mountMemory()
  if (notInMemory !== undefined) log.warn('secrets are written to disk', { reason: notInMemory })
  const nodes = client.of(coreV1.nodes)
  const readNode = () => nodes.get(config.nodeName).catch(() => nodeObject)
  const manager = new PodManager({ ...podParts, pressure, pods: podInformer, nodeObject: () => nodeObject, readNode })
  const nodeAgent = makeNodeAgent(parts, { machine, events, health, pressure }, (object) => {
    nodeObject = object
  })
  const watch = new RuntimeWatch({
    runtime: parts.runtime.runtime,
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
  await Promise.all([nodeAgent.start(), podInformer.synced(), services.synced(), watch.start()])
  manager.start()
  const maintenance = startMaintenance({
    ...podParts,
    config,
    manager,
    pressure,
    nodeEvent: (...event) => nodeAgent.event(...event),
    imageService: parts.runtime.images,
  })
  const server = config.server && (await serve(parts, podParts, manager, config.server))
  return {
    port: server?.port ?? 0,
    pods: () => [...manager.workers()].map(({ pod }) => pod),
    async stop() {
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

const stopGraceMs = 500
/** Measured on two cores; more only make each other slower. */
const sandboxesAtOnceMax = 4

function serve(
  { net, client, config }: KubeletParts,
  podParts: PodParts & { localVolumes: LocalVolumes },
  manager: PodManager,
  server: KubeletServerConfig,
): Promise<Listening> {
  return startServer({ ...podParts, net, client, manager, nodeName: config.nodeName, server, config })
}

type Resources = Pick<PodParts, 'allocation' | 'actuated' | 'resizeMetrics'>

/** What is set aside for pods and what they were given, as an earlier agent left it. */
async function openResources(
  { disk, log, clock, config }: KubeletParts,
  events: EventRecorder,
  manager: () => PodManager,
): Promise<Resources> {
  const open = (name: string) => ResourceState.open({ disk, log, path: `${config.rootDirectory}/${name}` })
  const [allocated, actuated] = await Promise.all([open('allocated_pods_state'), open('actuated_pods_state')])
  const resizeMetrics = new ResizeMetrics()
  const allocation = new AllocationManager({
    clock,
    allocated,
    metrics: resizeMetrics,
    refusal: (pod) => manager().refusal(pod),
    find: (uid) => manager().runningPod(uid),
    event: recordPodEvents(events).pod,
    wake: (uid) => manager().wake(uid),
  })
  return { allocation, actuated, resizeMetrics }
}

interface Assembly {
  cgroups: Cgroups
  node: NodeView
  events: EventRecorder
  resources: Resources
  wake(uid: string): void
}

function assemble(
  parts: KubeletParts,
  { cgroups, node, events, resources, wake }: Assembly,
): PodParts & { statuses: StatusManager; localVolumes: LocalVolumes } {
  const { client, clock, random, disk, exec, log, config, net, connectGrpc } = parts
  const { runtime, images } = parts.runtime
  const paths = podPaths(config.rootDirectory)
  const localVolumes = new LocalVolumes(disk, localVolumesDirectory(config))
  const podEvents = recordPodEvents(events)
  const handlers = { runtime, net, connectGrpc }
  const statuses = new StatusManager(client, clock, log)
  const readText = (path: string): Promise<string> => disk.readText(path).catch(() => '')
  const resolvConf = config.resolvConf ?? defaults.resolvConf
  return {
    clock,
    random,
    disk,
    log,
    runtime,
    images: new ImagePuller(images, clock),
    volumes: new Volumes({ client, clock, random, disk, exec, paths, localVolumes }),
    localVolumes,
    paths,
    references: cachedReferences(client, clock),
    tokens: new Tokens(client, clock),
    probes: new Probes({ ...handlers, clock, events: podEvents, onChange: wake }),
    hooks: lifecycleHooks({ ...handlers, clock, podIp: (pod) => statuses.latest(uidOf(pod))?.podIP ?? '127.0.0.1' }),
    statuses,
    events: podEvents,
    cgroups,
    ...resources,
    node,
    settings: {
      logRoot: config.logDirectory ?? `${config.rootDirectory}/logs`,
      seccompRoot: `${config.rootDirectory}/seccomp`,
      seccompDefault: config.seccompDefault ?? defaults.seccompDefault,
      clusterDns: { servers: config.clusterDns, domain: config.clusterDomain ?? defaults.clusterDomain },
      hostResolver: async () => parseResolvConf(await readText(resolvConf)),
      hostsFile: () => readText('/etc/hosts'),
    },
  }
}

function recordPodEvents(events: EventRecorder): PodEvents {
  const reference = (pod: Pod) => {
    const { resourceVersion } = pod.metadata
    const base = { apiVersion: 'v1', kind: 'Pod', name: nameOf(pod), namespace: namespaceOf(pod), uid: uidOf(pod) }
    return resourceVersion === undefined ? base : { ...base, resourceVersion }
  }
  return {
    pod: (pod, type, reason, message) => events.event(reference(pod), type, reason, message),
    container: (pod, named, type, reason, message) =>
      events.event({ ...reference(pod), fieldPath: fieldPathOf(named) }, type, reason, message),
  }
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
