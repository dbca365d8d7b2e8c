/** `k8ts up`: everything in the background, its progress line by line. */
import { configFor, type LocationOptions, thisMachine } from '../cluster/machine.ts'
import { bringUp } from '../cluster/up/up.ts'
import { type StorageOptions, storageArguments } from './storage-options.ts'

export async function up(options: LocationOptions & StorageOptions & { bare?: boolean }): Promise<void> {
  const machine = thisMachine()
  const print = (line: string) => void process.stdout.write(`${line}\n`)
  const serverArguments = storageArguments(options)
  await bringUp(machine, { config: configFor(machine, options), bare: options.bare ?? false, print, serverArguments })
}
