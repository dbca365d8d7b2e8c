/** What the kernel tells about processes, mounts and sockets in /proc (proc(5)): parsers are pure, readers go through Disk. */
import type { Disk } from '../../platform/disk.ts'

export interface Mount {
  /** Absolute path, decoded. */
  point: string
  /** `overlay`, `tmpfs`, `nsfs`, `cgroup2` … */
  fsType: string
  options: string[]
  /** The filesystem's own options: a v1 cgroup mount names its controllers here. */
  superOptions: string[]
}

/** @param text of `/proc/self/mountinfo`; the order is kept: later mounts may lie on earlier ones */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after] = line.split(' - ')
    if (after === undefined) return []
    const [, , , , point = '', options = ''] = before.split(' ')
    const [fsType = '', , superOptions = ''] = after.split(' ')
    return [{ point: decodeOctal(point), fsType, options: options.split(','), superOptions: superOptions.split(',') }]
  })
}

/** Blanks, tabs, line ends and backslashes stand as three octal digits. */
function decodeOctal(text: string): string {
  return text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)))
}

export async function readMounts(disk: Disk): Promise<Mount[]> {
  return parseMounts(await disk.readText('/proc/self/mountinfo'))
}

/** The mount that a path lies on. @param path without symbolic links */
export function mountOf(mounts: readonly Mount[], path: string): Mount | undefined {
  let found: Mount | undefined
  for (const mount of mounts)
    if (isBelow(path, mount.point) && mount.point.length >= (found?.point.length ?? 0)) found = mount
  return found
}

/** Whether `path` is `directory` or lies in it. */
export function isBelow(path: string, directory: string): boolean {
  return path === directory || path.startsWith(directory.endsWith('/') ? directory : `${directory}/`)
}

export interface Process {
  pid: number
  parentPid: number
  argv: string[]
}

/** Processes that can be seen from here, but no kernel threads. What ends meanwhile is left out. */
export async function readProcesses(disk: Disk): Promise<Process[]> {
  const pids = (await disk.list('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const found = await Promise.all(pids.map((pid) => readProcess(disk, pid)))
  return found.filter((process) => process !== undefined)
}

async function readProcess(disk: Disk, pid: number): Promise<Process | undefined> {
  try {
    const [commandLine, stat] = await Promise.all([
      disk.readText(`/proc/${pid}/cmdline`),
      disk.readText(`/proc/${pid}/stat`),
    ])
    const { state, parentPid } = parseStat(stat)
    if (commandLine === '' || state === 'Z') return undefined
    return { pid, parentPid, argv: commandLine.replace(/\0$/, '').split('\0') }
  } catch {
    return undefined
  }
}

/** Exported for tests. @param text of `/proc/<pid>/stat`; the name in parentheses may hold anything */
export function parseStat(text: string): { state: string; parentPid: number } {
  const [state = '', parentPid = ''] = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return { state, parentPid: Number(parentPid) }
}

/** Listening TCP ports with their sockets' inodes. @param texts of `/proc/self/net/tcp` and `tcp6` */
export function listeningPorts(...texts: string[]): Map<number, string[]> {
  const ports = new Map<number, string[]>()
  for (const line of texts.flatMap((text) => text.split('\n').slice(1))) {
    const fields = line.trim().split(/\s+/)
    const [, local = '', , state] = fields
    if (state !== '0A') continue
    const port = Number.parseInt(local.slice(local.lastIndexOf(':') + 1), 16)
    ports.set(port, [...(ports.get(port) ?? []), fields[9] ?? ''])
  }
  return ports
}

/** The process that has one of the sockets open, as far as this process may see. */
export async function holderOf(disk: Disk, inodes: readonly string[]): Promise<Process | undefined> {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`))
  for (const process of await readProcesses(disk)) {
    const directory = `/proc/${process.pid}/fd`
    const names = await disk.list(directory).catch(() => [])
    const links = await Promise.all(names.map((name) => disk.readLink(`${directory}/${name}`).catch(() => '')))
    if (links.some((link) => wanted.has(link))) return process
  }
  return undefined
}
