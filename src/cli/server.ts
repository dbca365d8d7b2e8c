/** `k8ts server`: the control plane in the foreground until it is told to end. */
import { configFor, type LocationOptions, thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { startServer } from '../cluster/server.ts'

export async function server(options: LocationOptions): Promise<void> {
  const machine = thisMachine()
  const ending = untilToldToEnd()
  const running = await startServer(machine, configFor(machine, options))
  machine.log.info('ending', { signal: await ending })
  await running.stop()
  process.exit(0)
}
