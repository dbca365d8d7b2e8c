/** What one node agent is told. */
import type { Taint } from '../api/types/core/v1.ts'
import type { TlsIdentity } from '../platform/net.ts'

export interface KubeletConfig {
  nodeName: string
  /** The agent's own files: volumes, hosts files, checkpoints. */
  rootDirectory: string
  /** Where directories lie that are volumes of their own (`k8ts.dev/local-path`). Default `<rootDirectory>/local-volumes`. */
  localVolumesDirectory?: string
  /** Where the runtime writes container logs. Default `<rootDirectory>/logs`. */
  logDirectory?: string
  /** Addresses of the node, the preferred one first. */
  nodeAddresses: readonly string[]
  /** Cluster DNS Service; empty: pods use the node's resolver. */
  clusterDns: readonly string[]
  /** Default `cluster.local`. */
  clusterDomain?: string
  /** Default `/etc/resolv.conf`; `/run/systemd/resolve/resolv.conf` where the former points to a local stub. */
  resolvConf?: string
  /** Absolute path of the cgroup below which all pods live, such as `/k8ts-1a2b`. Default `/`. */
  cgroupRoot?: string
  /** Pods at once. Default 110. */
  podsMax?: number
  labels?: Record<string, string>
  annotations?: Record<string, string>
  taints?: readonly Taint[]
  /** The node's pod network, where it is fixed; else the control plane assigns one. */
  podCidr?: string
  /** Node's name of the processor: `x64`, `arm64`. */
  architecture: string
  /** Default `v1.36.3`. */
  kubeletVersion?: string
  /** Absent: no server (tests, simulated nodes). */
  server?: KubeletServerConfig
  /** A directory of manifests of pods that run without the API server. Default: none. */
  staticPodPath?: string
  /** Processes and threads of a pod at once. Default: as many as the node allows. */
  podPidsLimit?: number
  /** Containers that name no seccomp profile get the runtime's own. Default false: none. */
  seccompDefault?: boolean
  /** A log file is rotated beyond this. Default 10 MiB. */
  containerLogBytesMax?: number
  /** Files kept for each container, the current one included. Default 5. */
  containerLogFilesMax?: number
  /** Images are removed while the image file system is used beyond `high`, down to `low` percent. Default 85 and 80. */
  imageUsagePercent?: { high: number; low: number }
}

export interface KubeletServerConfig {
  /** Default `0.0.0.0`. */
  host?: string
  /** Default 10250; 0 picks a free one. */
  port?: number
  identity: TlsIdentity
  /** Verifies client certificates. */
  clientCaPem: string
}

/** What nobody sets. Source: the kubelet's defaults, but for `logCheckMs`. */
export const fixed = {
  /** Between looks at a pod that nothing happens to. */
  syncMs: 60_000,
  /** Between looks at manifests whose directory tells of no change. */
  manifestCheckMs: 20_000,
  statusCheckMs: 10_000,
  /** The node's status is written this often though nothing changed. */
  statusReportMs: 5 * 60_000,
  /** Short, so that a container that writes 50 MB/s has its log rotated before it has grown far beyond its limit. */
  logCheckMs: 2_000,
  leaseDurationSeconds: 40,
  /** In the node's status. */
  imagesMax: 50,
} as const

export const defaults = {
  clusterDomain: 'cluster.local',
  resolvConf: '/etc/resolv.conf',
  cgroupRoot: '/',
  podsMax: 110,
  seccompDefault: false,
  kubeletVersion: 'v1.36.3',
  kubeletPort: 10250,
  containerLogBytesMax: 10 * 1024 * 1024,
  containerLogFilesMax: 5,
  imageUsagePercent: { high: 85, low: 80 },
} as const
