/**
 * The configuration of our own containerd. Format version 2 is read by 1.6 and 1.7, and migrated in memory by 2.x.
 * Source: containerd's `docs/cri/config.md` and `docs/hosts.md`.
 */
import type { HostPaths } from './paths.ts'

export interface ContainerdConfigInput {
  paths: HostPaths
  pauseImage: string
  /** Where the standard plugins are: `/usr/lib/cni` on Debian, `/opt/cni/bin` elsewhere. */
  cniBinDirectory: string
  /** runc may not lower a process's out-of-memory score without CAP_SYS_RESOURCE: containerd then leaves it alone. */
  restrictOomScoreAdj: boolean
}

/** Snapshotters and services we have no use for; some of them create directories outside of ours. */
const disabledPlugins = [
  'io.containerd.snapshotter.v1.aufs',
  'io.containerd.snapshotter.v1.blockfile',
  'io.containerd.snapshotter.v1.btrfs',
  'io.containerd.snapshotter.v1.devmapper',
  'io.containerd.snapshotter.v1.zfs',
  'io.containerd.internal.v1.opt',
  'io.containerd.internal.v1.restart',
  'io.containerd.internal.v1.tracing',
  'io.containerd.tracing.processor.v1.otlp',
  'io.containerd.nri.v1.nri',
]

export function containerdConfig({
  paths,
  pauseImage,
  cniBinDirectory,
  restrictOomScoreAdj,
}: ContainerdConfigInput): string {
  const cri = 'io.containerd.grpc.v1.cri'
  return `# Written by k8ts at each start.
version = 2
root = ${quote(paths.containerdRoot)}
state = ${quote(paths.containerdState)}
disabled_plugins = [${disabledPlugins.map(quote).join(', ')}]

[grpc]
address = ${quote(paths.containerdSocket)}

[ttrpc]
address = ${quote(`${paths.containerdSocket}.ttrpc`)}

[debug]
level = "warn"

[plugins."${cri}"]
sandbox_image = ${quote(pauseImage)}
stream_server_address = "127.0.0.1"
stream_server_port = "0"
restrict_oom_score_adj = ${restrictOomScoreAdj}
enable_unprivileged_ports = true
enable_unprivileged_icmp = true
netns_mounts_under_state_dir = true

[plugins."${cri}".cni]
bin_dir = ${quote(cniBinDirectory)}
conf_dir = ${quote(paths.cniConfigDirectory)}

[plugins."${cri}".containerd]
snapshotter = "overlayfs"
default_runtime_name = "runc"

[plugins."${cri}".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."${cri}".containerd.runtimes.runc.options]
SystemdCgroup = false
Root = ${quote(paths.runcRoot)}

[plugins."${cri}".registry]
config_path = ${quote(paths.registryDirectory)}
`
}

/** `hosts.toml` of a registry on this machine that speaks plain HTTP. @param host with port: `localhost:5000` */
export function loopbackRegistry(host: string): string {
  return `server = "http://${host}"\n\n[host."http://${host}"]\ncapabilities = ["pull", "resolve", "push"]\n`
}

/** A TOML basic string; its escapes are JSON's. */
function quote(text: string): string {
  return JSON.stringify(text)
}
