/**
 * What a cluster has left on its machine outside of its directory: processes, mounts, links, packet rules, cgroups and
 * a few files in directories that containerd and the CNI plugins share among all who use them. Everything is told from
 * its neighbours by a path below the cluster's home, by its cgroup, or by a name that only k8ts gives.
 */
import { balancerTable } from '../../network/announce/kernel.ts'
import { bridgeName, networkName, podTable } from '../../network/cni/plan.ts'
import { serviceProxyTable } from '../../network/proxy/proxy.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'
import { cgroupRoot } from '../cgroup-root.ts'
import { type ClusterConfig, defaultHome } from '../config.ts'
import { hostPaths } from './paths.ts'
import { isBelow, type Process, readMounts, readProcesses } from './proc.ts'

export interface RemainsDoors {
  disk: Disk
  exec: Exec
}

export interface OwnProcesses {
  /** `k8ts server` and `k8ts agent`. */
  roles: Process[]
  containerd: Process[]
  shims: Process[]
  /** What runs in containers, and helpers that containerd and its shims started. */
  contained: Process[]
}

export interface Remains {
  processes: OwnProcesses
  /** Mount points, the innermost first. */
  mounts: string[]
  links: string[]
  tables: string[]
  /** Directories of cgroups, one for each hierarchy. */
  cgroups: string[]
}

/** @param isNetworkShared whether another cluster uses this network namespace: links and tables are its, then */
export async function findRemains(
  doors: RemainsDoors,
  config: ClusterConfig,
  isNetworkShared: boolean,
): Promise<Remains> {
  const [processes, mounts, links, tables, cgroups] = await Promise.all([
    findProcesses(doors.disk, config),
    findMounts(doors.disk, config),
    isNetworkShared ? [] : findLinks(doors.exec),
    isNetworkShared ? [] : findTables(doors.exec),
    findCgroups(doors.disk, config),
  ])
  return { processes, mounts, links, tables, cgroups }
}

/** One line for each thing that is there. */
export function describeRemains({ processes, mounts, links, tables, cgroups }: Remains): string[] {
  const { roles, containerd, shims, contained } = processes
  return [
    ...[...roles, ...containerd, ...shims, ...contained].map(({ pid, argv }) => `process ${pid} (${argv.join(' ')})`),
    ...mounts.map((point) => `mount ${point}`),
    ...links.map((name) => `network link ${name}`),
    ...tables.map((name) => `nft table ip ${name}`),
    ...cgroups.map((directory) => `cgroup ${directory}`),
  ]
}

export async function findProcesses(disk: Disk, config: ClusterConfig): Promise<OwnProcesses> {
  const all = await readProcesses(disk)
  const group = `${cgroupRoot(config.home)}/`
  const inGroup = new Set<number>()
  const roles: Process[] = []
  await Promise.all(
    all.map(async (process) => {
      const text = await disk.readText(`/proc/${process.pid}/cgroup`).catch(() => '')
      if (text.split('\n').some((line) => `${line}/`.includes(`:${group}`))) inGroup.add(process.pid)
      if ((await homeOfRole(disk, process)) === config.home) roles.push(process)
    }),
  )
  return { roles, ...sortProcesses(all, { config, inGroup }) }
}

/** Exported for tests. @param inGroup processes in the cluster's cgroups */
export function sortProcesses(
  all: readonly Process[],
  { config, inGroup }: { config: ClusterConfig; inGroup: ReadonlySet<number> },
): Omit<OwnProcesses, 'roles'> {
  const paths = hostPaths(config.home)
  const containerd = all.filter(({ argv }) => nameOf(argv) === 'containerd' && argv.includes(paths.containerdConfig))
  const shims = all.filter(
    ({ argv }) => nameOf(argv).startsWith('containerd-shim') && argv.includes(paths.containerdSocket),
  )
  const parents = new Set([...containerd, ...shims].map(({ pid }) => pid))
  const contained: Process[] = []
  // Parents may come after their children in the list: go on until a round finds nobody new.
  for (let found = -1; found !== contained.length; ) {
    found = contained.length
    for (const process of all) {
      if (parents.has(process.pid) || (!parents.has(process.parentPid) && !inGroup.has(process.pid))) continue
      parents.add(process.pid)
      contained.push(process)
    }
  }
  return { containerd, shims, contained }
}

function nameOf([program = '']: readonly string[]): string {
  return program.slice(program.lastIndexOf('/') + 1)
}

/** Whether a cluster with another home runs its agent in this network namespace. */
export async function isNetworkShared(disk: Disk, config: ClusterConfig): Promise<boolean> {
  const own = await disk.readLink('/proc/self/ns/net')
  for (const process of await readProcesses(disk)) {
    const home = await homeOfRole(disk, process)
    if (home === undefined || home === config.home) continue
    if ((await disk.readLink(`/proc/${process.pid}/ns/net`).catch(() => '')) === own) return true
  }
  return false
}

/** The home directory of a `k8ts server` or `k8ts agent`; undefined for any other process. */
async function homeOfRole(disk: Disk, { pid, argv }: Process): Promise<string | undefined> {
  const main = argv.findIndex((word) => /\/cli\/main\.[jt]s$/.test(word))
  if (main === -1 || !['server', 'agent'].includes(argv[main + 1] ?? '')) return undefined
  const option = argv.indexOf('--home')
  if (option !== -1) return argv[option + 1]
  const environment = await disk.readText(`/proc/${pid}/environ`).catch(() => '')
  return /(?:^|\0)K8TS_HOME=([^\0]+)/.exec(environment)?.[1] ?? defaultHome
}

/** Below the parts of the home that we mount in; who put a disk of his own at one of them keeps it. */
export async function findMounts(disk: Disk, { home }: ClusterConfig): Promise<string[]> {
  const real = await disk.realPath(home).catch(() => home)
  const places = [home, real].flatMap((root) => [`${root}/run`, `${root}/kubelet`, `${root}/containerd/root`])
  const mounts = (await readMounts(disk)).map(({ point }) => point)
  return mounts.filter((point) => places.some((place) => point !== place && isBelow(point, place))).reverse()
}

/** The bridge and what is plugged into it. */
export async function findLinks(exec: Exec): Promise<string[]> {
  const [bridge, ports] = await Promise.all([
    exec.run(['ip', '-o', 'link', 'show', bridgeName]),
    exec.run(['ip', '-o', 'link', 'show', 'master', bridgeName]),
  ])
  return [...linkNames(ports.stdout), ...linkNames(bridge.stdout)]
}

/** Exported for tests. @param text of `ip -o link`: `7: veth1@if2: <BROADCAST> …` */
export function linkNames(text: string): string[] {
  return [...text.matchAll(/^\d+: ([^:@]+)[:@]/gm)].map(([, name]) => name!)
}

export async function findTables(exec: Exec): Promise<string[]> {
  const listed = await exec.run(['nft', 'list', 'tables', 'ip'])
  const names = listed.stdout.split('\n').map((line) => line.replace(/^table ip /, ''))
  return names.filter((name) => [serviceProxyTable, podTable, balancerTable].includes(name))
}

export async function findCgroups(disk: Disk, { home }: ClusterConfig): Promise<string[]> {
  const hierarchies = (await readMounts(disk)).filter(({ fsType }) => fsType === 'cgroup' || fsType === 'cgroup2')
  const directories = [...new Set(hierarchies.map(({ point }) => `${point}${cgroupRoot(home)}`))]
  const found = await Promise.all(directories.map((directory) => disk.stat(directory)))
  return directories.filter((_, index) => found[index])
}

const cniResults = '/var/lib/cni/results'

/** What libcni remembers of our pods, in the one place it knows. */
export async function findCniResults(disk: Disk, { home }: ClusterConfig): Promise<string[]> {
  const own = hostPaths(home).cniDataDirectory
  const names = await disk.list(cniResults).catch(() => [])
  const containers = new Set<string>()
  for (const name of names) {
    const container = new RegExp(`^${networkName}-(.+)-[^-]+$`).exec(name)?.[1]
    if (
      container &&
      (await disk.readText(`${cniResults}/${name}`).then(
        (text) => mentions(text, own),
        () => false,
      ))
    )
      containers.add(container)
  }
  return names
    .filter((name) => [...containers].some((one) => name.includes(one)))
    .map((name) => `${cniResults}/${name}`)
}

/** A result names the configuration it was made with, in base64. */
function mentions(result: string, dataDirectory: string): boolean {
  const { config = '' } = JSON.parse(result) as { config?: string }
  return Buffer.from(config, 'base64').toString('utf8').includes(JSON.stringify(dataDirectory))
}

/** Shims listen in a directory that all containerds of a machine share; each bundle notes the name of its socket. */
export async function findShimSockets(disk: Disk, { home }: ClusterConfig): Promise<string[]> {
  const bundles = `${hostPaths(home).containerdState}/io.containerd.runtime.v2.task`
  const sockets = new Set<string>()
  for (const namespace of await disk.list(bundles))
    for (const container of await disk.list(`${bundles}/${namespace}`)) {
      const address = await disk.readText(`${bundles}/${namespace}/${container}/address`).catch(() => '')
      const path = /^unix:\/\/(\/run\/containerd\/s\/[0-9a-f]+)\s*$/.exec(address)?.[1]
      if (path) sockets.add(path)
    }
  return [...sockets]
}
