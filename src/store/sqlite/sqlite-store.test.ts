import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import {
  closeSync,
  copyFileSync,
  fstatSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { after, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { limits } from '../../limits.ts'
import { realDisk } from '../../platform/real/disk.ts'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { storeContract } from '../store.contract.ts'
import { type Store, StoreUnavailableError, type WatchBatch, type Write } from '../store.ts'
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

test('a page that is damaged while the store runs is told, and the store is unhealthy from then on', async () => {
  const path = newPath()
  const first = await open(path)
  for (let index = 0; index < 80; index++) {
    const key = (each: number) => `/k/${String(index * 100 + each).padStart(5, '0')}`
    const writes = Array.from({ length: 100 }, (_, each) => {
      return { op: 'put' as const, key: key(each), value: Buffer.alloc(2_000, 'x') }
    })
    await first.commit(writes as unknown as [Write])
  }
  await first.close()
  const store = await open(path)
  // Most pages are not in memory. The middle of the file is values.
  const file = openSync(path, 'r+')
  const bytes = fstatSync(file).size
  writeSync(
    file,
    Buffer.alloc(Math.floor(bytes / 2), 0xff),
    0,
    Math.floor(bytes / 2),
    Math.floor(bytes / 4 / 8192) * 8192,
  )
  await assert.rejects(store.range({ prefix: '/k/' }), (error: Error) => {
    return error instanceof StoreUnavailableError && /damaged/.test(error.message)
  })
  assert.match((await store.health()) ?? '', /damaged/)
  await store.close().catch(() => undefined)
  closeSync(file)
  await assert.rejects(open(path), /damaged/)
})

test('the log stays short whatever the size of values', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path, clock: simulatedClock(), disk, checkpointPages: 100 })
  const value = Buffer.alloc(100_000, 'x')
  for (let index = 0; index < 100; index++) await store.commit([{ op: 'put', key: `/${index}`, value }])
  assert.ok(statSync(`${path}-wal`).size < 3_000_000, `${statSync(`${path}-wal`).size} bytes`)
  await store.close()
})

const mayMount = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0

test('a file system without space refuses commits, loses none, and takes them again when there is space', {
  skip: mayMount ? false : 'needs root',
}, () => {
  const script = fileURLToPath(new URL('./testbed/full-disk.ts', import.meta.url))
  const mount = `mount -t tmpfs -o size=3m none '${directory}' && exec "$0" "$1" '${directory}'`
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', mount, process.execPath, script])
  assert.equal(status, 0, `${stdout}${stderr}`)
})

test('on a full file system what exists is still deleted and changed, and a store that was killed there opens again', {
  skip: mayMount ? false : 'needs root',
}, () => {
  const script = fileURLToPath(new URL('./testbed/reserve.ts', import.meta.url))
  const record = `${directory}.json`
  after(() => rmSync(record, { force: true }))
  const mount = `mount -t tmpfs -o size=16m none '${directory}' && { "$0" "$@" fill '${record}'; exec "$0" "$@" again '${record}'; }`
  const { status, stdout, stderr } = spawnSync('unshare', [
    '-m',
    'sh',
    '-c',
    mount,
    process.execPath,
    script,
    directory,
  ])
  assert.equal(status, 0, `${stdout}${stderr}`)
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
  const store = await openSqliteStore({ path: newPath(), clock, disk: gated(gate), syncOnThreadMsMax: 0 })
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

test('a watch that begins while a later commit is being synced is given what was there before it', async () => {
  const syncs: (() => void)[] = []
  const gate = (): Promise<void> => new Promise((resolve) => syncs.push(resolve))
  const disk = gated(gate)
  const store = await openSqliteStore({ path: newPath(), clock: simulatedClock(), disk, syncOnThreadMsMax: 0 })
  const put = (value: string) => store.commit([{ op: 'put', key: '/a', value: Buffer.from(value) }])
  const synced = async (commit: Promise<unknown>): Promise<void> => {
    while (syncs.length === 0) await new Promise(setImmediate)
    syncs.shift()!()
    await commit
  }
  await synced(put('first'))
  const second = put('second')
  while (syncs.length === 0) await new Promise(setImmediate)
  const { signal } = new AbortController()
  const watching = store.watch({ prefix: '/', fromRevision: 2, signal })[Symbol.asyncIterator]()
  const next = async (): Promise<unknown> => {
    const { revision, events } = (await watching.next()).value as WatchBatch
    return [
      revision,
      ...events.map(
        (event) => event.type === 'put' && [event.item.modRevision, Buffer.from(event.item.value).toString()],
      ),
    ]
  }
  assert.deepEqual(await next(), [2, [2, 'first']])
  await synced(second)
  assert.deepEqual(await next(), [3, [3, 'second']])
  await store.close()
})

test('a failed sync rejects its commits as unknown; the store writes its log anew and goes on by itself', async () => {
  const path = newPath()
  const clock = simulatedClock()
  let broken: string | undefined
  const gate = async (): Promise<void> => {
    if (broken) throw new Error(broken)
  }
  const failing = gated(gate)
  const faulty: typeof disk = {
    ...failing,
    write: async (name, ...rest) => {
      await gate()
      await disk.write(name, ...rest)
    },
  }
  const store = await openSqliteStore({ path, clock, disk: faulty, syncOnThreadMsMax: 0 })
  const put = (key: string, text: string) => store.commit([{ op: 'put', key, value: Buffer.from(text) }])
  const seen: string[] = []
  const ended = (async () => {
    for await (const { events } of store.watch({
      prefix: '/',
      fromRevision: 1,
      signal: new AbortController().signal,
    })) {
      for (const event of events) if (event.type === 'put') seen.push(Buffer.from(event.item.value).toString())
    }
  })().catch((error: unknown) => error)
  await put('/a', '1')
  broken = 'EIO'
  const failed = [1, 2].map((count) => put('/b', `unknown ${count}`))
  for (const each of failed) {
    await assert.rejects(each, { message: /syncing the store to disk failed \(EIO\)/, outcomeUnknown: true })
  }
  await assert.rejects(store.get('/a'), StoreUnavailableError)
  await assert.rejects(put('/c', '1'), { outcomeUnknown: false })
  await clock.advance(3 * limits.storeRecoveryRetryMs)
  assert.match((await store.health()) ?? '', /EIO/)
  broken = undefined
  for (let round = 0; (await store.health()) !== undefined; round++) {
    assert.ok(round < 1_000)
    await clock.advance(limits.storeRecoveryRetryMs)
    // The file is a real one: its I/O takes its own time.
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await put('/a', '2')
  assert.ok((await store.get('/a')).item)
  assert.deepEqual(seen, ['1', 'unknown 1', 'unknown 2', '2'])
  const revision = await store.currentRevision()
  await store.close()
  assert.ok((await ended) instanceof StoreUnavailableError)
  const reopened = await open(path)
  assert.equal(await reopened.currentRevision(), revision)
  await reopened.close()
})

test('space is given back when values go, and history is bounded in bytes', async () => {
  const path = newPath()
  const store = await openSqliteStore({ path, disk, clock: simulatedClock(), historyBytesMax: 4 * 1024 * 1024 })
  const value = Buffer.alloc(200_000, 'x')
  for (let index = 0; index < 300; index++) await store.commit([{ op: 'put', key: `/big/${index % 100}`, value }])
  await assert.rejects(store.get('/big/0', 2), { name: 'CompactedError' })
  const full = statSync(path).size
  for (let index = 0; index < 100; index++) await store.commit([{ op: 'delete', key: `/big/${index}` }])
  await store.compact(await store.currentRevision())
  await store.close()
  assert.ok(full > 15_000_000 && statSync(path).size < 6_000_000, `${full} bytes, then ${statSync(path).size}`)
})

test('openSqliteStore takes over a file of version 2, whose values have no checksums', async () => {
  const path = newPath()
  await (await open(path)).close()
  const old = new DatabaseSync(path)
  old.exec(`
    alter table current drop column sum;
    alter table history drop column previous_sum;
    insert into current (key, value, created, modified) values ('/a', x'31', 2, 2);
    insert into history (id, key) values (2048, '/a');
    pragma user_version = 2;
  `)
  old.close()
  const store = await open(path)
  const text = async (revision?: number) => Buffer.from((await store.get('/a', revision)).item!.value).toString()
  assert.ok((await store.commit([{ op: 'put', key: '/a', value: Buffer.from('2') }])).ok)
  assert.deepEqual([await text(), await text(2)], ['2', '1'])
  await store.close()
  await (await open(path)).close()
})

test('openSqliteStore takes over a file of version 1', async () => {
  const path = newPath()
  const old = new DatabaseSync(path)
  old.exec(`
    pragma journal_mode = wal;
    create table current (id integer primary key, key text not null unique, value blob not null,
      created integer not null, modified integer not null, expires_ms integer);
    create index current_expires on current (expires_ms) where expires_ms is not null;
    create table history (id integer primary key, key text not null,
      previous_value blob, previous_created integer, previous_modified integer);
    create index history_key on history (key, id);
    create table meta (name text primary key, number integer not null) without rowid;
    insert into meta values ('compacted', 0);
    create table probe (content blob);
    insert into current (key, value, created, modified) values ('/a', x'32', 2, 3);
    insert into history values (2048, '/a', null, null, null), (3072, '/a', x'31', 2, 2);
    pragma user_version = 1;
  `)
  old.close()
  const store = await open(path)
  const text = async (revision?: number) => Buffer.from((await store.get('/a', revision)).item!.value).toString()
  assert.deepEqual([await text(), await text(2), await store.currentRevision()], ['2', '1', 3])
  assert.ok((await store.commit([{ op: 'put', key: '/a', value: Buffer.from('3') }])).ok)
  assert.deepEqual([await text(), await text(3), await text(2)], ['3', '2', '1'])
  await store.close()
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

test('openSqliteStore takes up a log that was rescued and not yet put in its place', async () => {
  const path = newPath()
  const written = `${path}-source`
  const source = await open(written)
  for (let count = 0; count < 5; count++)
    await source.commit([{ op: 'put', key: '/a', value: Buffer.from(`${count}`) }])
  for (const [from, to] of [
    [written, path],
    [`${written}-wal`, `${path}-rescue`],
  ] as const) {
    copyFileSync(from, to)
  }
  await source.close()
  const store = await open(path)
  assert.equal(Buffer.from((await store.get('/a')).item?.value ?? []).toString(), '4')
  assert.equal(await disk.stat(`${path}-rescue`), undefined)
  await store.close()
})
