/**
 * The cgroups that pods live in: `<root>/kubepods/[burstable|besteffort/]pod<uid>`, for cgroup v1 (one hierarchy for
 * each controller) and v2 (one for all). Where they can't be written (no permission, no such controller) pods run all
 * the same, with the limits the runtime sets on each container.
 * Source: https://kubernetes.io/docs/concepts/workloads/pods/pod-qos/, https://docs.kernel.org/admin-guide/cgroup-v2.html
 */
import { join } from 'node:path'
import { type QosClass, qosClassOf } from '../../api/pod-qos.ts'
import type { Pod } from '../../api/types/core/v1.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'
import type { Logger } from '../../platform/log.ts'
import { uidOf } from '../pod/names.ts'
import { type PodLimits, podLimitsOf, quotaPeriodUs } from '../pod/resources.ts'

export interface Cgroups {
  readonly version: 1 | 2
  /** The parent of a pod's containers, absolute from the hierarchy's root. */
  podPath(pod: Pod): string
  /** Makes the pod's cgroup with its limits. Failures are logged, never thrown. */
  preparePod(pod: Pod): Promise<void>
  /** What the pod's own cgroup says; undefined where there is none. */
  readPod(pod: Pod): Promise<PodCgroup | undefined>
  /** Sets what is given. Throws what the kernel says. */
  writePod(pod: Pod, limits: Partial<PodLimits>): Promise<void>
  /** Removes the pod's cgroup, whichever class it had. */
  removePod(uid: string): Promise<void>
  /** Uids of pods that have a cgroup. */
  pods(): Promise<string[]>
  /** Directories that a controller's files of a cgroup are in; undefined when the controller is not there. */
  fileOf(controller: string, path: string, file: string): string
}

export interface PodCgroup {
  cpuShares: number
  /** Undefined: unlimited. */
  cpuQuotaUs: number | undefined
  /** Undefined: unlimited. */
  memoryBytes: number | undefined
  memoryUsageBytes: number
}

const mountPoint = '/sys/fs/cgroup'
/** Controllers of v1 in which a pod's limits are written. */
const limitControllers = ['cpu', 'memory'] as const
const classes: readonly QosClass[] = ['Guaranteed', 'Burstable', 'BestEffort']
const allV2Controllers = ['cpuset', 'cpu', 'io', 'memory', 'hugetlb', 'pids']

export interface CgroupParts {
  disk: Disk
  exec: Exec
  log: Logger
  /** Processes and threads of each pod. Default: unlimited. */
  podPidsMax?: number | undefined
}

/** `root`: absolute path below which everything is kept, such as `/k8ts-1a2b`. */
export async function detectCgroups(parts: CgroupParts, root: string): Promise<Cgroups> {
  const isV2 = (await parts.disk.stat(join(mountPoint, 'cgroup.controllers'))) !== undefined
  return makeCgroups(parts, root, isV2 ? 2 : 1)
}

function makeCgroups({ disk, exec, log, podPidsMax }: CgroupParts, root: string, version: 1 | 2): Cgroups {
  const directoryOf = (controller: string, path: string): string =>
    version === 2 ? join(mountPoint, path) : join(mountPoint, controller, path)
  const put = (path: string, text: string): Promise<void> => disk.write(path, text, { durable: false })
  const tryPut = async (path: string, text: string): Promise<void> => {
    await put(path, text).catch((error: unknown) =>
      log.debug('cgroup file not written', { path, error: String(error) }),
    )
  }
  const podPath = (pod: Pod): string => join(classPath(root, qosClassOf(pod)), `pod${uidOf(pod)}`)
  const fileOf = (controller: string, path: string, file: string): string => join(directoryOf(controller, path), file)
  const files = (pod: Pod, limits: Partial<PodLimits>): [path: string, text: string][] =>
    limitFiles(version, limits).map(([controller, file, text]) => [fileOf(controller, podPath(pod), file), text])
  const prepare = async (pod: Pod): Promise<void> => {
    const path = podPath(pod)
    if (version === 2) await prepareV2(disk, path, tryPut)
    else for (const controller of limitControllers) await disk.makeDirectory(directoryOf(controller, path))
    for (const [file, text] of files(pod, podLimitsOf(pod))) await tryPut(file, text)
    if (podPidsMax !== undefined) await limitProcesses(path, podPidsMax)
  }
  const limitProcesses = async (path: string, max: number): Promise<void> => {
    if (version === 1) {
      if (!(await disk.stat(join(mountPoint, 'pids')))) return
      await disk.makeDirectory(directoryOf('pids', path))
    }
    await tryPut(fileOf('pids', path, 'pids.max'), String(max))
  }
  return {
    version,
    podPath,
    fileOf,
    preparePod: (pod) =>
      prepare(pod).catch((error: unknown) => log.warn('pod cgroup not prepared', { error: String(error) })),
    readPod: (pod) => readCgroup(version, (controller, file) => disk.readText(fileOf(controller, podPath(pod), file))),
    async writePod(pod, limits) {
      for (const [file, text] of files(pod, limits)) await put(file, text)
    },
    async removePod(uid) {
      const controllers = version === 2 ? [''] : await disk.list(mountPoint)
      const paths = classes.map((qos) => join(classPath(root, qos), `pod${uid}`))
      await removeTrees(
        { disk, exec },
        controllers.flatMap((controller) => paths.map((path) => directoryOf(controller, path))),
      )
    },
    async pods() {
      const controller = version === 2 ? '' : 'memory'
      const lists = await Promise.all(classes.map((qos) => disk.list(directoryOf(controller, classPath(root, qos)))))
      return lists.flat().flatMap((name) => (name.startsWith('pod') ? [name.slice('pod'.length)] : []))
    },
  }
}

export function classPath(root: string, qos: QosClass): string {
  const parent = join('/', root, 'kubepods')
  return qos === 'Guaranteed' ? parent : join(parent, qos.toLowerCase())
}

/** Files of a pod's cgroup in the order to write them. */
function limitFiles(version: 1 | 2, limits: Partial<PodLimits>): [controller: string, file: string, text: string][] {
  const { cpuShares, cpuQuotaUs, memoryBytes } = limits
  const files: [string, string, string][] = []
  const add = (controller: string, v1: string, v2: string): void => {
    const [file = '', text = ''] = (version === 2 ? v2 : v1).split('=')
    files.push([controller, file, text])
  }
  if (cpuShares !== undefined) add('cpu', `cpu.shares=${cpuShares}`, `cpu.weight=${weightOf(cpuShares)}`)
  if (cpuQuotaUs !== undefined) {
    if (version === 1) files.push(['cpu', 'cpu.cfs_period_us', String(quotaPeriodUs)])
    add('cpu', `cpu.cfs_quota_us=${cpuQuotaUs}`, `cpu.max=${cpuQuotaUs} ${quotaPeriodUs}`)
  }
  if (memoryBytes !== undefined) add('memory', `memory.limit_in_bytes=${memoryBytes}`, `memory.max=${memoryBytes}`)
  return files
}

/** What v1 says where nothing is limited. */
const unlimitedV1Bytes = 2 ** 62

async function readCgroup(
  version: 1 | 2,
  read: (controller: string, file: string) => Promise<string>,
): Promise<PodCgroup | undefined> {
  const names =
    version === 2
      ? (['cpu.weight', 'cpu.max', 'memory.max', 'memory.current'] as const)
      : (['cpu.shares', 'cpu.cfs_quota_us', 'memory.limit_in_bytes', 'memory.usage_in_bytes'] as const)
  const texts = await Promise.all(names.map((file) => read(file.split('.')[0] ?? '', file).catch(() => '')))
  if (texts[0] === '') return undefined
  const [shares = 0, quota = 0, memory = 0, memoryUsageBytes = 0] = texts.map((text) => Number.parseInt(text, 10))
  return {
    cpuShares: version === 2 ? sharesOf(shares) : shares,
    cpuQuotaUs: quota > 0 ? quota : undefined,
    memoryBytes: memory > 0 && memory < unlimitedV1Bytes ? memory : undefined,
    memoryUsageBytes: memoryUsageBytes || 0,
  }
}

async function prepareV2(disk: Disk, path: string, put: (path: string, text: string) => Promise<void>): Promise<void> {
  const segments = path.split('/').filter((segment) => segment !== '')
  let directory = mountPoint
  for (const segment of segments) {
    for (const controller of allV2Controllers) await put(join(directory, 'cgroup.subtree_control'), `+${controller}`)
    directory = join(directory, segment)
    await disk.makeDirectory(directory)
  }
}

/** cgroup v1's shares (2 to 262,144) as v2's weight (1 to 10,000). */
export function weightOf(shares: number): number {
  return Math.floor(1 + ((shares - 2) * 9999) / 262_142)
}

/** The shares that a weight stands for. */
function sharesOf(weight: number): number {
  return Math.round(2 + ((weight - 1) * 262_142) / 9999)
}

/** Only directories can be removed in a cgroup file system, the innermost first. */
async function removeTrees({ disk, exec }: { disk: Disk; exec: Exec }, directories: string[]): Promise<void> {
  const infos = await Promise.all(directories.map((directory) => disk.stat(directory)))
  const [first, ...rest] = directories.filter((_, index) => infos[index] !== undefined)
  if (first !== undefined) await exec.run(['find', first, ...rest, '-depth', '-type', 'd', '-delete'])
}
