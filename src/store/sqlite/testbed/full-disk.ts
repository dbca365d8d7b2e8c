/** Fills a small file system, `node full-disk.ts <directory>`, and checks what the store says and keeps meanwhile. */
import assert from 'node:assert/strict'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { realClock } from '../../../platform/real/clock.ts'
import { realDisk } from '../../../platform/real/disk.ts'
import { type Store, StoreUnavailableError } from '../../store.ts'
import { openSqliteStore } from '../sqlite-store.ts'

const directory = process.argv[2] ?? ''
const [path, ballast] = [join(directory, 'store.db'), join(directory, 'ballast')]
const options = { path, clock: realClock(), disk: realDisk(), checkpointPages: 50 }
writeFileSync(ballast, Buffer.alloc(1_000_000))
const store = await openSqliteStore(options)
const value = Buffer.alloc(3_000, 'x')
const put = (store: Store, key: string) => store.commit([{ op: 'put', key, value }])
const acknowledged: string[] = []

async function fill(store: Store): Promise<unknown> {
  for (let count = 0; count < 10_000; count++) {
    const key = `/k/${acknowledged.length}`
    const failure = await put(store, key).catch((error: unknown) => error)
    if (failure instanceof Error) return failure
    acknowledged.push(key)
  }
  return undefined
}

const failure = await fill(store)
assert.ok(failure instanceof StoreUnavailableError && !failure.outcomeUnknown, String(failure))
assert.match(failure.message, /the disk is full/)
assert.match((await store.health()) ?? '', /the disk is full/)
assert.equal(await store.count('/k/'), acknowledged.length)
rmSync(ballast)
for (let count = 0; count < 50; count++) {
  await put(store, `/again/${count}`)
  acknowledged.push(`/again/${count}`)
}
assert.equal(await store.health(), undefined)
writeFileSync(ballast, Buffer.alloc(100_000))
assert.match(String(await fill(store)), /the disk is full/)
await store.close()
assert.deepEqual(readdirSync(directory).sort(), ['ballast', 'store.db', 'store.db-wal'])
// Nor can it be opened, for what the log holds has no room in the file.
await assert.rejects(openSqliteStore(options), /the disk is full/)
rmSync(ballast)
const reopened = await openSqliteStore(options)
const { items } = await reopened.range({ prefix: '/' })
assert.deepEqual(items.map(({ key }) => key).sort(), acknowledged.sort())
await reopened.close()
