/** `k8ts apiserver`: the API server alone in the foreground until it is told to end. */
import { hostname } from 'node:os'
import { apiServerFlags } from '../cluster/apiserver/flag-table.ts'
import { FlagError, type Flags, parseFlags } from '../cluster/apiserver/flags.ts'
import { apiServerVersion, startApiServer } from '../cluster/apiserver/start.ts'
import { keptAlive, type LogChoice, thisMachine, untilToldToEnd } from '../cluster/machine.ts'

const debugVerbosity = 4

export async function apiserver(words: readonly string[]): Promise<void> {
  if (words.some((word) => word === '--help' || word === '-h')) return void process.stdout.write(helpText())
  if (words.includes('--version')) return void process.stdout.write(`Kubernetes ${apiServerVersion()}\n`)
  const flags = parseFlags(words)
  const machine = thisMachine(logChoice(flags))
  const ending = untilToldToEnd()
  const running = await keptAlive(startApiServer(machine, flags, hostname().toLowerCase()))
  machine.log.info('ending', { signal: await ending })
  await keptAlive(running.stop())
  process.exit(0)
}

function logChoice(flags: Flags): LogChoice {
  const format = flags.text('logging-format')
  if (format !== undefined && format !== 'text' && format !== 'json') {
    throw new FlagError(`--logging-format must be text or json, got ${format}`)
  }
  return {
    ...((flags.count('v') ?? 0) >= debugVerbosity ? { level: 'debug' } : {}),
    ...(format === undefined ? {} : { format: format === 'text' ? 'pretty' : 'json' }),
  }
}

function helpText(): string {
  const lines = [...apiServerFlags().values()]
    .filter(({ handling }) => handling === 'honoured')
    .map(({ name, type, why }) => `  --${name}${type === 'bool' ? '' : ` ${type}`}\n        ${why}`)
  return `Runs the API server alone.\n\nFlags:\n${lines.join('\n')}\n`
}
