/** `k8ts controller-manager` and `k8ts scheduler`: one component in the foreground until it is told to end. */
import { hostname } from 'node:os'
import { parseFlags } from '../cluster/apiserver/flags.ts'
import { apiServerVersion } from '../cluster/apiserver/start.ts'
import { type Component, componentFlags } from '../cluster/component/flag-tables.ts'
import { startComponent } from '../cluster/component/start.ts'
import { keptAlive, thisMachine, untilToldToEnd } from '../cluster/machine.ts'
import { flagsHelp, logChoice } from './flags.ts'

export async function component(name: Component, words: readonly string[]): Promise<void> {
  const known = componentFlags(name)
  if (words.some((word) => word === '--help' || word === '-h')) {
    return void process.stdout.write(flagsHelp(`Runs the ${name} alone.`, known))
  }
  if (words.includes('--version')) return void process.stdout.write(`Kubernetes ${apiServerVersion()}\n`)
  const flags = parseFlags(words, known)
  const machine = thisMachine(logChoice(flags))
  const ending = untilToldToEnd()
  const running = await keptAlive(startComponent(machine, name, flags, hostname().toLowerCase()))
  machine.log.info('ending', { signal: await ending })
  await keptAlive(running.stop())
  process.exit(0)
}
