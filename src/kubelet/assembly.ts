/**
 * Puts together what the node agent's pods work with: what is set aside for them as an earlier agent left it, volumes,
 * images, probes, statuses and settings.
 */
import type { Pod } from '../api/types/core/v1.ts'
import type { EventRecorder } from '../client/events.ts'
import { AllocationManager } from './allocation/allocation-manager.ts'
import { ResizeMetrics } from './allocation/resize-metrics.ts'
import { ResourceState } from './allocation/resource-state.ts'
import type { Cgroups } from './cgroups/cgroups.ts'
import { defaults } from './config.ts'
import { ImagePuller } from './images/puller.ts'
import type { KubeletParts } from './kubelet.ts'
import { parseResolvConf } from './pod/dns.ts'
import { nameOf, namespaceOf, uidOf } from './pod/names.ts'
import type { NodeView, PodEvents, PodParts } from './pod/parts.ts'
import { fieldPathOf } from './pod/spec.ts'
import type { PodManager } from './pod-manager.ts'
import { lifecycleHooks } from './probes/hooks.ts'
import { Probes } from './probes/probes.ts'
import { cachedReferences } from './references.ts'
import { StatusManager } from './status/manager.ts'
import { LocalVolumes, localVolumesDirectory } from './volumes/local-volumes.ts'
import { Volumes } from './volumes/manager.ts'
import { podPaths } from './volumes/paths.ts'
import { Tokens } from './volumes/tokens.ts'

type Resources = Pick<PodParts, 'allocation' | 'actuated' | 'resizeMetrics'>

/** What is set aside for pods and what they were given, as an earlier agent left it. */
export async function openResources(
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

export function assemble(
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
    mountImage: parts.mountImage,
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
