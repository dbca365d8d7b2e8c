/** `k8ts server`: the control plane in the foreground until it is told to end. */
import { configFor, type LocationOptions, thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { startServer } from '../cluster/server.ts'
import { type StorageOptions, storageOf } from './storage-options.ts'

export async function server(options: LocationOptions & StorageOptions): Promise<void> {
  const machine = thisMachine()
  const ending = untilToldToEnd()
  const running = await startServer(machine, configFor(machine, options), await storageOf(machine, options))
  machine.log.info('ending', { signal: await ending })
  await running.stop()
  process.exit(0)
}
