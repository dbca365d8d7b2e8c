/**
 * What this machine is: capacity and identity, read from the kernel's own files.
 * Source: proc(5), https://kubernetes.io/docs/reference/node/node-status/
 */
import type { NodeSystemInfo } from '../../api/types/core/v1.ts'
import type { Disk } from '../../platform/disk.ts'

export interface Machine {
  cpus: number
  memoryBytes: number
  swapBytes: number
  /** By page size as a quantity: `2Mi`. */
  hugePagesBytes: ReadonlyMap<string, number>
  hostname: string
  info: Omit<NodeSystemInfo, 'containerRuntimeVersion' | 'kubeletVersion' | 'kubeProxyVersion'>
}

/** `architecture`: Node's name for it (`x64`, `arm64`). */
export async function readMachine(disk: Disk, architecture: string): Promise<Machine> {
  const read = async (path: string): Promise<string> => (await disk.readText(path).catch(() => '')).trim()
  const [cpuInfo, memInfo, osRelease, machineId, systemUuid, bootId, kernel, hostname] = await Promise.all([
    read('/proc/cpuinfo'),
    read('/proc/meminfo'),
    read('/etc/os-release'),
    read('/etc/machine-id'),
    read('/sys/class/dmi/id/product_uuid'),
    read('/proc/sys/kernel/random/boot_id'),
    read('/proc/sys/kernel/osrelease'),
    read('/proc/sys/kernel/hostname'),
  ])
  const swapBytes = memoryLine(memInfo, 'SwapTotal')
  return {
    cpus: Math.max(1, cpuInfo.split('\n').filter((line) => line.startsWith('processor')).length),
    memoryBytes: memoryLine(memInfo, 'MemTotal'),
    swapBytes,
    hugePagesBytes: await readHugePages(disk),
    hostname: hostname.toLowerCase(),
    info: {
      machineID: machineId,
      systemUUID: systemUuid || machineId,
      bootID: bootId,
      kernelVersion: kernel,
      osImage: /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(osRelease)?.[1] ?? 'Linux',
      operatingSystem: 'linux',
      architecture: architectureName(architecture),
      ...(swapBytes > 0 ? { swap: { capacity: swapBytes } } : {}),
    },
  }
}

/** Bytes that can be given to programs without swapping. */
export async function availableMemoryBytes(disk: Disk): Promise<number> {
  return memoryLine(await disk.readText('/proc/meminfo'), 'MemAvailable')
}

export function architectureName(architecture: string): string {
  return architecture === 'x64' ? 'amd64' : architecture
}

function memoryLine(text: string, name: string): number {
  return Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1] ?? 0) * 1024
}

async function readHugePages(disk: Disk): Promise<ReadonlyMap<string, number>> {
  const root = '/sys/kernel/mm/hugepages'
  const sizes = new Map<string, number>()
  for (const name of await disk.list(root)) {
    const kilobytes = Number(/^hugepages-(\d+)kB$/.exec(name)?.[1] ?? 0)
    const count = Number((await disk.readText(`${root}/${name}/nr_hugepages`).catch(() => '0')).trim())
    const size = kilobytes >= 1024 * 1024 ? `${kilobytes / 1024 / 1024}Gi` : `${kilobytes / 1024}Mi`
    if (kilobytes > 0) sizes.set(size, count * kilobytes * 1024)
  }
  return sizes
}
