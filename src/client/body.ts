/** Bodies of answers: whole, or as lines of JSON while they stream. */
import { limits } from '../limits.ts'
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

/** Lines without their line end; a last line without one counts. Empty lines are skipped. */
export async function* lines(body: Body): AsyncGenerator<string> {
  const pending: Buffer[] = []
  let pendingBytes = 0
  for await (const chunk of body instanceof Uint8Array ? [body] : body) {
    const bytes = asBuffer(chunk)
    let start = 0
    for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, start)) {
      const rest = bytes.subarray(start, end)
      const line = pendingBytes === 0 ? rest : Buffer.concat([...pending.splice(0), rest])
      pendingBytes = 0
      start = end + 1
      if (line.length > 0) yield line.toString('utf8')
    }
    if (start < bytes.length) {
      pending.push(bytes.subarray(start))
      pendingBytes += bytes.length - start
    }
    if (pendingBytes > limits.watchFrameBytesMax) {
      throw new TransportError(`reading a watch: a frame of more than ${limits.watchFrameBytesMax} bytes`)
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending).toString('utf8')
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
