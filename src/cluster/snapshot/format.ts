/**
 * A snapshot: every key of the cluster at one revision, as it stands in the store (encrypted values stay so). A line of
 * JSON, then one record a key, then the number of keys and a checksum (SHA-256) of all before it; gzip around it. It says
 * nothing of where it came from: what was saved from SQLite is restored into etcd, and the other way round.
 */
import { createHash, type Hash } from 'node:crypto'
import { pipeline, Readable } from 'node:stream'
import { promisify } from 'node:util'
import { createGunzip, gzip } from 'node:zlib'
import type { KeyValue, Store } from '../../store/store.ts'

export interface SnapshotHeader {
  format: 'k8ts-snapshot'
  version: 1
  revision: number
  /** RFC 3339. */
  takenAt: string
}

const formatName = 'k8ts-snapshot'
const prefix = '/registry/'
const pageKeys = 500
/** Lengths of key and value, creation and modification. */
const headBytes = 24
const endMark = 0xffffffff
const checksumBytes = 32
const headerBytesMax = 64 * 1024

/** Rejects with `CompactedError` when it is read so slowly that its revision is forgotten meanwhile. */
export async function* writeSnapshot(store: Store, takenAt: string): AsyncGenerator<Uint8Array> {
  const revision = await store.currentRevision()
  const hash = createHash('sha256')
  const header: SnapshotHeader = { format: formatName, version: 1, revision, takenAt }
  yield await compressed(hash, [Buffer.from(`${JSON.stringify(header)}\n`)])
  let after: string | undefined
  let keys = 0
  for (;;) {
    const page = await store.range({ prefix, revision, limit: pageKeys, ...(after === undefined ? {} : { after }) })
    keys += page.items.length
    if (page.items.length > 0) yield await compressed(hash, page.items.flatMap(recordOf))
    if (page.remaining === 0) break
    after = page.items.at(-1)!.key
  }
  const end = Buffer.alloc(headBytes)
  end.writeUInt32BE(endMark, 0)
  end.writeUInt32BE(keys, 4)
  hash.update(end)
  yield await compress(Buffer.concat([end, hash.digest()]))
}

const compress = promisify(gzip) as (bytes: Uint8Array) => Promise<Buffer>

async function compressed(hash: Hash, parts: readonly Uint8Array[]): Promise<Uint8Array> {
  const bytes = Buffer.concat(parts)
  hash.update(bytes)
  return await compress(bytes)
}

function recordOf({ key, value, createRevision, modRevision }: KeyValue): Uint8Array[] {
  const name = Buffer.from(key)
  const head = Buffer.alloc(headBytes)
  head.writeUInt32BE(name.length, 0)
  head.writeUInt32BE(value.length, 4)
  head.writeBigUInt64BE(BigInt(createRevision), 8)
  head.writeBigUInt64BE(BigInt(modRevision), 16)
  return [head, name, value]
}

export interface SnapshotReading {
  header: SnapshotHeader
  /** In key order. Rejects at the end when the checksum is wrong or the file was cut short. */
  items: AsyncIterable<KeyValue>
}

/** Rejects when it is no snapshot. */
export async function readSnapshot(chunks: AsyncIterable<Uint8Array>): Promise<SnapshotReading> {
  const unzipped = createGunzip()
  // Whoever reads is told of failures by reading.
  pipeline(Readable.from(chunks, { objectMode: false }), unzipped, () => undefined)
  const reader = new Reader(unzipped)
  const line = await reader.line(headerBytesMax)
  const header = parseHeader(line)
  return { header, items: items(reader) }
}

function parseHeader(line: string): SnapshotHeader {
  try {
    const header = JSON.parse(line) as SnapshotHeader
    if (header.format !== formatName) throw new Error('it is something else')
    if (header.version !== 1) throw new Error(`it is of version ${header.version}, this program reads version 1`)
    return header
  } catch (error) {
    throw new Error(`read the snapshot: ${error instanceof Error ? error.message : String(error)}`, { cause: error })
  }
}

async function* items(reader: Reader): AsyncGenerator<KeyValue> {
  for (let count = 0; ; count++) {
    const head = await reader.take(headBytes)
    const keyLength = head.readUInt32BE(0)
    if (keyLength === endMark) {
      const expected = reader.digest()
      if (head.readUInt32BE(4) !== count) throw new Error('read the snapshot: keys are missing')
      if (!(await reader.take(checksumBytes)).equals(expected))
        throw new Error('read the snapshot: the checksum is wrong')
      return
    }
    const body = await reader.take(keyLength + head.readUInt32BE(4))
    yield {
      key: body.toString('utf8', 0, keyLength),
      value: Uint8Array.prototype.slice.call(body, keyLength),
      createRevision: Number(head.readBigUInt64BE(8)),
      modRevision: Number(head.readBigUInt64BE(16)),
    }
  }
}

/** Bytes by number, from chunks of any size, hashed as they are taken. */
class Reader {
  readonly #chunks: AsyncIterator<Buffer>
  readonly #hash = createHash('sha256')
  #rest: Buffer = Buffer.alloc(0)

  constructor(chunks: AsyncIterable<Buffer>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async take(count: number): Promise<Buffer> {
    const pieces = [this.#rest]
    let have = this.#rest.length
    while (have < count) {
      const chunk = await this.#next()
      pieces.push(chunk)
      have += chunk.length
    }
    const all = Buffer.concat(pieces, have)
    this.#rest = all.subarray(count)
    const taken = all.subarray(0, count)
    this.#hash.update(taken)
    return taken
  }

  async line(bytesMax: number): Promise<string> {
    let end = this.#rest.indexOf('\n')
    while (end < 0 && this.#rest.length < bytesMax) {
      this.#rest = Buffer.concat([this.#rest, await this.#next()])
      end = this.#rest.indexOf('\n')
    }
    return (await this.take(end < 0 ? 0 : end + 1)).toString()
  }

  /** Of all that was taken so far. */
  digest(): Buffer {
    return this.#hash.copy().digest()
  }

  async #next(): Promise<Buffer> {
    const { value, done } = await this.#chunks.next().catch((error: unknown) => {
      throw new Error('read the snapshot: it is damaged or no snapshot', { cause: error })
    })
    if (done) throw new Error('read the snapshot: it was cut short')
    return value
  }
}
