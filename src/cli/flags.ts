/** What commands with upstream's flags share: how to log, and their help. */
import type { Flag } from '../cluster/apiserver/flag-table.ts'
import { FlagError, type Flags } from '../cluster/apiserver/flags.ts'
import type { LogChoice } from '../cluster/machine.ts'

const debugVerbosity = 4

export function logChoice(flags: Flags): LogChoice {
  const format = flags.text('logging-format')
  if (format !== undefined && format !== 'text' && format !== 'json') {
    throw new FlagError(`--logging-format must be text or json, got ${format}`)
  }
  return {
    ...((flags.count('v') ?? 0) >= debugVerbosity ? { level: 'debug' } : {}),
    ...(format === undefined ? {} : { format: format === 'text' ? 'pretty' : 'json' }),
  }
}

export function flagsHelp(head: string, flags: ReadonlyMap<string, Flag>): string {
  const lines = [...flags.values()]
    .filter(({ handling }) => handling === 'honoured')
    .map(({ name, type, why, standard }) => {
      const holds = standard === undefined ? '' : ` (default: ${standard})`
      return `  --${name}${type === 'bool' ? '' : ` ${type}`}\n        ${why}${holds}`
    })
  return `${head}\n\nFlags:\n${lines.join('\n')}\n`
}
