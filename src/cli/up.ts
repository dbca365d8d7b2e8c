/** `k8ts up`: everything in the background, its progress line by line. */
import { serverFlags } from '../cluster/apiserver/flag-table.ts'
import { flagWords, parseFlags } from '../cluster/apiserver/flags.ts'
import { configFor, type LocationOptions, thisMachine } from '../cluster/machine.ts'
import { bringUp } from '../cluster/up/up.ts'

/** `words`: flags for the server. */
export async function up(words: readonly string[], options: LocationOptions & { bare?: boolean }): Promise<void> {
  const machine = thisMachine()
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  const known = serverFlags()
  const serverArguments = flagWords(parseFlags(words, known), known)
  await bringUp(machine, { config: configFor(machine, options), bare: options.bare ?? false, print, serverArguments })
}
