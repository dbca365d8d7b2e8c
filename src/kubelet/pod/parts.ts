/** What the executors of a pod's plan work with; each takes from it what it needs. */
import type { Pod, PodStatus, Service } from '../../api/types/core/v1.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Logger } from '../../platform/log.ts'
import type { Random } from '../../platform/random.ts'
import type { AllocationManager } from '../allocation/allocation-manager.ts'
import type { ResizeMetrics } from '../allocation/resize-metrics.ts'
import type { HeldResources } from '../allocation/resource-state.ts'
import type { Cgroups } from '../cgroups/cgroups.ts'
import type { RuntimeService } from '../cri/runtime.ts'
import type { ImagePuller } from '../images/puller.ts'
import type { Hooks } from '../probes/hooks.ts'
import type { Probes } from '../probes/probes.ts'
import type { References } from '../references.ts'
import type { Volumes } from '../volumes/manager.ts'
import type { PodPaths } from '../volumes/paths.ts'
import type { Tokens } from '../volumes/tokens.ts'
import type { ClusterDns, ResolverConfig } from './dns.ts'
import type { NodeFacts } from './resources.ts'
import type { NamedContainer } from './spec.ts'

export interface PodEvents {
  pod(pod: Pod, type: 'Normal' | 'Warning', reason: string, message: string): void
  container(pod: Pod, named: NamedContainer, type: 'Normal' | 'Warning', reason: string, message: string): void
}

export interface StatusPublisher {
  /** The status published last; undefined before the first. */
  latest(uid: string): PodStatus | undefined
  publish(pod: Pod, status: PodStatus): void
  /** After the last status has arrived, ends the API object of a pod that is being deleted. */
  finish(pod: Pod): void
  forget(uid: string): void
}

/** What the node is like for its pods; may change while the agent runs. */
export interface NodeView extends NodeFacts {
  ips(): readonly string[]
  allocatable(): Record<string, string>
  services(): readonly Service[]
}

export interface PodSettings {
  logRoot: string
  seccompRoot: string
  /** Containers that name no seccomp profile get the runtime's own. */
  seccompDefault: boolean
  clusterDns: ClusterDns
  hostResolver(): Promise<ResolverConfig>
  /** Content of the node's own /etc/hosts. */
  hostsFile(): Promise<string>
}

export interface PodParts {
  clock: Clock
  random: Random
  disk: Disk
  log: Logger
  runtime: RuntimeService
  images: ImagePuller
  /** Absent: no images as volumes. */
  mountImage?: ((id: string, directory: string) => Promise<void>) | undefined
  volumes: Volumes
  paths: PodPaths
  references: References
  tokens: Tokens
  probes: Probes
  hooks: Hooks
  statuses: StatusPublisher
  events: PodEvents
  cgroups: Cgroups
  allocation: AllocationManager
  /** Resources that pods and containers were given last. */
  actuated: HeldResources
  resizeMetrics: ResizeMetrics
  node: NodeView
  settings: PodSettings
}
