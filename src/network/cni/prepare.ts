/** Brings the plan of the pod network onto a node. Repeating it changes nothing. */
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'
import { type Logger, messageOf } from '../../platform/log.ts'
import {
  bridgeFiltering,
  configFileName,
  conflist,
  forwarding,
  localRoutes,
  masqueradeRules,
  type Sysctl,
} from './plan.ts'

export interface PreparePodNetworkOptions {
  disk: Disk
  exec: Pick<Exec, 'run'>
  log: Logger
  /** The node's range, `10.244.0.0/24`. */
  podCidr: string
  /** All nodes' ranges, `10.244.0.0/16`. */
  clusterCidr: string
  /** Where containerd looks for network configurations. */
  configDirectory: string
  /** Where host-local keeps its reservations. */
  dataDirectory: string
}

export interface PodNetworkState {
  /**
   * Whether bridged packets pass connection tracking. Where the kernel cannot do that, the service proxy must
   * masquerade connections between two pods of this node.
   */
  bridgeFiltered: boolean
  mtuBytes: number
}

const ethernetMtuBytes = 1500

/**
 * Must be done before the first pod; pods start getting addresses when the configuration file is there, which is
 * written last. Rejects when the kernel refuses to forward or `nft` fails.
 */
export async function preparePodNetwork(options: PreparePodNetworkOptions): Promise<PodNetworkState> {
  const { disk, exec, log, configDirectory } = options
  const mtuBytes = await outsideMtu(disk, exec)
  await writeSysctl(disk, forwarding)
  const bridgeFiltered = await filterBridge(disk, exec)
  if (!bridgeFiltered) log.warn('the kernel lacks br_netfilter: Services hide the address of clients on the same node')
  await runNft(exec, masqueradeRules({ ...options, mtuBytes }))
  await writeSysctl(disk, localRoutes).catch((error: unknown) => {
    log.warn('node ports and host ports do not answer on 127.0.0.1', { error: messageOf(error) })
  })
  await disk.makeDirectory(configDirectory, 0o755)
  await disk.makeDirectory(options.dataDirectory, 0o755)
  const path = `${configDirectory}/${configFileName}`
  const content = conflist({ ...options, mtuBytes })
  const present = (await disk.stat(path)) ? await disk.readText(path) : ''
  if (present !== content) await disk.write(path, content, { mode: 0o644 })
  return { bridgeFiltered, mtuBytes }
}

/** The packet size of the link with the default route; Ethernet's when there is none. */
async function outsideMtu(disk: Disk, exec: Pick<Exec, 'run'>): Promise<number> {
  const routes = await exec.run(['ip', '-4', '-o', 'route', 'show', 'default'])
  const link = /\bdev (\S+)/.exec(routes.stdout)?.[1]
  if (link === undefined || !(await disk.stat(`/sys/class/net/${link}`))) return ethernetMtuBytes
  const bytes = Number(await disk.readText(`/sys/class/net/${link}/mtu`))
  return Number.isInteger(bytes) && bytes >= 576 ? Math.min(bytes, 65_535) : ethernetMtuBytes
}

async function filterBridge(disk: Disk, exec: Pick<Exec, 'run'>): Promise<boolean> {
  const [first] = bridgeFiltering
  if (!(await disk.stat(first!.path))) await exec.run(['modprobe', 'br_netfilter']).catch(() => undefined)
  if (!(await disk.stat(first!.path))) return false
  for (const sysctl of bridgeFiltering) await writeSysctl(disk, sysctl)
  return true
}

export async function writeSysctl(disk: Disk, { path, value }: Sysctl): Promise<void> {
  if ((await disk.readText(path)).trim() === value) return
  await disk.write(path, value, { durable: false })
}

async function runNft(exec: Pick<Exec, 'run'>, script: string): Promise<void> {
  const result = await exec.run(['nft', '-f', '-'], { input: script })
  if (result.exitCode !== 0) throw new Error(`masquerade pods with nft: ${result.stderr.trim()}`)
}
