/**
 * What a machine lacks to run a cluster, in plain words, and what to do about it. `diagnose` is pure: it judges facts
 * that were gathered before.
 */
import ipaddr from 'ipaddr.js'
import { isDns1123Subdomain } from '../../api/names.ts'
import type { ClusterConfig } from '../config.ts'
import { runningPid } from '../processes.ts'
import { type Doors, gatherFacts, type HostFacts, programPackages } from './facts.ts'

export interface Finding {
  /** `blocking`: a cluster can't run. `warning`: something will not work. `note`: worth knowing. */
  severity: 'blocking' | 'warning' | 'note'
  problem: string
  /** What to do. */
  remedy: string
}

/** Everything found, the worst first; empty on a machine that lacks nothing. */
export async function allFindings(doors: Doors, config: ClusterConfig): Promise<Finding[]> {
  const facts = await gatherFacts(doors, config)
  const own = new Set([await runningPid(doors, config, 'server'), await runningPid(doors, config, 'agent')])
  const ports = facts.ports.map((port) => ({ ...port, isTaken: port.isTaken && !own.has(port.holder?.pid) }))
  return diagnose({ ...facts, ports }, config)
}

/** What keeps a cluster from running here. */
export async function blockingFindings(doors: Doors, config: ClusterConfig): Promise<Finding[]> {
  return (await allFindings(doors, config)).filter(({ severity }) => severity === 'blocking')
}

const order = ['blocking', 'warning', 'note'] as const

export function diagnose(facts: HostFacts, config: ClusterConfig): Finding[] {
  if (facts.userId !== 0) return [notRoot]
  const findings = [
    ...permissions(facts),
    ...programs(facts),
    ...kernel(facts),
    ...cgroups(facts),
    ...ports(facts),
    ...addresses(facts, config),
    ...place(facts, config),
    ...resources(facts),
  ]
  return findings.sort((one, other) => order.indexOf(one.severity) - order.indexOf(other.severity))
}

const notRoot: Finding = {
  severity: 'blocking',
  problem: 'not started as root, which containers, mounts and packet rules need',
  remedy: 'run the same command with sudo',
}

function permissions({ missingCapabilities }: HostFacts): Finding[] {
  const [needed, others] = split(missingCapabilities, (name) => name !== 'CAP_SYS_RESOURCE')
  return [
    ...when(needed.length > 0, {
      severity: 'blocking',
      problem: `root lacks ${needed.join(', ')} here, as in a container that is not privileged`,
      remedy: 'use a virtual machine, or start the container with --privileged',
    }),
    ...when(others.length > 0, {
      severity: 'note',
      problem: 'root lacks CAP_SYS_RESOURCE here: containers keep the out-of-memory score of the node agent',
      remedy: 'nothing to do; containerd is configured for it',
    }),
  ]
}

function programs({ missingPrograms, missingPlugins }: HostFacts): Finding[] {
  const packages = new Set(missingPrograms.map((program) => programPackages[program] ?? program))
  if (missingPlugins.length > 0) packages.add('containernetworking-plugins')
  const names = [...missingPrograms, ...missingPlugins.map((name) => `the CNI plugin ${name}`)]
  return when(names.length > 0, {
    severity: 'blocking',
    problem: `not installed: ${names.join(', ')}`,
    remedy: `run script/up, which installs them, or: apt-get install ${[...packages].join(' ')}`,
  })
}

function kernel({ kernel }: HostFacts): Finding[] {
  const missing = [
    ...(kernel.overlay ? [] : ['overlayfs (CONFIG_OVERLAY_FS)']),
    ...(kernel.bridge === false ? ['bridges (CONFIG_BRIDGE)'] : []),
    ...(kernel.veth === false ? ['links between network namespaces (CONFIG_VETH)'] : []),
  ]
  const rules = kernel.rules
  return [
    ...when(missing.length > 0, {
      severity: 'blocking',
      problem: `the kernel lacks ${missing.join(', ')}`,
      remedy: "boot the distribution's own kernel, or install its package of further modules",
    }),
    ...when(rules !== undefined && rules !== 'ok', {
      severity: 'blocking',
      problem: `the kernel refuses the packet rules of Services: ${typeof rules === 'object' ? rules.error : ''}`,
      remedy: 'boot a kernel with nf_tables, its nat and its map support (CONFIG_NF_TABLES, CONFIG_NFT_NAT)',
    }),
    ...when(!kernel.bridgeFilter, {
      severity: 'warning',
      problem:
        'the kernel lacks br_netfilter: a pod that is asked through a Service by a pod of its node sees the node',
      remedy: 'boot a kernel with CONFIG_BRIDGE_NETFILTER, or leave it: everything else works',
    }),
  ]
}

/** Without these runc starts nothing. `cpuacct`, `blkio` and `hugetlb` are used when they are there. */
const neededControllers = ['cpu', 'cpuset', 'memory', 'pids', 'devices', 'freezer'] as const

function cgroups({ cgroups }: HostFacts): Finding[] {
  const { version, controllers, isWritable } = cgroups
  if (version === undefined)
    return [
      {
        severity: 'blocking',
        problem: 'no cgroups are mounted at /sys/fs/cgroup',
        remedy: 'mount them: mount -t cgroup2 cgroup2 /sys/fs/cgroup',
      },
    ]
  const missing = neededControllers.filter((name) => !controllers.includes(name))
  return [
    ...when(!isWritable, {
      severity: 'blocking',
      problem: '/sys/fs/cgroup is mounted read-only, as in a container that is not privileged',
      remedy: 'use a virtual machine, or start the container with --privileged',
    }),
    ...when(missing.length > 0, {
      severity: missing.includes('memory') || missing.includes('devices') ? 'blocking' : 'warning',
      problem: `cgroups (version ${version}) lack the controllers ${missing.join(', ')}`,
      remedy:
        version === 1
          ? 'mount them below /sys/fs/cgroup, or boot with systemd.unified_cgroup_hierarchy=1'
          : 'boot with cgroup_enable=<controller> on the kernel command line; on a Raspberry Pi: cgroup_enable=memory',
    }),
  ]
}

function ports({ ports }: HostFacts): Finding[] {
  return ports
    .filter(({ isTaken }) => isTaken)
    .map(({ port, use, holder }) => ({
      severity: 'blocking',
      problem: `port ${port}, which ${use} needs, is in use by ${
        holder
          ? `process ${holder.pid} (${shortened(holder.argv.join(' '))})`
          : 'a process that cannot be seen from here'
      }`,
      remedy: holder
        ? 'stop that process; if it is another Kubernetes, only one can run on a machine'
        : 'find it with: ss -ltnp',
    }))
}

function addresses({ addresses, hasServiceRoute }: HostFacts, config: ClusterConfig): Finding[] {
  const clashes = addresses.filter(
    ({ name, address }) =>
      !name.startsWith('k8ts') && [config.podCidr, config.serviceCidr].some((range) => isWithin(address, range)),
  )
  return [
    ...when(config.nodeAddress.startsWith('127.') || config.nodeAddress === '::1', {
      severity: 'blocking',
      problem: 'this machine has no address that pods could reach it by, only loopback',
      remedy: 'bring up a network link, or name an address with --node-address',
    }),
    ...clashes.map(
      ({ name, address }): Finding => ({
        severity: 'blocking',
        problem: `${address} on ${name} lies in a range of the cluster (pods ${config.podCidr}, Services ${config.serviceCidr})`,
        remedy: 'run the cluster on a machine whose network does not use these ranges',
      }),
    ),
    ...when(!hasServiceRoute, {
      severity: 'blocking',
      problem: `this machine has no route that packets to Services (${config.serviceCidr}) could start on`,
      remedy: `add a default route, or: ip route add ${config.serviceCidr} dev <link>`,
    }),
    ...when(isDns1123Subdomain(config.nodeName).length > 0, {
      severity: 'blocking',
      problem: `"${config.nodeName}" can't name a node: lower case letters, digits, '-' and '.' can`,
      remedy: 'name the node with --node-name, or give the machine another host name',
    }),
  ]
}

/** Unix sockets have paths of at most 107 bytes; the longest of ours is `<home>/run/containerd.sock.ttrpc`. */
const homeLengthMax = 107 - '/run/containerd.sock.ttrpc'.length
const noOverlayOn = ['overlay', 'nfs', 'nfs4', 'cifs', '9p', 'fuse.sshfs', 'vfat', 'exfat']

function place({ homeMount }: HostFacts, { home }: ClusterConfig): Finding[] {
  const options = ['noexec', 'nodev', 'ro'].filter((option) => homeMount?.options.includes(option))
  return [
    ...when(homeMount !== undefined && noOverlayOn.includes(homeMount.fsType), {
      severity: 'blocking',
      problem: `${home} lies on ${homeMount?.fsType}, which containers' file systems can't be stacked on`,
      remedy:
        'choose a directory on a disk (ext4, xfs, btrfs) or tmpfs with --home; in a container, mount a volume there',
    }),
    ...when(options.length > 0, {
      severity: 'blocking',
      problem: `${home} lies on ${homeMount?.point}, which is mounted ${options.join(', ')}`,
      remedy: `mount it without, or choose another directory with --home`,
    }),
    ...when(Buffer.byteLength(home) > homeLengthMax, {
      severity: 'blocking',
      problem: `${home} is longer than ${homeLengthMax} bytes: the sockets in it would have no valid names`,
      remedy: 'choose a shorter directory with --home',
    }),
  ]
}

const mebibyte = 1024 * 1024
const memoryNeededBytes = 300 * mebibyte
const memoryWishedBytes = 700 * mebibyte
const diskNeededBytes = 512 * mebibyte
const diskWishedBytes = 4096 * mebibyte
const inotifyInstancesWished = 128
const inotifyWatchesWished = 8192

function resources(facts: HostFacts): Finding[] {
  const { memoryAvailableBytes: memory, homeAvailableBytes: disk, inotifyInstances, inotifyWatches } = facts
  const inotify = [
    { name: 'max_user_instances', value: inotifyInstances, wished: inotifyInstancesWished },
    { name: 'max_user_watches', value: inotifyWatches, wished: inotifyWatchesWished },
  ]
  return [
    ...when(memory !== undefined && memory < memoryWishedBytes, {
      severity: memory! < memoryNeededBytes ? 'blocking' : 'warning',
      problem: `only ${Math.floor(memory! / mebibyte)} MiB of memory are free; the cluster itself takes about 250`,
      remedy: 'end other programs, or give the machine more memory',
    }),
    ...when(disk < diskWishedBytes, {
      severity: disk < diskNeededBytes ? 'blocking' : 'warning',
      problem: `only ${Math.floor(disk / mebibyte)} MiB of disk are free where the cluster keeps its images and data`,
      remedy: 'make room, or choose a directory on another disk with --home',
    }),
    ...inotify.flatMap(({ name, value, wished }) =>
      when(value !== undefined && value < wished, {
        severity: 'warning',
        problem: `fs.inotify.${name} is ${value}: programs in many pods may fail with "too many open files"`,
        remedy: `sysctl -w fs.inotify.${name}=${wished * 8}`,
      }),
    ),
  ]
}

function when(applies: boolean, finding: Finding): Finding[] {
  return applies ? [finding] : []
}

function split<T>(values: readonly T[], predicate: (value: T) => boolean): [T[], T[]] {
  return [values.filter(predicate), values.filter((value) => !predicate(value))]
}

function shortened(text: string): string {
  return text.length <= 80 ? text : `${text.slice(0, 79)}…`
}

function isWithin(address: string, range: string): boolean {
  const [parsed, [base, bits]] = [ipaddr.parse(address), ipaddr.parseCIDR(range)]
  return parsed.kind() === base.kind() && parsed.match(base, bits)
}
