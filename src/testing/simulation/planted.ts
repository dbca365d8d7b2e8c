/** Bugs on purpose, to see that a simulation finds such as these. Each stands around the real parts, which stay as they are. */
import type { Transport } from '../../client/transport.ts'
import type { Clock } from '../../platform/clock.ts'
import type { Random } from '../../platform/random.ts'
import type { Store } from '../../store/store.ts'
import type { Log, SimulatedLog } from './log.ts'
import type { Reached } from './server.ts'
import type { Truth } from './truth.ts'

export interface PlantedBug {
  name: string
  log?(log: SimulatedLog, clock: Clock): Log
  store?(store: Store, random: Random): Store
  /** Right in front of the server. */
  server?(reached: Reached, around: { component: string; random: Random; truth: Truth }): Reached
  /** In a control plane's own process. */
  controlPlane?(transport: Transport, random: Random): Transport
  /** A node says that a pod is gone while its containers run on. */
  kubeletForgetsToStop?: boolean
}

export const noBug: PlantedBug = { name: 'none' }
