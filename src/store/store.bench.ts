/**
 * Commits per second and how long each blocks the thread, by number of writers at once; then a list of all keys.
 * `script/bench store [commits]`, default 4,000. Prints a hash of what was read, which must not change.
 *
 * For SQLite also: one writer against the disk itself, in turns within one run, and how long commits wait while history
 * is forgotten, pages are given back and the log is brought into the file.
 */
import { createHash } from 'node:crypto'
import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { realClock } from '../platform/real/clock.ts'
import { realDisk } from '../platform/real/disk.ts'
import { memoryStore } from './memory/memory-store.ts'
import { openSqliteStore } from './sqlite/sqlite-store.ts'
import type { Store } from './store.ts'

export interface StoreBenchResult {
  writers: number
  commitsPerSecond: number
  listMs: number
  hash: string
}

const value = Buffer.alloc(2_500, 'k8ts')

export async function benchStore(store: Store, commits: number, writers: number): Promise<StoreBenchResult> {
  let next = 0
  const write = async (): Promise<void> => {
    for (let count = next++; count < commits; count = next++) {
      await store.commit([{ op: 'put', key: `/registry/pods/ns-${count % 7}/pod-${count % 2_000}`, value }])
    }
  }
  const startMs = performance.now()
  await Promise.all(Array.from({ length: writers }, write))
  const seconds = (performance.now() - startMs) / 1_000
  const listStartMs = performance.now()
  const { items } = await store.range({ prefix: '/registry/' })
  const listMs = performance.now() - listStartMs
  const hash = createHash('sha256')
  for (const item of items) hash.update(item.key).update(item.value)
  return { writers, commitsPerSecond: commits / seconds, listMs, hash: hash.digest('hex').slice(0, 12) }
}

export interface SyncRates {
  /** Of a plain file on the same disk, written in place and synced: a page at a time, and as much as a commit writes. */
  pagePerSecond: number
  samePerSecond: number
  commitsPerSecond: number
  bytesPerCommit: number
}

/** One writer and the bare disk, in turns. */
export async function benchSyncs(directory: string, rounds: number, each: number): Promise<SyncRates> {
  const path = join(directory, 'syncs.db')
  const store = await openSqliteStore({ path, clock: realClock(), disk: realDisk() })
  const file = openSync(join(directory, 'plain'), 'w')
  writeSync(file, Buffer.alloc(16 * 1024 * 1024))
  fdatasyncSync(file)
  // Until the log has its full length and is written in place.
  await benchStore(store, 1_000, 1)
  const bytesPerCommit = 2 * 8_216
  const took = { page: 0, same: 0, commits: 0 }
  const plain = (bytes: number): number => {
    const buffer = Buffer.alloc(bytes, 1)
    const startMs = performance.now()
    for (let count = 0; count < each; count++) {
      writeSync(file, buffer, 0, bytes, (count * bytes) % (16 * 1024 * 1024 - bytes))
      fdatasyncSync(file)
    }
    return performance.now() - startMs
  }
  for (let round = 0; round < rounds; round++) {
    took.page += plain(4_096)
    const { commitsPerSecond } = await benchStore(store, each, 1)
    took.commits += (each / commitsPerSecond) * 1_000
    took.same += plain(bytesPerCommit)
  }
  closeSync(file)
  await store.close()
  const rate = (ms: number): number => (rounds * each * 1_000) / ms
  return {
    pagePerSecond: rate(took.page),
    samePerSecond: rate(took.same),
    commitsPerSecond: rate(took.commits),
    bytesPerCommit,
  }
}

export interface Waits {
  p50Ms: number
  p99Ms: number
  maxMs: number
  /** The longest time that the thread stood still. */
  blockedMs: number
  fileBytes: number
}

/** How long four writers wait for each commit. `forgetting`: with a history that is forgotten all the time, or never. */
export async function benchWaits(directory: string, commits: number, forgetting: boolean): Promise<Waits> {
  const path = join(directory, `waits-${forgetting}.db`)
  const historyRevisionsMax = forgetting ? 200 : 1_000_000
  const store = await openSqliteStore({ path, clock: realClock(), disk: realDisk(), historyRevisionsMax })
  const waits: number[] = []
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  let next = 0
  const write = async (): Promise<void> => {
    for (let count = next++; count < commits; count = next++) {
      const startMs = performance.now()
      await store.commit([{ op: 'put', key: `/registry/pods/pod-${count % 2_000}`, value }])
      waits.push(performance.now() - startMs)
    }
  }
  await Promise.all(Array.from({ length: 4 }, write))
  delay.disable()
  await store.close()
  waits.sort((a, b) => a - b)
  const at = (share: number): number => waits[Math.floor((waits.length - 1) * share)] ?? 0
  const fileBytes = statSync(path).size
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), blockedMs: delay.max / 1e6, fileBytes }
}

async function benchWriters(commits: number): Promise<void> {
  for (const kind of ['memory', 'sqlite']) {
    for (const writers of [1, 4, 16, 64]) {
      const directory = mkdtempSync(join(tmpdir(), 'k8ts-bench-'))
      const clock = realClock()
      const path = join(directory, 'store.db')
      const store =
        kind === 'memory' ? memoryStore({ clock }) : await openSqliteStore({ path, clock, disk: realDisk() })
      const { commitsPerSecond, listMs, hash } = await benchStore(store, commits, writers)
      const rate = Math.round(commitsPerSecond)
      console.log(`${kind} writers=${writers} commits/s=${rate} list=${listMs.toFixed(1)}ms hash=${hash}`)
      await store.close()
      rmSync(directory, { recursive: true })
    }
  }
}

if (import.meta.main) {
  const commits = Number(process.argv[2] ?? 4_000)
  await benchWriters(commits)
  const directory = mkdtempSync(join(tmpdir(), 'k8ts-bench-'))
  const rates = await benchSyncs(directory, 10, Math.ceil(commits / 10))
  const share = (of: number): string => `${Math.round((rates.commitsPerSecond / of) * 100)} %`
  console.log(
    `one writer: ${Math.round(rates.commitsPerSecond)} commits/s; fdatasync of 4 KiB ${Math.round(rates.pagePerSecond)}/s (${share(rates.pagePerSecond)}), of ${rates.bytesPerCommit} bytes ${Math.round(rates.samePerSecond)}/s (${share(rates.samePerSecond)})`,
  )
  for (const forgetting of [false, true]) {
    const { p50Ms, p99Ms, maxMs, blockedMs, fileBytes } = await benchWaits(directory, commits, forgetting)
    console.log(
      `four writers, history ${forgetting ? 'forgotten all the time' : 'kept'}: p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, max ${maxMs.toFixed(1)} ms, thread blocked at most ${blockedMs.toFixed(1)} ms, file ${(fileBytes / 1e6).toFixed(1)} MB`,
    )
  }
  rmSync(directory, { recursive: true })
}
