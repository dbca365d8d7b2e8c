/** `k8ts server`: the control plane in the foreground until it is told to end. */
import { configFor, keptAlive, type LocationOptions, thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { startServer } from '../cluster/server.ts'
import { type StorageOptions, storageOf } from './storage-options.ts'

export async function server(options: LocationOptions & StorageOptions): Promise<void> {
  const machine = thisMachine()
  const ending = untilToldToEnd()
  const storage = await storageOf(machine, options)
  const running = await keptAlive(startServer(machine, configFor(machine, options), storage))
  machine.log.info('ending', { signal: await ending })
  await keptAlive(running.stop())
  process.exit(0)
}
