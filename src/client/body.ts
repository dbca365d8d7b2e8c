/** Bodies of answers: whole, or as parsed lines of JSON while they stream. */
import { parseNearly } from '../api/codec/exact-json.ts'
import { limits } from '../limits.ts'
import { carriedBy } from './carried.ts'
import { TransportError } from './transport-error.ts'

export type Body = Uint8Array | AsyncIterable<Uint8Array>

export async function readAll(body: Body, bytesMax: number = limits.responseBodyBytesMax): Promise<Buffer> {
  if (body instanceof Uint8Array) return asBuffer(body)
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of body) {
    total += chunk.length
    if (total > bytesMax) throw new TransportError(`reading the answer: more than ${bytesMax} bytes`)
    chunks.push(chunk)
  }
  return chunks.length === 1 ? asBuffer(chunks[0]!) : Buffer.concat(chunks, total)
}

/** Each line of JSON, parsed. `shared`: what chunks from this process carry is taken as it is. */
export async function* parsedLines(body: Body, { shared }: { shared: boolean }): AsyncGenerator<unknown> {
  const splitter = new LineSplitter()
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    const carried = shared && !splitter.insideLine ? carriedBy(chunk) : undefined
    if (carried) for (const value of carried) yield value()
    else for (const line of splitter.push(chunk)) yield parsed(line)
  }
  for (const line of splitter.rest()) yield parsed(line)
}

function parsed(line: string): unknown {
  try {
    return parseNearly(line)
  } catch (error) {
    throw new TransportError('reading a watch: a frame is not JSON', { cause: error })
  }
}

/** Cuts chunks into lines without their line end; a last line without one counts. Empty lines are skipped. */
class LineSplitter {
  #pending: Buffer[] = []
  #pendingBytes = 0

  /** Whether the last chunk ended in the middle of a line. */
  get insideLine(): boolean {
    return this.#pendingBytes > 0
  }

  *push(chunk: Uint8Array): Generator<string> {
    const bytes = asBuffer(chunk)
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const rest = bytes.subarray(start, end)
      const line = this.insideLine ? Buffer.concat([...this.#pending, rest]) : rest
      this.#pending = []
      this.#pendingBytes = 0
      start = end + 1
      if (line.length > 0) yield line.toString('utf8')
    }
    if (start < bytes.length) {
      this.#pending.push(bytes.subarray(start))
      this.#pendingBytes += bytes.length - start
    }
    if (this.#pendingBytes > limits.watchFrameBytesMax) {
      throw new TransportError(`reading a watch: a frame of more than ${limits.watchFrameBytesMax} bytes`)
    }
  }

  *rest(): Generator<string> {
    if (this.insideLine) yield Buffer.concat(this.#pending).toString('utf8')
  }
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
