/** The pod sandbox as CRI is asked for it. Pure. Source: CRI v1, https://kubernetes.io/docs/concepts/architecture/cri/ */
import type { Pod } from '../../api/types/core/v1.ts'
import type { Message, PodSandboxConfig } from '../cri/message.ts'
import { type ClusterDns, podHostName, podResolver, type ResolverConfig } from './dns.ts'
import {
  configSeenAnnotation,
  configSourceAnnotation,
  nameOf,
  namespaceOf,
  podLogDirectory,
  podNameLabel,
  podNamespaceLabel,
  podUidLabel,
  uidOf,
} from './names.ts'
import { sandboxSecurity } from './security.ts'
import { regularContainers, usesHostNetwork } from './spec.ts'

export interface SandboxFacts {
  attempt: number
  logRoot: string
  /** Of the pod's cgroup, absolute from the cgroup root; empty: the runtime's default. */
  cgroupParent: string
  clusterDns: ClusterDns
  hostResolver: ResolverConfig
}

export function sandboxConfig(pod: Pod, facts: SandboxFacts): PodSandboxConfig {
  const config: PodSandboxConfig = {
    metadata: { name: nameOf(pod), namespace: namespaceOf(pod), uid: uidOf(pod), attempt: facts.attempt },
    logDirectory: podLogDirectory(facts.logRoot, pod),
    dnsConfig: podResolver(pod, facts.clusterDns, facts.hostResolver),
    labels: { ...pod.metadata.labels, ...podLabels(pod) },
    annotations: {
      ...pod.metadata.annotations,
      [configSourceAnnotation]: pod.metadata.annotations?.[configSourceAnnotation] ?? 'api',
      [configSeenAnnotation]: pod.metadata.creationTimestamp ?? '',
    },
    linux: {
      cgroupParent: facts.cgroupParent,
      securityContext: sandboxSecurity(pod),
      sysctls: Object.fromEntries((pod.spec?.securityContext?.sysctls ?? []).map(({ name, value }) => [name, value])),
    },
  }
  if (!usesHostNetwork(pod)) {
    config.hostname = podHostName(pod, facts.clusterDns.domain).hostname
    config.portMappings = portMappings(pod)
  }
  return config
}

export function podLabels(pod: Pod): Record<string, string> {
  return { [podNameLabel]: nameOf(pod), [podNamespaceLabel]: namespaceOf(pod), [podUidLabel]: uidOf(pod) }
}

function portMappings(pod: Pod): Message<'PortMapping'>[] {
  const containers = [...(pod.spec?.initContainers ?? []), ...regularContainers(pod)]
  return containers.flatMap(({ ports = [] }) =>
    ports
      .filter(({ hostPort }) => hostPort)
      .map(({ containerPort, hostPort, hostIP, protocol }) => ({
        containerPort,
        hostPort,
        hostIp: hostIP,
        protocol: protocolOf(protocol),
      })),
  )
}

function protocolOf(protocol: string | undefined): 'TCP' | 'UDP' | 'SCTP' {
  return protocol === 'UDP' || protocol === 'SCTP' ? protocol : 'TCP'
}
