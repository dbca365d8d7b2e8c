/** The doors to the world: time, randomness, sockets, files, processes. */
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Exec } from './exec.ts'
import type { Net } from './net.ts'
import type { Random } from './random.ts'

/** The five doors together, for the few places (`cluster/`, `testing/`, `cli/`) that hand them out one by one. */
export interface Platform {
  clock: Clock
  random: Random
  net: Net
  disk: Disk
  exec: Exec
}
