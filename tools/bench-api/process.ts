/** What processes take of the machine, read from /proc. */
import { readdir, readFile, readlink, writeFile } from 'node:fs/promises'

const ticksPerSecond = 100

/** Seconds of both user and system time. NaN: of no process, which is not nothing. */
export async function cpuSeconds(pids: readonly number[]): Promise<number> {
  if (pids.length === 0) return Number.NaN
  let ticks = 0
  for (const pid of pids) {
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    ticks += Number(fields[11]) + Number(fields[12])
  }
  return ticks / ticksPerSecond
}

export interface Memory {
  /** Resident bytes; shared pages count in each process. */
  rss: number
  /** The most that was ever resident. */
  peak: number
}

/** As `cpuSeconds`. */
export async function memoryOf(pids: readonly number[]): Promise<Memory> {
  if (pids.length === 0) return { rss: Number.NaN, peak: Number.NaN }
  const sum: Memory = { rss: 0, peak: 0 }
  for (const pid of pids) {
    const status = await readFile(`/proc/${pid}/status`, 'latin1')
    const bytes = (name: string): number =>
      Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? 0) * 1024
    sum.rss += bytes('VmRSS')
    sum.peak += bytes('VmHWM')
  }
  return sum
}

/** From now on the peak is counted anew. False: it is not, for the process is another user's. */
export async function forgetPeak(pids: readonly number[]): Promise<boolean> {
  const all = pids.map((pid) => writeFile(`/proc/${pid}/clear_refs`, '5'))
  return await Promise.all(all).then(
    () => true,
    () => false,
  )
}

/** Who listens on a local TCP port. */
export async function listenerOf(port: number): Promise<number | undefined> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0')
  const tables = await Promise.all(
    ['/proc/net/tcp', '/proc/net/tcp6'].map((path) => readFile(path, 'latin1').catch(() => '')),
  )
  const inodes = new Set(
    tables
      .flatMap((table) => table.split('\n'))
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[3] === '0A' && fields[1]?.endsWith(`:${hex}`))
      .map((fields) => `socket:[${fields[9]}]`),
  )
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)))
    for (const descriptor of await readdir(`/proc/${pid}/fd`).catch(() => []))
      if (inodes.has(await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => ''))) return Number(pid)
  return undefined
}
