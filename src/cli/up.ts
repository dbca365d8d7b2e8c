/** `k8ts up`: everything in the background, its progress line by line. */
import { configFor, type LocationOptions, thisMachine } from '../cluster/machine.ts'
import { bringUp } from '../cluster/up/up.ts'

export async function up(options: LocationOptions & { bare?: boolean }): Promise<void> {
  const machine = thisMachine()
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  await bringUp(machine, { config: configFor(machine, options), bare: options.bare ?? false, print })
}
