/** Commits pairs of keys without end, several at a time, and prints each number once its commit was acknowledged. */
import { realClock } from '../../../platform/real/clock.ts'
import { realDisk } from '../../../platform/real/disk.ts'
import { openSqliteStore } from '../sqlite-store.ts'

const store = await openSqliteStore({ path: process.argv[2] ?? '', clock: realClock(), disk: realDisk() })
let next = 0

async function write(): Promise<void> {
  for (;;) {
    const count = next++
    const value = Buffer.from(`${count}`)
    await store.commit([
      { op: 'put', key: `/key/${count}`, value },
      { op: 'put', key: `/pair/${count}`, value },
    ])
    process.stdout.write(`${count}\n`)
  }
}

await Promise.all([write(), write(), write()])
