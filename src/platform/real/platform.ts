/** The doors as they open onto the machine this process runs on. */
import type { Platform } from '../platform.ts'
import { realClock } from './clock.ts'
import { realDisk } from './disk.ts'
import { realExec } from './exec.ts'
import { realNet } from './net.ts'
import { realRandom } from './random.ts'

/** The five doors onto this machine. */
export function realPlatform(): Platform {
  return { clock: realClock(), random: realRandom(), net: realNet(), disk: realDisk(), exec: realExec() }
}
