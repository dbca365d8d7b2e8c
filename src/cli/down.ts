/** `k8ts down`: everything away, line by line. */
import { takeDown } from '../cluster/down.ts'
import { configFor, type LocationOptions, thisMachine } from '../cluster/machine.ts'

export async function down(options: LocationOptions & { purge?: boolean }): Promise<void> {
  const machine = thisMachine()
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  await takeDown(machine, { config: configFor(machine, options), purge: options.purge ?? false, print })
}
