/**
 * The part of SPDY/3.1 that Kubernetes' streaming protocols use: streams with headers, data and half-close, opened by us
 * (towards a container runtime) or by the other side (a client of simulated pods).
 * Flow control windows are neither kept nor waited for, because no implementation on the other side (Go's spdystream)
 * keeps them; the connection's own back-pressure bounds what is buffered. Header blocks are written uncompressed inside
 * valid zlib data. Source: SPDY Protocol draft 3.1.
 */
import { Duplex } from 'node:stream'
import { constants, createInflate, type Inflate } from 'node:zlib'
import { spdyDictionary, spdyDictionaryId } from './spdy-dictionary.ts'

const frameType = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7, headers: 8 } as const
const fin = 1
const dataBytesMax = 64 * 1024
/** A control frame longer than this is refused; header blocks here are tiny. */
const controlBytesMax = 1024 * 1024
/** Header blocks unpacked. Beyond: the connection is ended. Ours: theirs have some hundred bytes. */
const headerBytesMax = 64 * 1024
/** Streams at once that the other side may open. Beyond: the connection is ended. Ours: a command has five, each forwarded connection two. */
const streamsMax = 1_000

export class SpdyError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'SpdyError'
  }
}

export interface SpdyOptions {
  /** The other side opened a stream; absent: it may not. */
  onStream?(headers: Record<string, string>, stream: SpdyStream): void
}

export class SpdyConnection {
  readonly #socket: Duplex
  readonly #streams = new Map<number, SpdyStream>()
  /** Streams that hold as much as they may: while there is one, nothing is read. */
  readonly #full = new Set<number>()
  readonly #onStream: SpdyOptions['onStream']
  #inflated: Buffer[] = []
  #inflatedBytes = 0
  readonly #inflate: Inflate = createInflate({ dictionary: spdyDictionary, finishFlush: constants.Z_SYNC_FLUSH })
  #nextId = 1
  /** Who waits for the answer to a ping, the first first. */
  #pinged: (() => void)[] = []
  #wroteZlibHeader = false
  #pending: Buffer = Buffer.alloc(0)
  #closed = false

  constructor(socket: Duplex, { onStream }: SpdyOptions = {}) {
    this.#socket = socket
    this.#onStream = onStream
    this.#inflate.on('error', (error) => this.#end(error))
    this.#inflate.on('data', (bytes: Buffer) => this.#onInflated(bytes))
    socket.on('data', (bytes: Buffer) => this.#receive(bytes))
    socket.on('error', (error: Error) => this.#end(error))
    socket.on('close', () => this.#end(undefined))
    socket.on('end', () => this.#end(undefined))
    if (socket.destroyed || socket.readableEnded) this.#end(undefined)
  }

  /** Opens a stream with these headers (lower-case names); on a connection that is gone, one that is at its end. */
  open(headers: Record<string, string>): SpdyStream {
    const id = this.#nextId
    this.#nextId += 2
    const stream = this.#stream(id)
    const head = Buffer.alloc(10)
    head.writeUInt32BE(id, 0)
    this.#send(controlFrame(frameType.synStream, 0, Buffer.concat([head, this.#headerBlock(headers)])))
    return stream
  }

  #stream(id: number): SpdyStream {
    const stream = new SpdyStream({
      write: (bytes, done) => this.#sendData(id, bytes, done),
      finish: (done) => this.#send(dataHeader(id, fin, 0), done),
      reset: () => this.#reset(id),
      resume: () => this.#readOn(id),
    })
    if (this.#closed) stream.push(null)
    else this.#streams.set(id, stream)
    // A stream that was full when its end came is not asked for more.
    stream.once('end', () => this.#readOn(id))
    stream.once('close', () => {
      this.#streams.delete(id)
      this.#readOn(id)
    })
    return stream
  }

  #readOn(id: number): void {
    if (this.#full.delete(id) && this.#full.size === 0) this.#socket.resume()
  }

  /** Data that follows waits in the stream until its headers are known. */
  #accept(body: Buffer, flags: number): void {
    const onStream = this.#onStream
    const id = body.length < 10 ? 0 : body.readUInt32BE(0)
    if (!onStream || id % 2 === 0 || this.#streams.has(id)) return this.#end(new SpdyError('a stream nobody asked for'))
    if (this.#streams.size >= streamsMax) return this.#end(new SpdyError(`more than ${streamsMax} streams`))
    const stream = this.#stream(id)
    if (flags & fin) stream.push(null)
    this.#inflate.write(Buffer.from(body.subarray(10)), (error) => {
      if (error || this.#closed) return
      const block = this.#takeInflated()
      const reply = Buffer.alloc(4)
      reply.writeUInt32BE(id, 0)
      this.#send(controlFrame(frameType.synReply, 0, Buffer.concat([reply, this.#headerBlock({})])))
      onStream(headersOf(block), stream)
    })
  }

  #onInflated(bytes: Buffer): void {
    this.#inflatedBytes += bytes.length
    if (this.#inflatedBytes > headerBytesMax) this.#end(new SpdyError(`headers of more than ${headerBytesMax} bytes`))
    else this.#inflated.push(bytes)
  }

  #takeInflated(): Buffer {
    const block = Buffer.concat(this.#inflated)
    this.#inflated = []
    this.#inflatedBytes = 0
    return block
  }

  /** Resolves when the other side has answered, which it does while it reads, or when the connection has ended. */
  ping(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    const id = Buffer.alloc(4)
    id.writeUInt32BE(this.#onStream ? 2 : 1)
    this.#send(controlFrame(frameType.ping, 0, id))
    return new Promise((resolve) => this.#pinged.push(resolve))
  }

  close(): void {
    this.#end(undefined)
    this.#socket.destroy()
  }

  /** The block as a stored deflate block, which needs no compressor state; its first one opens the zlib stream. */
  #headerBlock(headers: Record<string, string>): Buffer {
    const block = nameValueBlock(headers)
    const stored = Buffer.alloc(5)
    stored.writeUInt16LE(block.length, 1)
    stored.writeUInt16LE(~block.length & 0xffff, 3)
    const opening = Buffer.from([0x78, 0x20, 0, 0, 0, 0])
    opening.writeUInt32BE(spdyDictionaryId, 2)
    const parts = this.#wroteZlibHeader ? [stored, block, syncMark] : [opening, stored, block, syncMark]
    this.#wroteZlibHeader = true
    return Buffer.concat(parts)
  }

  #sendData(id: number, bytes: Buffer, done: (error?: Error | null) => void): void {
    for (let start = 0; start < bytes.length; start += dataBytesMax) {
      const chunk = bytes.subarray(start, start + dataBytesMax)
      const isLast = start + dataBytesMax >= bytes.length
      // Both leave in one piece.
      this.#socket.cork()
      this.#socket.write(dataHeader(id, 0, chunk.length))
      this.#send(chunk, isLast ? done : undefined)
      this.#socket.uncork()
    }
    if (bytes.length === 0) done()
  }

  #send(bytes: Buffer, done?: (error?: Error | null) => void): void {
    if (this.#closed) done?.(new SpdyError('the connection is closed'))
    else this.#socket.write(bytes, done)
  }

  #reset(id: number): void {
    if (!this.#streams.delete(id)) return
    const body = Buffer.alloc(8)
    body.writeUInt32BE(id, 0)
    body.writeUInt32BE(5, 4)
    this.#send(controlFrame(frameType.rstStream, 0, body))
  }

  #receive(bytes: Buffer): void {
    this.#pending = this.#pending.length === 0 ? bytes : Buffer.concat([this.#pending, bytes])
    while (!this.#closed) {
      if (this.#pending.length < 8) return
      const length = this.#pending.readUIntBE(5, 3)
      const isControl = (this.#pending.readUInt8(0) & 0x80) !== 0
      if (isControl && length > controlBytesMax) {
        this.#end(new SpdyError(`a control frame of ${length} bytes is longer than ${controlBytesMax}`))
        return
      }
      if (this.#pending.length < 8 + length) return
      const header = this.#pending.subarray(0, 8)
      const body = this.#pending.subarray(8, 8 + length)
      this.#pending = this.#pending.subarray(8 + length)
      if (isControl) this.#control(header.readUInt16BE(2), header.readUInt8(4), body)
      else this.#data(header.readUInt32BE(0), header.readUInt8(4), body)
    }
  }

  #data(id: number, flags: number, body: Buffer): void {
    const stream = this.#streams.get(id)
    if (!stream) return
    if (body.length > 0 && !stream.push(Buffer.from(body))) {
      this.#full.add(id)
      this.#socket.pause()
    }
    if (flags & fin) stream.push(null)
  }

  #control(type: number, flags: number, body: Buffer): void {
    switch (type) {
      case frameType.ping:
        if (body.length >= 4 && body.readUInt32BE(0) % 2 === (this.#onStream ? 1 : 0))
          this.#send(controlFrame(frameType.ping, 0, Buffer.from(body)))
        else this.#pinged.shift()?.()
        return
      case frameType.synStream:
        this.#accept(body, flags)
        return
      case frameType.rstStream:
        if (body.length < 8) return this.#end(new SpdyError('a reset of no stream'))
        this.#onReset(body.readUInt32BE(0), body.readUInt32BE(4))
        return
      case frameType.goAway:
        return
      case frameType.synReply:
      case frameType.headers:
        if (body.length < 4) return this.#end(new SpdyError('headers of no stream'))
        this.#inflate.write(Buffer.from(body.subarray(4)), () => void this.#takeInflated())
        if (flags & fin) this.#streams.get(body.readUInt32BE(0))?.push(null)
        return
      default:
        return
    }
  }

  #onReset(id: number, status: number): void {
    const stream = this.#streams.get(id)
    this.#streams.delete(id)
    // 5 (CANCEL) after a finished stream is how the other side says it needs nothing more.
    if (status === 5) stream?.push(null)
    else stream?.destroy(new SpdyError(`the stream was reset with status ${status}`))
  }

  #end(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    for (const stream of this.#streams.values()) {
      if (error) stream.destroy(error)
      else if (!stream.readableEnded) stream.push(null)
    }
    this.#streams.clear()
    for (const resolve of this.#pinged) resolve()
    this.#inflate.destroy()
    if (error) this.#socket.destroy()
  }
}

interface StreamLink {
  write(bytes: Buffer, done: (error?: Error | null) => void): void
  finish(done: (error?: Error | null) => void): void
  reset(): void
  resume(): void
}

/** Ending the writable side half-closes: the other side sees the end of its input and can still answer. */
export class SpdyStream extends Duplex {
  readonly #link: StreamLink
  constructor(link: StreamLink) {
    super({ allowHalfOpen: true })
    this.#link = link
    this.on('error', () => undefined)
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#link.write(chunk, done)
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#link.finish(done)
  }

  override _read(): void {
    this.#link.resume()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (error) this.#link.reset()
    done(null)
  }

  override push(chunk: Buffer | null): boolean {
    if (this.readableEnded || this.destroyed) return true
    return super.push(chunk)
  }
}

/** An empty stored block: readers give out what they have instead of asking for more. */
const syncMark = Buffer.from([0, 0, 0, 0xff, 0xff])

function controlFrame(type: number, flags: number, body: Buffer): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(0x8003, 0)
  head.writeUInt16BE(type, 2)
  head.writeUInt32BE(body.length, 4)
  head.writeUInt8(flags, 4)
  return Buffer.concat([head, body])
}

function dataHeader(id: number, flags: number, length: number): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(id, 0)
  head.writeUInt32BE(length, 4)
  head.writeUInt8(flags, 4)
  return head
}

function nameValueBlock(headers: Record<string, string>): Buffer {
  const entries = Object.entries(headers)
  const count = Buffer.alloc(4)
  count.writeUInt32BE(entries.length)
  const parts: Buffer[] = [count]
  for (const text of entries.flat()) {
    const bytes = Buffer.from(text)
    const length = Buffer.alloc(4)
    length.writeUInt32BE(bytes.length)
    parts.push(length, bytes)
  }
  return Buffer.concat(parts)
}

/** Throws nothing: what a broken block lacks is missing. */
function headersOf(block: Buffer): Record<string, string> {
  const headers: Record<string, string> = Object.create(null)
  let at = 4
  const text = (): string => {
    const from = at + 4
    at = from > block.length ? from : from + block.readUInt32BE(at)
    return block.toString('utf8', from, at)
  }
  while (at < block.length) headers[text()] = text()
  return headers
}
