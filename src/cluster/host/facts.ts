/**
 * What is known about this machine before a cluster starts on it. Gathering changes nothing: what the kernel can do is
 * tried in network namespaces of their own, which end with the program that tries. Takes about 50 ms.
 */
import { dirname } from 'node:path'
import { masqueradeRules } from '../../network/cni/plan.ts'
import { fullScript } from '../../network/proxy/script.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'
import type { Net } from '../../platform/net.ts'
import type { ClusterConfig } from '../config.ts'
import { type Capability, missingCapabilities } from './capabilities.ts'
import { cniBinDirectories } from './containerd.ts'
import { holderOf, listeningPorts, type Mount, mountOf, type Process, readMounts } from './proc.ts'

export interface Doors {
  disk: Disk
  exec: Exec
  net: Net
}

export interface HostFacts {
  userId: number
  missingCapabilities: Capability[]
  /** Programs that are in no directory of the search path. */
  missingPrograms: string[]
  missingPlugins: string[]
  kernel: KernelFacts
  cgroups: CgroupFacts
  ports: PortFact[]
  /** Undefined where the kernel does not say. */
  inotifyInstances: number | undefined
  inotifyWatches: number | undefined
  memoryAvailableBytes: number | undefined
  homeAvailableBytes: number
  homeMount: Mount | undefined
  /** Whether packets to a Service's address leave the socket, where the rules can catch them. */
  hasServiceRoute: boolean
  addresses: { name: string; address: string }[]
}

export interface KernelFacts {
  overlay: boolean
  /** Undefined where it could not be tried. */
  bridge: boolean | undefined
  veth: boolean | undefined
  /** The rules that we load: 'ok', what nft said, or undefined where it could not be tried. */
  rules: 'ok' | { error: string } | undefined
  bridgeFilter: boolean
}

export interface CgroupFacts {
  /** Undefined when there are none. Version 1 includes the hybrid layout. */
  version: 1 | 2 | undefined
  controllers: string[]
  isWritable: boolean
}

export interface PortFact {
  port: number
  use: string
  isTaken: boolean
  holder: Process | undefined
}

export const neededCapabilities = [
  'CAP_SYS_ADMIN',
  'CAP_NET_ADMIN',
  'CAP_NET_RAW',
  'CAP_CHOWN',
  'CAP_DAC_OVERRIDE',
  'CAP_KILL',
  'CAP_SETGID',
  'CAP_SETUID',
  'CAP_SYS_CHROOT',
  'CAP_SYS_PTRACE',
  'CAP_MKNOD',
  'CAP_SYS_RESOURCE',
] as const satisfies readonly Capability[]

/** Programs, by the Debian package that has them. */
export const programPackages: Readonly<Record<string, string>> = {
  containerd: 'containerd',
  'containerd-shim-runc-v2': 'containerd',
  ctr: 'containerd',
  runc: 'runc',
  nft: 'nftables',
  ip: 'iproute2',
  conntrack: 'conntrack',
  busybox: 'busybox-static',
  mount: 'mount',
  umount: 'mount',
  unshare: 'util-linux',
  find: 'findutils',
}

export const neededPlugins = ['bridge', 'host-local', 'loopback'] as const

export async function gatherFacts(doors: Doors, config: ClusterConfig): Promise<HostFacts> {
  const { disk, net } = doors
  const [userId, capabilities, missingPrograms, missingPlugins, kernel, mounts, ports, hasServiceRoute] =
    await Promise.all([
      readUserId(disk),
      missingCapabilities(disk, neededCapabilities),
      findMissingPrograms(disk),
      findMissingPlugins(disk),
      readKernel(doors, config),
      readMounts(disk),
      readPorts(disk, config),
      findServiceRoute(doors, config),
    ])
  const home = await nearestDirectory(disk, config.home)
  const memory = /^MemAvailable:\s*(\d+) kB/m.exec(await textOf(disk, '/proc/meminfo'))?.[1]
  return {
    userId,
    missingCapabilities: capabilities,
    missingPrograms,
    missingPlugins,
    kernel,
    cgroups: await readCgroups(disk, mounts),
    ports,
    inotifyInstances: await numberIn(disk, '/proc/sys/fs/inotify/max_user_instances'),
    inotifyWatches: await numberIn(disk, '/proc/sys/fs/inotify/max_user_watches'),
    memoryAvailableBytes: memory === undefined ? undefined : Number(memory) * 1024,
    homeAvailableBytes: (await disk.usage(home)).availableBytes,
    homeMount: mountOf(mounts, home),
    hasServiceRoute,
    addresses: net.interfaces().map(({ name, address }) => ({ name, address })),
  }
}

async function readUserId(disk: Disk): Promise<number> {
  return Number(/^Uid:\s+\d+\s+(\d+)/m.exec(await disk.readText('/proc/self/status'))?.[1])
}

async function findMissingPrograms(disk: Disk): Promise<string[]> {
  const directories = new Set([...(process.env.PATH ?? '').split(':'), '/usr/sbin', '/sbin', '/usr/bin', '/bin'])
  const isThere = async (program: string): Promise<boolean> => {
    for (const directory of directories)
      if (directory.startsWith('/') && (await disk.stat(`${directory}/${program}`))) return true
    return false
  }
  const programs = Object.keys(programPackages)
  const found = await Promise.all(programs.map(isThere))
  return programs.filter((_, index) => !found[index])
}

/** Those that are missing where the most are. */
async function findMissingPlugins(disk: Disk): Promise<string[]> {
  const missing = async (directory: string): Promise<string[]> => {
    const names = new Set(await disk.list(directory).catch(() => []))
    return neededPlugins.filter((name) => !names.has(name))
  }
  const lists = await Promise.all(cniBinDirectories.map(missing))
  return lists.sort((one, other) => one.length - other.length)[0] ?? [...neededPlugins]
}

async function readKernel({ disk, exec }: Doors, config: ClusterConfig): Promise<KernelFacts> {
  const { podCidr, serviceCidr: serviceRange } = config
  const pods = masqueradeRules({ podCidr, clusterCidr: podCidr, dataDirectory: '', mtuBytes: 1500 })
  const options = { table: 'k8ts', clusterCidr: podCidr, serviceCidr: serviceRange, bridgeFiltered: true }
  const [filesystems, bridge, veth, rules, bridgeFilter] = await Promise.all([
    textOf(disk, '/proc/filesystems'),
    attempt(exec, ['ip', 'link', 'add', 'probe0', 'type', 'bridge']),
    attempt(exec, ['ip', 'link', 'add', 'probe0', 'type', 'veth', 'peer', 'name', 'probe1']),
    attempt(exec, ['nft', '-f', '-'], `${pods}${fullScript([], options).text}`),
    disk.stat('/proc/sys/net/bridge/bridge-nf-call-iptables'),
  ])
  return {
    overlay: /\boverlay$/m.test(filesystems) || (await hasModule(exec, 'overlay')),
    bridge: bridge === undefined ? undefined : bridge === 'ok',
    veth: veth === undefined ? undefined : veth === 'ok',
    rules: rules === undefined || rules === 'ok' ? rules : { error: rules },
    bridgeFilter: bridgeFilter !== undefined || (await hasModule(exec, 'br_netfilter')),
  }
}

/** Runs a program in a network namespace of its own. @returns 'ok', its complaint, or undefined when it could not run */
async function attempt(exec: Exec, argv: readonly string[], input = ''): Promise<string | undefined> {
  const result = await exec.run(['unshare', '--net', ...argv], { input, timeoutMs: 5_000 }).catch(() => undefined)
  if (result === undefined || /^unshare:/m.test(result.stderr)) return undefined
  return result.exitCode === 0 ? 'ok' : result.stderr.trim().split('\n')[0] || `exit code ${result.exitCode}`
}

/** Whether `modprobe` would find it; it is not loaded. */
async function hasModule(exec: Exec, name: string): Promise<boolean> {
  const result = await exec.run(['modprobe', '--dry-run', '--quiet', name]).catch(() => undefined)
  return result?.exitCode === 0
}

async function readCgroups(disk: Disk, mounts: readonly Mount[]): Promise<CgroupFacts> {
  const root = '/sys/fs/cgroup'
  const unified = mounts.find(({ point, fsType }) => point === root && fsType === 'cgroup2')
  if (unified) {
    const controllers = (await textOf(disk, `${root}/cgroup.controllers`)).trim().split(' ')
    // Without a switch in v2: these two come with the core.
    return { version: 2, controllers: [...controllers, 'devices', 'freezer'], isWritable: isWritable(unified) }
  }
  const hierarchies = mounts.filter(({ fsType, point }) => fsType === 'cgroup' && isBelowRoot(point, root))
  if (hierarchies.length === 0) return { version: undefined, controllers: [], isWritable: false }
  return {
    version: 1,
    controllers: hierarchies.flatMap(({ superOptions }) => superOptions),
    isWritable: hierarchies.every(isWritable),
  }
}

function isBelowRoot(point: string, root: string): boolean {
  return point.startsWith(`${root}/`)
}

function isWritable({ options }: Mount): boolean {
  return options.includes('rw')
}

async function readPorts(disk: Disk, config: ClusterConfig): Promise<PortFact[]> {
  const texts = await Promise.all(['tcp', 'tcp6'].map((name) => textOf(disk, `/proc/self/net/${name}`)))
  const listening = listeningPorts(...texts)
  const wanted = [
    { port: config.apiServerPort, use: 'the API server' },
    { port: config.kubeletPort, use: 'the node agent' },
  ]
  const found: PortFact[] = []
  for (const { port, use } of wanted) {
    const inodes = listening.get(port)
    found.push({ port, use, isTaken: inodes !== undefined, holder: inodes && (await holderOf(disk, inodes)) })
  }
  return found
}

async function findServiceRoute({ exec }: Doors, config: ClusterConfig): Promise<boolean> {
  const result = await exec.run(['ip', 'route', 'get', config.dnsServiceIp]).catch(() => undefined)
  return result === undefined || result.exitCode === 0
}

async function nearestDirectory(disk: Disk, path: string): Promise<string> {
  let directory = path
  while (directory !== '/' && !(await disk.stat(directory))) directory = dirname(directory)
  return disk.realPath(directory)
}

async function textOf(disk: Disk, path: string): Promise<string> {
  return disk.readText(path).catch(() => '')
}

async function numberIn(disk: Disk, path: string): Promise<number | undefined> {
  const text = (await textOf(disk, path)).trim()
  return text === '' ? undefined : Number(text)
}
