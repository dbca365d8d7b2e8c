import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync, gzipSync } from 'node:zlib'
import { simulatedClock } from '../../platform/simulated/clock.ts'
import { simulatedRandom } from '../../platform/simulated/random.ts'
import { memoryStore } from '../../store/memory/memory-store.ts'
import { readSnapshot, writeSnapshot } from './format.ts'

async function collect<T>(from: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const each of from) all.push(each)
  return all
}

async function* inPieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function snapshotOf(count: number): Promise<{ bytes: Buffer; values: string[] }> {
  const store = memoryStore({ clock: simulatedClock() })
  const random = simulatedRandom('snapshot')
  const values: string[] = []
  for (let index = 0; index < count; index++) {
    const value = `${index} `.repeat(random.int(500))
    values.push(value)
    const key = `/registry/pods/default/${String(index).padStart(6, '0')}`
    await store.commit([{ op: 'put', key, value: Buffer.from(value) }])
  }
  await store.commit([{ op: 'put', key: '/other', value: Buffer.from('x') }])
  return { bytes: Buffer.concat(await collect(writeSnapshot(store, '2026-01-01T00:00:00Z'))), values }
}

test('readSnapshot gives what writeSnapshot took, in chunks of any size', async () => {
  const { bytes, values } = await snapshotOf(1_234)
  for (const size of [7, 1_000, bytes.length]) {
    const { header, items } = await readSnapshot(inPieces(bytes, size))
    assert.equal(header.revision, 1_236)
    const read = await collect(items)
    assert.deepEqual(
      read.map(({ value }) => Buffer.from(value).toString()),
      values,
    )
    assert.deepEqual([read[3]!.createRevision, read[3]!.modRevision], [5, 5])
  }
})

test('readSnapshot refuses what was cut short, changed, or is something else', async () => {
  const { bytes } = await snapshotOf(300)
  const read = async (content: Uint8Array): Promise<unknown[]> => {
    const { items } = await readSnapshot(inPieces(content, 4_096))
    return await collect(items)
  }
  await assert.rejects(read(bytes.subarray(0, bytes.length - 10)), /cut short|damaged/)
  await assert.rejects(read(bytes.subarray(0, 400)), /cut short|damaged/)
  const plain = gunzipSync(bytes)
  for (const at of [plain.length - 40, plain.length >> 1, 30]) {
    const changed = Buffer.from(plain)
    changed[at]! ^= 1
    await assert.rejects(read(gzipSync(changed)), /read the snapshot/)
  }
  await assert.rejects(read(Buffer.from('no snapshot')), /damaged or no snapshot/)
  await assert.rejects(read(gzipSync('{"format":"k8ts-snapshot","version":9}\n')), /of version 9/)
  await assert.rejects(read(gzipSync('{"a":1}\n')), /something else/)
})
