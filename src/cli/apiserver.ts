/** `k8ts apiserver`: the API server alone in the foreground until it is told to end. */
import { hostname } from 'node:os'
import { apiServerFlags } from '../cluster/apiserver/flag-table.ts'
import { parseFlags } from '../cluster/apiserver/flags.ts'
import { apiServerVersion, startApiServer } from '../cluster/apiserver/start.ts'
import { keptAlive, thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { flagsHelp, logChoice } from './flags.ts'

export async function apiserver(words: readonly string[]): Promise<void> {
  if (words.some((word) => word === '--help' || word === '-h'))
    return void process.stdout.write(flagsHelp('Runs the API server alone.', apiServerFlags()))
  if (words.includes('--version')) return void process.stdout.write(`Kubernetes ${apiServerVersion()}\n`)
  const flags = parseFlags(words)
  const machine = thisMachine(logChoice(flags))
  const ending = untilToldToEnd()
  const running = await keptAlive(startApiServer(machine, flags, hostname().toLowerCase()))
  machine.log.info('ending', { signal: await ending })
  await keptAlive(running.stop())
  process.exit(0)
}
