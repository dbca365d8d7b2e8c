/** `k8ts agent`: the node agent in the foreground until it is told to end. */
import { startAgent } from '../cluster/agent.ts'
import { configFor, type LocationOptions, thisMachine, untilToldToEnd } from '../cluster/machine.ts'

export async function agent(options: LocationOptions): Promise<void> {
  const machine = thisMachine()
  const ending = untilToldToEnd()
  const running = await startAgent(machine, configFor(machine, options))
  machine.log.info('ending', { signal: await ending })
  await running.stop()
  process.exit(0)
}
