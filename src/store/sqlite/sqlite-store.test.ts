import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { realDisk } from '../../platform/real/disk.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { storeContract } from '../store.contract.ts'
import { type Store, StoreUnavailableError } from '../store.ts'
import { openSqliteStore } from './sqlite-store.ts'

const directory = mkdtempSync(join(tmpdir(), 'k8ts-store-'))
const disk = realDisk()
let files = 0

after(() => rmSync(directory, { recursive: true }))

const newPath = (): string => join(directory, `${files++}.db`)
const open = (path: string, more: { pagesMax?: number } = {}): Promise<Store> =>
  openSqliteStore({ path, clock: simulatedClock(), disk, ...more })

storeContract('sqliteStore', (options) => openSqliteStore({ path: newPath(), disk, ...options }))

test('openSqliteStore finds values, revisions, history and times to live again', async () => {
  const path = newPath()
  const clock = simulatedClock()
  const first = await openSqliteStore({ path, disk, clock })
  await first.commit([{ op: 'put', key: '/a', value: Buffer.from('1') }])
  await first.commit([{ op: 'put', key: '/b', value: Buffer.from('1'), ttlSeconds: 10 }])
  await first.commit([{ op: 'delete', key: '/a' }])
  const revision = await first.currentRevision()
  await first.close()
  const second = await openSqliteStore({ path, disk, clock })
  assert.equal(await second.currentRevision(), revision)
  assert.equal((await second.range({ prefix: '/', revision: revision - 1 })).items.length, 2)
  await clock.advance(12_000)
  assert.equal(await second.count('/'), 0)
  await second.compact(revision + 1)
  await second.close()
  const third = await openSqliteStore({ path, disk, clock })
  assert.equal(await third.currentRevision(), revision + 1)
  await assert.rejects(third.get('/a', revision), { compactRevision: revision + 1 })
  await third.close()
})

test('openSqliteStore keeps its file private and to itself', async () => {
  const path = newPath()
  const store = await open(path)
  await store.commit([{ op: 'put', key: '/a', value: Buffer.from('1') }])
  for (const name of [path, `${path}-wal`]) assert.equal(statSync(name).mode & 0o777, 0o600)
  await assert.rejects(open(path), (error: Error) => {
    return error instanceof StoreUnavailableError && error.message.includes('another process is using the file')
  })
  await store.close()
})

test('openSqliteStore refuses a damaged file and names it', async () => {
  const path = newPath()
  writeFileSync(path, 'this is not a database, but it is long enough to look like one'.repeat(100))
  await assert.rejects(open(path), (error: Error) => {
    return (
      error instanceof StoreUnavailableError && error.message.includes(path) && error.message.includes('not a store')
    )
  })
})

test('commit rejects when the disk is full, keeps nothing of it, and works again by itself', async () => {
  const path = newPath()
  const store = await open(path, { pagesMax: 60 })
  const put = (key: string) => store.commit([{ op: 'put', key, value: Buffer.alloc(50_000) }])
  let kept = 0
  const failure = await (async () => {
    for (; ; kept++) await put(`/${kept}`)
  })().catch((error: unknown) => error)
  assert.ok(failure instanceof StoreUnavailableError)
  assert.match(failure.message, /^committing: the disk is full/)
  assert.equal(await store.count('/'), kept)
  assert.match((await store.health()) ?? '', /the disk is full/)
  const revision = await store.currentRevision()
  for (const key of ['/0', '/1']) assert.ok((await store.commit([{ op: 'delete', key }])).ok)
  assert.equal(await store.currentRevision(), revision + 2)
  await store.compact(revision + 2)
  assert.ok((await put('/again')).ok)
  assert.equal(await store.health(), undefined)
  await store.close()
})

/** A disk whose syncs of the log wait for `gate`, which may fail. */
function gated(gate: () => Promise<void>): typeof disk {
  const open: typeof disk.open = async (path, how) => {
    const file = await disk.open(path, how)
    const sync = async (): Promise<void> => {
      await gate()
      await file.sync()
    }
    return { ...file, sync }
  }
  return { ...disk, open }
}

test('a commit is neither answered nor read nor watched before it is synced; later ones share the next sync', async () => {
  const gates: PromiseWithResolvers<void>[] = []
  const gate = (): Promise<void> => {
    gates.push(Promise.withResolvers())
    return gates.at(-1)!.promise
  }
  const clock = simulatedClock()
  const store = await openSqliteStore({ path: newPath(), clock, disk: gated(gate) })
  const seen: string[] = []
  const put = (key: string) => store.commit([{ op: 'put', key, value: Buffer.from(key) }])
  const signal = new AbortController().signal
  const watching = store.watch({ prefix: '/', fromRevision: 1, signal })[Symbol.asyncIterator]()
  const first = put('/a').then(() => seen.push('committed'))
  const delivered = (async () => {
    while ((await watching.next()).value.events.length === 0);
    seen.push('watched')
  })()
  await clock.settle()
  const read = store.get('/a').then(({ item }) => seen.push(`read ${item?.modRevision}`))
  const others = [put('/b'), put('/c'), put('/d')]
  await clock.settle()
  assert.deepEqual([seen, gates.length], [[], 1])
  gates[0]!.resolve()
  await Promise.all([first, read, delivered])
  assert.deepEqual(seen.sort(), ['committed', 'read 2', 'watched'])
  while (gates.length < 2) await clock.settle()
  gates[1]!.resolve()
  const revisions = (await Promise.all(others)).map((result) => result.revision)
  assert.deepEqual([revisions, gates.length], [[3, 4, 5], 2])
  await watching.return?.()
  await store.close()
})

test('a failed sync rejects its commits and closes the store; what is in the file is read when it is opened again', async () => {
  const path = newPath()
  let broken = false
  const gate = async (): Promise<void> => {
    if (broken) throw new Error('EIO')
  }
  const store = await openSqliteStore({ path, clock: simulatedClock(), disk: gated(gate) })
  await store.commit([{ op: 'put', key: '/a', value: Buffer.from('1') }])
  broken = true
  const failed = [1, 2].map((value) => store.commit([{ op: 'put', key: '/b', value: Buffer.from(`${value}`) }]))
  for (const each of failed) await assert.rejects(each, /syncing the store to disk failed \(EIO\)/)
  await assert.rejects(store.get('/a'), StoreUnavailableError)
  assert.match((await store.health()) ?? '', /must be opened again/)
  await store.close()
  const reopened = await open(path)
  assert.ok((await reopened.get('/a')).item)
  await reopened.close()
})

test('acknowledged commits survive kill -9, and no commit is half there', async () => {
  for (let run = 0; run < 3; run++) {
    const path = newPath()
    const acknowledged = await writeUntilKilled(path, 40 + run * 30)
    const store = await open(path)
    const { items } = await store.range({ prefix: '/' })
    const values = new Map(items.map((item) => [item.key, Buffer.from(item.value).toString()]))
    for (const count of acknowledged) assert.equal(values.get(`/key/${count}`), `${count}`)
    const highest = Math.max(...acknowledged)
    assert.ok((await store.currentRevision()) > highest)
    for (const key of values.keys()) {
      if (key.startsWith('/key/')) assert.ok(values.has(key.replace('/key/', '/pair/')), `${key} has its pair`)
    }
    await store.close()
  }
})

/** Runs a process that commits as fast as it can and says so; kills it after `lines` acknowledgements. */
async function writeUntilKilled(path: string, lines: number): Promise<number[]> {
  const writer = fileURLToPath(new URL('./testbed/writer.ts', import.meta.url))
  const child: ChildProcess = spawn(process.execPath, [writer, path], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = new Promise((resolve) => child.once('exit', resolve))
  const acknowledged: number[] = []
  for await (const line of createInterface({ input: child.stdout! })) {
    acknowledged.push(Number(line))
    if (acknowledged.length === lines) child.kill('SIGKILL')
  }
  await exited
  return acknowledged
}
