/** What a disk spoils of a store's two files is told when it is opened, and not taken for a power cut. */
import assert from 'node:assert/strict'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { realDisk } from '../../platform/real/disk.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import type { Store } from '../store.ts'
import { openSqliteStore } from './sqlite-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'k8ts-damage-'))
after(() => rmSync(directory, { recursive: true }))

const at = (name: string): string => join(directory, name)
const open = (path: string): Promise<Store> => openSqliteStore({ path, clock: simulatedClock(), disk: realDisk() })
const frameBytes = 24 + 8192
const keys = 40

/** Puts a store's two files there as a kill leaves them, and without its log as its end does. */
async function makeFiles(): Promise<void> {
  const store = await open(at('store'))
  for (let count = 0; count < keys; count++) {
    const value = Buffer.alloc(500 + count * 40, `value ${count} `)
    assert.ok((await store.commit([{ op: 'put', key: `/k/${count}`, value }])).ok)
  }
  for (const suffix of ['', '-wal']) copyFileSync(at(`store${suffix}`), at(`killed${suffix}`))
  await store.close()
}

/** A copy of files, some bytes of which are others. */
function spoilt(name: string, suffix: string, ...places: readonly number[]): string {
  for (const each of ['', '-wal']) rmSync(at(`spoilt${each}`), { force: true })
  copyFileSync(at(name), at('spoilt'))
  if (suffix !== '') copyFileSync(at(name + suffix), at(`spoilt${suffix}`))
  const bytes = readFileSync(at(`spoilt${suffix}`))
  for (const place of places) bytes[place]! ^= 4
  writeFileSync(at(`spoilt${suffix}`), bytes)
  return at('spoilt')
}

/** Of the values that are found. */
async function count(path: string): Promise<number> {
  const store = await open(path)
  const found = await store.count('/k/')
  await store.close()
  return found
}

await makeFiles()

test('openSqliteStore refuses a log with damage before its last transaction, wherever it is', async () => {
  const random = simulatedRandom('log')
  const bytes = readFileSync(at('killed-wal'))
  const frames = (bytes.length - 32) / frameBytes
  // Its last transactions have a few frames each.
  const places = Array.from({ length: 12 }, () => random.int(bytes.length - 12 * frameBytes))
  assert.ok(frames > 60, `${frames} frames`)
  for (const place of [0, 9, 20, 30, 32 + 9, 32 + 23, ...places]) {
    const path = spoilt('killed', '-wal', place)
    await assert.rejects(open(path), /the log .*spoilt-wal is damaged \(frame \d+ of \d+\)/, `byte ${place}`)
  }
})

test('openSqliteStore takes a log whose end is torn for a power cut, and one whose pages the file has for harmless', async () => {
  assert.equal(await count(spoilt('killed', '-wal', readFileSync(at('killed-wal')).length - 4000)), keys - 1)
  const path = spoilt('killed', '-wal', 32 + 100)
  copyFileSync(at('store'), path)
  assert.equal(await count(path), keys)
})

test('openSqliteStore refuses a file with a value that is not the one that was written, and names its key', async () => {
  // Pages keep copies of what moved elsewhere.
  const places = readFileSync(at('store'), 'latin1').matchAll(/value 7 value/g)
  const path = spoilt('store', '', ...places.map(({ index }) => index))
  await assert.rejects(
    open(path),
    /opening the store .*: the file is damaged \(the value of \/k\/7 has another checksum\)/,
  )
})
