/**
 * Fills a small file system and kills itself, `node reserve.ts <directory> fill <file>`, then starts on what is there,
 * `… again <file>`. The file, elsewhere, names what was acknowledged.
 */
import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { realClock } from '../../../platform/real/clock.ts'
import { realDisk } from '../../../platform/real/disk.ts'
import type { Store } from '../../store.ts'
import { openSqliteStore } from '../sqlite-store.ts'

const [directory = '', step, record = ''] = process.argv.slice(2)
const ballast = join(directory, 'ballast')
const options = { clock: realClock(), disk: realDisk(), checkpointPages: 100, reserveBytes: 6_000_000 }
const store = await openSqliteStore({ ...options, path: join(directory, 'store.db') })
const value = Buffer.alloc(3_000, 'x')

const create = (key: string) => store.commit([{ op: 'put', key, value, expected: 0 }])

/** What other programs do with the space that the store gave up. */
function takeTheRest(): void {
  for (let bytes = 1_000_000; bytes >= 1; ) {
    try {
      appendFileSync(ballast, Buffer.alloc(bytes))
    } catch {
      bytes = Math.floor(bytes / 2)
    }
  }
}

/** Deletes one in three and changes the others, as when pods end. */
async function endSome(store: Store, keys: string[]): Promise<void> {
  for (const [index, key] of keys.entries()) {
    const expected = (await store.get(key)).item!.modRevision
    const write = index % 3 === 0 ? ({ op: 'delete' } as const) : ({ op: 'put', value: Buffer.from('ended') } as const)
    assert.ok((await store.commit([{ ...write, key, expected }])).ok)
  }
}

async function fill(): Promise<void> {
  writeFileSync(ballast, Buffer.alloc(2_000_000))
  const made: string[] = []
  for (let refused = false; !refused; ) {
    const key = `/k/${String(made.length).padStart(5, '0')}`
    refused = await create(key).then(
      () => false,
      (error: Error) => /the disk is full, only deletions/.test(error.message),
    )
    if (!refused) made.push(key)
  }
  takeTheRest()
  await assert.rejects(create('/new'), /the disk is full/)
  assert.match((await store.health()) ?? '', /the disk is full/)
  await endSome(store, made.slice(0, 60))
  assert.equal(await store.count('/k/'), made.length - 20)
  writeFileSync(record, JSON.stringify(made.slice(60)))
  process.kill(process.pid, 'SIGKILL')
}

async function again(): Promise<void> {
  const left = JSON.parse(readFileSync(record, 'utf8')) as string[]
  const { items } = await store.range({ prefix: '/k/' })
  assert.equal(items.length, left.length + 40)
  assert.deepEqual(
    items.slice(40).map(({ key, value }) => `${key} ${value.length}`),
    left.map((key) => `${key} 3000`),
  )
  await endSome(store, left.slice(0, 30))
  rmSync(ballast)
  while ((await store.health()) !== undefined);
  for (let index = 0; index < 100; index++) assert.ok((await create(`/new/${index}`)).ok)
  await store.close()
}

await (step === 'fill' ? fill() : again())
