/** `k8ts snapshot save|restore|inspect`. */
import { resolve } from 'node:path'
import { configFor, type LocationOptions, thisMachine } from '../cluster/machine.ts'
import { inspectSnapshot, restoreSnapshot, type SnapshotSummary, saveSnapshot } from '../cluster/snapshot/snapshot.ts'
import { etcdOf, type StorageOptions } from './storage-options.ts'

export async function snapshot(
  action: 'save' | 'restore' | 'inspect',
  file: string,
  options: LocationOptions & StorageOptions,
): Promise<void> {
  const machine = thisMachine()
  const path = resolve(file)
  const etcd = await etcdOf(machine, options)
  const place = { config: configFor(machine, options), ...(etcd ? { etcd } : {}) }
  if (action === 'inspect') return print(await inspectSnapshot(machine, path))
  const summary = await (action === 'save' ? saveSnapshot : restoreSnapshot)(machine, place, path)
  print(summary)
  process.exit(0)
}

function print({ header, keys, bytes, places }: SnapshotSummary): void {
  const lines = [
    `revision  ${header.revision}`,
    `taken     ${header.takenAt}`,
    `keys      ${keys}`,
    `bytes     ${bytes}`,
    'checksum  ok',
    ...places.map(([place, count]) => `${String(count).padStart(8)}  ${place}`),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}
