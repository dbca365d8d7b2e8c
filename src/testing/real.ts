/** The machine's own doors, for what a test's cluster needs of the real world: an endpoint, certificates, time-outs. */
import { tmpdir } from 'node:os'
import { realClock } from '../platform/real/clock.ts'
import { realDisk } from '../platform/real/disk.ts'
import { realNet } from '../platform/real/net.ts'
import { realRandom } from '../platform/real/random.ts'

const [clock, random, disk, net] = [realClock(), realRandom(), realDisk(), realNet()]

export const real = {
  clock,
  random,
  disk,
  net,
  /** A new directory for one cluster's files. */
  async temporaryDirectory(): Promise<string> {
    const path = `${tmpdir()}/k8ts-test-${random.uuid()}`
    await disk.makeDirectory(path, 0o700)
    return path
  },
}
