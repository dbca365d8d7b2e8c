import assert from 'node:assert/strict'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import type { Store } from '../../store/store.ts'
import { paths } from '../config.ts'
import { configFor, type Machine, thisMachine } from '../machine.ts'
import { openBaseStore } from '../storage.ts'
import { restoreSnapshot, saveSnapshot } from './snapshot.ts'

const directory = mkdtempSync(join(tmpdir(), 'k8ts-snapshot-'))
const machine = thisMachine()
const config = configFor(machine, { home: join(directory, 'home') })
const { database } = paths(config)
const file = join(directory, 'saved')
after(() => rmSync(directory, { recursive: true }))

const put = (store: Store, key: string, text: string) =>
  store.commit([{ op: 'put', key: `/registry/configmaps/default/${key}`, value: Buffer.from(text) }])

async function withStore<T>(use: (store: Store) => Promise<T>): Promise<T> {
  await machine.disk.makeDirectory(dirname(database), 0o700)
  const store = await openBaseStore(machine, { database })
  try {
    return await use(store)
  } finally {
    await store.close()
  }
}

const keys = () =>
  withStore(async (store) => (await store.range({ prefix: '' })).items.map(({ key }) => key.split('/').at(-1)))

/** The snapshot's file ends early when it is read for the second time, as a disk does that fails. */
function failingMachine(): Machine {
  let opened = 0
  const open: Machine['disk']['open'] = async (path, how) => {
    const real = await machine.disk.open(path, how)
    if (path !== file || ++opened < 2) return real
    return { ...real, read: () => Promise.reject(new Error('the disk failed')) }
  }
  return { ...machine, disk: { ...machine.disk, open } }
}

test('restoreSnapshot leaves what was there when it is ended half-way, and begins anew after that', async () => {
  await withStore(async (store) => {
    for (const key of ['a', 'b']) await put(store, key, key)
  })
  await saveSnapshot(machine, { config }, file)
  await withStore((store) => put(store, 'c', 'later'))
  await assert.rejects(restoreSnapshot(failingMachine(), { config }, file), /the snapshot/)
  assert.deepEqual(await keys(), ['a', 'b', 'c'])
  await restoreSnapshot(machine, { config }, file)
  assert.deepEqual(await keys(), ['a', 'b'])
  assert.ok(!existsSync(`${database}.restoring`))
  const files = readdirSync(dirname(database))
  assert.equal(files.filter((name) => name.includes('.before-')).length, 1)
  assert.deepEqual(
    files.filter((name) => name.includes('restoring')),
    [],
  )
})

test('restoreSnapshot refuses while somebody has the file open, who left no pid file', async () => {
  await withStore(async () => {
    await assert.rejects(restoreSnapshot(machine, { config }, file), /the server runs, end it first/)
  })
  assert.deepEqual(await keys(), ['a', 'b'])
})
