/**
 * What the operating system says of this process and Node does not. Source: proc(5).
 */
import { readdirSync, readFileSync } from 'node:fs'

export interface ProcessFacts {
  openFiles: number
  /** Infinity when nothing limits them. */
  openFilesMax: number
  virtualMemoryBytes: number
  /** Infinity when nothing limits it. */
  virtualMemoryMaxBytes: number
}

/** Undefined where there is no `/proc`. Takes a tenth of a millisecond. */
export function processFacts(): ProcessFacts | undefined {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8')
    return {
      // One is the directory that is being read.
      openFiles: readdirSync('/proc/self/fd').length - 1,
      openFilesMax: limitOf(limits, 'Max open files'),
      virtualMemoryBytes: virtualMemoryOf(readFileSync('/proc/self/stat', 'utf8')),
      virtualMemoryMaxBytes: limitOf(limits, 'Max address space'),
    }
  } catch {
    return undefined
  }
}

/** The soft limit. */
function limitOf(limits: string, name: string): number {
  const line = limits.split('\n').find((each) => each.startsWith(name)) ?? ''
  const soft = line.slice(name.length).trim().split(/\s+/)[0]
  return soft === undefined || soft === 'unlimited' ? Number.POSITIVE_INFINITY : Number(soft)
}

/** Field 23; the second one is the program's name in brackets, which may hold blanks. */
function virtualMemoryOf(stat: string): number {
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[20])
}
