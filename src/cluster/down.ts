/**
 * `k8ts down`: ends everything a cluster runs on this machine and takes away what it set up, also when its processes
 * were killed before. Data stays, unless it is to be purged. A containerd that is not ours is left alone.
 */
import { join } from 'node:path'
import { type ClusterConfig, paths } from './config.ts'
import {
  endContainers,
  endRuntime,
  endStrayRoles,
  removeCgroups,
  removeLinks,
  removeTables,
  removeTraces,
  unmountAll,
} from './host/cleanup.ts'
import { describeRemains, findMounts, findRemains, isNetworkShared } from './host/remains.ts'
import type { Machine } from './machine.ts'
import { runningPid, stopRole } from './processes.ts'

export interface DownOptions {
  config: ClusterConfig
  /** Removes the data too. */
  purge: boolean
  print(line: string): void
}

/** Rejects with what could not be removed. Calling it again goes on from there. */
export async function takeDown(machine: Machine, { config, purge, print }: DownOptions): Promise<void> {
  if (process.geteuid?.() !== 0) throw new Error('taking a cluster down needs root: run the same command with sudo')
  let done = 0
  const tell = (count: number, text: string): void => {
    if (count > 0) print(text)
    done += count
  }
  for (const role of ['agent', 'server'] as const) {
    const pid = await runningPid(machine, config, role)
    tell(Number(await stopRole(machine, config, role)), `stopped k8ts ${role} (pid ${pid})`)
  }
  const strays = await endStrayRoles(machine, config)
  tell(strays, `stopped ${strays} further k8ts processes`)
  const contained = await endContainers(machine, config)
  tell(contained, `ended ${contained} processes in containers`)
  tell(await endRuntime(machine, config), 'ended containerd')
  const mounts = await unmountAll(machine, config)
  tell(mounts, `took away ${mounts} mounts, network namespaces among them`)
  const isShared = await isNetworkShared(machine.disk, config)
  if (isShared) print('left the network as it is: another cluster uses it')
  else await removeNetwork(machine, tell)
  const cgroups = await removeCgroups(machine, config)
  tell(cgroups, `removed the cgroups (in ${cgroups} hierarchies)`)
  await removeTraces(machine, config)
  await check(machine, config, isShared)
  if (done === 0) print('nothing was running')
  if (purge) await purgeHome(machine, config, print)
  else if (await machine.disk.stat(paths(config).database))
    print(`the data stays in ${config.home}; --purge removes it too`)
}

async function removeNetwork(machine: Machine, tell: (count: number, text: string) => void): Promise<void> {
  const links = await removeLinks(machine)
  tell(links, `removed ${links} network links`)
  const tables = await removeTables(machine)
  tell(tables.length, `removed the nft tables ${tables.join(' and ')}`)
}

async function check(machine: Machine, config: ClusterConfig, isShared: boolean): Promise<void> {
  const remains = describeRemains(await findRemains(machine, config, isShared))
  if (remains.length > 0) throw new Error(`could not be removed:\n${remains.map((line) => `  ${line}`).join('\n')}`)
}

/** All that a cluster puts into its home. What else somebody keeps there stays, and the directory with it. */
const entries = [
  ...['admin.kubeconfig', 'kubelet.kubeconfig', 'kube-proxy.kubeconfig', 'bin', 'cni', 'containerd', 'images'],
  ...['kubelet', 'logs', 'manifests', 'pki', 'pod-logs', 'run', 'store', 'tools'],
]

async function purgeHome(machine: Machine, config: ClusterConfig, print: (line: string) => void): Promise<void> {
  const { disk, exec } = machine
  const { home } = config
  if (!(await disk.stat(home))) return
  const isHome = (await disk.stat(join(paths(config).pki, 'ca.crt'))) ?? (await disk.stat(paths(config).logs))
  if (!isHome || home === '/') throw new Error(`${home} is not the home of a cluster: nothing in it was removed`)
  const mounted = await findMounts(disk, config)
  if (mounted.length > 0) throw new Error(`${mounted[0]} is still mounted: nothing in ${home} was removed`)
  for (const entry of entries) await disk.remove(join(home, entry))
  const rest = await disk.list(home)
  if (rest.length === 0) await exec.run(['rmdir', home])
  print(rest.length === 0 ? `removed ${home}` : `removed the data; ${home} keeps ${rest.join(', ')}, which is not ours`)
}
