/**
 * Commits per second and how long each blocks the thread, by number of writers at once; then a list of all keys.
 * `node src/store/store.bench.ts [commits]`, default 4,000. Prints a hash of what was read, which must not change.
 */
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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

if (import.meta.main) {
  const commits = Number(process.argv[2] ?? 4_000)
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
