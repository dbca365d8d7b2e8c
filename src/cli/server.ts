/** `k8ts server`: the control plane in the foreground until it is told to end. */
import { serverFlags } from '../cluster/apiserver/flag-table.ts'
import { type Flags, parseFlags } from '../cluster/apiserver/flags.ts'
import { configFor, keptAlive, type LocationOptions, thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { startServer } from '../cluster/server.ts'
import { flagsHelp, logChoice } from './flags.ts'

export async function server(words: readonly string[]): Promise<void> {
  const known = serverFlags()
  if (words.some((word) => word === '--help' || word === '-h'))
    return void process.stdout.write(flagsHelp('Runs API server, controllers and scheduler.', known))
  const flags = parseFlags(words, known)
  const machine = thisMachine(logChoice(flags))
  const ending = untilToldToEnd()
  const running = await keptAlive(startServer(machine, configFor(machine, locationOf(flags)), flags))
  machine.log.info('ending', { signal: await ending })
  await keptAlive(running.stop())
  process.exit(0)
}

const locations = {
  home: 'home',
  nodeName: 'node-name',
  nodeAddress: 'node-address',
  cloudProvider: 'cloud-provider',
  loadBalancerPool: 'load-balancer-pool',
} as const

function locationOf(flags: Flags): LocationOptions {
  const given = Object.entries(locations).map(([option, name]) => [option, flags.text(name)] as const)
  return Object.fromEntries(given.filter(([, value]) => value !== undefined))
}
