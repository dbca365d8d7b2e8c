/** Removes, kind by kind, what a cluster left on its machine. Each step finds its things anew, so that it can be repeated. */

import { balancerTable, routeProtocol } from '../../network/announce/kernel.ts'
import { localRoutes, podTable } from '../../network/cni/plan.ts'
import { writeSysctl } from '../../network/cni/prepare.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Disk } from '../../platform/disk.ts'
import type { Exec } from '../../platform/exec.ts'
import type { ClusterConfig } from '../config.ts'
import { hostPaths } from './paths.ts'
import type { Process } from './proc.ts'
import {
  findCgroups,
  findCniResults,
  findLinks,
  findMounts,
  findProcesses,
  findShimSockets,
  findTables,
  type OwnProcesses,
} from './remains.ts'

export interface CleanupDoors {
  clock: Clock
  disk: Disk
  exec: Exec
}

const pollMs = 20
/** Containers may close their files in peace. Shorter than a pod's own grace: the machine's user waits. */
const containerGraceMs = 2_000
const roleGraceMs = 5_000
const killTimeoutMs = 10_000

/** Programs in containers are asked to end and killed when they do not. @returns how many there were */
export async function endContainers(doors: CleanupDoors, config: ClusterConfig): Promise<number> {
  const { contained } = await findProcesses(doors.disk, config)
  if (contained.length === 0) return 0
  await thaw(doors, config)
  for (const { pid } of contained) send(doors.exec, pid, 'SIGTERM')
  const count = contained.length
  if (await emptied(doors, config, containerGraceMs, (own) => own.contained)) return count
  await killAll(doors, config, (own) => own.contained)
  return count
}

/** Then containerd and its shims, in this order: a containerd would tidy up after lost shims. */
export async function endRuntime(doors: CleanupDoors, config: ClusterConfig): Promise<number> {
  const { containerd, shims } = await findProcesses(doors.disk, config)
  for (const { pid } of containerd) send(doors.exec, pid, 'SIGTERM')
  if (!(await emptied(doors, config, roleGraceMs, (own) => own.containerd)))
    await killAll(doors, config, (own) => own.containerd)
  await killAll(doors, config, (own) => [...own.shims, ...own.contained])
  return containerd.length + shims.length
}

/** Roles that no pid file knows of. */
export async function endStrayRoles(doors: CleanupDoors, config: ClusterConfig): Promise<number> {
  const { roles } = await findProcesses(doors.disk, config)
  for (const { pid } of roles) send(doors.exec, pid, 'SIGTERM')
  if (!(await emptied(doors, config, roleGraceMs, (own) => own.roles))) await killAll(doors, config, (own) => own.roles)
  return roles.length
}

type Selection = (own: OwnProcesses) => Process[]

async function emptied(
  doors: CleanupDoors,
  config: ClusterConfig,
  withinMs: number,
  select: Selection,
): Promise<boolean> {
  const deadlineMs = doors.clock.monotonicMs() + withinMs
  while (select(await findProcesses(doors.disk, config)).length > 0) {
    if (doors.clock.monotonicMs() > deadlineMs) return false
    await doors.clock.sleep(pollMs)
  }
  return true
}

/** Again and again, since a dying parent may just have started a child. */
async function killAll({ clock, disk, exec }: CleanupDoors, config: ClusterConfig, select: Selection): Promise<void> {
  const deadlineMs = clock.monotonicMs() + killTimeoutMs
  for (;;) {
    const left = select(await findProcesses(disk, config))
    if (left.length === 0 || clock.monotonicMs() > deadlineMs) return
    for (const { pid } of left) send(exec, pid, 'SIGKILL')
    await clock.sleep(pollMs)
  }
}

function send(exec: Exec, pid: number, signal: 'SIGTERM' | 'SIGKILL'): void {
  try {
    exec.signal(pid, signal)
  } catch {
    // It ended meanwhile; who is still there is found by the next look.
  }
}

/** A frozen process takes no signal. Version 2 makes an exception for SIGKILL. */
async function thaw({ disk, exec }: CleanupDoors, config: ClusterConfig): Promise<void> {
  const frozen = (await findCgroups(disk, config)).filter((directory) => directory.includes('/freezer/'))
  if (frozen.length === 0) return
  const found = await exec.run(['find', ...(frozen as [string]), '-name', 'freezer.state'])
  for (const path of found.stdout.split('\n')) if (path !== '') await thawOne(disk, path)
}

/** @param path a `freezer.state`. That it has gone means that nothing is frozen there. */
export async function thawOne(disk: Disk, path: string): Promise<void> {
  try {
    if ((await disk.readText(path)).trim() !== 'THAWED') await disk.write(path, 'THAWED', { durable: false })
  } catch (error) {
    if (!['ENOENT', 'ENODEV'].includes((error as { code?: string }).code ?? '')) throw error
  }
}

const pathsPerCommand = 100

/** Detaches what is busy: it goes when its last user does. @returns how many there were */
export async function unmountAll({ disk, exec }: CleanupDoors, config: ClusterConfig): Promise<number> {
  const points = await findMounts(disk, config)
  for (const flags of [[], ['--lazy']]) {
    const left = flags.length === 0 ? points : await findMounts(disk, config)
    for (let start = 0; start < left.length; start += pathsPerCommand)
      await exec.run(['umount', ...flags, '--', ...left.slice(start, start + pathsPerCommand)])
  }
  return points.length
}

export async function removeLinks({ exec }: CleanupDoors): Promise<number> {
  const names = await findLinks(exec)
  for (const name of names) await exec.run(['ip', 'link', 'delete', name])
  return names.length
}

export async function removeTables({ disk, exec }: CleanupDoors): Promise<string[]> {
  const names = await findTables(exec)
  // Who is answered for is let go of before what keeps others from the machine.
  if (names.includes(balancerTable)) {
    for (const family of ['-4', '-6'])
      await exec.run(['ip', family, 'route', 'flush', 'table', 'local', 'proto', routeProtocol])
  }
  // Loopback addresses are closed to the network before the rule that guards them goes.
  if (names.includes(podTable)) await writeSysctl(disk, { ...localRoutes, value: '0' })
  for (const name of names) await exec.run(['nft', 'delete', 'table', 'ip', name])
  // There where IPv6 is served; a table that is not there is gone as well.
  for (const name of names) await exec.run(['nft', 'delete', 'table', 'ip6', name])
  return names
}

/** The kernel takes a moment to let go of cgroups whose processes just ended. */
export async function removeCgroups({ clock, disk, exec }: CleanupDoors, config: ClusterConfig): Promise<number> {
  const directories = await findCgroups(disk, config)
  const deadlineMs = clock.monotonicMs() + killTimeoutMs
  for (let left = directories; left.length > 0; left = await findCgroups(disk, config)) {
    await exec.run(['find', ...(left as [string]), '-depth', '-type', 'd', '-delete'])
    if (clock.monotonicMs() > deadlineMs) break
    await clock.sleep(pollMs)
  }
  return directories.length
}

/** Sockets, reservations and other notes about what ran. To be called when nothing is mounted there any more. */
export async function removeTraces({ disk }: CleanupDoors, config: ClusterConfig): Promise<void> {
  const files = [...(await findShimSockets(disk, config)), ...(await findCniResults(disk, config))]
  for (const path of files) await disk.remove(path)
  if ((await findMounts(disk, config)).length === 0) await disk.remove(hostPaths(config.home).runDirectory)
}
