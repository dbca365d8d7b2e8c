/** `k8ts snapshot`: saving a cluster's state to a file while it runs, looking into it, and starting over from it. */
import { dirname } from 'node:path'
import { placeOfKey } from '../../apiserver/storage/resource-of-key.ts'
import { loadKubeconfig } from '../../client/kubeconfig.ts'
import { limits } from '../../limits.ts'
import { rfc3339 } from '../../platform/clock.ts'
import type { KeyValue, Store, Write } from '../../store/store.ts'
import { type ClusterConfig, paths } from '../config.ts'
import type { Machine } from '../machine.ts'
import { runningPid } from '../processes.ts'
import { openBaseStore, type StorageSettings } from '../storage.ts'
import { snapshotPath } from './endpoint.ts'
import { readSnapshot, type SnapshotHeader, writeSnapshot } from './format.ts'

export interface SnapshotPlace {
  config: ClusterConfig
  /** Absent: the home directory's own file, through the server while it runs. */
  etcd?: StorageSettings['etcd']
}

export interface SnapshotSummary {
  header: SnapshotHeader
  keys: number
  /** Of values. */
  bytes: number
  /** Keys by their place in the store (`/registry/pods/`), most first. */
  places: [place: string, keys: number][]
}

/** Writes the file (0600) when all of it is there and its checksum is right. */
export async function saveSnapshot(machine: Machine, place: SnapshotPlace, path: string): Promise<SnapshotSummary> {
  const partial = `${path}.partial`
  try {
    return await saveAs(machine, place, { partial, path })
  } catch (error) {
    await machine.disk.remove(partial)
    throw error
  }
}

async function saveAs(
  machine: Machine,
  place: SnapshotPlace,
  { partial, path }: { partial: string; path: string },
): Promise<SnapshotSummary> {
  const { disk } = machine
  await disk.remove(partial)
  const file = await disk.open(partial, 'append')
  try {
    for await (const chunk of source(machine, place)) await file.append(chunk)
    await file.sync()
  } finally {
    await file.close()
  }
  const summary = await inspectSnapshot(machine, partial)
  await disk.rename(partial, path)
  await disk.syncDirectory(dirname(path))
  return summary
}

async function* source(machine: Machine, { config, etcd }: SnapshotPlace): AsyncGenerator<Uint8Array> {
  if (!etcd && (await isRunning(machine, config))) {
    yield* fromServer(machine, config)
    return
  }
  const { database } = paths(config)
  if (!etcd && !(await machine.disk.stat(database)))
    throw new Error(`save a snapshot: there is no cluster in ${config.home}`)
  const store = await openBaseStore(machine, { database, ...(etcd ? { etcd: { ...etcd, historyAgeMs: 0 } } : {}) })
  try {
    yield* writeSnapshot(store, rfc3339(machine.clock.nowMs()))
  } finally {
    await store.close()
  }
}

async function* fromServer({ disk, net }: Machine, config: ClusterConfig): AsyncGenerator<Uint8Array> {
  const { server, tls } = await loadKubeconfig(disk, paths(config).adminKubeconfig)
  const reply = await net.request({ method: 'GET', url: `${server}${snapshotPath}`, tls })
  if (reply.status !== 200) throw new Error(`save a snapshot: the server answered ${reply.status}`)
  yield* reply.body
}

/** Rejects when the file is damaged. */
export async function inspectSnapshot({ disk }: Pick<Machine, 'disk'>, path: string): Promise<SnapshotSummary> {
  const { header, items } = await readSnapshot(chunksOf(disk, path))
  const places = new Map<string, number>()
  let [keys, bytes] = [0, 0]
  for await (const { key, value } of items) {
    keys++
    bytes += value.length
    const place = placeOfKey(key)
    places.set(place, (places.get(place) ?? 0) + 1)
  }
  return { header, keys, bytes, places: [...places].sort(([, a], [, b]) => b - a) }
}

const revisionsAhead = 1_000_000
const chunkBytes = 256 * 1024

async function* chunksOf(disk: Machine['disk'], path: string): AsyncGenerator<Uint8Array> {
  const file = await disk.open(path, 'read')
  try {
    for (let at = 0; ; ) {
      const buffer = Buffer.alloc(chunkBytes)
      const count = await file.read(buffer, at)
      if (count === 0) return
      at += count
      yield buffer.subarray(0, count)
    }
  } finally {
    await file.close()
  }
}

/**
 * Into an empty etcd, or into the home directory's file, whose predecessor stays beside it. The server must not run.
 * Clients that remember newer revisions list anew.
 */
export async function restoreSnapshot(machine: Machine, place: SnapshotPlace, path: string): Promise<SnapshotSummary> {
  const { config, etcd } = place
  // A damaged file must not leave half a cluster.
  const summary = await inspectSnapshot(machine, path)
  if (etcd) {
    await fill(await openBaseStore(machine, { database: '', etcd }), machine, path)
    return summary
  }
  if (await isRunning(machine, config)) {
    throw new Error('restore a snapshot: the server runs, end it first (k8ts down)')
  }
  // Beyond any revision that a client may have seen since.
  await restoreFile(machine, paths(config).database, { path, firstRevision: summary.header.revision + revisionsAhead })
  return summary
}

/** Whoever started it: as `k8ts up` does, which leaves a pid file, or by itself. */
async function isRunning(machine: Machine, config: ClusterConfig): Promise<boolean> {
  if ((await runningPid(machine, config, 'server')) !== undefined) return true
  const { database } = paths(config)
  if (!(await machine.disk.stat(database))) return false
  const { isInUse } = await import('../../store/sqlite/in-use.ts')
  return isInUse(database)
}

/** The file is made under another name, so that whatever ends this half-way leaves what was there before. */
async function restoreFile(
  machine: Machine,
  database: string,
  { path, firstRevision }: { path: string; firstRevision: number },
): Promise<void> {
  const { disk } = machine
  const partial = `${database}.restoring`
  await disk.makeDirectory(dirname(database), 0o700)
  for (const suffix of storeSuffixes) await disk.remove(partial + suffix)
  await fill(await openBaseStore(machine, { database: partial, firstRevision }), machine, path)
  await setAside(machine, database)
  await disk.rename(partial, database)
  await disk.syncDirectory(dirname(database))
}

async function fill(store: Store, { disk }: Machine, path: string): Promise<void> {
  try {
    if ((await store.count('/registry/')) > 0) throw new Error('restore a snapshot: the store is not empty')
    await writeAll(store, (await readSnapshot(chunksOf(disk, path))).items)
  } finally {
    await store.close()
  }
}

/** Of the file, its log, and a log that was rescued. */
const storeSuffixes = ['', '-wal', '-rescue'] as const

async function setAside({ disk, clock }: Machine, database: string): Promise<void> {
  const aside = `${database}.before-${rfc3339(clock.nowMs()).replaceAll(':', '')}`
  for (const suffix of storeSuffixes) {
    if (await disk.stat(database + suffix)) await disk.rename(database + suffix, aside + suffix)
  }
  await disk.syncDirectory(dirname(database))
}

async function writeAll(store: Store, items: AsyncIterable<KeyValue>): Promise<void> {
  let writes: Write[] = []
  let bytes = 0
  const flush = async (): Promise<void> => {
    const [first, ...rest] = writes
    writes = []
    bytes = 0
    if (first) await store.commit([first, ...rest])
  }
  for await (const { key, value } of items) {
    const ttlSeconds = timesToLive.find(([prefix]) => key.startsWith(prefix))?.[1]
    // Servers come back by themselves, or don't.
    if (ttlSeconds === 0) continue
    writes.push({ op: 'put', key, value, expected: 0, ...(ttlSeconds ? { ttlSeconds } : {}) })
    bytes += value.length
    if (writes.length === limits.storeWritesPerCommitMax || bytes > commitBytesMax) await flush()
  }
  await flush()
}

/** etcd takes requests of 1.5 MiB. */
const commitBytesMax = 512 * 1024
/** How long is left of a key is not in the snapshot: it gets all of its time. */
const timesToLive: readonly [prefix: string, seconds: number][] = [
  ['/registry/events/', 3600],
  ['/registry/masterleases/', 0],
]
