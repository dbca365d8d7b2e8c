/**
 * The process that crash tests kill: concurrent writers on an SQLite store. Operations follow from the seed.
 *
 *     node workload.ts <file> <seed> <operations> <number of the first> [planted fault]
 */
import { writeSync } from 'node:fs'
import type { Disk } from '../../src/platform/disk.ts'
import { realClock } from '../../src/platform/real/clock.ts'
import { realDisk } from '../../src/platform/real/disk.ts'
import { simulatedRandom } from '../../src/platform/simulated/random.ts'
import { openSqliteStore } from '../../src/store/sqlite/sqlite-store.ts'
import type { CommitResult, Write } from '../../src/store/store.ts'
import { type Begun, lineOf, storeWrites } from './operations.ts'

const [path = '', seed = '0', operations = '300', first = '1', plant = ''] = process.argv.slice(2)
const random = simulatedRandom(`crash ${seed}`)
const keys = 24
const writers = 1 + random.int(6)

/** What the harness must find: syncs that do nothing, of all files or of the database alone. */
function planted(disk: Disk): Disk {
  if (!['no-sync', 'no-file-sync'].includes(plant)) return disk
  const open: Disk['open'] = async (name, how) => {
    const file = await disk.open(name, how)
    const spared = plant === 'no-file-sync' && name.endsWith('-wal')
    return spared ? file : { ...file, sync: async () => {}, syncNow: () => {} }
  }
  return { ...disk, open }
}

const store = await openSqliteStore({
  path,
  clock: realClock(),
  disk: planted(realDisk()),
  // Small, so that a short run has many checkpoints and compactions.
  checkpointPages: 40 + random.int(60),
  historyRevisionsMax: random.int(2) === 0 ? 60 : 100_000,
  syncOnThreadMsMax: random.int(2) === 0 ? 0 : 1_000,
})
let next = Number(first)
const end = next + Number(operations)

async function write(own: typeof random): Promise<void> {
  for (let number = next++; number < end; number = next++) {
    const begun: Begun = { number, writes: await plan(own) }
    writeSync(1, lineOf.begun(begun))
    const result = await commit(storeWrites(begun))
    writeSync(1, lineOf.answered({ number, revision: result.ok ? result.revision : 0 }))
  }
}

/** What kills must find: commits in two pieces. */
async function commit(writes: [Write, ...Write[]]): Promise<CommitResult> {
  const [first, ...rest] = writes
  const [second, ...others] = rest
  if (plant !== 'in-pieces' || !second) return await store.commit(writes)
  const result = await store.commit([first])
  return result.ok ? await store.commit([second, ...others]) : result
}

async function plan(own: typeof random): Promise<Begun['writes']> {
  const index = own.int(keys)
  const key = `/key/${index}`
  const bytes = own.int(20) === 0 ? 9_000 + own.int(40_000) : 20 + own.int(3_000)
  const choice = own.int(20)
  if (choice < 4) return [{ op: 'put', key, bytes, expected: (await store.get(key)).item?.modRevision ?? 0 }]
  if (choice < 6) return [{ op: 'put', key, bytes, expected: 0 }]
  const pair = ['/key/', '/pair/', '/more/'].map((prefix) => prefix + index)
  if (choice < 8) return pair.map((each) => ({ op: 'delete' as const, key: each, bytes: 0 }))
  return pair.map((each) => ({ op: 'put' as const, key: each, bytes }))
}

await Promise.all(Array.from({ length: writers }, (_, index) => write(random.stream(`writer ${index}`))))
await store.close()
